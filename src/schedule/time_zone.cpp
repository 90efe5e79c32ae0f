#include <mos/schedule/time_zone.hpp>

#include <mos/base/bytes.hpp>

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace mos::schedule {

namespace {

// The years whose changes of the clock are kept in a table, where a look-up is quicker than in cctz: a decision asks
// for some twenty local times. Outside of them cctz is asked.
constexpr std::int64_t table_begins = 0;         // 1970
constexpr std::int64_t table_ends = 4102444800;  // 2100
constexpr std::int64_t margin = 3 * 86400;       // local times of both ends lie within

// A change of the clock, and what it is ahead of UTC by from then on.
struct Change {
    std::int64_t unix_s = 0;
    std::int64_t offset = 0;
    LocalSeconds before = 0;  // what the clock would have shown
    LocalSeconds after = 0;   // what it shows
};

constexpr std::size_t max_name_bytes = 100;

// cctz opens a file by this name, below the folder of zone data or, for some names, elsewhere.
bool is_zone_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
               c == '-' || c == '+';
    };
    return !name.empty() && name.size() <= max_name_bytes && !name.starts_with('/') &&
           std::all_of(name.begin(), name.end(), fits);
}

cctz::time_point<cctz::seconds> point(std::int64_t unix_s) {
    return cctz::time_point<cctz::seconds>{cctz::seconds{std::clamp(unix_s, least_time_s, most_time_s)}};
}

std::int64_t unix_of(const cctz::time_point<cctz::seconds> &time) { return time.time_since_epoch().count(); }

// In their order; the first is what held when the table begins.
std::vector<Change> changes_of(const cctz::time_zone &zone) {
    std::vector<Change> changes;
    const std::int64_t first = zone.lookup(point(table_begins)).offset;
    changes.push_back({table_begins, first, table_begins + first, table_begins + first});
    auto time = point(table_begins);
    for (cctz::time_zone::civil_transition change; zone.next_transition(time, &change);) {
        time = zone.lookup(change.to).trans;
        const std::int64_t unix_s = unix_of(time);
        if (unix_s >= table_ends)
            break;
        const std::int64_t offset = zone.lookup(time).offset;
        changes.push_back({unix_s, offset, unix_s + changes.back().offset, unix_s + offset});
    }
    return changes;
}

}  // namespace

struct TimeZone::Rules {
    Rules(std::string given_name, cctz::time_zone given_zone)
        : name(std::move(given_name)), zone(given_zone), changes(changes_of(zone)) {}

    std::string name;
    cctz::time_zone zone;
    std::vector<Change> changes;
};

Result<TimeZone> TimeZone::find(std::string_view name) {
    const std::string text{name};
    cctz::time_zone zone;
    if (!is_zone_name(name) || !cctz::load_time_zone(text, &zone))
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is no time zone like 'Europe/Berlin' or 'UTC' of this machine's zone data",
                                 base::in_quotes(name))};
    return TimeZone{std::make_shared<const Rules>(text, zone)};
}

TimeZone TimeZone::utc() { return TimeZone{std::make_shared<const Rules>("UTC", cctz::utc_time_zone())}; }

const std::string &TimeZone::name() const noexcept { return m_rules->name; }

LocalSeconds TimeZone::local(std::int64_t unix_s) const {
    if (unix_s >= table_begins && unix_s < table_ends) {
        const auto later = std::upper_bound(m_rules->changes.begin(), m_rules->changes.end(), unix_s,
                                            [](std::int64_t time, const Change &one) { return time < one.unix_s; });
        return unix_s + std::prev(later)->offset;
    }
    const auto time = point(unix_s);
    return unix_of(time) + m_rules->zone.lookup(time).offset;
}

Moment TimeZone::moment(LocalSeconds local) const {
    if (local >= table_begins + margin && local < table_ends - margin) {
        const auto later = std::upper_bound(
            m_rules->changes.begin(), m_rules->changes.end(), local,
            [](LocalSeconds time, const Change &one) { return time < std::min(one.before, one.after); });
        const Change &last = *std::prev(later);
        if (local < last.after)  // skipped
            return {last.unix_s, local};
        if (local < last.before)  // shown twice: as before the change, the first time
            return {local - (last.before - last.unix_s), last.before};
        return {local - last.offset, local};
    }
    const LocalSeconds bounded = std::clamp(local, least_time_s, most_time_s);
    const auto found = m_rules->zone.lookup(cctz::civil_second{} + bounded);
    switch (found.kind) {
    case cctz::time_zone::civil_lookup::SKIPPED:
        return {unix_of(found.trans), bounded};
    case cctz::time_zone::civil_lookup::REPEATED: {
        const std::int64_t offset_before = bounded - unix_of(found.pre);
        return {unix_of(found.pre), unix_of(found.trans) + offset_before};
    }
    case cctz::time_zone::civil_lookup::UNIQUE:
        break;
    }
    return {unix_of(found.pre), bounded};
}

}  // namespace mos::schedule
