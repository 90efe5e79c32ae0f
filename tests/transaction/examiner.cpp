#include "examiner.hpp"

#include "scenes.hpp"

#include <mos/state/database_files.hpp>
#include <mos/transaction/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mos::test {

namespace {

Error violation(std::string what) { return Error{Code::INTERNAL, std::move(what)}; }

std::string first_line(const std::string &text) { return text.substr(0, text.find('\n')); }

// Releases are pictures from the twin, whose clock stands still. A directory that has its time there got the time of a
// change, which on a real disk is any.
// The first stage on a volume makes a folder at its top, and gives the top its time back: a cut may come in between, as
// it may on the root.
TreeImage with_times_of(TreeImage actual, const TreeImage &expected, const Workload &workload) {
    const base::FileTime clock = DiskState{}.clock;
    for (TreeEntry &entry : actual.entries) {
        const TreeEntry *const other = expected.find(entry.path);
        if (other == nullptr || entry.type != base::FileType::directory)
            continue;
        const bool top = std::ranges::find(workload.volumes, entry.path) != workload.volumes.end();
        if (top || other->modified == clock)
            entry.modified = other->modified;
    }
    return actual;
}

Result<void> expect_tree(Machine &machine, const TreeImage &expected, const Workload &workload, std::string_view when) {
    MOS_TRY(TreeImage found, picture(machine));
    const TreeImage actual = with_times_of(std::move(found), expected, workload);
    if (actual.entries == expected.entries)
        return {};
    return violation(fmt::format("{}: {}", when, first_line(difference(expected, actual, all_directory_times))));
}

}  // namespace

// What the release's tree does not show, but must be there all the same.
Result<bool> Examiner::is_kept(Machine &machine, const Release &release) {
    if (release.kept.empty())
        return true;
    MOS_TRY(const TreeImage all, machine.everything());
    return std::ranges::any_of(all.entries, [&](const TreeEntry &entry) {
        return entry.content == release.kept && (release.kept_at.empty() || release.kept_at == entry.path);
    });
}

// The release whose tree stands, if it is an allowed one and the database agrees.
Result<std::size_t> Examiner::standing_release(Machine &machine, Allowed allowed) {
    MOS_TRY(const TreeImage found, picture(machine));
    MOS_TRY(const std::string version, machine.installed_version());
    std::string reason;
    std::string forbidden;
    for (std::size_t i = 0; i < m_workload.releases.size(); ++i) {
        const Release &release = m_workload.releases[i];
        const TreeImage tree = with_times_of(found, release.tree, m_workload);
        if (tree.entries != release.tree.entries) {
            if (version == release.version && reason.empty())
                reason = "but " + first_line(difference(release.tree, tree, all_directory_times));
            continue;
        }
        if (version != release.version)
            return violation(fmt::format("the tree is release '{}', the database says '{}'", release.version, version));
        MOS_TRY(const bool kept, is_kept(machine, release));
        if (kept && (allowed & only(i)) != 0)
            return i;
        if (kept)
            forbidden = fmt::format("the tree is release '{}', which can't be at this moment", release.version);
        else
            reason = fmt::format("but the file with '{:.40}' is gone", release.kept);
    }
    if (reason.empty() && !forbidden.empty())
        return violation(std::move(forbidden));
    return violation(fmt::format("the tree is none of the releases; by the database it is '{}', {}", version, reason));
}

// The stages' folder holds what rows own, and nothing else; so does that of each other volume.
Result<void> Examiner::check_stages(Machine &machine) {
    state::Transactions transactions{machine.database()};
    MOS_TRY(const auto unfinished, transactions.unfinished());
    if (unfinished)
        return violation(fmt::format("transaction {} is unfinished after recovery", unfinished->id));
    std::vector<std::string> tops = m_workload.volumes;
    tops.emplace_back();
    for (const std::string &top : tops)
        MOS_CHECK(check_stages_on(machine, top));
    MOS_TRY(const auto points, transactions.recovery_points());
    for (const state::Transaction &point : points)
        MOS_CHECK(check_recovery_point(machine, point));
    return {};
}

Result<void> Examiner::check_stages_on(Machine &machine, const std::string &top) {
    MOS_TRY(const auto volume, machine.root().open_directory(top, base::Symlinks::refuse));
    MOS_TRY(const auto there, volume->find(transaction::stages_name));
    if (!there)
        return {};
    MOS_TRY(const auto stages, volume->open_directory(transaction::stages_name, base::Symlinks::refuse));
    MOS_TRY(const auto entries, stages->list());
    for (const base::DirectoryEntry &entry : entries) {
        const bool of_the_root = entry.name == state::copy_name || entry.name == state::new_copy_name ||
                                 entry.name.find(transaction::registry_name) != std::string::npos;
        const bool of_a_volume = entry.name.find(transaction::owner_name) != std::string::npos;
        if (top.empty() ? of_the_root : of_a_volume)
            continue;
        std::uint64_t id = 0;
        std::from_chars(entry.name.data(), entry.name.data() + entry.name.size(), id);
        MOS_TRY(const bool owned, state::Transactions{machine.database()}.owns_stage(id));
        if (!owned || transaction::number_name(id) != entry.name)
            return violation(fmt::format("nobody owns '{}' in the stages' folder of '{}'", entry.name, top));
    }
    return {};
}

