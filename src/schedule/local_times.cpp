#include "local_times.hpp"

#include <algorithm>
#include <bit>
#include <chrono>

namespace mos::schedule {

using config::Calendar;

namespace {

constexpr int seconds_a_day = 86400;
constexpr int seconds_an_hour = 3600;
constexpr int seconds_a_minute = 60;
constexpr int months_a_year = 12;
constexpr int gregorian_cycle = 400;  // in years: then the same days of the week fall on the same dates

// ---- sets of small numbers ----

constexpr std::uint64_t from(unsigned value) { return value < 64 ? ~std::uint64_t{0} << value : 0; }
constexpr std::uint64_t up_to(unsigned value) {
    return value < 63 ? (std::uint64_t{1} << (value + 1)) - 1 : ~std::uint64_t{0};
}

std::optional<unsigned> lowest(std::uint64_t bits) {
    return bits == 0 ? std::nullopt : std::optional{static_cast<unsigned>(std::countr_zero(bits))};
}
std::optional<unsigned> highest(std::uint64_t bits) {
    return bits == 0 ? std::nullopt : std::optional{static_cast<unsigned>(std::bit_width(bits)) - 1};
}
bool has(std::uint64_t bits, unsigned value) { return (bits >> value & 1U) != 0; }

// ---- the time of a day ----

struct DayTime {
    unsigned hour;
    unsigned minute;
    unsigned second;
};

DayTime split(int seconds) {
    return {static_cast<unsigned>(seconds / seconds_an_hour), static_cast<unsigned>(seconds / seconds_a_minute % 60),
            static_cast<unsigned>(seconds % seconds_a_minute)};
}
int join(const DayTime &time) {
    return static_cast<int>(time.hour) * seconds_an_hour + static_cast<int>(time.minute) * seconds_a_minute +
           static_cast<int>(time.second);
}

// Which end of a set is looked for, and the part of it that is still ahead.
struct Forward {
    static std::optional<unsigned> nearest(std::uint64_t bits) { return lowest(bits); }
    static std::uint64_t at_or_beyond(unsigned value) { return from(value); }
    static std::uint64_t beyond(unsigned value) { return from(value + 1); }
    static constexpr int step = 1;
    static constexpr int day_begins = 0;
};
struct Backward {
    static std::optional<unsigned> nearest(std::uint64_t bits) { return highest(bits); }
    static std::uint64_t at_or_beyond(unsigned value) { return up_to(value); }
    static std::uint64_t beyond(unsigned value) { return up_to(value) >> 1U; }
    static constexpr int step = -1;
    static constexpr int day_begins = seconds_a_day - 1;
};

// The nearest time of the calendar on a day, seen from `seconds` of it.
template <class Direction>
std::optional<int> nearest_time(const Calendar &calendar, int seconds) {
    const DayTime now = split(seconds);
    if (has(calendar.hours, now.hour)) {
        if (has(calendar.minutes, now.minute))
            if (const auto second = Direction::nearest(calendar.seconds & Direction::at_or_beyond(now.second)))
                return join({now.hour, now.minute, *second});
        if (const auto minute = Direction::nearest(calendar.minutes & Direction::beyond(now.minute)))
            return join({now.hour, *minute, *Direction::nearest(calendar.seconds)});
    }
    if (const auto hour = Direction::nearest(calendar.hours & Direction::beyond(now.hour)))
        return join({*hour, *Direction::nearest(calendar.minutes), *Direction::nearest(calendar.seconds)});
    return std::nullopt;
}

// ---- the day ----

struct Month {
    int year;
    unsigned month;  // 1 to 12
};

std::chrono::year_month_day first_day(const Month &month) {
    return {std::chrono::year{month.year}, std::chrono::month{month.month}, std::chrono::day{1}};
}

unsigned days_in(const Month &month) {
    const std::chrono::year_month_day_last last{std::chrono::year{month.year},
                                                std::chrono::month_day_last{std::chrono::month{month.month}}};
    return static_cast<unsigned>(last.day());
}

// The days of a month that fall on the calendar's days of the week, bits 1 to 31.
std::uint64_t days_on_weekdays(const Calendar &calendar, const Month &month) {
    constexpr unsigned days_a_week = 7;
    const std::chrono::weekday weekday{std::chrono::sys_days{first_day(month)}};
    const unsigned first = (weekday.iso_encoding() - 1) % days_a_week;
    std::uint64_t weeks = 0;
    for (unsigned week = 0; week < 6; ++week)
        weeks |= std::uint64_t{calendar.weekdays} << (week * days_a_week);
    return weeks >> first << 1U;
}

std::uint64_t days_of(const Calendar &calendar, const Month &month) {
    if (!has(calendar.months, month.month))
        return 0;
    const unsigned length = days_in(month);
    std::uint64_t days = calendar.days;
    for (std::uint64_t rest = calendar.last_days; rest != 0; rest &= rest - 1)
        if (const unsigned back = *lowest(rest); back <= length)
            days |= std::uint64_t{1} << (length + 1 - back);
    const std::uint64_t on_weekdays = days_on_weekdays(calendar, month);
    days = calendar.day_or_weekday ? days | on_weekdays : days & on_weekdays;
    return days & up_to(length) & from(1);
}

bool has_year(const Calendar &calendar, int year) {
    return calendar.every_year || (year >= config::first_calendar_year && year <= config::last_calendar_year &&
                                   calendar.years[static_cast<std::size_t>(year - config::first_calendar_year)]);
}

// The first of a month as days since 1970, and then `day` of it.
LocalSeconds at(const Month &month, unsigned day, int seconds) {
    const auto since = std::chrono::sys_days{first_day(month)}.time_since_epoch().count();
    return (LocalSeconds{since} + day - 1) * seconds_a_day + seconds;
}

void go_on(Month &month, int step) {
    const int count = static_cast<int>(month.month) - 1 + step;
    month.year += count < 0 ? -1 : count / months_a_year;
    month.month = static_cast<unsigned>((count + months_a_year) % months_a_year) + 1;
}

template <class Direction>
std::optional<LocalSeconds> nearest_local(const Calendar &calendar, LocalSeconds start) {
    using namespace std::chrono;
    const sys_seconds time{seconds{std::clamp(start, least_time_s, most_time_s)}};
    const auto midnight = floor<days>(time);
    const year_month_day today{midnight};
    Month month{static_cast<int>(today.year()), static_cast<unsigned>(today.month())};
    const auto day = static_cast<unsigned>(today.day());
    std::uint64_t ahead = days_of(calendar, month);
    if (!has_year(calendar, month.year))
        ahead = 0;
    if (has(ahead, day))
        if (const auto second = nearest_time<Direction>(calendar, static_cast<int>((time - midnight).count())))
            return at(month, day, *second);
    ahead &= Direction::beyond(day);
    for (int months = 0; months <= (gregorian_cycle + 1) * months_a_year; ++months) {
        if (const auto found = Direction::nearest(ahead))
            return at(month, *found, *nearest_time<Direction>(calendar, Direction::day_begins));
        go_on(month, Direction::step);
        if (month.year < 1 || month.year > 9998)
            return std::nullopt;
        ahead = has_year(calendar, month.year) ? days_of(calendar, month) : 0;
    }
    return std::nullopt;
}

}  // namespace

std::optional<LocalSeconds> first_local(const Calendar &calendar, LocalSeconds from) {
    return from > most_time_s ? std::nullopt : nearest_local<Forward>(calendar, from);
}

std::optional<LocalSeconds> last_local(const Calendar &calendar, LocalSeconds until) {
    return until < least_time_s ? std::nullopt : nearest_local<Backward>(calendar, until);
}

}  // namespace mos::schedule
