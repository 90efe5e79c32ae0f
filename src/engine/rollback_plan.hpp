// A rollback worked out, and carried out: by the stage of the newest change itself, or by a restoration over several
// changes, one package, or configuration alone.
#pragma once

#include "rollback_protection.hpp"
#include "rollback_target.hpp"

#include <mos/engine/engine.hpp>
#include <mos/engine/job.hpp>
#include <mos/engine/plan.hpp>
#include <mos/snapshot/restore.hpp>
#include <mos/snapshot/rollback.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mos::engine {

class RollbackPlan {
  public:
    // Works it out; writes nothing. The errors of find_target(), find_rollback(), plan_restore(); POLICY_REFUSED.
    [[nodiscard]] static Result<RollbackPlan> make(Engine &engine, Session &session, const RollbackStep &step);

    [[nodiscard]] const Plan::View &view() const noexcept { return m_view; }
    [[nodiscard]] const std::vector<Exemption> &exemptions() const noexcept { return m_exemptions; }

    // Works it out again and carries it out. PLAN_CHANGED, with nothing changed, when it would do something else by
    // now.
    [[nodiscard]] Result<JobOutcome> perform(Engine &engine, Session &session, const Job::Ask &ask,
                                             const std::string &reason);

  private:
    enum class Occasion : std::uint8_t { planning, performing };

    explicit RollbackPlan(RollbackStep step) : m_step(std::move(step)) {}

    // In an emergency the rest goes back where something that was put aside is lost or altered.
    [[nodiscard]] snapshot::PutAside put_aside_rule() const noexcept;
    // By the stage of the newest change, in place.
    [[nodiscard]] Result<void> survey_change(Engine &engine, transaction::Site &site, Occasion occasion);
    [[nodiscard]] Result<JobOutcome> take_change_back(transaction::Site &site, const std::string &reason);
    // By a restoration.
    [[nodiscard]] Result<void> survey_restoration(Engine &engine, Session &session);
    [[nodiscard]] Result<void> find_health(Engine &engine, Session &session, const snapshot::RestorePlan &plan);
    [[nodiscard]] Result<JobOutcome> restore(Engine &engine, Session &session, const Job::Ask &ask,
                                             const std::string &reason);
    [[nodiscard]] Result<void> work_out(Engine &engine, Session &session, Occasion occasion);
    [[nodiscard]] Result<void> judge(Engine &engine, transaction::Site &site,
                                     const std::vector<state::InstalledPackage> &leaving,
                                     const std::vector<state::InstalledPackage> &returning,
                                     const std::set<std::uint32_t> &owners);

    RollbackStep m_step;
    std::optional<RollbackTarget> m_target;
    bool m_in_place = true;  // by the change's own stage
    Plan::View m_view;
    std::vector<Exemption> m_exemptions;
    std::vector<std::string> m_risks;
    std::optional<state::Hook> m_health;  // of a restoration: asked when it is in place
};

}  // namespace mos::engine
