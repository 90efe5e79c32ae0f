// What users are told of an update before it begins, when it begins, and when it has ended: functions of its priority's
// level, of the start that is foreseen, and of what they were told before.
#pragma once

#include <mos/schedule/decision.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mos::schedule {

// How much users are told of an update. Each level tells what the one before it tells, and more.
enum class NoticeLevel : std::uint8_t {
    none,
    info,       // how it has ended
    standard,   // and that it begins, that it is tried again, and that it does not begin after all
    important,  // and a quarter of an hour before it begins
    urgent      // and an hour and five minutes before
};

enum class NoticeKind : std::uint8_t {
    announced,  // it is to begin
    begun,
    done,
    retrying,   // it has failed, and is tried again
    failed,     // for good
    called_off  // it was announced, or had begun, and does not take place now
};
inline constexpr std::size_t notice_kind_count = 6;

// How much one user wants to be told, where the way of telling is one user's.
enum class UserNoticeLevel : std::uint8_t { none, low, normal, high };

// Stable names, for programs: "urgent", "called_off".
[[nodiscard]] std::string_view name_of(NoticeLevel level) noexcept;
[[nodiscard]] std::string_view name_of(NoticeKind kind) noexcept;
[[nodiscard]] std::optional<NoticeLevel> notice_level_named(std::string_view name) noexcept;
[[nodiscard]] std::optional<UserNoticeLevel> user_notice_level_named(std::string_view name) noexcept;

[[nodiscard]] bool is_told(NoticeLevel level, NoticeKind kind) noexcept;
// `low` is told how updates have ended, `normal` and `high` what there is.
[[nodiscard]] bool is_told(UserNoticeLevel level, NoticeKind kind) noexcept;
// How many seconds before its start an update is announced, the longest first.
[[nodiscard]] std::span<const std::int64_t> leads_of(NoticeLevel level) noexcept;

struct NoticeRules {
    bool enabled = true;
    std::array<NoticeLevel, priority_count> levels{NoticeLevel::urgent, NoticeLevel::important, NoticeLevel::standard,
                                                   NoticeLevel::info, NoticeLevel::info};
    [[nodiscard]] NoticeLevel level(Priority priority) const {
        return enabled ? levels[static_cast<std::size_t>(priority)] : NoticeLevel::none;
    }
};
// features.user_notifications and notifications.enabled of update_system, both of which switch all off, and
// scheduling_policy.priority_handling.*.notification_level, over the user guide's levels.
[[nodiscard]] NoticeRules read_notice_rules(const config::Settings &settings);

// When an update that waits will probably begin.
struct Foreseen {
    std::int64_t start_s = 0;
    bool at_the_latest = false;  // it may begin sooner: as soon as load and sessions let it
    friend bool operator==(const Foreseen &, const Foreseen &) = default;
};
// By asking decide() for the times that it names, with a low load then. nullopt where nobody can tell: what waits for
// an approval, for space or for a condition. What waits for a low load begins when its deadline is near, at the latest.
[[nodiscard]] std::optional<Foreseen> foresee(const Entry &entry, const Policy &policy,
                                              const Circumstances &circumstances, std::int64_t now_s);

// Times that lie no further apart than a minute.
[[nodiscard]] bool is_same_start(std::int64_t one_s, std::int64_t other_s) noexcept;

// That users were told of a start.
struct Announced {
    std::int64_t start_s = 0;
    std::int64_t lead_s = 0;  // the announcements that long before it, and longer, are settled
    std::int64_t at_s = 0;    // when they were told
    friend bool operator==(const Announced &, const Announced &) = default;
};

// Of one start, at a moment.
struct AnnouncementTimes {
    bool is_due = false;
    std::int64_t lead_s = 0;             // of the one that is due: what it settles
    std::optional<std::int64_t> next_s;  // when there is something to announce after that
};
// Several that have become due meanwhile are one. A start that has moved by more than a minute is announced anew, but
// none of them sooner than five minutes after the last announcement, so that one that moves to and fro is no heap.
[[nodiscard]] AnnouncementTimes announcement_times(NoticeLevel level, std::int64_t start_s,
                                                   const std::optional<Announced> &before, std::int64_t now_s);

// What users are told at one moment, of one update or of several that begin together.
struct Notice {
    NoticeKind kind = NoticeKind::announced;
    NoticeLevel level = NoticeLevel::none;  // the highest of the updates'
    std::vector<std::uint64_t> entries = {};
    std::string packages = {};                 // "webserver 2.1.0, tool 2 and 3 more"
    std::int64_t time_s = 0;                   // now
    std::optional<std::int64_t> start_s = {};  // announced: when it begins; retrying: when it may be tried again
    bool at_the_latest = false;                // of that
    bool reboot = false;                       // done: the system has to be started again
    std::string text = {};                     // for people, on one line
};
// Local times are those of `zone`.
[[nodiscard]] std::string text_of(const Notice &notice, const TimeZone &zone);

// "users are told at 2026-01-15T01:45:00Z, when it begins and when it has ended".
[[nodiscard]] std::string describe_notices(NoticeLevel level, const std::optional<Foreseen> &start, std::int64_t now_s);

}  // namespace mos::schedule
