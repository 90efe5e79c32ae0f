// Whether an update runs now: a function of the update, the policy, what is known of the system, and the time.
#pragma once

#include <mos/schedule/conditions.hpp>
#include <mos/schedule/policy.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::schedule {

// An update that waits for its turn.
struct Entry {
    std::string id;
    Priority priority = Priority::optional;
    std::int64_t submitted_s = 0;   // when it was scheduled
    std::int64_t estimated_s = 0;   // how long it takes
    std::int64_t needed_bytes = 0;  // free space without which it would fail
    std::string update;             // what it brings, named the same on every device
    std::int64_t made_s = 0;        // when its packages were made, by their signed word; a rollout counts from then
    std::optional<std::int64_t> start_s;     // a person chose this time: it waits for it, and then for no preference
    std::optional<std::int64_t> deadline_s;  // a person's; the priority may set a sooner one
    std::optional<std::int64_t> retry_s;     // when it is tried again, after it has failed
    std::optional<std::int64_t> timeout_s;   // how long it waits at most
    bool cancel_on_timeout = false;          // and whether it is given up then
    bool by_hand = false;                    // a person scheduled it: runs although nothing runs by itself
    bool rejected = false;                   // a person said no
    Approval approved = Approval::none;      // the highest that has said yes
    std::vector<Condition> conditions;       // never dropped, deadline or not
};

// The start from `from_s` on at which an update that takes `estimated_s` and ends by `until_s` meets the least use;
// nullopt where that is not known. As UsagePattern::find_optimal_window says it.
using QuietTimes =
    std::function<std::optional<std::int64_t>(std::int64_t from_s, std::int64_t until_s, std::int64_t estimated_s)>;

// What is known at the time of the decision.
struct Circumstances {
    Facts facts;
    std::string_view device;  // a name or machine id that stays; splays windows
    // When the device is least used, by its usage; asked for updates that no window comes for in time. May be empty.
    QuietTimes quiet_times;
};

enum class Verdict : std::uint8_t { run, wait, refuse, cancel };

// The one rule that decided.
enum class Rule : std::uint8_t {
    // it runs, because
    immediate,          // its priority runs at once
    in_window,          // a maintenance window is open, and long enough
    deadline,           // its deadline is near: a preference was dropped that would have held it up
    no_window_in_time,  // no window comes before the deadline, and load and sessions are low
    unhindered,         // nothing is in the way
    // it waits for
    recovery_mode,  // its end: until then the root takes nothing new
    approval,
    start_time,
    retry_time,
    end_of_blackout,
    rollout,  // this device's turn in a rollout by stages
    window,
    quiet_time,  // no window comes before the deadline; the device is used less then
    condition,
    free_space,
    load,
    sessions,
    // it is refused, or cancelled, because
    rejected,
    not_automatic,  // nothing is to run by itself
    timed_out,
    no_window  // none in sight that is long enough and free of blackouts
};

// The end of a wait by its time-out, which comes before what is waited for.
struct CutShort {
    std::int64_t end_s = 0;
    std::optional<std::int64_t> awaited_s = {};  // what would have been at_s
    bool cancels = false;                        // it is cancelled then; otherwise it stays, and does not run
};

// Points into the entry and the policy that it was made of.
struct Decision {
    Verdict verdict = Verdict::run;
    Rule rule = Rule::unhindered;
    // Waiting: when to ask again, at the latest. nullopt: not before somebody does something.
    std::optional<std::int64_t> at_s;
    std::optional<CutShort> cut_short = {};
    const Period *period = nullptr;        // the window or blackout that decided
    const Condition *condition = nullptr;  // the condition that decided
    Subject subject = Subject::cpu_usage;  // of a load
    std::optional<std::int64_t> value;     // what was measured, of a condition, a load, sessions or space
    std::int64_t limit = 0;
    Approval approval = Approval::none;  // whose is missing
};

// Pure: the same input gives the same decision. A blackout is never violated, whatever the priority. An earlier
// deadline never makes an update later.
[[nodiscard]] Decision decide(const Entry &entry, const Policy &policy, const Circumstances &circumstances,
                              std::int64_t now_s);

// Stable names, for programs: "wait", "end_of_blackout".
[[nodiscard]] std::string_view name_of(Verdict verdict) noexcept;
[[nodiscard]] std::string_view name_of(Rule rule) noexcept;

// The decision in one sentence: "waits until 2024-05-05T02:00:00Z: the maintenance window 'primary' opens then".
[[nodiscard]] std::string explain(const Decision &decision);

// From when on preferences are dropped so that the deadline is kept, and by when the update must have started; nullopt
// for one without a deadline. decide() puts `near_s` before a blackout in which it would lie.
struct Urgency {
    std::int64_t near_s = 0;
    std::int64_t latest_start_s = 0;
};
[[nodiscard]] std::optional<Urgency> urgency_of(const Entry &entry, const PriorityRule &rule, std::int64_t now_s);

}  // namespace mos::schedule
