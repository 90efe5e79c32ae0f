// What the fault run does while the power is cut: each workload starts from a durable state, and says at every moment
// which trees a cut may leave.
#pragma once

#include "machine.hpp"
#include "twin.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mos::test {

// A tree that the root may have, and the version of "system" that the database then must say is installed.
struct Release {
    TreeImage tree;
    std::string version;
};

// Which of a workload's releases a cut may leave: a bit for each.
using Allowed = std::uint32_t;
[[nodiscard]] constexpr Allowed only(std::size_t release) { return Allowed{1} << release; }

struct Workload;

// One run of a workload. The cutter reads `allowed` at every call.
class Session {
  public:
    Session(const Workload &workload, Twin &twin) : m_workload(workload), m_twin(twin) { allowed = only(0); }

    Allowed allowed = 0;

    // Power on: opens the database, recovers.
    [[nodiscard]] Result<void> start();
    // From release to release; whichever the recorder was called for may stand from then on, and must once decide() has
    // returned.
    [[nodiscard]] Result<void> update(std::size_t from, std::size_t to);
    // The same, with an error after some entries have been put in place: must end where it began.
    [[nodiscard]] Result<void> fail_to_update(std::size_t from, std::size_t to);
    [[nodiscard]] Result<void> roll_back(std::size_t from, std::size_t to);
    [[nodiscard]] Result<void> fail_to_roll_back(std::size_t from, std::size_t to);
    [[nodiscard]] Result<void> prune(std::uint64_t id) { return m_machine->prune(id); }

    [[nodiscard]] Machine &machine() { return *m_machine; }

  private:
    [[nodiscard]] Result<transaction::Decided> decide(std::size_t from, std::size_t to);
    void fail_when_half_applied(std::size_t from, std::size_t to);

    const Workload &m_workload;
    Twin &m_twin;
    std::unique_ptr<Machine> m_machine;
};

struct Workload {
    std::string name;
    std::string description;
    std::vector<Release> releases;                          // the first is what prepare() leaves
    std::function<Result<void>(Session &)> prepare;         // on a twin with the bare tree; made durable afterwards
    std::function<Result<void>(Session &)> run;             // what is cut
    [[nodiscard]] Result<DiskState> initial_state() const;  // what prepare() leaves on a disk
};

[[nodiscard]] std::vector<Workload> all_workloads();

// Without the directories that hold the engine's own folders, whose times are nobody's.
[[nodiscard]] TreeImage without_holders(TreeImage image);
// The tree, so.
[[nodiscard]] Result<TreeImage> picture(Machine &machine);

}  // namespace mos::test
