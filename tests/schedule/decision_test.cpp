#include <mos/schedule/decision.hpp>

#include "updates.hpp"

using namespace mos;
using namespace mos::test;
using schedule::Approval;
using schedule::Circumstances;
using schedule::Decision;
using schedule::Entry;
using schedule::Policy;
using schedule::Priority;
using schedule::Rule;
using schedule::Verdict;

namespace {

const std::int64_t friday_at_three = at("2024-05-03T03:00:00Z");

Policy policy_with_blackout() {
    Policy policy = weekly_policy();
    policy.windows.blackouts.push_back(period("2024-04-29", days));
    return policy;
}

}  // namespace

TEST_CASE("a critical update runs at once and over constraints") {
    Circumstances busy;
    busy.facts.cpu_usage = 100;
    busy.facts.active_sessions = 1000;
    const Decision decision = decide(entry(Priority::critical), weekly_policy(), busy, monday);
    CHECK(decision.verdict == Verdict::run);
    CHECK(decision.rule == Rule::immediate);
}

TEST_CASE("nothing runs in a blackout, and a critical update neither") {
    const Policy policy = policy_with_blackout();
    const Decision decision = decide(entry(Priority::critical), policy, {}, monday);
    CHECK(decision.verdict == Verdict::wait);
    CHECK(decision.rule == Rule::end_of_blackout);
    CHECK(decision.at_s == at("2024-04-30T00:00:00Z"));
    CHECK(explain(decision) ==
          "waits until 2024-04-30T00:00:00Z: the blackout 'freeze' is on, or begins before it would end");
}

TEST_CASE("an important update waits for the window, as it comes within the week") {
    const Policy policy = weekly_policy();
    const Decision waiting = decide(entry(Priority::important), policy, {}, monday);
    CHECK(waiting.rule == Rule::window);
    CHECK(waiting.at_s == at("2024-05-03T02:00:00Z"));
    CHECK(explain(waiting) ==
          "waits until 2024-05-03T02:00:00Z: the maintenance window 'primary' is the next that it fits into");
    const Decision running = decide(entry(Priority::important), policy, {}, friday_at_three);
    CHECK(running.verdict == Verdict::run);
    CHECK(running.rule == Rule::in_window);
    CHECK(explain(running) == "runs now: the maintenance window 'primary' is open");
}

TEST_CASE("a security update does not wait for a window that comes after its 24 hours") {
    const Policy policy = weekly_policy();
    const Entry update = entry(Priority::security);
    const Decision decision = decide(update, policy, {}, monday);
    CHECK(decision.verdict == Verdict::run);
    CHECK(decision.rule == Rule::no_window_in_time);
    Circumstances busy;
    busy.facts.cpu_usage = 100;
    const Decision loaded = decide(update, policy, busy, monday);
    CHECK(loaded.rule == Rule::load);
    CHECK(loaded.at_s == monday + 10 * minutes);
    CHECK(decide(update, policy, busy, monday + 30 * days).rule == Rule::deadline);  // overdue: at once
}

TEST_CASE("a deadline that would be near while nothing may run is kept before that") {
    Policy policy = weekly_policy();
    policy.check_interval_s = 30 * days;
    policy.windows.blackouts.push_back(period("2024-04-30 00:00", days));
    Circumstances busy;
    busy.facts.cpu_usage = 100;
    const Entry update = entry(Priority::security);
    const Decision waiting = decide(update, policy, busy, monday);
    CHECK(waiting.rule == Rule::load);
    CHECK(waiting.at_s == at("2024-04-29T22:45:00Z"));
    CHECK(decide(update, policy, busy, *waiting.at_s).rule == Rule::deadline);
    CHECK(decide(update, policy, busy, at("2024-04-30T12:00:00Z")).at_s == at("2024-05-01T00:00:00Z"));
    CHECK(decide(update, policy, busy, at("2024-05-01T00:00:00Z")).rule == Rule::deadline);
}

