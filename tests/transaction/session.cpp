#include "workloads.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::test {

using base::Phase;
using transaction::Decided;
using transaction::Description;

namespace {

constexpr std::array<std::string_view, 3> holders = {"", "var", "var/lib"};

Error unexpected(std::string_view what) { return Error{Code::INTERNAL, fmt::format("the workload {}", what)}; }

// The error that the workload itself has caused.
Result<void> expect_code(const Result<void> &result, Code code) {
    if (result)
        return unexpected("succeeded although an error was injected");
    if (result.error().code() != code)
        return in_context(result.error(), "the workload ended with another error than the injected one");
    return {};
}

}  // namespace

TreeImage without_holders(TreeImage image) {
    std::erase_if(image.entries,
                  [](const TreeEntry &entry) { return std::ranges::find(holders, entry.path) != holders.end(); });
    return image;
}

Result<TreeImage> picture(Machine &machine) {
    MOS_TRY(TreeImage image, machine.tree());
    return without_holders(std::move(image));
}

void Session::allow(Allowed allowed) {
    m_allowed = allowed;
    m_disk.allow(allowed);
}

Result<void> Session::start() {
    m_machine.reset();
    MOS_TRY(auto root, m_disk.root());
    MOS_TRY(m_machine, Machine::start(std::move(root), m_workload.long_log));
    MOS_TRY(const auto recovered, transaction::recover(m_machine->site()));
    static_cast<void>(recovered);
    return {};
}

Result<Decided> Session::decide(std::size_t from, std::size_t to) {
    const Release &target = m_workload.releases[to];
    MOS_TRY(transaction::Staged staged, m_machine->stage(m_workload.releases[from].tree, target.tree, target.extras));
    const auto record = m_machine->recorder(target.version);
    MOS_TRY(
        Decided decided,
        transaction::decide(m_machine->site(), std::move(staged),
                            Description{.summary = "to " + target.version, .reason = {}, .hooks = target.extras.hooks},
                            [&](std::uint64_t id) {
                                allow(only(from) | only(to));
                                return record(id);
                            }));
    allow(only(to));
    return decided;
}

Result<void> Session::update(std::size_t from, std::size_t to) {
    MOS_TRY(Decided decided, decide(from, to));
    return transaction::carry_through(m_machine->site(), std::move(decided));
}

Result<void> Session::update_under_edit(std::size_t from, std::size_t to, const Edit &edit) {
    MOS_TRY(Decided decided, decide(from, to));
    MOS_CHECK(edit(m_machine->root()));
    return transaction::carry_through(m_machine->site(), std::move(decided));
}

// Counts the entries that are put in place, and fails before the one in the middle.
void Session::fail_when_half_applied(std::size_t from, std::size_t to, int entries_before) {
    m_machine->watcher.on_checkpoint = [this, from, to, left = entries_before](Phase phase) mutable -> Result<void> {
        if (phase != Phase::applying || left-- > 0)
            return {};
        allow(only(from) | only(to));  // from now on it may turn round
        return Error{Code::IO, "injected"};
    };
}

Result<void> Session::fail_to_update(std::size_t from, std::size_t to) {
    MOS_TRY(Decided decided, decide(from, to));
    fail_when_half_applied(from, to, entries_before_half);
    MOS_CHECK(expect_code(transaction::carry_through(m_machine->site(), std::move(decided)), Code::REVERTED));
    m_machine->watcher.on_checkpoint = nullptr;
    allow(only(from));
    return {};
}

Result<void> Session::update_in_vain(std::size_t from, std::size_t to) {
    const Release &target = m_workload.releases[to];
    return expect_code(m_machine->update(m_workload.releases[from].tree, target.tree, target.version, target.extras),
                       Code::REVERTED);
}

Result<void> Session::roll_back(std::size_t from, std::size_t to) {
    allow(only(from) | only(to));
    MOS_CHECK(m_machine->roll_back());
    allow(only(to));
    return {};
}

Result<void> Session::fail_to_roll_back(std::size_t from, std::size_t to, int entries_before) {
    allow(only(from) | only(to));
    fail_when_half_applied(from, to, entries_before);
    MOS_CHECK(expect_code(m_machine->roll_back(), Code::REVERTED));
    m_machine->watcher.on_checkpoint = nullptr;
    allow(only(from));
    return {};
}

Result<void> Workload::prepare_on(Disk &disk) const {
    MOS_TRY(const auto root, disk.root());
    for (const std::string &top : volumes) {
        MOS_TRY(const auto made, base::make_directories(*root, top));
        static_cast<void>(made);
        MOS_CHECK(disk.mount(top));
    }
    MOS_CHECK(build(*root, ground));
    Session session{*this, disk};
    return prepare ? prepare(session) : Result<void>{};
}

Result<DiskState> Workload::initial_state() const {
    Twin twin;
    DiskInMemory disk{twin};
    MOS_CHECK(prepare_on(disk));
    return twin.crash(Selection::all());
}

}  // namespace mos::test
