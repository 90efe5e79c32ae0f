#include <mos/observe/stream.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace mos::observe {

using base::Event;

namespace {

Event dropped(std::uint64_t count) {
    Event event = base::make_event(base::EventType::events_dropped, "journal",
                                   fmt::format("{} events before this one could not be written to the journal", count));
    event.payload = {{"count", static_cast<std::int64_t>(count)}};
    return event;
}

// Whoever may not write to the root, or can't, leaves no trace in it; nobody expects otherwise.
bool is_expected(const Error &error) { return error.code() == Code::READ_ONLY || error.code() == Code::PERMISSION; }

}  // namespace

EventStream::~EventStream() {
    std::vector<std::shared_ptr<base::EventSink>> ending;  // without our lock, which what they tell needs
    {
        const std::lock_guard lock{m_mutex};
        ending.swap(m_sinks);
    }
}

std::string EventStream::tell_start(const std::string &kind, const std::string &message) noexcept {
    try {
        Event start = base::make_event(base::EventType::job_started, kind, message);
        std::string name = kind;
        publish(std::move(start), [&](Event &numbered) {
            if (numbered.type != base::describe(base::EventType::job_started).name)
                return;  // what the journal has to say of itself
            name = numbered.sequence == 0 ? kind : fmt::format("{}-job-{}", kind, numbered.sequence);
            numbered.subject = name;
        });
        return name;
    } catch (...) {
        count_lost();
        return {};
    }
}

void EventStream::add_sink(std::shared_ptr<base::EventSink> sink) {
    const std::lock_guard lock{m_mutex};
    m_sinks.push_back(std::move(sink));
}

void EventStream::count_lost(std::uint64_t count) noexcept {
    const std::lock_guard lock{m_mutex};
    m_lost += count;
}

void EventStream::publish(Events events, const Journal::Finish &finish) {
    {
        const std::lock_guard lock{m_mutex};
        for (Event &event : events) {
            event.time_unix_s = m_ports.clock->now_unix_s();
            if (event.actor.empty())
                event.actor = m_ports.actor;
        }
        record(events, finish);
        for (const auto &sink : m_sinks)
            for (const Event &event : events)
                sink->take(event);
    }
    if (m_ports.listener)
        for (const Event &event : events)
            m_ports.listener(event);
}

// What is of use only to whoever searches for a mistake would push out of the journal what is of use to all.
void EventStream::record(Events &events, const Journal::Finish &finish) {
    if (std::ranges::all_of(events, [](const Event &event) { return event.level == base::EventLevel::debug; }))
        return;
    const std::uint64_t lost = m_lost;
    if (lost > 0) {
        Event gap = dropped(lost);
        gap.time_unix_s = events.front().time_unix_s;
        gap.actor = events.front().actor;
        events.insert(events.begin(), std::move(gap));
    }
    const Result<void> appended = append(events, finish);
    if (appended) {
        m_lost = 0;
        return;
    }
    if (lost > 0)
        events.erase(events.begin());
    for (Event &event : events) {
        event.sequence = 0;
        if (finish)
            finish(event);
    }
    m_lost += events.size();
    if (m_ports.complaints && !is_expected(appended.error()) && !std::exchange(m_has_complained, true))
        m_ports.complaints(fmt::format("the journal of events can't be written: {}", appended.error().full_message()));
}

Result<void> EventStream::append(Events &events, const Journal::Finish &finish) {
    MOS_TRY(const auto folder, m_ports.open_state_folder());
    if (folder == nullptr)
        return {};
    if (!m_boot)
        m_boot = m_ports.clock->boot_id();
    return m_journal.append(*folder, events, *m_boot, finish);
}

}  // namespace mos::observe
