#include "workloads.hpp"

#include "scenes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::test {

using base::Phase;
using transaction::Decided;
using transaction::Description;

namespace {

constexpr std::array<std::string_view, 3> holders = {"", "var", "var/lib"};

TreeImage without_holders(TreeImage image) {
    std::erase_if(image.entries,
                  [](const TreeEntry &entry) { return std::ranges::find(holders, entry.path) != holders.end(); });
    return image;
}

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

Result<TreeImage> picture(Machine &machine) {
    MOS_TRY(TreeImage image, machine.tree());
    return without_holders(std::move(image));
}

Result<void> Session::start() {
    m_machine.reset();
    MOS_TRY(m_machine, Machine::start(m_twin.root()));
    MOS_TRY(const auto recovered, transaction::recover(m_machine->site()));
    static_cast<void>(recovered);
    return {};
}

Result<Decided> Session::decide(std::size_t from, std::size_t to) {
    const Release &target = m_workload.releases[to];
    MOS_TRY(transaction::Staged staged, m_machine->stage(m_workload.releases[from].tree, target.tree));
    const auto record = m_machine->recorder(target.version);
    MOS_TRY(Decided decided,
            transaction::decide(m_machine->site(), std::move(staged),
                                Description{.summary = "to " + target.version, .reason = {}}, [&](std::uint64_t id) {
                                    allowed = only(from) | only(to);
                                    return record(id);
                                }));
    allowed = only(to);
    return decided;
}

Result<void> Session::update(std::size_t from, std::size_t to) {
    MOS_TRY(Decided decided, decide(from, to));
    return transaction::carry_through(m_machine->site(), std::move(decided));
}

// Counts the entries that are put in place, and fails before the one in the middle.
void Session::fail_when_half_applied(std::size_t from, std::size_t to) {
    constexpr int entries_before = 12;
    m_machine->watcher.on_checkpoint = [this, from, to, left = entries_before](Phase phase) mutable -> Result<void> {
        if (phase != Phase::applying || left-- > 0)
            return {};
        allowed = only(from) | only(to);  // from now on it may turn round
        return Error{Code::IO, "injected"};
    };
}

Result<void> Session::fail_to_update(std::size_t from, std::size_t to) {
    MOS_TRY(Decided decided, decide(from, to));
    fail_when_half_applied(from, to);
    MOS_CHECK(expect_code(transaction::carry_through(m_machine->site(), std::move(decided)), Code::REVERTED));
    m_machine->watcher.on_checkpoint = nullptr;
    allowed = only(from);
    return {};
}

Result<void> Session::roll_back(std::size_t from, std::size_t to) {
    allowed = only(from) | only(to);
    MOS_CHECK(m_machine->roll_back());
    allowed = only(to);
    return {};
}

Result<void> Session::fail_to_roll_back(std::size_t from, std::size_t to) {
    allowed = only(from) | only(to);
    fail_when_half_applied(from, to);
    MOS_CHECK(expect_code(m_machine->roll_back(), Code::REVERTED));
    m_machine->watcher.on_checkpoint = nullptr;
    allowed = only(from);
    return {};
}

Result<DiskState> Workload::initial_state() const {
    Twin twin;
    const auto root = twin.root();
    MOS_CHECK(build(*root, bare_tree()));
    Session session{*this, twin};
    if (prepare)
        MOS_CHECK(prepare(session));
    return twin.crash(Selection::all());
}

namespace {

Release bare() { return {without_holders(bare_tree()), ""}; }
Release first() { return {without_holders(first_release()), "1"}; }
Release second() { return {without_holders(second_release()), "2"}; }

}  // namespace

std::vector<Workload> all_workloads() {
    std::vector<Workload> all;
    all.push_back({.name = "install",
                   .description = "a first release into a root without database",
                   .releases = {bare(), first()},
                   .prepare = nullptr,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.update(0, 1);
                   }});
    // The others start where the releases before have been installed; release 0 is always what prepare() leaves.
    const auto after_first = [](Session &session) -> Result<void> {
        MOS_CHECK(session.start());
        return session.update(1, 0);
    };
    all.push_back({.name = "update",
                   .description = "from the first release to the second: every kind of operation",
                   .releases = {first(), bare(), second()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.update(0, 2);
                   }});
    all.push_back({.name = "remove",
                   .description = "the first release goes",
                   .releases = {first(), bare()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.update(0, 1);
                   }});
    const auto after_second = [](Session &session) -> Result<void> {
        MOS_CHECK(session.start());
        MOS_CHECK(session.update(1, 2));
        return session.update(2, 0);
    };
    all.push_back({.name = "rollback",
                   .description = "from the second release back to the first",
                   .releases = {second(), bare(), first()},
                   .prepare = after_second,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.roll_back(0, 2);
                   }});
    all.push_back({.name = "clean-up",
                   .description = "recovery points are pruned: an older one, then the newest",
                   .releases = {second(), bare(), first()},
                   .prepare = after_second,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       MOS_CHECK(session.prune(1));
                       return session.prune(2);
                   }});
    all.push_back({.name = "failed-update",
                   .description = "an error half-way through the second release: it turns round",
                   .releases = {first(), bare(), second()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.fail_to_update(0, 2);
                   }});
    all.push_back({.name = "failed-rollback",
                   .description = "an error half-way through a rollback: it turns round",
                   .releases = {second(), bare(), first()},
                   .prepare = after_second,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       return session.fail_to_roll_back(0, 2);
                   }});
    all.push_back({.name = "chain",
                   .description = "update, rollback, clean-up and update in one life of the process",
                   .releases = {first(), bare(), second()},
                   .prepare = after_first,
                   .run = [](Session &session) -> Result<void> {
                       MOS_CHECK(session.start());
                       MOS_CHECK(session.update(0, 2));
                       MOS_CHECK(session.roll_back(2, 0));
                       MOS_CHECK(session.prune(2));
                       return session.update(0, 2);
                   }});
    return all;
}

}  // namespace mos::test