TEST_CASE("where no window comes in time, the device's quiet time is waited for, but not beyond the deadline") {
    const Policy policy = weekly_policy();
    Circumstances circumstances;
    circumstances.quiet_times = always(monday + 5 * hours);
    const Decision waiting = decide(entry(Priority::security), policy, circumstances, monday);
    CHECK(waiting.rule == Rule::quiet_time);
    CHECK(waiting.at_s == monday + 5 * hours);
    CHECK(decide(entry(Priority::security), policy, circumstances, monday + 5 * hours).rule == Rule::no_window_in_time);
    circumstances.quiet_times = always(monday + 10 * days);
    const Decision near = decide(entry(Priority::security), policy, circumstances, monday);
    CHECK(*near.at_s <= monday + 23 * hours);
    CHECK(decide(entry(Priority::security), policy, circumstances, *near.at_s).rule == Rule::deadline);
}

TEST_CASE("a rollout holds an update up until the device's turn, or until its deadline is near") {
    Policy policy = weekly_policy();
    policy.windows.windows.clear();
    policy.rollout.stages = {{.after_s = 3 * days}};
    Entry update = entry(Priority::important);
    update.update = "tool 2-1";
    update.made_s = monday - days;
    const Decision waiting = decide(update, policy, {}, monday);
    CHECK(waiting.rule == Rule::rollout);
    CHECK(explain(waiting) == "waits until 2024-05-01T12:00:00Z: the rollout reaches this device then");
    CHECK(decide(update, policy, {}, *waiting.at_s).rule == Rule::unhindered);
    Entry pressing = update;
    pressing.priority = Priority::security;
    const Decision soon = decide(pressing, policy, {}, monday);
    CHECK(soon.rule == Rule::rollout);
    CHECK(soon.at_s == schedule::urgency_of(pressing, policy.rule(Priority::security), monday)->near_s);
    CHECK(decide(pressing, policy, {}, *soon.at_s).rule == Rule::deadline);
    update.priority = Priority::critical;
    CHECK(decide(update, policy, {}, monday).rule == Rule::immediate);
    update.priority = Priority::important;
    update.start_s = monday;  // somebody has chosen the time for this device
    CHECK(decide(update, policy, {}, monday).verdict == Verdict::run);
    update.start_s.reset();
    CHECK(decide(update, policy, {}, update.made_s).rule == Rule::rollout);
    CHECK(decide(update, policy, {}, update.made_s - 1).rule == Rule::unhindered);  // the clock was put back
}

TEST_CASE("load and sessions hold an update up until its deadline is near") {
    Policy policy = weekly_policy();
    policy.windows.windows.clear();
    Circumstances busy;
    busy.facts.cpu_usage = 81;
    const Entry update = entry(Priority::security);
    const Decision loaded = decide(update, policy, busy, monday);
    CHECK(loaded.rule == Rule::load);
    CHECK(loaded.at_s == monday + 10 * minutes);
    CHECK(explain(loaded) == "waits until 2024-04-29T12:10:00Z: the processors' use is 81 %, and more than 80 %");
    const auto near = schedule::urgency_of(update, policy.rule(Priority::security), monday)->near_s;
    CHECK(decide(update, policy, busy, near - 1).verdict == Verdict::wait);
    CHECK(decide(update, policy, busy, near - 1).at_s == near);
    CHECK(decide(update, policy, busy, near).rule == Rule::deadline);
    busy.facts.cpu_usage = 80;
    CHECK(decide(update, policy, busy, monday).rule == Rule::unhindered);
    busy.facts.active_sessions = 51;
    CHECK(decide(update, policy, busy, monday).rule == Rule::sessions);
    policy.respect_user_activity = false;
    CHECK(decide(update, policy, busy, monday).verdict == Verdict::run);
    busy.facts.memory_usage = 91;
    CHECK(decide(update, policy, busy, monday).subject == schedule::Subject::memory_usage);
    busy.facts.memory_usage = 90;
    busy.facts.disk_usage = 71;
    CHECK(decide(update, policy, busy, monday).subject == schedule::Subject::disk_io);
    policy.consider_load = false;
    CHECK(decide(update, policy, busy, monday).verdict == Verdict::run);
}

