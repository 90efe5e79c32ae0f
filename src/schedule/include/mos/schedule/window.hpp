// When updates may run: maintenance windows, and the blackouts that beat them.
#pragma once

#include <mos/schedule/priority.hpp>
#include <mos/schedule/timetable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::schedule {

// From `begin` up to, and without, `end`.
struct Span {
    std::int64_t begin = 0;
    std::int64_t end = 0;

    [[nodiscard]] bool holds(std::int64_t unix_s) const { return begin <= unix_s && unix_s < end; }
    friend bool operator==(const Span &, const Span &) = default;
};

// The longest that windows and blackouts are.
inline constexpr std::int64_t longest_window_s = std::int64_t{24} * 3600;
inline constexpr std::int64_t longest_blackout_s = std::int64_t{366} * 86400;

// What repeats: it opens at the times of its calendars and lasts `length_s`. The night of a window belongs to the day
// of its start: "22:00-06:00" on Fridays ends on Saturday.
struct Period {
    std::string name;
    std::vector<Timetable> openings;  // it opens at the times of each
    std::int64_t length_s = 0;
    // The time of day, in seconds, at which it ends by the clock, where it was given by its end: people come at 06:00,
    // whether the night was an hour shorter or longer. One that lies in a gap as a whole keeps its length.
    std::optional<std::int64_t> ends_at_s;
    // Windows only:
    std::int64_t cutoff_s = 0;  // nothing starts so short before its end
    std::int64_t splay_s = 0;   // devices start at most so late, each at its own time
    Priorities priorities = all_priorities;

    // The one that is open; of several that are, the one that opened last.
    [[nodiscard]] std::optional<Span> open_at(std::int64_t unix_s) const;
    // The next that opens after an instant.
    [[nodiscard]] std::optional<Span> opening_after(std::int64_t unix_s) const;

  private:
    [[nodiscard]] Span span_of(const Timetable &opening, std::int64_t begin) const;
};

// "02:00" to "06:00" on the days of `weekdays` (bit 0 is Monday). INVALID_ARGUMENT where both are the same time, or a
// day is missing.
struct DailyTimes {
    std::int64_t start_s = 0;  // since midnight
    std::int64_t end_s = 0;    // not after `start_s`: on the next day
    std::uint8_t weekdays = 0x7f;
};
[[nodiscard]] Result<Period> daily_period(std::string name, const DailyTimes &times, const TimeZone &zone);

// INVALID_ARGUMENT names the period: none of its times ever comes, or its length is zero or beyond `longest_s`.
[[nodiscard]] Result<void> check_period(const Period &period, std::int64_t longest_s);

// What is looked for.
struct Need {
    std::int64_t estimated_s = 0;  // how long the update takes
    Priority priority = Priority::optional;
    std::string_view device = {};  // whose start is spread by `splay_s`
};

// When an update may start.
struct Chance {
    std::int64_t start = 0;
    const Period *window = nullptr;  // null where there are no windows at all
};

struct Windows {
    std::vector<Period> windows;  // none for a priority: any time will do
    std::vector<Period> blackouts;

    // The first instant from `now` on at which the update can start and end inside of one window without a blackout;
    // nullopt where there is none in sight.
    [[nodiscard]] std::optional<Chance> next_chance(const Need &need, std::int64_t now) const;
    // The first instant from `now` on at which it can start and end without a blackout, in a window or not.
    [[nodiscard]] std::optional<std::int64_t> next_outside_blackouts(const Need &need, std::int64_t now) const;
    // The last instant up to `until` at which it can start and end without a blackout; `until` itself where there is
    // none in sight.
    [[nodiscard]] std::int64_t last_outside_blackouts(const Need &need, std::int64_t until) const;
    // The blackout that an update would meet that starts now.
    [[nodiscard]] const Period *blackout_met(const Need &need, std::int64_t start) const;
    [[nodiscard]] bool has_window_for(Priority priority) const;
};

// How late this device starts in this window, from 0 to `most_s`: always the same, and spread evenly over devices.
// FNV-1a (64 bits) of the device, a zero byte and the window's name, mixed by the finalizer of SplitMix64.
[[nodiscard]] std::int64_t splay_of(std::string_view device, std::string_view window, std::int64_t most_s);

}  // namespace mos::schedule
