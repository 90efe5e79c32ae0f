// Instants and windows as tests write them.
#pragma once

#include "expect.hpp"

#include <mos/base/timestamp.hpp>
#include <mos/schedule/window.hpp>

#include <string>
#include <string_view>

namespace mos::test {

inline std::int64_t at(std::string_view text) { return must(base::parse_timestamp(text)); }

inline constexpr std::int64_t minutes = 60;
inline constexpr std::int64_t hours = 3600;
inline constexpr std::int64_t days = 24 * hours;

inline schedule::TimeZone zone(std::string_view name) { return must(schedule::TimeZone::find(name)); }

// Bits of days: 0 is Monday.
inline constexpr std::uint8_t friday = 1U << 4U;
inline constexpr std::uint8_t every_day_of_the_week = 0x7f;

inline schedule::Period window(std::int64_t start_s, std::int64_t end_s, std::string_view in = "UTC",
                               std::uint8_t weekdays = every_day_of_the_week, std::string name = "primary") {
    return must(schedule::daily_period(std::move(name), {start_s, end_s, weekdays}, zone(in)));
}

// Opens at the times of a calendar and lasts `length_s`.
inline schedule::Period period(std::string_view calendar, std::int64_t length_s, std::string name = "freeze",
                               std::string_view in = "UTC") {
    schedule::Period period;
    period.name = std::move(name);
    period.openings.push_back(must(schedule::Timetable::read(calendar, zone(in))));
    period.length_s = length_s;
    return period;
}

inline std::string text_of(const std::optional<schedule::Span> &span) {
    return span ? base::write_timestamp(span->begin) + "/" + base::write_timestamp(span->end) : "none";
}

}  // namespace mos::test
