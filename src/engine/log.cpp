#include <mos/engine/log.hpp>

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

namespace mos::engine {

namespace {

constexpr std::size_t max_waiting = 1000;  // as many as a job keeps notices

}  // namespace

void write_log(const LogSink &log, LogLevel level, std::string_view message) {
    if (log)
        log(level, base::printable(message));
}

std::string error_number(const Error &error) { return fmt::format("E{:03}", static_cast<int>(error.code())); }

std::vector<base::EventField> error_fields(const Error &error) {
    return {{"error", error_number(error)}, {"error_name", std::string{base::describe(error.code()).name}}};
}

void LoggingObserver::log(std::string_view message) { write_log(m_log, LogLevel::warning, message); }

void LoggingObserver::add(base::EventType type, std::string_view subject, std::string_view message,
                          std::vector<base::EventField> payload) {
    if (m_waiting.size() >= max_waiting)
        return m_events.count_lost();
    base::Event event = base::make_event(type, std::string{subject}, std::string{message});
    event.cause = m_cause;
    event.payload = std::move(payload);
    m_waiting.push_back(std::move(event));
}

void LoggingObserver::notice(std::string_view message) {
    m_next.notice(message);
    log(message);
    add(base::EventType::notice, {}, message);
}

void LoggingObserver::notice_kept(std::string_view path, std::string_view what) {
    m_next.notice_kept(path, what);
    const std::string message = fmt::format("{} {}", base::in_quotes(path), what);
    log(message);
    add(base::EventType::file_kept, path, message);
}

void LoggingObserver::notice_failure(const Error &error) {
    m_next.notice_failure(error);
    log(error.full_message());
    add(base::EventType::script_failed, error.object(), error.full_message(), error_fields(error));
}

void LoggingObserver::tell_events() noexcept {
    if (!m_waiting.empty())
        m_events.tell([this] { return std::exchange(m_waiting, {}); });
}

}  // namespace mos::engine
