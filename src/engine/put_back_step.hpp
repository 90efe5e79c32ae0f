// The step of a plan that puts files of a backup back.
#pragma once

#include <mos/engine/plan.hpp>
#include <mos/engine/protection.hpp>

#include <memory>
#include <optional>
#include <string>

namespace mos::engine {

class PutBackStep {
  public:
    // Opens the archive, once: what is planned upon is what is restored.
    [[nodiscard]] static Result<std::shared_ptr<PutBackStep>> open(Engine &engine, RestoreStep step);

    // Reads the whole backup and compares it with what is there.
    [[nodiscard]] Result<Plan::View> resolve(Engine &engine, Session &session);
    // What was resolved; NEWER_IN_PLACE, PLAN_CHANGED and others with nothing changed.
    [[nodiscard]] Result<JobOutcome> perform(Engine &engine, Session &session, const Job::Ask &ask,
                                             const std::string &reason);
    // For the stream, when it is done.
    [[nodiscard]] base::Event event(const JobOutcome &outcome, const std::string &job) const;

  private:
    PutBackStep(snapshot::OpenedBackup backup, snapshot::PutBackOptions options)
        : m_backup(std::move(backup)), m_options(std::move(options)) {}

    snapshot::OpenedBackup m_backup;
    snapshot::PutBackOptions m_options;
    std::optional<snapshot::PutBackPlan> m_plan;
};

}  // namespace mos::engine
