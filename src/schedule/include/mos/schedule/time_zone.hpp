// Local time: an IANA zone, and what its clocks show.
#pragma once

#include <mos/base/result.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mos::schedule {

// What a clock on the wall shows, as the number of seconds since it would have shown 1970-01-01 00:00:00. It has no
// zone, and days of 86,400 seconds: arithmetic on dates is arithmetic on this number.
using LocalSeconds = std::int64_t;

// Instants and local times that are reckoned with: the years 1 to 9998.
inline constexpr std::int64_t least_time_s = -62135596800;
inline constexpr std::int64_t most_time_s = 253370764799;

// When a local time is. One that a clock put forward has skipped is the first instant after it; one that a clock put
// back shows twice is the first of the two.
struct Moment {
    std::int64_t unix_s = 0;
    // The clock shows this local time again, and all up to this one, which it shows once; `unix_s` is then the first
    // time. The local time itself where it is not shown twice.
    LocalSeconds once_from = 0;
};

// A zone by its name. Copies share what was read; thread-safe. The rules are those of the zone data of the machine that
// this runs on; they are read once in the life of a process, so a change of them takes a new one.
class TimeZone {
  public:
    // INVALID_ARGUMENT for a name that the zone data has not, and for one that could name a file elsewhere.
    [[nodiscard]] static Result<TimeZone> find(std::string_view name);
    [[nodiscard]] static TimeZone utc();

    [[nodiscard]] const std::string &name() const noexcept;

    // What the clock shows. Times before `least_time_s` and after `most_time_s` count as those.
    [[nodiscard]] LocalSeconds local(std::int64_t unix_s) const;
    [[nodiscard]] Moment moment(LocalSeconds local) const;

  private:
    struct Rules;
    explicit TimeZone(std::shared_ptr<const Rules> rules) : m_rules(std::move(rules)) {}
    std::shared_ptr<const Rules> m_rules;
};

}  // namespace mos::schedule
