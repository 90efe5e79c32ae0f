// The log: what nobody who is there is told, or what must be known also when the work fails.
#pragma once

#include <mos/base/observer.hpp>
#include <mos/observe/stream.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::engine {

enum class LogLevel : std::int32_t { debug = 0, info = 1, warning = 2, error = 3 };

// Takes one line without a line break; called on whatever thread does the work.
using LogSink = std::function<void(LogLevel level, const std::string &message)>;

void write_log(const LogSink &log, LogLevel level, std::string_view message);  // nothing happens without a log

// "E053", and the same with its name as fields of an event.
[[nodiscard]] std::string error_number(const Error &error);
[[nodiscard]] std::vector<base::EventField> error_fields(const Error &error);

// Passes everything on, and notices to the log as well: a job that fails keeps none, and recovery has nobody to tell.
// They become events too, but later: nothing is written to the root on their account while a transaction is under way.
class LoggingObserver final : public base::Observer {
  public:
    // All must outlive it.
    LoggingObserver(base::Observer &next, const LogSink &log, observe::EventStream &events)
        : m_next(next), m_log(log), m_events(events) {}
    ~LoggingObserver() override { tell_events(); }

    void report(const base::Progress &progress) override { m_next.report(progress); }
    [[nodiscard]] Result<void> checkpoint() override { return m_next.checkpoint(); }
    [[nodiscard]] Result<void> check_cancelled() override { return m_next.check_cancelled(); }
    void notice(std::string_view message) override;
    void notice_kept(std::string_view path, std::string_view what) override;
    void notice_failure(const Error &error) override;

    // What led to the events from now on.
    void set_cause(std::string cause) { m_cause = std::move(cause); }
    [[nodiscard]] const std::string &cause() const noexcept { return m_cause; }
    // Tells the events that are waiting; only where no transaction is under way.
    void tell_events() noexcept;

  private:
    void log(std::string_view message);
    void add(base::EventType type, std::string_view subject, std::string_view message,
             std::vector<base::EventField> payload = {});

    base::Observer &m_next;
    const LogSink &m_log;
    observe::EventStream &m_events;
    std::string m_cause;
    std::vector<base::Event> m_waiting;
};

}  // namespace mos::engine