TEST_CASE("an optional update waits for a low load although the policy pays no heed to it, and for its approval") {
    Policy policy = weekly_policy();
    policy.windows.windows.clear();
    policy.consider_load = false;
    Circumstances busy;
    busy.facts.cpu_usage = 95;
    Entry update = entry(Priority::optional);
    const Decision unapproved = decide(update, policy, busy, monday);
    CHECK(unapproved.rule == Rule::approval);
    CHECK_FALSE(unapproved.at_s.has_value());
    CHECK(explain(unapproved) == "waits: a supervisor has to approve it");
    update.approved = Approval::manager;
    CHECK(decide(update, policy, busy, monday).rule == Rule::load);
    CHECK(decide(update, policy, {}, monday).verdict == Verdict::run);
    update.rejected = true;
    CHECK(decide(update, policy, {}, monday).rule == Rule::rejected);
}

TEST_CASE("a window that is required is waited for beyond the deadline") {
    Policy policy = weekly_policy();
    policy.rules[static_cast<std::size_t>(Priority::security)].require_window = true;
    const Decision decision = decide(entry(Priority::security), policy, {}, monday + 2 * days);
    CHECK(decision.verdict == Verdict::wait);
    CHECK(decision.rule == Rule::window);
}

TEST_CASE("an update that no window is long enough for runs by its deadline, or says that somebody must act") {
    const Policy policy = weekly_policy();
    Entry update = entry(Priority::important);
    update.estimated_s = 5 * hours;
    CHECK(decide(update, policy, {}, monday).rule == Rule::no_window_in_time);
    update.priority = Priority::low;
    const Decision never = decide(update, policy, {}, monday);
    CHECK(never.verdict == Verdict::refuse);
    CHECK(never.rule == Rule::no_window);
    CHECK(explain(never).find("make one longer") != std::string::npos);
}

TEST_CASE("a time that a person chose is kept, in a window or not, and a blackout beats it") {
    Entry update = entry(Priority::security);
    update.start_s = monday + hours;
    update.by_hand = true;
    Policy policy = weekly_policy();
    policy.enabled = false;
    CHECK(decide(update, policy, {}, monday).at_s == monday + hours);
    CHECK(decide(update, policy, {}, monday).rule == Rule::start_time);
    CHECK(decide(update, policy, {}, monday + hours).verdict == Verdict::run);
    CHECK(decide(update, policy_with_blackout(), {}, monday + hours).rule == Rule::end_of_blackout);
}

TEST_CASE("nothing runs by itself where that is not wanted") {
    Policy policy = weekly_policy();
    policy.enabled = false;
    const Decision decision = decide(entry(Priority::critical), policy, {}, monday);
    CHECK(decision.verdict == Verdict::refuse);
    CHECK(decision.rule == Rule::not_automatic);
}

TEST_CASE("in recovery mode everything waits for its end, the most urgent too, and a person's no still counts") {
    Policy policy = weekly_policy();
    policy.recovery_mode = true;
    Entry update = entry(Priority::critical);
    update.by_hand = true;
    const Decision decision = decide(update, policy, {}, monday);
    CHECK(decision.verdict == Verdict::wait);
    CHECK(decision.rule == Rule::recovery_mode);
    CHECK_FALSE(decision.at_s.has_value());
    update.rejected = true;
    CHECK(decide(update, policy, {}, monday).rule == Rule::rejected);
}

TEST_CASE("conditions are never dropped, and one that never comes true ends with the time-out") {
    Entry update = entry(Priority::security);
    update.conditions = must(schedule::parse_conditions("cpu_usage<50,no_active_sessions"));
    update.timeout_s = days;
    update.cancel_on_timeout = true;
    Policy policy = weekly_policy();
    policy.windows.windows.clear();
    Circumstances circumstances;
    circumstances.facts.cpu_usage = 20;
    circumstances.facts.active_sessions = 1;
    const Decision waiting = decide(update, policy, circumstances, monday + days - 1);
    CHECK(waiting.rule == Rule::condition);
    CHECK(waiting.at_s == monday + days);
    CHECK(
        explain(waiting) ==
        "waits until 2024-04-30T12:09:59Z: the condition 'no_active_sessions' does not hold: it is 1; its time-out is "
        "over at 2024-04-30T12:00:00Z, and it is cancelled then");
    CHECK(decide(update, policy, circumstances, monday + days).verdict == Verdict::cancel);
    update.cancel_on_timeout = false;
    CHECK(decide(update, policy, circumstances, monday + days).verdict == Verdict::refuse);
    circumstances.facts.active_sessions.reset();
    CHECK(explain(decide(update, policy, circumstances, monday)).find("nothing is known of it") != std::string::npos);
    circumstances.facts.active_sessions = 0;
    CHECK(decide(update, policy, circumstances, monday).verdict == Verdict::run);
}

