// Whether a system is what it should be: contents, dependencies, signers, health.
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/engine/job.hpp>

#include <memory>

namespace mos::engine {

struct SystemCheck {
    bool content = true;        // as report.hpp's make_verify_job()
    bool dependencies = false;  // "dependency": a package lacks what it depends on
    bool signatures = false;    // "signer": nobody who is trusted now vouches for a package that is installed
    bool health = false;        // "health": one of the health checks says no; those that say yes have no row
};

// A job whose outcome has a row for each thing that is not as it should be. Changes nothing, but completes first what
// was left unfinished. What can't be asked is a notice.
[[nodiscard]] Result<std::unique_ptr<Job>> make_system_check_job(std::shared_ptr<Engine> engine,
                                                                 const SystemCheck &check);

}  // namespace mos::engine
