// What the fault run (on the twin) and the crash run (on real filesystems) do while the power is cut: each workload
// starts from a durable state, and says at every moment which trees a cut may leave.
#pragma once

#include "disk.hpp"
#include "machine.hpp"
#include "scenes.hpp"
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
    std::string kept;     // a file with this content must be there besides, in a stage for instance; "" for none
    std::string kept_at;  // just there; "" for anywhere
    Extras extras = {};   // of the change that brings it
};

inline constexpr int entries_before_half = 12;  // about half of those between the two releases of scenes.hpp

struct Workload;

// One run of a workload.
class Session {
  public:
    Session(const Workload &workload, Disk &disk) : m_workload(workload), m_disk(disk) { allow(only(0)); }

    // What a cut may leave from now on: each change of it is an acknowledgement.
    void allow(Allowed allowed);
    [[nodiscard]] Allowed allowed() const { return m_allowed; }

    // Power on: opens the database, recovers.
    [[nodiscard]] Result<void> start();
    // From release to release; whichever the recorder was called for may stand from then on, and must once decide() has
    // returned.
    [[nodiscard]] Result<void> update(std::size_t from, std::size_t to);
    // The same, and once it is decided somebody does something to the root.
    using Edit = std::function<Result<void>(base::Directory &root)>;
    [[nodiscard]] Result<void> update_under_edit(std::size_t from, std::size_t to, const Edit &edit);
    // The same, with an error after some entries have been put in place: must end where it began.
    [[nodiscard]] Result<void> fail_to_update(std::size_t from, std::size_t to);
    // The same with hooks of which one always fails: a cut leaves nothing but `from` at any moment.
    [[nodiscard]] Result<void> update_in_vain(std::size_t from, std::size_t to);
    [[nodiscard]] Result<void> roll_back(std::size_t from, std::size_t to);
    [[nodiscard]] Result<void> fail_to_roll_back(std::size_t from, std::size_t to,
                                                 int entries_before = entries_before_half);
    [[nodiscard]] Result<void> prune(std::uint64_t id) { return m_machine->prune(id); }

    [[nodiscard]] Machine &machine() { return *m_machine; }
    [[nodiscard]] Disk &disk() { return m_disk; }

  private:
    [[nodiscard]] Result<transaction::Decided> decide(std::size_t from, std::size_t to);
    void fail_when_half_applied(std::size_t from, std::size_t to, int entries_before);

    const Workload &m_workload;
    Disk &m_disk;
    Allowed m_allowed = 0;
    std::unique_ptr<Machine> m_machine;
};

enum class ForeignEdits : std::uint8_t { none, made };

// What becomes of an error in a script: it ends the change, or is told, and what the script was to write may be
// missing.
enum class ScriptErrors : std::uint8_t { end_it, are_told };

struct Workload {
    std::string name;
    std::string description;
    std::vector<Release> releases;                    // the first is what prepare() leaves
    std::function<Result<void>(Session &)> prepare;   // on a disk with the bare tree; made durable afterwards
    std::function<Result<void>(Session &)> run;       // what is cut
    ForeignEdits foreign_edits = ForeignEdits::none;  // made: recovery may report some
    std::vector<std::string> volumes = {};            // tops of volumes besides the root's own, parents first
    TreeImage ground = bare_tree();                   // what is there before prepare()
    ScriptErrors script_errors = ScriptErrors::end_it;
    // Else whoever was told of an error has to write once more: no recovery settles which of the two states it is.
    bool transactional = true;
    std::optional<std::uint64_t> long_log = {};  // as Machine::start() takes it
    // What else recovery has to do after a cut, and what must hold then.
    std::function<Result<void>(Machine &)> recover_more = nullptr;

    [[nodiscard]] Result<void> prepare_on(Disk &disk) const;  // an empty one
    [[nodiscard]] Result<DiskState> initial_state() const;    // what that leaves on a disk in memory
};

// The twin as a disk; for as long as it lives.
class DiskInMemory final : public Disk {
  public:
    explicit DiskInMemory(Twin &twin) : m_twin(twin) {}
    [[nodiscard]] Result<std::unique_ptr<base::Directory>> root() override { return m_twin.root(); }
    [[nodiscard]] Result<void> mount(std::string_view path) override {
        m_twin.mount(path);
        return {};
    }

  private:
    Twin &m_twin;
};

// What the transaction does, without packages; and what it does on a root of several volumes, which are among them.
[[nodiscard]] std::vector<Workload> transaction_workloads();
[[nodiscard]] std::vector<Workload> volume_workloads();
// Of those, the ones with hooks, outputs, and trees that go as a whole.
[[nodiscard]] std::vector<Workload> hook_workloads();
// Those of the program that asks: each run links its own.
[[nodiscard]] std::vector<Workload> all_workloads();

// Without the directories that hold the engine's own folders, whose times are nobody's.
[[nodiscard]] TreeImage without_holders(TreeImage image);
// The tree, so.
[[nodiscard]] Result<TreeImage> picture(Machine &machine);

}  // namespace mos::test
