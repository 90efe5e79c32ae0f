#include <mos/schedule/announcements.hpp>

#include <mos/base/timestamp.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

namespace mos::schedule {

namespace {

constexpr std::string_view action_begins = "announced ";
constexpr std::string_view action_middle = " s before ";
constexpr std::string_view held_up_begins = "did not begin at ";

// Of entries whose start is not near so many logs are read, to find those that did not begin as was announced.
constexpr std::size_t max_distant = 1000;

struct Candidate {
    std::uint64_t id = 0;
    NoticeLevel level = NoticeLevel::none;
    std::optional<Foreseen> start;
    bool runs = false;
};

// An attempt has begun, or users were told that it did not.
bool settles_announcements(std::string_view action) {
    return action.starts_with(held_up_begins) || (action.starts_with("attempt ") && action.ends_with(" started"));
}

void take_sooner(std::optional<std::int64_t> &next_s, const std::optional<std::int64_t> &other_s) {
    if (other_s)
        next_s = std::min(next_s.value_or(*other_s), *other_s);
}

}  // namespace

std::string announcement_action(std::int64_t start_s, std::int64_t lead_s) {
    return fmt::format("{}{}{}{}", action_begins, lead_s, action_middle, base::write_timestamp(start_s));
}

std::optional<Announced> parse_announcement(const state::QueueNote &note) {
    std::string_view action = note.action;
    if (!action.starts_with(action_begins))
        return std::nullopt;
    action.remove_prefix(action_begins.size());
    const std::size_t middle = action.find(action_middle);
    if (middle == std::string_view::npos)
        return std::nullopt;
    Announced announced;
    announced.at_s = note.time_s;
    const char *const end = action.data() + middle;
    if (const auto [stop, problem] = std::from_chars(action.data(), end, announced.lead_s);
        problem != std::errc{} || stop != end)
        return std::nullopt;
    const Result<std::int64_t> start_s = base::parse_timestamp(action.substr(middle + action_middle.size()));
    if (!start_s)
        return std::nullopt;
    announced.start_s = *start_s;
    return announced;
}

Result<std::optional<Announced>> last_announcement(state::Queue &rows, std::uint64_t id) {
    MOS_TRY(const std::vector<state::QueueNote> notes, rows.notes(id));
    const auto last = std::find_if(notes.rbegin(), notes.rend(), [](const state::QueueNote &note) {
        return settles_announcements(note.action) || parse_announcement(note).has_value();
    });
    return last == notes.rend() ? std::nullopt : parse_announcement(*last);
}

namespace {

// What the entry's log says of a candidate, and what follows from it.
void judge(const Candidate &candidate, const std::optional<Announced> &before, std::int64_t now_s,
           Announcements &found) {
    const auto &start = candidate.start;
    if (before && !candidate.runs && !(start && is_same_start(before->start_s, start->start_s))) {
        if (before->start_s <= now_s)
            found.held_up.push_back({candidate.id, candidate.level, {before->start_s, false}, 0});
        else
            take_sooner(found.next_s, before->start_s);
    }
    if (!start)
        return;
    const AnnouncementTimes times = announcement_times(candidate.level, start->start_s, before, now_s);
    take_sooner(found.next_s, times.next_s);
    if (times.is_due)
        found.due.push_back({candidate.id, candidate.level, *start, times.lead_s});
}

state::QueueNote note_of(std::string action, const Deed &deed) {
    return {.number = 0, .time_s = deed.now_s, .action = std::move(action), .actor = deed.actor, .reason = deed.reason};
}

}  // namespace

Result<Announcements> find_announcements(state::Queue &rows, const NoticeRules &rules, const Policy &policy,
                                         const Circumstances &circumstances, std::int64_t now_s,
                                         const IsTold &is_told) {
    Announcements found;
    std::vector<Candidate> candidates;
    std::size_t distant = 0;
    MOS_CHECK(rows.for_each(state::waiting_states, [&](const state::QueueEntry &row) -> Result<void> {
        if (row.priority >= priority_count)
            return {};
        const NoticeLevel level = rules.level(static_cast<Priority>(row.priority));
        if (leads_of(level).empty() || !is_told(row))
            return {};
        const Result<Entry> entry = entry_of(row, now_s);
        if (!entry)
            return {};
        Candidate candidate{.id = row.id, .level = level, .start = foresee(*entry, policy, circumstances, now_s)};
        candidate.runs = !candidate.start && decide(*entry, policy, circumstances, now_s).verdict == Verdict::run;
        const bool is_near = candidate.start && candidate.start->start_s - leads_of(level).front() <= now_s;
        if (candidate.start && !is_near)
            take_sooner(found.next_s, candidate.start->start_s - leads_of(level).front());
        if (is_near || ++distant <= max_distant)
            candidates.push_back(candidate);
        return {};
    }));
    for (const Candidate &candidate : candidates) {
        MOS_TRY(const std::optional<Announced> before, last_announcement(rows, candidate.id));
        judge(candidate, before, now_s, found);
    }
    std::ranges::sort(found.due, {}, [](const Announcement &one) {
        return std::tuple{one.start.start_s, one.start.at_the_latest, one.id};
    });
    return found;
}

Result<void> record_announcements(state::Database &database, const Announcements &announcements, const Deed &deed) {
    state::Queue rows{database};
    return database.commit(state::Durability::durable, [&]() -> Result<void> {
        for (const Announcement &one : announcements.held_up)
            MOS_CHECK(rows.add_note(one.id, note_of(std::string{held_up_begins} +
                                                        base::write_timestamp(one.start.start_s) + " as announced",
                                                    deed)));
        for (const Announcement &one : announcements.due)
            MOS_CHECK(rows.add_note(one.id, note_of(announcement_action(one.start.start_s, one.lead_s), deed)));
        return {};
    });
}

}  // namespace mos::schedule
