// The stream of events of one root: what has happened goes into the journal, and to whoever watches.
#pragma once

#include <mos/base/clock.hpp>
#include <mos/base/events.hpp>
#include <mos/base/filesystem.hpp>
#include <mos/observe/journal.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mos::observe {

// To tell something never fails and never throws: what is told has happened, whether or not it can be written down.
// Thread-safe.
class EventStream {
  public:
    struct Ports {
        // The folder in which the journal's is; null where the root has none. Nothing is journaled then.
        std::function<Result<std::unique_ptr<base::Directory>>()> open_state_folder;
        std::shared_ptr<const base::Clock> clock;
        std::string actor;                                    // of every event that names no other
        std::function<void(const base::Event &)> listener;    // on the thread that tells; may be empty
        std::function<void(const std::string &)> complaints;  // one line, once, when the journal can't be written
    };
    explicit EventStream(Ports ports) : m_ports(std::move(ports)) {}
    EventStream(const EventStream &) = delete;
    EventStream &operator=(const EventStream &) = delete;
    ~EventStream();  // its sinks first, which may have something to tell while they end

    // What `make` returns, an event or a vector of them: it is called in here, so that memory that runs out meanwhile
    // costs the event and nothing else.
    template <class Make>
    void tell(const Make &make) noexcept {
        try {
            publish(make(), {});
        } catch (...) {
            count_lost();
        }
    }

    // Begins a job: its name is `kind` and the number of its first event ("update-job-17"), or `kind` alone where there
    // is no journal. It is the event's subject, and the cause of what the job then does.
    [[nodiscard]] std::string tell_start(const std::string &kind, const std::string &message) noexcept;

    // Takes every event from now on, in the order of the journal.
    void add_sink(std::shared_ptr<base::EventSink> sink);

    // So many could not even be made; the next one that is recorded tells of them.
    void count_lost(std::uint64_t count = 1) noexcept;

  private:
    using Events = std::vector<base::Event>;
    void publish(base::Event event, const Journal::Finish &finish) { publish(Events{std::move(event)}, finish); }
    void publish(Events events, const Journal::Finish &finish);
    void record(Events &events, const Journal::Finish &finish);
    [[nodiscard]] Result<void> append(Events &events, const Journal::Finish &finish);

    const Ports m_ports;
    std::mutex m_mutex;  // of what follows
    Journal m_journal;
    std::vector<std::shared_ptr<base::EventSink>> m_sinks;
    std::uint64_t m_lost = 0;  // since the last one that was recorded
    bool m_has_complained = false;
    std::optional<std::string> m_boot;  // asked for once
};

}  // namespace mos::observe
