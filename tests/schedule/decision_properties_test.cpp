// What holds of every decision, over random updates, policies and facts.
#include <mos/schedule/decision.hpp>

#include "seed.hpp"
#include "updates.hpp"

#include <fmt/format.h>

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

struct Case {
    Entry entry;
    Policy policy;
    Circumstances circumstances;
    std::int64_t now = 0;
};

Case random_case(Dice &dice) {
    Case one;
    one.now = monday + dice.between(-10 * days, 10 * days);
    one.entry = entry(static_cast<Priority>(dice.between(0, 4)), one.now - dice.between(-days, 9 * days));
    one.entry.estimated_s = dice.between(0, 5 * hours);
    one.entry.approved = dice.chance(70) ? Approval::manager : Approval::none;
    if (dice.chance(30))
        one.entry.deadline_s = one.now + dice.between(-days, 5 * days);
    if (dice.chance(20))
        one.entry.timeout_s = dice.between(0, 10 * days);
    if (dice.chance(20))
        one.entry.conditions = must(schedule::parse_conditions("cpu_usage<50"));
    if (dice.chance(10))
        one.entry.conditions = must(schedule::parse_conditions("maintenance_window"));
    one.policy = weekly_policy();
    if (dice.chance(30))
        one.policy.windows.windows.push_back(window(22 * hours, 4 * hours, "Europe/Berlin", 0x7f, "second"));
    if (dice.chance(15))
        one.policy.windows.windows.clear();
    if (dice.chance(40))
        one.policy.windows.blackouts.push_back(
            period(fmt::format("{:02}:00", dice.between(0, 23)), dice.between(1, 12) * hours));
    if (dice.chance(30)) {
        one.policy.rollout.stages = {{.percentage = 30, .after_s = dice.between(0, days)},
                                     {.after_s = dice.between(days, 9 * days)}};
        one.entry.update = fmt::format("tool {}", dice.between(1, 1000));
        one.entry.made_s = std::min(one.now, one.entry.submitted_s - dice.between(0, days));
    }
    one.circumstances.facts.cpu_usage = dice.between(0, 100);
    one.circumstances.facts.active_sessions = dice.between(0, 60);
    one.circumstances.device = "device";
    if (dice.chance(30))
        one.circumstances.quiet_times = always(one.now + dice.between(-hours, days));
    return one;
}

Decision decide(const Case &one) { return schedule::decide(one.entry, one.policy, one.circumstances, one.now); }

// Takes away what the decision says is in the way, and nothing else.
void take_away(Case &one, const Decision &decision) {
    switch (decision.rule) {
    case Rule::approval:
        one.entry.approved = decision.approval;
        break;
    case Rule::end_of_blackout:
        one.policy.windows.blackouts.clear();
        break;
    case Rule::rollout:
        one.policy.rollout.stages.clear();
        break;
    case Rule::window:
    case Rule::quiet_time:
        one.now = *decision.at_s;
        break;
    case Rule::condition:
        one.circumstances.facts.cpu_usage = 0;
        break;
    case Rule::load:
        one.circumstances.facts.cpu_usage = 0;
        break;
    case Rule::sessions:
        one.circumstances.facts.active_sessions = 0;
        break;
    default:
        break;
    }
}

}  // namespace

TEST_CASE("no update of any kind starts where it would meet a blackout") {
    const std::uint64_t seed = fresh_seed();
    CAPTURE(seed);
    Dice dice{seed};
    int ran = 0;
    for (int i = 0; i < 5000; ++i) {
        const Case one = random_case(dice);
        if (decide(one).verdict != Verdict::run)
            continue;
        ++ran;
        for (const schedule::Period &blackout : one.policy.windows.blackouts)
            for (std::int64_t t = one.now; t < one.now + std::max<std::int64_t>(one.entry.estimated_s, 1);
                 t += 10 * minutes)
                CHECK_FALSE(blackout.open_at(t).has_value());
    }
    CHECK(ran > 500);
}

TEST_CASE("an earlier deadline never makes an update later") {
    const std::uint64_t seed = fresh_seed();
    CAPTURE(seed);
    Dice dice{seed};
    for (int i = 0; i < 5000; ++i) {
        Case one = random_case(dice);
        one.entry.deadline_s = one.now + dice.between(-days, 8 * days);
        Case sooner = one;
        sooner.entry.deadline_s = *one.entry.deadline_s - dice.between(0, 3 * days);
        const Decision later = decide(one);
        const Decision earlier = decide(sooner);
        if (later.verdict == Verdict::run)
            CHECK(earlier.verdict == Verdict::run);
        // A condition is looked at again in a while, and no deadline makes it true sooner; after a turn in a rollout a
        // window may still have to come, for which a nearer deadline waits at once.
        if (later.verdict == Verdict::wait && earlier.verdict == Verdict::wait && later.at_s && earlier.at_s &&
            earlier.rule != Rule::condition && later.rule != Rule::rollout)
            CHECK(*earlier.at_s <= *later.at_s);
    }
}

TEST_CASE("the explanation is the rule that decided: without what it names, the decision is another") {
    const std::uint64_t seed = fresh_seed();
    CAPTURE(seed);
    Dice dice{seed};
    for (int i = 0; i < 5000; ++i) {
        Case one = random_case(dice);
        const Decision decision = decide(one);
        CHECK(!explain(decision).empty());
        if (decision.verdict != Verdict::wait)
            continue;
        if (decision.at_s)
            CHECK(*decision.at_s > one.now);
        const Rule rule = decision.rule;
        take_away(one, decision);
        const Decision then = decide(one);
        CAPTURE(explain(decision));
        CAPTURE(explain(then));
        CHECK((then.verdict != Verdict::wait || then.rule != rule || then.at_s != decision.at_s));
        if (rule == Rule::load || rule == Rule::sessions)
            CHECK((then.verdict == Verdict::run || then.rule != rule));
    }
}

TEST_CASE("asking at the times that decisions name leads to the end, and not past a deadline without a hard reason") {
    const std::uint64_t seed = fresh_seed();
    CAPTURE(seed);
    Dice dice{seed};
    for (int i = 0; i < 300; ++i) {
        Case one = random_case(dice);
        one.entry.approved = Approval::manager;
        one.entry.conditions.clear();
        one.entry.timeout_s.reset();
        one.policy.windows.blackouts.clear();
        one.circumstances.quiet_times = {};
        one.entry.submitted_s = one.now;
        one.entry.deadline_s = one.now + dice.between(12 * hours, 9 * days);
        Decision decision = decide(one);
        for (int asked = 0; decision.verdict == Verdict::wait && asked < 5000; ++asked) {
            REQUIRE(*decision.at_s > one.now);
            one.now = *decision.at_s;
            decision = decide(one);
        }
        CHECK(decision.verdict == Verdict::run);
        CHECK(one.now <= schedule::urgency_of(one.entry, one.policy.rule(one.entry.priority), one.now)->latest_start_s);
    }
}
