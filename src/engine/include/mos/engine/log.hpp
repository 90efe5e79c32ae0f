// The log: what nobody who is there is told, or what must be known also when the work fails.
#pragma once

#include <mos/base/observer.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace mos::engine {

enum class LogLevel : std::int32_t { debug = 0, info = 1, warning = 2, error = 3 };

// Takes one line without a line break; called on whatever thread does the work.
using LogSink = std::function<void(LogLevel level, const std::string &message)>;

void write_log(const LogSink &log, LogLevel level, std::string_view message);  // nothing happens without a log

// Passes everything on, and notices to the log as well: a job that fails keeps none, and recovery has nobody to tell.
class LoggingObserver final : public base::Observer {
  public:
    // Both must outlive it.
    LoggingObserver(base::Observer &next, const LogSink &log) : m_next(next), m_log(log) {}

    void report(const base::Progress &progress) override { m_next.report(progress); }
    [[nodiscard]] Result<void> checkpoint() override { return m_next.checkpoint(); }
    [[nodiscard]] Result<void> check_cancelled() override { return m_next.check_cancelled(); }
    void notice(std::string_view message) override;

  private:
    base::Observer &m_next;
    const LogSink &m_log;
};

}  // namespace mos::engine
