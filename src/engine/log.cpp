#include <mos/engine/log.hpp>

#include <mos/base/bytes.hpp>

namespace mos::engine {

void write_log(const LogSink &log, LogLevel level, std::string_view message) {
    if (log)
        log(level, base::printable(message));
}

void LoggingObserver::notice(std::string_view message) {
    m_next.notice(message);
    write_log(m_log, LogLevel::warning, message);
}

}  // namespace mos::engine
