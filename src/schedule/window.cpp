#include <mos/schedule/window.hpp>

#include "scatter.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::schedule {

namespace {

constexpr std::int64_t seconds_a_day = 86400;
// How many openings of one window are tried: the first may be cut short by a clock that is put forward.
constexpr int openings_tried = 4;
// How many blackouts in a row are passed before it is said that there is no end of them.
constexpr int blackouts_passed = 1000;

// The last instant at which an update of this length may start in a window that is open during `span`.
std::int64_t last_start(const Period &window, const Need &need, const Span &span) {
    return span.end - std::max(need.estimated_s, window.cutoff_s);
}

// From when on this device starts in a window that is open during `span`, if the update fits in.
std::optional<std::int64_t> first_start(const Period &window, const Need &need, const Span &span) {
    const std::int64_t room = last_start(window, need, span) - span.begin;
    if (room < 0)
        return std::nullopt;
    return span.begin + splay_of(need.device, window.name, std::min(window.splay_s, room));
}

std::optional<std::int64_t> first_start_in(const Period &window, const Need &need, std::int64_t from) {
    std::optional<Span> span = window.open_at(from);
    if (!span)
        span = window.opening_after(from);
    for (int i = 0; span && i < openings_tried; ++i) {
        if (const auto start = first_start(window, need, *span);
            start && std::max(*start, from) <= last_start(window, need, *span))
            return std::max(*start, from);
        span = window.opening_after(std::max(from, span->begin));
    }
    return std::nullopt;
}

// When the blackout that [start, start + length) meets is over.
std::optional<Span> met_by(const Period &blackout, std::int64_t start, std::int64_t length) {
    if (const auto open = blackout.open_at(start))
        return open;
    const auto next = blackout.opening_after(start);
    return next && next->begin < start + length ? next : std::nullopt;
}

std::int64_t length_of(const Need &need) { return std::max<std::int64_t>(need.estimated_s, 1); }

// The end of the longest blackout that is met; nullopt where none is.
std::optional<std::int64_t> end_of_blackouts(const std::vector<Period> &blackouts, const Need &need,
                                             std::int64_t start) {
    std::optional<std::int64_t> end;
    for (const Period &blackout : blackouts)
        if (const auto span = met_by(blackout, start, length_of(need)))
            end = std::max(end.value_or(span->end), span->end);
    return end;
}

}  // namespace

Span Period::span_of(const Timetable &opening, std::int64_t begin) const {
    if (!ends_at_s)
        return {begin, begin + length_s};
    const LocalSeconds local = opening.zone().local(begin);
    const LocalSeconds midnight = local - ((local % seconds_a_day) + seconds_a_day) % seconds_a_day;
    LocalSeconds end = midnight + *ends_at_s;
    if (end <= local)
        end += seconds_a_day;
    // Beyond its length: the gap of a clock that was put forward has swallowed the end as well.
    if (end - local > length_s)
        return {begin, begin + length_s};
    return {begin, opening.zone().moment(end).unix_s};
}

std::optional<Span> Period::open_at(std::int64_t unix_s) const {
    std::optional<Span> open;
    for (const Timetable &opening : openings)
        if (const auto begin = opening.latest(unix_s); begin && (!open || *begin > open->begin))
            if (const Span span = span_of(opening, *begin); span.holds(unix_s))
                open = span;
    return open;
}

std::optional<Span> Period::opening_after(std::int64_t unix_s) const {
    std::optional<Span> next;
    for (const Timetable &opening : openings)
        if (const auto begin = opening.next(unix_s); begin && (!next || *begin < next->begin))
            next = span_of(opening, *begin);
    return next;
}

