#include <mos/transaction/apply.hpp>

#include <mos/base/path.hpp>
#include <mos/transaction/stage.hpp>

#include <fmt/format.h>

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
    const base::SplitPath split = base::split_path(operation.path);
    auto parent = cache.open(split.parent);
    if (!parent && parent.error().code() == Code::NOT_FOUND)
        return std::optional<FileStatus>{};
    if (!parent)
        return std::move(parent).error();
    return parent.value()->find(split.name);
}

void notice(base::Observer &observer, const Operation &operation, std::string_view what) {
    observer.notice(fmt::format("{} {}", base::in_quotes(operation.path), what));
}

class Mover {
  public:
    Mover(Site &site, base::Directory &stage) : m_site(site), m_stage(stage), m_cache(site.root) {}

    [[nodiscard]] Result<void> apply(const Operation &operation, Direction heading);

  private:
    [[nodiscard]] Result<void> from_slot(const Operation &operation, RenameMode first, RenameMode second);
    [[nodiscard]] Result<void> into_slot(const Operation &operation);
    [[nodiscard]] Result<void> set_attributes(const Operation &operation, const state::Attributes &wanted);
    [[nodiscard]] Result<bool> has_left(const Operation &operation);

    Site &m_site;
    base::Directory &m_stage;
    base::DirectoryCache m_cache;
};

// Whether what is to leave the slot has left it.
Result<bool> Mover::has_left(const Operation &operation) {
    MOS_TRY(const auto slot, m_stage.find(number_name(operation.slot)));
    return !slot || slot->inode != operation.leaving_inode;
}

// Renames out of the slot by the first way, and by the second when the target is not as the first needs it.
Result<void> Mover::from_slot(const Operation &operation, RenameMode first, RenameMode second) {
    const base::SplitPath split = base::split_path(operation.path);
    auto opened = m_cache.open(split.parent);
    if (!opened && opened.error().code() == Code::NOT_FOUND) {
        notice(m_site.observer, operation, "has lost its directory; what belongs there stays in the stage");
        return {};
    }
    MOS_TRY(base::Directory *const parent, std::move(opened));
    const std::string slot = number_name(operation.slot);
    auto renamed = m_stage.rename(slot, *parent, split.name, first);
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
    return m_stage.rename(slot, *parent, split.name, second);
}

Result<void> Mover::into_slot(const Operation &operation) {
    const std::string slot = number_name(operation.slot);
    MOS_TRY(const auto occupied, m_stage.find(slot));
    MOS_TRY(const auto there, target_status(m_cache, operation));
    if (occupied || !there)
        return {};
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
    return parent->rename(split.name, m_stage, slot, RenameMode::keep_existing);
}

Result<void> Mover::set_attributes(const Operation &operation, const state::Attributes &wanted) {
    MOS_TRY(const auto there, target_status(m_cache, operation));
    if (!there)
        return {};
    const base::SplitPath split = base::split_path(operation.path);
    MOS_TRY(base::Directory *const parent, m_cache.open(split.parent));
    return apply_attributes(*parent, split.name, there->type, wanted);
}

Result<void> Mover::apply(const Operation &operation, Direction heading) {
    if (!operation.active)
        return {};
    if (operation.kind == OperationKind::set_attributes)
        return set_attributes(operation, heading == Direction::forward ? operation.after : operation.before);
    if (operation.leaving_inode == 0)
        return into_slot(operation);
    MOS_TRY(const bool done, has_left(operation));
    if (done)
        return {};
    switch (operation.kind) {
    case OperationKind::exchange:
        return from_slot(operation, RenameMode::exchange, RenameMode::keep_existing);
    case OperationKind::add:
        return from_slot(operation, RenameMode::keep_existing, RenameMode::exchange);
    default:  // what was removed comes back, but never over what somebody has put there
        return from_slot(operation, RenameMode::keep_existing, RenameMode::keep_existing);
    }
}

}  // namespace

Result<void> apply_all(Site &site, base::Directory &stage, const state::Transaction &transaction,
                       Interruption interruption) {
    const Direction heading = transaction.heading();
    Mover mover{site, stage};
    base::Progress progress;
    progress.phase =
        transaction.state == state::TransactionState::reverting ? base::Phase::reverting : base::Phase::applying;
    progress.total_entries = transaction.changed_paths;
    return state::Transactions{site.database}.for_each_operation(transaction.id, heading,
                                                                 [&](const Operation &operation) -> Result<void> {
                                                                     if (interruption == Interruption::allowed)
                                                                         MOS_CHECK(site.observer.checkpoint());
                                                                     MOS_CHECK(mover.apply(operation, heading));
                                                                     ++progress.done_entries;
                                                                     site.observer.report(progress);
                                                                     return {};
                                                                 });
}

Surveyor::Surveyor(Site &site, base::Directory &stage, Direction heading, Occasion occasion)
    : m_cache(site.root), m_observer(site.observer), m_stage(stage), m_heading(heading), m_occasion(occasion) {}

namespace {

bool same_owner_and_mode(const FileStatus &there, const state::Attributes &attributes) {
    return there.mode == attributes.mode && there.owner == attributes.owner && there.group == attributes.group;
}

}  // namespace

Result<Operation> Surveyor::survey(Operation operation) {
    MOS_TRY(const auto there, target_status(m_cache, operation));
    if (operation.kind == OperationKind::set_attributes) {
        operation.active = there.has_value();
        const bool foreign = there && m_occasion == Occasion::rollback &&
                             !same_owner_and_mode(*there, operation.after) &&
                             !same_owner_and_mode(*there, operation.before);
        if (foreign) {
            operation.active = false;
            notice(m_observer, operation, "keeps the mode and owner that it was given since");
        }
        return operation;
    }
    MOS_TRY(const auto slot, m_stage.find(number_name(operation.slot)));
    const bool brings = operation.kind == OperationKind::exchange || operation.kind == OperationKind::add;
    const bool staged_is_here = brings && slot && slot->inode == operation.staged_inode;
    if (m_heading == Direction::forward) {
        operation.leaving_inode = brings ? operation.staged_inode : 0;
        operation.active = brings ? staged_is_here : (!slot && there);
        return operation;
    }
    operation.leaving_inode = slot ? slot->inode : 0;
    operation.active = brings ? !staged_is_here : slot.has_value();
    if (operation.active && brings && there && there->inode != operation.staged_inode) {
        operation.active = false;
        notice(m_observer, operation, "is kept: it was changed since");
    }
    return operation;
}

}  // namespace mos::transaction
