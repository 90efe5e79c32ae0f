// A handler of a log: takes events at once, and writes them on a thread of its own.
#pragma once

#include <mos/base/events.hpp>
#include <mos/base/result.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mos::observe {

inline constexpr std::size_t log_queue_events = 4096;  // that wait for one handler; what comes beyond is dropped
inline constexpr auto log_close_limit = std::chrono::seconds{2};

// Writes events somewhere; used by one thread. It may be slow, and it may fail: the handler knows what to do then.
class LogWriter {
  public:
    LogWriter() = default;
    LogWriter(const LogWriter &) = delete;
    LogWriter &operator=(const LogWriter &) = delete;
    virtual ~LogWriter() = default;

    // All of them; after an error they count as dropped. No line is left there in part.
    [[nodiscard]] virtual Result<void> write(std::span<const base::Event> events) = 0;

    // A piece of what can wait, such as compression, done while there is nothing to write; false when nothing is left.
    [[nodiscard]] virtual bool work_a_little() { return false; }
};

// Events that don't pass the filter are no concern of this handler. What comes while too many wait, or can't be
// written, is dropped and counted; the next event that can be written has an `events_dropped` before it, and the first
// failure is told to `complaints`, from any thread.
class LogHandler final : public base::EventSink {
  public:
    using Filter = std::function<bool(const base::Event &event)>;
    using Complaints = std::function<void(const std::string &handler, const std::string &line)>;

    // Starts the thread. IO where there can be none.
    [[nodiscard]] static Result<std::shared_ptr<LogHandler>> start(std::string name, std::unique_ptr<LogWriter> writer,
                                                                   Filter filter, Complaints complaints);
    // What waits is written, unless that takes longer than log_close_limit: then the thread is left to itself.
    ~LogHandler() override;

    void take(const base::Event &event) noexcept override;

  private:
    struct Shared;
    explicit LogHandler(std::shared_ptr<Shared> shared) : m_shared(std::move(shared)) {}

    std::shared_ptr<Shared> m_shared;
};

}  // namespace mos::observe
