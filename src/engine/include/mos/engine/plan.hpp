// A plan of an engine: the steps, what they come to, and the job that carries them out.
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/engine/job.hpp>
#include <mos/engine/protection.hpp>
#include <mos/engine/rollback_step.hpp>
#include <mos/install/plan.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::engine {

// Files of a backup that are put back.
struct RestoreStep {
    BackupChoice from;
    snapshot::PutBackOptions options;
};

class PutBackStep;

// How a plan is run.
struct PlanRun {
    std::string kind = {};  // the first word of the job's name; "" for what the plan is: "update" or "rollback"
    std::optional<std::string> expected_digest = {};
    std::string reason = {};
    transaction::Recorder record = {};  // of an update: written in the commit that decides its transaction
};

// Either steps of packages, or one rollback or restoration; INVALID_ARGUMENT when both are asked for, or when anything
// is asked of a plan that has its job. One thread at a time.
class Plan {
  public:
    explicit Plan(std::shared_ptr<Engine> engine);
    ~Plan();

    // Checks the signature now, by the engine's trust, and those of the packages that it carries, which become steps of
    // their own before it. `full_package`, of a delta package, is authenticated likewise; it may be nullptr.
    [[nodiscard]] Result<void> install(std::unique_ptr<base::Source> source, const install::InstallOptions &options,
                                       std::unique_ptr<base::Source> full_package = nullptr);
    // A sentence that a person should read before the plan runs, and that its outcome tells again.
    void add_notice(std::string notice);
    [[nodiscard]] Result<void> remove(install::RemoveStep step);
    [[nodiscard]] Result<void> roll_back(RollbackStep step);

    // Opens the backup now.
    [[nodiscard]] Result<void> restore(RestoreStep step);

    [[nodiscard]] Result<void> resolve();

    struct Step {
        enum class Action : std::int32_t { install, update, downgrade, reinstall, remove, roll_back, restore };
        Action action = Action::install;
        std::string name;
        std::string version;
        std::string old_version;
        std::string signer;
    };
    // What a resolved plan says; nullptr before.
    struct View {
        std::string digest;
        std::vector<Step> steps;
        install::Totals totals;
        std::vector<std::string> notices;
    };
    [[nodiscard]] const View *view() const noexcept;

    // The plan's one job; resolves first where that has not been done. PLAN_CHANGED when `expected_digest` is another.
    [[nodiscard]] Result<std::unique_ptr<Job>> make_job(std::optional<std::string> expected_digest, std::string reason);

    // What that job would do, on this thread, for whoever has the root already; the plan's only run too.
    [[nodiscard]] Result<JobOutcome> run_in(Session &session, const Job::Ask &ask, const PlanRun &how);

    // Of the package that install() was given last.
    [[nodiscard]] const package::Statement &newest_statement() const;

  private:
    struct State;
    std::unique_ptr<State> m_state;
};

}  // namespace mos::engine
