// Calendars, written as systemd reads them.
#include "calendar_words.hpp"

#include <fmt/format.h>

#include <array>

namespace mos::config {

namespace {

constexpr unsigned months_end = 13;
constexpr unsigned days_end = 32;
constexpr unsigned hours_end = 24;
constexpr unsigned sixty = 60;

// "*", or what the set holds: "0,15,30".
std::string values(std::uint64_t set, std::uint64_t whole, unsigned end) {
    if (set == whole)
        return "*";
    std::string text;
    for (unsigned value = 0; value < end; ++value)
        if ((set >> value & 1U) != 0)
            text += fmt::format("{}{:02}", text.empty() ? "" : ",", value);
    return text;
}

std::string years(const Calendar &calendar) {
    if (calendar.every_year)
        return "*";
    std::string text;
    for (std::size_t i = 0; i < calendar_years; ++i)
        if (calendar.years.test(i))
            text += fmt::format("{}{}", text.empty() ? "" : ",", static_cast<std::size_t>(first_calendar_year) + i);
    return text;
}

// "Mon,Fri ", with the space behind; nothing where every day will do.
std::string weekdays(std::uint8_t set) {
    constexpr std::array<std::string_view, 7> names = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    if ((set & every_weekday) == every_weekday)
        return {};
    std::string text;
    for (std::size_t day = 0; day < names.size(); ++day)
        if ((set >> day & 1U) != 0)
            text += fmt::format("{}{}", text.empty() ? "" : ",", names[day]);
    return text + " ";
}

// "Fri *-*-* 02:00:00 UTC", of one kind of days: in a month, or counted from its end behind a '~'.
std::string expression(const Calendar &calendar, std::uint8_t on, const std::string &days, std::string_view zone) {
    return fmt::format("{}{}-{}{} {}:{}:{}{}{}", weekdays(on), years(calendar),
                       values(calendar.months, every_month, months_end), days,
                       values(calendar.hours, every_hour, hours_end), values(calendar.minutes, every_sixtieth, sixty),
                       values(calendar.seconds, every_sixtieth, sixty), zone.empty() ? "" : " ", zone);
}

}  // namespace

std::vector<std::string> calendar_expressions(const Calendar &calendar, std::string_view default_zone) {
    const std::string_view zone = calendar.zone.empty() ? default_zone : std::string_view{calendar.zone};
    const std::uint8_t on = calendar.day_or_weekday ? every_weekday : calendar.weekdays;
    std::vector<std::string> all;
    if (calendar.days != 0)
        all.push_back(expression(calendar, on, "-" + values(calendar.days, every_day, days_end), zone));
    if (calendar.last_days != 0)
        all.push_back(expression(calendar, on, "~" + values(calendar.last_days, 0, days_end), zone));
    if (calendar.day_or_weekday)
        all.push_back(expression(calendar, calendar.weekdays, "-*", zone));
    return all;
}

}  // namespace mos::config
