// Looks at what a cut left: boots it, recovers, and compares with the trees that are allowed.
#pragma once

#include "workloads.hpp"

namespace mos::test {

class Examiner {
  public:
    explicit Examiner(const Workload &workload) : m_workload(workload) {}

    // Opens the database, recovers, and checks what must hold then. The number of the release that stands; an error
    // that names the first difference otherwise.
    [[nodiscard]] Result<std::size_t> recover(Disk &disk, Allowed allowed);

    // On a recovered disk: one more update and its rollback must give exactly the expected trees.
    [[nodiscard]] Result<void> go_on(Disk &disk, std::size_t standing);

  private:
    [[nodiscard]] static Result<bool> is_kept(Machine &machine, const Release &release);
    [[nodiscard]] Result<std::size_t> standing_release(Machine &machine, Allowed allowed);
    [[nodiscard]] Result<void> check_stages(Machine &machine);
    [[nodiscard]] static Result<void> check_stages_on(Machine &machine, const std::string &top);
    [[nodiscard]] Result<void> check_recovery_point(Machine &machine, const state::Transaction &point);
    [[nodiscard]] static Result<void> check_output(base::Directory &stage, const state::Operation &operation,
                                                   const state::Transaction &point);
    [[nodiscard]] Result<void> check_idempotence(Machine &machine);

    const Workload &m_workload;
};

}  // namespace mos::test