// While the change is in effect the copy of what was there lies in its slot, and nothing where nothing was.
Result<void> Examiner::check_output(base::Directory &stage, const state::Operation &operation,
                                    const state::Transaction &point) {
    MOS_TRY(const auto slot, stage.find(transaction::number_name(operation.slot)));
    const std::uint64_t copy = slot ? slot->inode : 0;
    if (!point.in_effect || copy == operation.staged_inode)
        return {};
    return violation(fmt::format("slot {} of recovery point {} does not hold the copy of '{}'", operation.slot,
                                 point.id, operation.path));
}

// Every slot holds what the other tree needs.
Result<void> Examiner::check_recovery_point(Machine &machine, const state::Transaction &point) {
    using state::OperationKind;
    auto opened = transaction::Stages::open(machine.site(), point);
    if (!opened)
        return violation(fmt::format("recovery point {}: {}", point.id, opened.error().full_message()));
    MOS_TRY(transaction::Stages stages, std::move(opened));
    return state::Transactions{machine.database()}.for_each_operation(
        point.id, state::Direction::forward, [&](const state::Operation &operation) -> Result<void> {
            MOS_TRY(base::Directory *const stage, stages.on(operation.volume));
            if (operation.kind == OperationKind::output)
                return check_output(*stage, operation, point);
            // What was removed need not be in its own slot: a cut may leave it inside a directory that has one.
            if (operation.kind != OperationKind::exchange && operation.kind != OperationKind::add)
                return {};
            // Of a file that somebody put in the way.
            if (operation.kind == OperationKind::add && m_workload.foreign_edits == ForeignEdits::made)
                return {};
            const bool full = operation.kind == OperationKind::exchange || !point.in_effect;
            MOS_TRY(const auto slot, stage->find(transaction::number_name(operation.slot)));
            if (slot.has_value() == full)
                return {};
            return violation(fmt::format("slot {} of recovery point {} is {} ({} '{}')", operation.slot, point.id,
                                         full ? "empty" : "full", operation_name(operation.kind), operation.path));
        });
}

Result<void> Examiner::check_idempotence(Machine &machine) {
    MOS_TRY(const TreeImage before, machine.everything());
    MOS_TRY(const transaction::Recovered again, transaction::recover(machine.site()));
    if (again.transaction || again.dropped_stages != 0)
        return violation("a second recovery found something to do");
    MOS_TRY(const TreeImage after, machine.everything());
    if (before.entries != after.entries)
        return violation("a second recovery changed something: " + first_line(difference(before, after)));
    return {};
}

Result<std::size_t> Examiner::recover(Disk &disk, Allowed allowed) {
    MOS_TRY(auto root, disk.root());
    MOS_TRY(const auto machine, Machine::start(std::move(root)));
    MOS_TRY(const transaction::Recovered recovered, transaction::recover(machine->site()));
    static_cast<void>(recovered);
    if (m_workload.recover_more)
        MOS_CHECK(m_workload.recover_more(*machine));
    if (m_workload.foreign_edits == ForeignEdits::none && !machine->watcher.notices.empty())
        return violation("recovery reported what nobody did: " + machine->watcher.notices.front());
    MOS_TRY(const std::size_t standing, standing_release(*machine, allowed));
    MOS_CHECK(check_stages(*machine));
    MOS_CHECK(check_idempotence(*machine));
    return standing;
}

Result<void> Examiner::go_on(Disk &disk, std::size_t standing) {
    const Release &release = m_workload.releases[standing];
    const TreeImage next = with_one_more(release.tree);
    MOS_TRY(auto root, disk.root());
    MOS_TRY(const auto machine, Machine::start(std::move(root)));
    MOS_CHECK(machine->update(release.tree, next, "next"));
    MOS_CHECK(expect_tree(*machine, next, m_workload, "after the next update"));
    MOS_CHECK(machine->roll_back());
    MOS_CHECK(expect_tree(*machine, release.tree, m_workload, "after its rollback"));
    MOS_TRY(const auto newest, state::Transactions{machine->database()}.newest_in_effect());
    if (!newest || newest->state == state::TransactionState::pruned || release.version.empty())
        return {};
    // The recovery point from before the cut must be whole: what it brings back is one of the releases.
    MOS_CHECK(machine->roll_back());
    MOS_TRY(const std::size_t older, standing_release(*machine, ~Allowed{0}));
    static_cast<void>(older);
    return {};
}

}  // namespace mos::test
