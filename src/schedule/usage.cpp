#include <mos/schedule/usage.hpp>

#include <algorithm>
#include <cmath>

namespace mos::schedule {

namespace {

constexpr std::int64_t an_hour = 3600;
constexpr std::int64_t a_day = 24 * an_hour;
constexpr std::size_t hours_a_day = 24;
// 1970-01-01 was a Thursday: three days behind a Monday.
constexpr std::int64_t hours_before_1970 = 72;
// The furthest that a quiet time is looked for.
constexpr std::int64_t longest_search = 14 * a_day;

std::size_t shifted(std::size_t hour, std::int64_t by) {
    constexpr auto week = static_cast<std::int64_t>(hours_a_week);
    return static_cast<std::size_t>(((static_cast<std::int64_t>(hour) + by) % week + week) % week);
}

void fade(UsageBin &bin, std::int64_t now_s) {
    if (now_s > bin.last_s) {
        const double part = std::exp2(-static_cast<double>(now_s - bin.last_s) / UsagePattern::half_life_s);
        bin.observed_h *= part;
        bin.busy_h *= part;
    }
    bin.last_s = now_s;
}

// What was seen, by how much it counts here.
struct Evidence {
    double observed = 0;
    double busy = 0;

    void add(const UsageBin &bin, double weight) {
        observed += bin.observed_h * weight;
        busy += bin.busy_h * weight;
    }
};

}  // namespace

std::size_t UsagePattern::hour_at(std::int64_t unix_s) const {
    const LocalSeconds local = m_zone.local(unix_s);
    const std::int64_t hour = (local - ((local % an_hour) + an_hour) % an_hour) / an_hour + hours_before_1970;
    return shifted(0, hour % static_cast<std::int64_t>(hours_a_week));
}

void UsagePattern::observe(std::int64_t until_s, std::int64_t length_s, double busy) {
    if (length_s <= 0 || length_s > a_day || !(busy >= 0 && busy <= 1) || (m_has_seen && until_s <= m_last_s))
        return;
    std::int64_t begin = until_s - length_s;
    if (!m_has_seen)
        m_first_s = begin;
    else
        begin = std::max(begin, m_last_s);  // nothing counts twice
    m_has_seen = true;
    m_last_s = until_s;
    while (begin < until_s) {
        const std::int64_t hour_ends = begin + an_hour - ((m_zone.local(begin) % an_hour) + an_hour) % an_hour;
        const std::int64_t end = std::min(until_s, hour_ends);
        UsageBin &bin = m_bins[hour_at(begin)];
        fade(bin, end);
        const double watched = static_cast<double>(end - begin) / an_hour;
        bin.observed_h += watched;
        bin.busy_h += watched * busy;
        begin = end;
    }
}

std::optional<std::int64_t> UsagePattern::last_observation_s() const noexcept {
    return m_has_seen ? std::optional{m_last_s} : std::nullopt;
}

std::optional<std::int64_t> UsagePattern::first_observation_s() const noexcept {
    return m_has_seen ? std::optional{m_first_s} : std::nullopt;
}

bool UsagePattern::is_known(std::int64_t now_s) const {
    const auto seen =
        std::count_if(m_bins.begin(), m_bins.end(), [](const UsageBin &bin) { return bin.observed_h > 0; });
    return m_has_seen && now_s - m_first_s >= least_history_s && static_cast<std::size_t>(seen) * 3 >= hours_a_week * 2;
}

// Neighbours count a quarter each, so that a habit of 08:55 is felt before it begins. The same hour of other days
// stands in with the weight of a quarter of an hour: it decides where nothing else was seen, and hardly matters
// elsewhere.
double UsagePattern::expected_use_of(std::size_t hour) const {
    constexpr double beside = 0.25;
    constexpr double weight_of_other_days = 0.25;
    Evidence here;
    here.add(m_bins[hour], 2 * beside);
    here.add(m_bins[shifted(hour, -1)], beside);
    here.add(m_bins[shifted(hour, 1)], beside);
    Evidence daily;
    for (std::size_t other = hour % hours_a_day; other < hours_a_week; other += hours_a_day)
        daily.add(m_bins[other], 1);
    const double usual = daily.observed > 0 ? daily.busy / daily.observed : 1;  // nothing seen: busy, for all we know
    return (here.busy + weight_of_other_days * usual) / (here.observed + weight_of_other_days);
}

double UsagePattern::expected_use(std::int64_t unix_s) const { return expected_use_of(hour_at(unix_s)); }

double UsagePattern::mean_use(std::int64_t start_s, std::int64_t length_s) const {
    const std::int64_t end = start_s + std::max<std::int64_t>(length_s, 1);
    double busy = 0;
    for (std::int64_t begin = start_s; begin < end;) {
        const std::int64_t hour_ends = begin + an_hour - ((m_zone.local(begin) % an_hour) + an_hour) % an_hour;
        const std::int64_t until = std::min(end, hour_ends);
        busy += expected_use(begin) * static_cast<double>(until - begin);
        begin = until;
    }
    return busy / static_cast<double>(end - start_s);
}

std::optional<QuietTime> UsagePattern::find_optimal_window(std::int64_t from_s, std::int64_t until_s,
                                                           std::int64_t estimated_s) const {
    const std::int64_t length = std::clamp<std::int64_t>(estimated_s, 1, a_day);
    const std::int64_t last_start = std::min(until_s, from_s + longest_search) - length;
    if (!is_known(from_s) || last_start < from_s)
        return std::nullopt;
    std::optional<QuietTime> best;
    // Tried at once, and at every full hour: within an hour nothing changes but how much of the next is met.
    for (std::int64_t start = from_s; start <= last_start;) {
        constexpr double clearly = 1e-9;  // of equals the first, whatever the last digit says
        const double use = mean_use(start, length);
        if (!best || use < best->expected_use - clearly)
            best = QuietTime{start, use};
        start += an_hour - ((m_zone.local(start) % an_hour) + an_hour) % an_hour;
    }
    return best;
}

std::vector<std::size_t> UsagePattern::peak_hours() const {
    constexpr double busier = 1.5;
    double mean = 0;
    for (std::size_t hour = 0; hour < hours_a_week; ++hour)
        mean += expected_use_of(hour) / hours_a_week;
    std::vector<std::size_t> peaks;
    peaks.reserve(hours_a_week);
    for (std::size_t hour = 0; hour < hours_a_week; ++hour)
        if (expected_use_of(hour) > busier * mean)
            peaks.push_back(hour);
    return peaks;
}

std::vector<HoursOfWeek> UsagePattern::low_usage_windows() const {
    constexpr double quieter = 0.5;
    double mean = 0;
    for (std::size_t hour = 0; hour < hours_a_week; ++hour)
        mean += expected_use_of(hour) / hours_a_week;
    const auto is_low = [&](std::size_t hour) { return expected_use_of(hour % hours_a_week) < quieter * mean; };
    std::vector<HoursOfWeek> windows;
    windows.reserve(hours_a_week / 2);
    for (std::size_t hour = 0; hour < hours_a_week; ++hour) {
        if (!is_low(hour) || is_low(hour + hours_a_week - 1))
            continue;  // no beginning of a row
        std::size_t count = 1;
        while (count < hours_a_week && is_low(hour + count))
            ++count;
        windows.push_back({hour, count});
    }
    return windows;
}

}  // namespace mos::schedule
