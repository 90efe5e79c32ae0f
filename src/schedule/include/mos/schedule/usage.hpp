// When a device is used: a histogram over the hours of the week, learnt from what was observed.
#pragma once

#include <mos/schedule/time_zone.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::schedule {

inline constexpr std::size_t hours_a_week = 168;

// More than a pattern's text ever has.
inline constexpr std::size_t max_usage_bytes = 16U << 10U;

// One hour of the week. Both numbers fade: what was seen half_life_s ago counts half.
struct UsageBin {
    double observed_h = 0;    // for how long this hour was watched
    double busy_h = 0;        // for how much of it the device was in use
    std::int64_t last_s = 0;  // when the two were last brought up to date
};

// An hour in which the device is used least, or a row of them.
struct QuietTime {
    std::int64_t start_s = 0;
    double expected_use = 0;  // from 0 to 1, the mean over the update's length
};

// Hours [first, first + count) of the week; 0 is Monday from 00:00 to 01:00. May go on over Sunday's midnight.
struct HoursOfWeek {
    std::size_t first = 0;
    std::size_t count = 0;

    friend bool operator==(const HoursOfWeek &, const HoursOfWeek &) = default;
};

class UsagePattern {
  public:
    static constexpr std::int64_t half_life_s = std::int64_t{21} * 86400;
    // Below this it is not known enough to be followed, and the configured windows hold.
    static constexpr std::int64_t least_history_s = std::int64_t{14} * 86400;

    explicit UsagePattern(TimeZone zone) : m_zone(std::move(zone)) {}

    // In the `length_s` before `until_s` the device was in use to the part `busy`, from 0 to 1. Lengths beyond a day,
    // and times before the last observation, as after a clock was put back, are left out.
    void observe(std::int64_t until_s, std::int64_t length_s, double busy);

    // Two weeks of history, and at least two thirds of the hours of a week seen.
    [[nodiscard]] bool is_known(std::int64_t now_s) const;

    // How much of the hour at `unix_s` the device will probably be in use, from 0 to 1: what was seen in that hour, in
    // its neighbours, and, where little was, in the same hour of other days.
    [[nodiscard]] double expected_use(std::int64_t unix_s) const;

    // The start, from `from_s` on, at which an update of this length that has to end by `until_s` meets the least use;
    // of equals the first. nullopt while the pattern is not known, and where it has no room: use the configured
    // windows.
    [[nodiscard]] std::optional<QuietTime> find_optimal_window(std::int64_t from_s, std::int64_t until_s,
                                                               std::int64_t estimated_s) const;

    // The same of an hour of the week.
    [[nodiscard]] double expected_use_of(std::size_t hour) const;

    // Hours that are busier than one and a half times the mean; rows of hours with less than half of it.
    [[nodiscard]] std::vector<std::size_t> peak_hours() const;
    [[nodiscard]] std::vector<HoursOfWeek> low_usage_windows() const;

    [[nodiscard]] const std::array<UsageBin, hours_a_week> &bins() const noexcept { return m_bins; }

    // When it was last told anything; nullopt before that.
    [[nodiscard]] std::optional<std::int64_t> last_observation_s() const noexcept;
    [[nodiscard]] std::optional<std::int64_t> first_observation_s() const noexcept;

    // What is kept from one run to the next: a line with the version, one with the first and last observation, and one
    // an hour of the week, in thousandths of an hour.
    [[nodiscard]] std::string to_text() const;
    // FORMAT for anything that to_text() would not have written.
    [[nodiscard]] static Result<UsagePattern> from_text(std::string_view text, TimeZone zone);

  private:
    [[nodiscard]] double mean_use(std::int64_t start_s, std::int64_t length_s) const;
    [[nodiscard]] std::size_t hour_at(std::int64_t unix_s) const;

    TimeZone m_zone;
    std::array<UsageBin, hours_a_week> m_bins{};
    std::int64_t m_first_s = 0;
    std::int64_t m_last_s = 0;
    bool m_has_seen = false;
};

}  // namespace mos::schedule
