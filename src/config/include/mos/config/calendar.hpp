// Calendars as people write them, crontab(5) and the calendar expressions of systemd.time(7), in one typed form. When
// the times come is the schedule layer's: here is no time zone and no clock.
#pragma once

#include <mos/base/result.hpp>

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mos::config {

// The years that a calendar may name, as systemd has them.
inline constexpr int first_calendar_year = 1970;
inline constexpr int last_calendar_year = 2199;
inline constexpr std::size_t calendar_years = last_calendar_year - first_calendar_year + 1;

// A set of local times: each that has one of the seconds, minutes, hours, days, months and years.
struct Calendar {
    std::uint64_t seconds = 1;    // bits 0 to 59
    std::uint64_t minutes = 1;    // bits 0 to 59
    std::uint32_t hours = 1;      // bits 0 to 23
    std::uint32_t days = 0;       // of the month, bits 1 to 31
    std::uint32_t last_days = 0;  // counted from the month's end: bit 1 is its last day
    std::uint16_t months = 0;     // bits 1 to 12
    std::uint8_t weekdays = 0;    // bit 0 is Monday, bit 6 Sunday
    bool every_year = true;
    std::bitset<calendar_years> years;  // where not every year: bit 0 is first_calendar_year
    // crontab(5): where both are restricted, a day needs to fit one of `days` and `weekdays`. Otherwise it fits both.
    bool day_or_weekday = false;
    std::string zone;  // "UTC", "Europe/Berlin"; empty where the text names none. Whether it exists is not checked.

    friend bool operator==(const Calendar &, const Calendar &) = default;
};

// "0 */6 * * *": minute, hour, day of the month, month, day of the week; each '*', a number, a range, a list of them,
// with
// "/step" behind '*' or a range; months and days also by the first three letters of their names. INVALID_ARGUMENT names
// the field that is wrong.
[[nodiscard]] Result<Calendar> parse_crontab(std::string_view text);

// "Sat,Thu,Mon..Wed *-01..06-01,15 22:30:00 Europe/Berlin", "*-*~01 04:00", "weekly", "@1700000000". What systemd 252
// takes, but for fractions of a second; INVALID_ARGUMENT otherwise.
[[nodiscard]] Result<Calendar> parse_calendar_expression(std::string_view text);

// Either of them: five fields are a line of a crontab, anything else is an expression.
[[nodiscard]] Result<Calendar> parse_calendar(std::string_view text);

// What parse_calendar_expression() reads, and systemd too: "Fri *-*-* 02:00:00 Europe/Berlin". Two or three of them
// where a day may fit one of several sets (crontab's day or weekday; days counted from both ends of a month): the
// calendar comes when one of them does. `default_zone` is for one that names none; may be empty.
[[nodiscard]] std::vector<std::string> calendar_expressions(const Calendar &calendar, std::string_view default_zone);

}  // namespace mos::config
