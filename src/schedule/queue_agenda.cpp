// What the queue has to do at a moment, and why not the rest.
#include <mos/schedule/queue.hpp>

#include <mos/base/timestamp.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

namespace mos::schedule {

using state::queue_entry_name;
using state::QueueEntry;

namespace {

// The same on every device, in whatever order somebody has given the packages.
std::string update_of(const QueueEntry &row) {
    std::vector<std::string> packages;
    packages.reserve(row.packages.size());
    for (const state::QueuedPackage &package : row.packages)
        packages.push_back(fmt::format("{} {}-{}", package.name, package.version, package.release));
    std::ranges::sort(packages);
    return fmt::format("{}", fmt::join(packages, "\n"));
}

}  // namespace

Result<Entry> entry_of(const QueueEntry &row, std::int64_t now_s) {
    if (row.priority >= priority_count)
        return Error{Code::INVALID_ARGUMENT, fmt::format("'{}' has the priority {}, which this version does not know",
                                                         queue_entry_name(row.id), row.priority)};
    Entry entry;
    entry.id = queue_entry_name(row.id);
    entry.priority = static_cast<Priority>(row.priority);
    entry.submitted_s = row.submitted_s;
    entry.update = update_of(row);
    entry.made_s = row.made_s;
    entry.estimated_s = row.estimated_s;
    entry.needed_bytes = row.needed_bytes;
    entry.start_s = row.start_s;
    entry.deadline_s = row.deadline_s;
    entry.retry_s = row.retry_s;
    if (row.retry_s && now_s < row.failed_s)  // the clock was put back since: the wait is not to last years
        entry.retry_s = now_s;
    entry.timeout_s = row.timeout_s;
    entry.cancel_on_timeout = row.cancel_on_timeout;
    entry.by_hand = row.by_hand;
    entry.rejected = row.rejected;
    entry.approved = static_cast<Approval>(std::min<std::uint8_t>(row.approval, 2));
    if (!row.conditions.empty()) {
        MOS_TRY(entry.conditions, parse_conditions(row.conditions));
    }
    return entry;
}

std::optional<std::int64_t> usual_duration_s(std::vector<std::int64_t> durations) {
    constexpr std::size_t fewest = 3;
    constexpr std::size_t part = 95;
    constexpr std::size_t whole = 100;
    if (durations.size() < fewest)
        return std::nullopt;
    std::ranges::sort(durations);
    return durations[(durations.size() * part + whole - 1) / whole - 1];
}

Result<Agenda> Queue::agenda(const Policy &policy, const Circumstances &circumstances, std::int64_t now_s) {
    struct Due {
        std::uint8_t priority;
        std::int64_t latest_start_s;
        std::uint64_t id;
    };
    std::vector<Due> due;
    Agenda agenda;
    MOS_CHECK(m_rows.for_each(state::waiting_states, [&](const QueueEntry &row) -> Result<void> {
        const Result<Entry> entry = entry_of(row, now_s);
        if (!entry)
            return {};  // of a newer version; explain() says so, and the others run
        const Decision decision = decide(*entry, policy, circumstances, now_s);
        if (decision.verdict == Verdict::run) {
            const auto urgency = urgency_of(*entry, policy.rule(entry->priority), now_s);
            due.push_back({row.priority, urgency ? urgency->latest_start_s : most_time_s, row.id});
        } else if (decision.verdict == Verdict::cancel) {
            agenda.timed_out.push_back(row.id);
        } else if (decision.at_s) {
            agenda.next_s = std::min(agenda.next_s.value_or(*decision.at_s), *decision.at_s);
        }
        return {};
    }));
    std::ranges::sort(due, {}, [](const Due &one) { return std::tuple{one.priority, one.latest_start_s, one.id}; });
    agenda.due.reserve(due.size());
    std::ranges::transform(due, std::back_inserter(agenda.due), &Due::id);
    return agenda;
}

Result<std::optional<std::int64_t>> Queue::next_wakeup(const Policy &policy, const Circumstances &circumstances,
                                                       std::int64_t now_s) {
    MOS_TRY(const Agenda now, agenda(policy, circumstances, now_s));
    if (!now.due.empty() || !now.timed_out.empty())
        return std::optional{now_s};
    return now.next_s;
}

Explanation explain_entry(QueueEntry row, const Policy &policy, const Circumstances &circumstances,
                          std::int64_t now_s) {
    Explanation told;
    if (row.waits()) {
        if (const Result<Entry> entry = entry_of(row, now_s)) {
            const Decision decision = decide(*entry, policy, circumstances, now_s);
            told.verdict = name_of(decision.verdict);
            told.rule = name_of(decision.rule);
            told.sentence = explain(decision);
            told.at_s = decision.at_s;
        } else {
            told.verdict = name_of(Verdict::refuse);
            told.rule = "unknown";
            told.sentence = "does not run: " + entry.error().message();
        }
    } else {
        told.verdict = state::state_name(row.state);
        told.sentence = row.ended() ? fmt::format("{} since {}", told.verdict, base::write_timestamp(row.ended_s))
                                    : fmt::format("runs now, attempt {}", row.attempts);
        if (!row.reason.empty())
            told.sentence += ": " + row.reason;
    }
    told.entry = std::move(row);
    return told;
}

Result<Explanation> Queue::explain(std::uint64_t id, const Policy &policy, const Circumstances &circumstances,
                                   std::int64_t now_s) {
    MOS_TRY(QueueEntry row, find(id));
    return explain_entry(std::move(row), policy, circumstances, now_s);
}

Result<std::int64_t> Queue::notice_clock(const state::QueueLook &now) {
    constexpr std::int64_t tolerance_s = 60;
    constexpr std::int64_t ms_per_s = 1000;
    MOS_TRY(const std::optional<state::QueueLook> before, m_rows.last_look());
    MOS_CHECK(m_database.commit(state::Durability::with_next, [&] { return m_rows.set_last_look(now); }));
    if (!before || before->boot != now.boot || now.boot.empty())
        return std::int64_t{0};
    const std::int64_t passed_s = (now.monotonic_ms - before->monotonic_ms) / ms_per_s;
    const std::int64_t jump_s = now.wall_s - before->wall_s - passed_s;
    if (jump_s >= -tolerance_s && jump_s <= tolerance_s)
        return std::int64_t{0};
    base::Event event = base::make_event(base::EventType::clock_jumped, {}, {});
    event.message = fmt::format("the clock was put {} by {} s; what waits is judged by the new time",
                                jump_s > 0 ? "forward" : "back", jump_s > 0 ? jump_s : -jump_s);
    event.payload = {{"seconds", jump_s}};
    m_events.push_back(std::move(event));
    return jump_s;
}

}  // namespace mos::schedule
