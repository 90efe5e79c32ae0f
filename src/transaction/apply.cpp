#include <mos/transaction/apply.hpp>

#include "outputs.hpp"

#include <mos/base/path.hpp>
#include <mos/transaction/stage.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace mos::transaction {

using base::FileStatus;
using base::FileType;
using base::RenameMode;
using state::Direction;
using state::Operation;
using state::OperationKind;

namespace {

// What is at the path of an operation; nothing where its directory is gone too.
Result<std::optional<FileStatus>> target_status(base::DirectoryCache &cache, const Operation &operation) {
    MOS_TRY(base::Directory *const parent, cache.find(base::split_path(operation.path).parent));
    if (parent == nullptr)
        return std::optional<FileStatus>{};
    return parent->find(base::split_path(operation.path).name);
}

void notice(base::Observer &observer, const Operation &operation, std::string_view what) {
    observer.notice_kept(operation.path, what);
}

// From which attributes to which an operation leads in its present direction.
struct Change {
    const state::Attributes &from;
    const state::Attributes &to;
};

struct Merged {
    state::Attributes attributes;
    bool kept_foreign = false;
};

const base::Bytes *value_of(const base::ExtendedAttributes &attributes, std::string_view name) {
    const auto found = std::ranges::find(attributes, name, &base::ExtendedAttribute::name);
    return found == attributes.end() ? nullptr : &found->value;
}

bool equal(const base::Bytes *a, const base::Bytes *b) { return a == nullptr || b == nullptr ? a == b : *a == *b; }

// Of each name that the change is about, the value it leads to, unless somebody has given it a third one.
void merge_extended(Merged &merged, const Change &change) {
    std::set<std::string_view> names;
    for (const auto *side : {&change.from.extended, &change.to.extended}) {
        for (const base::ExtendedAttribute &attribute : *side)
            names.insert(attribute.name);
    }
    base::ExtendedAttributes &present = merged.attributes.extended;
    for (const std::string_view name : names) {
        const base::Bytes *const is = value_of(present, name);
        const base::Bytes *const wanted = value_of(change.to.extended, name);
        if (!equal(is, wanted) && !equal(is, value_of(change.from.extended, name))) {
            merged.kept_foreign = true;
            continue;
        }
        std::erase_if(present, [&](const base::ExtendedAttribute &attribute) { return attribute.name == name; });
        if (wanted != nullptr)
            present.push_back({std::string{name}, *wanted});
    }
}

// A change of owner takes these bits away, so between that and the next call the mode is neither the old nor the new.
// An access control list that is given brings its bits of the new mode before the others.
bool is_mode_of_change(std::uint32_t mode, const Change &change) {
    constexpr std::uint32_t taken_by_chown = 06000;
    constexpr std::uint32_t of_a_list = 0777;
    const bool new_owner = change.from.owner != change.to.owner || change.from.group != change.to.group;
    const auto is = [&](std::uint32_t expected) {
        return mode == expected || (new_owner && mode == (expected & ~taken_by_chown));
    };
    const bool by_list = change.to.access_lists && is((change.from.mode & ~of_a_list) | (change.to.mode & of_a_list));
    return by_list || is(change.from.mode) || is(change.to.mode);
}

// What `present` becomes: each attribute that is as before or as after the change becomes as after it, and one that
// somebody has set meanwhile stays. The times of a directory change with all that comes and goes in it, and are set.
Merged merge_attributes(state::Attributes present, FileType type, const Change &change) {
    Merged merged{.attributes = std::move(present)};
    state::Attributes &is = merged.attributes;
    const auto has_owner_of = [&](const state::Attributes &other) {
        return is.owner == other.owner && is.group == other.group;
    };
    if (has_owner_of(change.from) || has_owner_of(change.to)) {
        is.owner = change.to.owner;
        is.group = change.to.group;
    } else {
        merged.kept_foreign = true;
    }
    if (is_mode_of_change(is.mode, change))
        is.mode = change.to.mode;
    else if (type != FileType::symlink)
        merged.kept_foreign = true;
    merge_extended(merged, change);
    if (type == FileType::directory || is.modified == change.from.modified)
        is.modified = change.to.modified;
    else if (is.modified != change.to.modified)
        merged.kept_foreign = true;
    return merged;
}

bool brings(OperationKind kind) { return kind == OperationKind::exchange || kind == OperationKind::add; }

// Whether a file is not the one whose attributes were to be changed: a mode made for one content must not be given to
// another. The change itself sets the time last, so either time may be found.
bool is_foreign(const Operation &operation, const FileStatus &there) {
    return there.inode != operation.staged_inode || there.size != operation.staged_size ||
           (there.modified != operation.before.modified && there.modified != operation.after.modified);
}

class Mover {
  public:
    Mover(Site &site, Stages &stages) : m_site(site), m_stages(stages), m_cache(site.root) {}

    [[nodiscard]] Result<void> apply(const Operation &operation, Direction heading);