TEST_CASE("a time-out that comes before the next window is told as what it is, and not as a window") {
    const Policy policy = weekly_policy();
    Entry update = entry(Priority::low);
    update.timeout_s = days;
    update.cancel_on_timeout = true;
    const Decision cut = decide(update, policy, {}, monday);
    CHECK(cut.rule == Rule::window);
    CHECK(cut.at_s == monday + days);  // when there is another decision
    CHECK(explain(cut) == "waits until 2024-05-03T02:00:00Z: the maintenance window 'primary' is the next that it fits "
                          "into; its time-out is over at 2024-04-30T12:00:00Z, and it is cancelled then");
    update.cancel_on_timeout = false;
    CHECK(explain(decide(update, policy, {}, monday)).ends_with("and it does not run any more then"));
    update.priority = Priority::optional;
    CHECK(
        explain(decide(update, policy, {}, monday)) ==
        "waits: a supervisor has to approve it; its time-out is over at 2024-04-30T12:00:00Z, and it does not run any "
        "more then");
    update.timeout_s = 30 * days;
    update.priority = Priority::low;
    CHECK(explain(decide(update, policy, {}, monday)).ends_with("is the next that it fits into"));
}

TEST_CASE("what the policy says of the network beats what the machine says") {
    Entry update = entry(Priority::critical);
    update.conditions = must(schedule::parse_conditions("not_metered"));
    Policy policy = weekly_policy();
    Circumstances circumstances;
    CHECK(explain(decide(update, policy, circumstances, monday)).find("scheduling_policy.metered_network") !=
          std::string::npos);
    policy.is_metered = false;
    CHECK(decide(update, policy, circumstances, monday).verdict == Verdict::run);
    policy.is_metered = true;
    circumstances.facts.metered = false;
    const Decision waiting = decide(update, policy, circumstances, monday);
    CHECK(waiting.rule == Rule::condition);
    CHECK(explain(waiting).ends_with("the condition 'not_metered' does not hold"));
    policy.is_metered.reset();
    CHECK(decide(update, policy, circumstances, monday).verdict == Verdict::run);
}

TEST_CASE("the condition maintenance_window needs a window that is there") {
    Entry update = entry(Priority::critical);
    update.conditions = must(schedule::parse_conditions("maintenance_window"));
    Policy policy = weekly_policy();
    CHECK(decide(update, policy, {}, monday).rule == Rule::window);
    CHECK(decide(update, policy, {}, friday_at_three).rule == Rule::in_window);
    policy.windows.windows.clear();
    CHECK(decide(update, policy, {}, monday).rule == Rule::no_window);
}

TEST_CASE("room that is missing is waited for, and a retry for its time") {
    Entry update = entry(Priority::critical);
    update.needed_bytes = 1000;
    Circumstances full;
    full.facts.free_bytes = 999;
    CHECK(decide(update, weekly_policy(), full, monday).rule == Rule::free_space);
    full.facts.free_bytes = 1000;
    CHECK(decide(update, weekly_policy(), full, monday).verdict == Verdict::run);
    update.retry_s = monday + 300;
    CHECK(decide(update, weekly_policy(), full, monday).rule == Rule::retry_time);
    CHECK(decide(update, weekly_policy(), full, monday + 300).verdict == Verdict::run);
}

TEST_CASE("a clock that was put back leaves no update waiting for years") {
    Policy policy = weekly_policy();
    policy.windows.windows.clear();
    Circumstances busy;
    busy.facts.cpu_usage = 100;
    const Decision decision = decide(entry(Priority::security, monday + 3650 * days), policy, busy, monday);
    CHECK(*decision.at_s <= monday + days);
}
