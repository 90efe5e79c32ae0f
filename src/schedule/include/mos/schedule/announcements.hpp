// Which updates of the queue are to be announced, and that they were: the entry's log remembers it, so that nobody is
// told twice whatever becomes of who tells.
#pragma once

#include <mos/schedule/notice.hpp>
#include <mos/schedule/queue.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::schedule {

struct Announcement {
    std::uint64_t id = 0;
    NoticeLevel level = NoticeLevel::none;
    Foreseen start;
    std::int64_t lead_s = 0;  // what it settles
};

struct Announcements {
    std::vector<Announcement> due;      // by their start; those that begin together stand together
    std::vector<Announcement> held_up;  // were announced for a start that has passed, and do not run: users wait for it
    std::optional<std::int64_t> next_s;  // when to look again, at the latest, apart from those that are due
};

// Whether users are to be told of an entry at all, whose packages are not there.
using IsTold = std::function<bool(const state::QueueEntry &)>;

// Of the entries that wait. Reads the log of those whose start is near, and of a thousand others.
[[nodiscard]] Result<Announcements> find_announcements(state::Queue &rows, const NoticeRules &rules,
                                                       const Policy &policy, const Circumstances &circumstances,
                                                       std::int64_t now_s, const IsTold &is_told);

// In one durable commit, to be made before anybody is told: a kill in between costs a notice, and repeats none.
[[nodiscard]] Result<void> record_announcements(state::Database &database, const Announcements &announcements,
                                                const Deed &deed);

// The last one of the attempt that is to come, and that is not settled; nullopt where there is none.
[[nodiscard]] Result<std::optional<Announced>> last_announcement(state::Queue &rows, std::uint64_t id);

// The action of a line of the log, "announced 900 s before 2026-01-15T02:00:00Z", and back.
[[nodiscard]] std::string announcement_action(std::int64_t start_s, std::int64_t lead_s);
[[nodiscard]] std::optional<Announced> parse_announcement(const state::QueueNote &note);

}  // namespace mos::schedule