  private:
    [[nodiscard]] Result<void> from_slot(const Operation &operation, RenameMode first, RenameMode second);
    [[nodiscard]] Result<void> into_slot(const Operation &operation);
    [[nodiscard]] Result<void> set_attributes(const Operation &operation, const Change &change);
    [[nodiscard]] Result<void> restore_time(const Operation &operation, Direction heading);
    [[nodiscard]] Result<bool> has_left(const Operation &operation);

    Site &m_site;
    Stages &m_stages;
    base::DirectoryCache m_cache;
};

// Whether what is to leave the slot has left it.
Result<bool> Mover::has_left(const Operation &operation) {
    MOS_TRY(base::Directory *const stage, m_stages.on(operation.volume));
    MOS_TRY(const auto slot, stage->find(number_name(operation.slot)));
    return !slot || slot->inode != operation.leaving_inode;
}

// Renames out of the slot by the first way, and by the second when the target is not as the first needs it.
Result<void> Mover::from_slot(const Operation &operation, RenameMode first, RenameMode second) {
    const base::SplitPath split = base::split_path(operation.path);
    MOS_TRY(base::Directory *const parent, m_cache.find(base::split_path(operation.path).parent));
    if (parent == nullptr) {
        notice(m_site.observer, operation, "has lost its directory; what belongs there stays in the stage");
        return {};
    }
    const std::string slot = number_name(operation.slot);
    MOS_TRY(base::Directory *const stage, m_stages.on(operation.volume));
    auto renamed = stage->rename(slot, *parent, split.name, first);
    if (renamed)
        return {};
    const Code code = renamed.error().code();
    const bool other_way = first == RenameMode::exchange ? code == Code::NOT_FOUND : code == Code::EXISTS;
    if (!other_way)
        return renamed;
    if (first == second) {
        notice(m_site.observer, operation, "is somebody else's now; what belongs there stays in the stage");
        return {};
    }
    MOS_CHECK(stage->rename(slot, *parent, split.name, second));
    if (second == RenameMode::exchange)
        notice(m_site.observer, operation, "had been put there by somebody meanwhile; that is in the stage now");
    return {};
}

Result<void> Mover::into_slot(const Operation &operation) {
    const std::string slot = number_name(operation.slot);
    MOS_TRY(base::Directory *const stage, m_stages.on(operation.volume));
    MOS_TRY(const auto occupied, stage->find(slot));
    MOS_TRY(const auto there, target_status(m_cache, operation));
    if (occupied || !there)
        return {};
    if (brings(operation.kind) && !is_as_staged(operation, *there)) {
        notice(m_site.observer, operation, "is kept: it was changed since");
        return {};
    }
    const base::SplitPath split = base::split_path(operation.path);
    MOS_TRY(base::Directory *const parent, m_cache.open(split.parent));
    if (operation.kind == OperationKind::remove_directory) {
        if (there->type != FileType::directory)
            return {};
        MOS_TRY(const auto directory, parent->open_directory(split.name, base::Symlinks::refuse));
        MOS_TRY(const auto entries, directory->list());
        if (!entries.empty()) {
            notice(m_site.observer, operation, "is kept: it is not empty");
            return {};
        }
    }
    auto renamed = parent->rename(split.name, *stage, slot, RenameMode::keep_existing);
    // An overlay without redirect_dir moves no directory of its lower layer.
    if (!renamed && operation.kind == OperationKind::remove_directory && renamed.error().code() == Code::CROSS_MOUNT) {
        notice(m_site.observer, operation, "is kept, and empty: its filesystem can't move it");
        return {};
    }
    return renamed;
}

Result<void> Mover::set_attributes(const Operation &operation, const Change &change) {
    MOS_TRY(const auto there, target_status(m_cache, operation));
    if (!there)
        return {};
    if (there->type != FileType::directory && is_foreign(operation, *there)) {
        notice(m_site.observer, operation, "was changed since, and keeps the mode and owner that it has");
        return {};
    }
    const base::SplitPath split = base::split_path(operation.path);
    MOS_TRY(base::Directory *const parent, m_cache.open(split.parent));
    MOS_TRY(state::Attributes present, read_attributes(*parent, split.name, *there, lists_of(change.to)));
    const Merged merged = merge_attributes(std::move(present), there->type, change);
    if (merged.kept_foreign)
        notice(m_site.observer, operation, "keeps what somebody has set there meanwhile");
    return apply_attributes(*parent, split.name, there->type, merged.attributes);
}

// xfs gives a directory that takes part in an exchange the time of the exchange. A cut may come in between, so this is
// done again also where the entry has left its slot already.
Result<void> Mover::restore_time(const Operation &operation, Direction heading) {
    const state::Attributes &wanted = heading == Direction::forward ? operation.after : operation.before;
    if (operation.kind != OperationKind::exchange || wanted == state::Attributes{})
        return {};
    MOS_TRY(const auto there, target_status(m_cache, operation));
    if (!there || there->type != FileType::directory || there->inode != operation.leaving_inode ||
        there->modified == wanted.modified)
        return {};
    const base::SplitPath split = base::split_path(operation.path);
    MOS_TRY(base::Directory *const parent, m_cache.open(split.parent));
    return parent->set_modified(split.name, wanted.modified);
}

Result<void> Mover::apply(const Operation &operation, Direction heading) {
    if (!operation.active)
        return {};
    if (operation.kind == OperationKind::set_attributes)
        return set_attributes(operation, heading == Direction::forward
                                             ? Change{.from = operation.before, .to = operation.after}
                                             : Change{.from = operation.after, .to = operation.before});
    if (operation.leaving_inode == 0)
        return into_slot(operation);
    MOS_TRY(const bool done, has_left(operation));
    if (done)
        return restore_time(operation, heading);
    switch (operation.kind) {
    case OperationKind::exchange:
        MOS_CHECK(from_slot(operation, RenameMode::exchange, RenameMode::keep_existing));
        return restore_time(operation, heading);
    case OperationKind::add:
        return from_slot(operation, RenameMode::keep_existing, RenameMode::exchange);
    case OperationKind::output:  // whatever a script left there gives way
        return from_slot(operation, RenameMode::exchange, RenameMode::keep_existing);
    default:  // what was removed comes back, but never over what somebody has put there
        return from_slot(operation, RenameMode::keep_existing, RenameMode::keep_existing);
    }
}

}  // namespace

