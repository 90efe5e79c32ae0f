// What every question to the queue needs: the policy, the machine's state, the time.
#pragma once

#include <mos/engine/notifier.hpp>
#include <mos/engine/scheduler.hpp>

namespace mos::engine {

struct SchedulingRules {
    schedule::Policy policy;
    schedule::RetryPolicy retries;
    schedule::NoticeRules notices = {};
    NoticeChannels channels = {};
};
// Of the root's settings. INVALID_ARGUMENT for a policy that contradicts itself: nothing runs by it.
[[nodiscard]] Result<SchedulingRules> load_rules(Engine &engine);

// Facts and the name of this device: what etc/machine-id says, else the host's name.
struct Situation {
    schedule::Facts facts;
    std::string device;
    schedule::QuietTimes quiet_times;
    [[nodiscard]] schedule::Circumstances circumstances() const {
        return {.facts = facts, .device = device, .quiet_times = quiet_times};
    }
};
[[nodiscard]] Result<Situation> look_around(Engine &engine, schedule::FactsPort &facts, const schedule::Pause &pause);

// Sleeps, and asks the observer whether to go on.
[[nodiscard]] schedule::Pause pause_of(base::Observer &observer);

[[nodiscard]] schedule::Deed deed_of(Engine &engine, std::string reason = {});

// Whether the root has a queue in which anything waits, or that somebody has left: else there is nothing to do.
[[nodiscard]] Result<bool> has_work(Engine &engine);

// The events of what was done with the queue; only where no transaction is under way.
void tell(Engine &engine, schedule::Queue &queue) noexcept;

// What the job of run_due() does.
[[nodiscard]] Result<JobOutcome> run_due_work(const std::shared_ptr<Engine> &engine, const SchedulerPorts &ports,
                                              base::Observer &observer, const Job::Ask &ask);

}  // namespace mos::engine
