#include "calendar_words.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace mos::config {

bool equal_but_capitals(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::optional<Calendar> calendar_of_word(std::string_view word) {
    constexpr std::uint16_t january = 1U << 1U;
    constexpr std::uint16_t quarters = 1U << 1U | 1U << 4U | 1U << 7U | 1U << 10U;
    constexpr std::uint16_t halves = 1U << 1U | 1U << 7U;
    constexpr std::uint32_t the_first = 1U << 1U;
    struct Word {
        std::string_view name;
        std::uint64_t minutes = 1;
        std::uint32_t hours = 1;
        std::uint32_t days = the_first;
        std::uint16_t months = every_month;
        std::uint8_t weekdays = every_weekday;
    };
    constexpr std::array words = {
        Word{.name = "minutely", .minutes = every_sixtieth, .hours = every_hour, .days = every_day},
        Word{.name = "hourly", .hours = every_hour, .days = every_day},
        Word{.name = "daily", .days = every_day},
        Word{.name = "weekly", .days = every_day, .weekdays = 1},
        Word{.name = "monthly"},
        Word{.name = "quarterly", .months = quarters},
        Word{.name = "semiannually", .months = halves},
        Word{.name = "semi-annually", .months = halves},
        Word{.name = "biannually", .months = halves},
        Word{.name = "bi-annually", .months = halves},
        Word{.name = "annually", .months = january},
        Word{.name = "yearly", .months = january},
        Word{.name = "anually", .months = january},  // so in systemd
    };
    const auto *const found =
        std::find_if(words.begin(), words.end(), [&](const Word &one) { return equal_but_capitals(one.name, word); });
    if (found == words.end())
        return std::nullopt;
    Calendar calendar;
    calendar.minutes = found->minutes;
    calendar.hours = found->hours;
    calendar.days = found->days;
    calendar.months = found->months;
    calendar.weekdays = found->weekdays;
    return calendar;
}

Result<Calendar> calendar_of_instant(std::string_view text) {
    std::uint64_t unix_s = 0;
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), unix_s);
    if (error != std::errc{} || end != text.data() + text.size())
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is no instant like '@1700000000', in seconds since 1970", base::in_quotes(text))};
    constexpr std::uint64_t end_of_years = 7258118400;  // 2200-01-01T00:00:00Z
    if (unix_s >= end_of_years)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is after the year {}", base::in_quotes(text), last_calendar_year)};
    using namespace std::chrono;
    const sys_seconds time{seconds{unix_s}};
    const auto midnight = floor<days>(time);
    const year_month_day date{midnight};
    const hh_mm_ss clock{time - midnight};
    Calendar calendar;
    calendar.zone = "UTC";
    calendar.every_year = false;
    calendar.years.set(static_cast<std::size_t>(static_cast<int>(date.year()) - first_calendar_year));
    calendar.months = static_cast<std::uint16_t>(1U << static_cast<unsigned>(date.month()));
    calendar.days = 1U << static_cast<unsigned>(date.day());
    calendar.weekdays = every_weekday;
    calendar.hours = 1U << static_cast<unsigned>(clock.hours().count());
    calendar.minutes = std::uint64_t{1} << static_cast<unsigned>(clock.minutes().count());
    calendar.seconds = std::uint64_t{1} << static_cast<unsigned>(clock.seconds().count());
    return calendar;
}

}  // namespace mos::config