Result<Period> daily_period(std::string name, const DailyTimes &times, const TimeZone &zone) {
    const auto is_time = [](std::int64_t seconds) { return seconds >= 0 && seconds <= seconds_a_day; };
    if (!is_time(times.start_s) || times.start_s == seconds_a_day || !is_time(times.end_s))
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("window {} needs times of day from 00:00 to 24:00", base::in_quotes(name))};
    if (times.start_s == times.end_s)
        return Error{
            Code::INVALID_ARGUMENT,
            fmt::format("window {} ends when it starts; write 00:00 to 24:00 for a whole day", base::in_quotes(name))};
    if (times.weekdays == 0)
        return Error{Code::INVALID_ARGUMENT, fmt::format("window {} has no day", base::in_quotes(name))};
    constexpr int an_hour = 3600;
    constexpr int a_minute = 60;
    MOS_TRY(config::Calendar calendar,
            config::parse_calendar_expression(fmt::format("{:02}:{:02}:{:02}", times.start_s / an_hour,
                                                          times.start_s / a_minute % 60, times.start_s % a_minute)));
    calendar.weekdays = times.weekdays;
    Period period;
    period.name = std::move(name);
    period.openings.emplace_back(std::move(calendar), zone);
    period.length_s = times.end_s - times.start_s + (times.end_s < times.start_s ? seconds_a_day : 0);
    period.ends_at_s = times.end_s % seconds_a_day;
    return period;
}

Result<void> check_period(const Period &period, std::int64_t longest_s) {
    const auto wrong = [&](std::string_view what) {
        return Error{Code::INVALID_ARGUMENT, fmt::format("window {} {}", base::in_quotes(period.name), what)};
    };
    constexpr int an_hour = 3600;
    if (period.length_s <= 0)
        return wrong("has no length");
    if (period.length_s > longest_s)
        return wrong(fmt::format("is longer than {} hours", longest_s / an_hour));
    if (period.cutoff_s < 0 || period.cutoff_s >= period.length_s)
        return wrong("has a cutoff that is not shorter than itself");
    if (period.splay_s < 0 || period.splay_s > period.length_s)
        return wrong("has a splay that is longer than itself");
    if ((period.priorities & all_priorities) == 0)
        return wrong("lets no update run");
    const bool opens = std::any_of(period.openings.begin(), period.openings.end(), [](const Timetable &opening) {
        return opening.next(0).has_value() || opening.latest(0).has_value();
    });
    return opens ? Result<void>{} : wrong("never opens");
}

const Period *Windows::blackout_met(const Need &need, std::int64_t start) const {
    const auto met = std::find_if(blackouts.begin(), blackouts.end(), [&](const Period &blackout) {
        return met_by(blackout, start, length_of(need)).has_value();
    });
    return met == blackouts.end() ? nullptr : &*met;
}

bool Windows::has_window_for(Priority priority) const {
    return std::any_of(windows.begin(), windows.end(),
                       [&](const Period &window) { return (window.priorities & only(priority)) != 0; });
}

std::optional<std::int64_t> Windows::next_outside_blackouts(const Need &need, std::int64_t now) const {
    for (int i = 0; i < blackouts_passed; ++i) {
        const std::optional<std::int64_t> end = end_of_blackouts(blackouts, need, now);
        if (!end)
            return now;
        now = *end;
    }
    return std::nullopt;
}

std::int64_t Windows::last_outside_blackouts(const Need &need, std::int64_t until) const {
    std::int64_t start = until;
    for (int i = 0; i < blackouts_passed; ++i) {
        std::optional<std::int64_t> begin;
        for (const Period &blackout : blackouts)
            if (const auto span = met_by(blackout, start, length_of(need)))
                begin = std::min(begin.value_or(span->begin), span->begin);
        if (!begin)
            return start;
        start = *begin - length_of(need);
    }
    return until;
}

std::optional<Chance> Windows::next_chance(const Need &need, std::int64_t now) const {
    if (!has_window_for(need.priority)) {
        const auto start = next_outside_blackouts(need, now);
        return start ? std::optional{Chance{*start, nullptr}} : std::nullopt;
    }
    for (int i = 0; i < blackouts_passed; ++i) {
        std::optional<Chance> first;
        for (const Period &window : windows)
            if ((window.priorities & only(need.priority)) != 0)
                if (const auto start = first_start_in(window, need, now); start && (!first || *start < first->start))
                    first = Chance{*start, &window};
        if (!first)
            return std::nullopt;
        const std::optional<std::int64_t> end = end_of_blackouts(blackouts, need, first->start);
        if (!end)
            return first;
        now = *end;
    }
    return std::nullopt;
}

std::int64_t splay_of(std::string_view device, std::string_view window, std::int64_t most_s) {
    if (most_s <= 0)
        return 0;
    return static_cast<std::int64_t>(scatter(device, window) % (static_cast<std::uint64_t>(most_s) + 1));
}

}  // namespace mos::schedule
