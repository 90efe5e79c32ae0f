// When a calendar's times come: its occurrences as instants.
#pragma once

#include <mos/config/calendar.hpp>
#include <mos/schedule/time_zone.hpp>

#include <cstdint>
#include <optional>

namespace mos::schedule {

// A calendar in a zone. An occurrence whose local time a clock put forward has skipped comes at the first instant after
// the gap, together with others that have moved there; one whose local time a clock put back shows twice comes once,
// the first time. Immutable; thread-safe.
class Timetable {
  public:
    Timetable(config::Calendar calendar, TimeZone zone) : m_calendar(std::move(calendar)), m_zone(std::move(zone)) {}

    // Of a line of a crontab or a calendar expression; `zone` is for one that names none itself. INVALID_ARGUMENT as
    // parse_calendar() and TimeZone::find().
    [[nodiscard]] static Result<Timetable> read(std::string_view text, const TimeZone &zone);

    // The first occurrence after an instant; nullopt where none is left before the year 9999.
    [[nodiscard]] std::optional<std::int64_t> next(std::int64_t after_unix_s) const;

    // The last occurrence that is not after an instant; nullopt where there was none since the year 1.
    [[nodiscard]] std::optional<std::int64_t> latest(std::int64_t until_unix_s) const;

    [[nodiscard]] const config::Calendar &calendar() const noexcept { return m_calendar; }
    [[nodiscard]] const TimeZone &zone() const noexcept { return m_zone; }

  private:
    config::Calendar m_calendar;
    TimeZone m_zone;
};

}  // namespace mos::schedule
