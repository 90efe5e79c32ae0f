// A policy and updates that tests of decisions begin with.
#pragma once

#include "times.hpp"

#include <mos/schedule/decision.hpp>

namespace mos::test {

// Windows from 02:00 to 06:00 UTC on Fridays, and the guide's priorities.
// A device that is least used then, whatever it is asked for.
inline schedule::QuietTimes always(std::int64_t quiet_s) {
    return [quiet_s](std::int64_t, std::int64_t, std::int64_t) { return std::optional{quiet_s}; };
}

inline schedule::Policy weekly_policy() {
    schedule::Policy policy = schedule::default_policy();
    policy.windows.windows.push_back(window(2 * hours, 6 * hours, "UTC", friday));
    policy.check_interval_s = 10 * minutes;
    return policy;
}

inline constexpr std::int64_t monday = 1714392000;  // 2024-04-29T12:00:00Z

inline schedule::Entry entry(schedule::Priority priority, std::int64_t submitted = monday) {
    schedule::Entry entry;
    entry.id = "update-1";
    entry.priority = priority;
    entry.submitted_s = submitted;
    entry.estimated_s = hours;
    return entry;
}

}  // namespace mos::test