Result<void> apply_all(Site &site, Stages &stages, const state::Transaction &transaction, Interruption interruption) {
    const Direction heading = transaction.heading();
    Mover mover{site, stages};
    base::Progress progress;
    progress.phase =
        transaction.state == state::TransactionState::reverting ? base::Phase::reverting : base::Phase::applying;
    state::Transactions transactions{site.database};
    MOS_TRY(progress.total_entries, transactions.operation_count(transaction.id));
    const auto apply_one = [&](const Operation &operation) -> Result<void> {
        if (interruption == Interruption::allowed)
            MOS_CHECK(site.observer.check_cancelled());
        MOS_CHECK(mover.apply(operation, heading));
        ++progress.done_entries;
        site.observer.report(progress);
        return {};
    };
    return transactions.for_each_operation(transaction.id, heading, apply_one);
}

Surveyor::Surveyor(Site &site, Stages &stages, Direction heading, Altered altered)
    : m_cache(site.root), m_observer(site.observer), m_stages(stages), m_heading(heading), m_altered(altered) {}

// Back to the copy of what was there, unless somebody has written there since the scripts did; or the other way.
Operation Surveyor::survey_output(Operation operation, const std::optional<FileStatus> &slot,
                                  const std::optional<FileStatus> &there) {
    const bool holds_before = slot ? slot->inode == operation.staged_inode : operation.staged_inode == 0;
    const bool moves = holds_before == (m_heading == Direction::backward);
    const bool is_kept = moves && m_heading == Direction::backward && was_written_since(operation, there);
    operation.leaving_inode = slot ? slot->inode : 0;
    operation.active = moves && !is_kept;
    if (is_kept)
        notice(m_observer, operation, "is kept: it was changed since the scripts wrote it");
    return operation;
}

Result<Operation> Surveyor::survey(Operation operation) {
    const bool is_output = operation.kind == OperationKind::output;
    operation.active = operation.active || !is_output;
    if (operation.kind == OperationKind::set_attributes) {
        if (m_heading == Direction::backward)
            m_returning_owners.insert(operation.before.owner);
        return operation;  // also of what is not there now: it may be a directory that comes back
    }
    MOS_TRY(const auto there, target_status(m_cache, operation));
    MOS_TRY(base::Directory *const stage, m_stages.on(operation.volume));
    MOS_TRY(const auto slot, stage->find(number_name(operation.slot)));
    if (is_output)
        return survey_output(std::move(operation), slot, there);
    const bool brings_entry = brings(operation.kind);
    const bool staged_is_here = brings_entry && slot && slot->inode == operation.staged_inode;
    if (m_heading == Direction::forward) {
        operation.leaving_inode = brings_entry ? operation.staged_inode : 0;
        operation.active = brings_entry ? staged_is_here : (!slot && there);
        return operation;
    }
    operation.leaving_inode = slot ? slot->inode : 0;
    operation.active = brings_entry ? !staged_is_here : slot.has_value();
    const bool altered = operation.active && brings_entry && there && !is_as_staged(operation, *there);
    if (altered && m_altered == Altered::gives_way) {
        const Witness now = witness_of(*there);
        operation.staged_inode = now.inode;
        operation.staged_size = now.size;
        operation.staged_modified = now.modified;
        notice(m_observer, operation, "was changed since it was put in place; the changed one is in the stage");
    } else if (altered) {
        operation.active = false;
        notice(m_observer, operation, "is kept: it was changed since");
    }
    if (operation.active && slot)
        m_returning_owners.insert(slot->owner);
    return operation;
}

}  // namespace mos::transaction
