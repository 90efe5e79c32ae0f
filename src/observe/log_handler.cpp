#include <mos/observe/log_handler.hpp>

#include <mos/base/bytes.hpp>
#include <mos/base/thread.hpp>

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

namespace mos::observe {

using base::Event;

namespace {

constexpr std::size_t batch_events = 256;

Event dropped_event(const std::string &name, std::uint64_t count, const std::string &why, const Event &like) {
    Event event = base::make_event(base::EventType::events_dropped, name,
                                   fmt::format("{} events are missing here: {}", count, why));
    event.time_unix_s = like.time_unix_s;
    event.actor = like.actor;
    event.payload = {{"count", static_cast<std::int64_t>(count)}, {"reason", why}};
    return event;
}

}  // namespace

// What the handler and its thread have in common; the thread may outlive the handler.
struct LogHandler::Shared {
    Shared(std::string own_name, std::unique_ptr<LogWriter> own_writer, Filter own_filter, Complaints own_complaints)
        : name(std::move(own_name)), writer(std::move(own_writer)), filter(std::move(own_filter)),
          complaints(std::move(own_complaints)) {}

    const std::string name;
    const std::unique_ptr<LogWriter> writer;  // the thread's
    const Filter filter;

    std::mutex mutex;  // of what follows
    std::condition_variable changed;
    Complaints complaints;  // empty when the handler is gone
    std::deque<Event> waiting;
    std::uint64_t dropped = 0;
    std::string why;
    bool has_complained = false;
    bool is_closing = false;
    bool is_done = false;
    std::thread thread;

    void run() noexcept;

  private:
    [[nodiscard]] std::vector<Event> next_batch();
    [[nodiscard]] bool may_work();
    void write(const std::vector<Event> &batch);
    void drop(std::uint64_t count, const std::string &reason);
};

// Those that wait, with a word on those that were dropped before them; none when the handler is closed.
std::vector<Event> LogHandler::Shared::next_batch() {
    std::unique_lock lock{mutex};
    changed.wait(lock, [this] { return !waiting.empty() || is_closing; });
    std::vector<Event> batch;
    if (dropped > 0 && !waiting.empty())
        batch.push_back(dropped_event(name, dropped, why, waiting.front()));
    while (!waiting.empty() && batch.size() < batch_events) {
        batch.push_back(std::move(waiting.front()));
        waiting.pop_front();
    }
    return batch;
}

bool LogHandler::Shared::may_work() {
    const std::lock_guard lock{mutex};
    return waiting.empty() && !is_closing;
}

// The caller holds no lock: to complain may take its time.
void LogHandler::Shared::drop(std::uint64_t count, const std::string &reason) {
    Complaints complain;
    {
        const std::lock_guard lock{mutex};
        dropped += count;
        why = reason;
        if (!std::exchange(has_complained, true))
            complain = complaints;
    }
    if (complain)
        complain(name, fmt::format("the log {} lacks events: {}", base::in_quotes(name), reason));
}

void LogHandler::Shared::write(const std::vector<Event> &batch) {
    const bool tells = batch.front().type == base::describe(base::EventType::events_dropped).name &&
                       batch.front().sequence == 0 && batch.front().subject == name;
    const Result<void> written = writer->write(batch);
    if (!written) {
        drop(batch.size() - (tells ? 1 : 0), written.error().full_message());
        return;
    }
    if (!tells)
        return;
    const std::lock_guard lock{mutex};
    dropped -= static_cast<std::uint64_t>(std::get<std::int64_t>(batch.front().payload.front().value));
    has_complained = dropped > 0;
}

void LogHandler::Shared::run() noexcept {
    for (bool is_open = true; is_open;) {
        try {
            const std::vector<Event> batch = next_batch();
            is_open = !batch.empty();
            if (is_open)
                write(batch);
            while (is_open && may_work() && writer->work_a_little()) {
            }
        } catch (...) {
            const std::lock_guard lock{mutex};
            ++dropped;  // out of memory: how many there were is not known
        }
    }
    const std::lock_guard lock{mutex};
    is_done = true;
    changed.notify_all();
}

Result<std::shared_ptr<LogHandler>> LogHandler::start(std::string name, std::unique_ptr<LogWriter> writer,
                                                      Filter filter, Complaints complaints) {
    auto shared =
        std::make_shared<Shared>(std::move(name), std::move(writer), std::move(filter), std::move(complaints));
    std::shared_ptr<LogHandler> handler{new LogHandler{shared}};
    try {
        shared->thread = base::start_thread([shared] { shared->run(); });
    } catch (const std::system_error &problem) {
        shared->is_done = true;
        return base::system_error(problem.code().value(), "start a thread for the log", shared->name);
    }
    return handler;
}

LogHandler::~LogHandler() {
    bool is_done = false;
    {
        std::unique_lock lock{m_shared->mutex};
        m_shared->is_closing = true;
        m_shared->changed.notify_all();
        m_shared->changed.wait_for(lock, log_close_limit, [this] { return m_shared->is_done; });
        m_shared->complaints = {};
        is_done = m_shared->is_done;
    }
    if (!m_shared->thread.joinable())
        return;
    if (is_done)
        m_shared->thread.join();
    else
        m_shared->thread.detach();
}

void LogHandler::take(const Event &event) noexcept {
    try {
        if (!m_shared->filter(event))
            return;
        const std::lock_guard lock{m_shared->mutex};
        if (m_shared->waiting.size() >= log_queue_events) {
            ++m_shared->dropped;
            m_shared->why = "they came faster than they could be written";
            return;
        }
        m_shared->waiting.push_back(event);
        m_shared->changed.notify_all();
    } catch (...) {
        const std::lock_guard lock{m_shared->mutex};
        ++m_shared->dropped;  // out of memory
    }
}

}  // namespace mos::observe
