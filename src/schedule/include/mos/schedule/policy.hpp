// What a system's owner wants of scheduling: windows, thresholds, and how soon each priority is to run.
#pragma once

#include <mos/config/settings.hpp>
#include <mos/schedule/rollout.hpp>
#include <mos/schedule/window.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace mos::schedule {

// Who must have agreed before an update runs.
enum class Approval : std::uint8_t { none, supervisor, manager };

struct PriorityRule {
    bool immediately = false;              // at once, in a window or not
    bool override_constraints = false;     // without heed to load and sessions
    std::optional<std::int64_t> within_s;  // by when it has run, from when it was scheduled; none: at best effort
    bool use_window = true;                // waits for a window where windows are preferred
    bool require_window = false;           // in a window alone, and be it late
    bool require_low_load = false;         // load counts although the policy pays no heed to it
    Approval approval = Approval::none;
};

struct Thresholds {
    std::int64_t cpu = 80;  // percent; an update waits while it is more
    std::int64_t memory = 90;
    std::int64_t disk_io = 70;
    std::int64_t sessions = 50;
};

struct Policy {
    bool enabled = true;         // whether updates run by themselves
    bool recovery_mode = false;  // the root takes nothing new; no setting, but its state
    bool respect_user_activity = true;
    bool consider_load = true;
    bool prefer_windows = true;
    Thresholds thresholds;
    std::int64_t check_interval_s = 3600;  // when load and sessions are looked at again
    std::array<PriorityRule, priority_count> rules;
    Windows windows;
    Rollout rollout;
    std::optional<bool> is_metered;  // the network, whatever the machine says of it

    [[nodiscard]] const PriorityRule &rule(Priority priority) const {
        return rules[static_cast<std::size_t>(priority)];
    }
};

// The user guide's: critical at once and over constraints, security within 24 hours, important within 7 days, optional
// when approved and within 30 days at a low load, low at best effort and a low load. No windows.
[[nodiscard]] Policy default_policy();

// What the settings say, over the defaults: scheduling_policy beats update_system.scheduling. Where nobody names
// windows, the one of update_system.scheduling.maintenance_window holds, whose built-in value is 02:00 to 06:00 UTC.
// What is said of user_approval_required holds for all priorities, over what each has.
// INVALID_ARGUMENT as check_policy(), and for windows that can't be.
[[nodiscard]] Result<Policy> read_policy(const config::Settings &settings);

// INVALID_ARGUMENT names what contradicts itself: at once but in a window alone; a required window that is not to be
// used, or that no window is for; a low load that is required and overridden; two windows of one name; a window that
// check_period() refuses; a rollout that check_rollout() refuses.
[[nodiscard]] Result<void> check_policy(const Policy &policy);

}  // namespace mos::schedule
