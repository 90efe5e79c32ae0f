#include <mos/transaction/unknown_stages.hpp>

#include <mos/base/path.hpp>
#include <mos/transaction/apply.hpp>
#include <mos/transaction/plan_file.hpp>
#include <mos/transaction/stage.hpp>
#include <mos/transaction/transaction.hpp>
#include <mos/transaction/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mos::transaction {

using state::Direction;
using state::Operation;
using state::OperationKind;
using state::Transactions;

namespace {

bool is_newcomer(const Operation &operation, const base::FileStatus &there) {
    // A directory has another time as soon as somebody puts something into it.
    return there.type == base::FileType::directory ? there.inode == operation.staged_inode
                                                   : is_as_staged(operation, there);
}

// What is in the operation's slot; nothing also where the stage has no part on that volume.
Result<std::optional<base::FileStatus>> slot_of(Stages &stages, const Operation &operation) {
    MOS_TRY(base::Directory *const stage, stages.find(operation.volume));
    if (stage == nullptr)
        return std::optional<base::FileStatus>{};
    return stage->find(number_name(operation.slot));
}

// Whether a transaction has done this. The slot tells it where something stood before; where nothing did, or where only
// attributes change, the path does.
Result<bool> is_done(base::DirectoryCache &cache, Stages &stages, const Operation &operation) {
    const bool attributes = operation.kind == OperationKind::set_attributes;
    if (!attributes) {
        MOS_TRY(const auto slot, slot_of(stages, operation));
        if (slot || operation.kind != OperationKind::add)
            return slot && slot->inode != operation.staged_inode;
    }
    MOS_TRY(base::Directory *const holder, cache.find(base::split_path(operation.path).parent));
    if (holder == nullptr)
        return false;
    const std::string_view name = base::split_path(operation.path).name;
    MOS_TRY(const auto there, holder->find(name));
    if (!there || !attributes)
        return there && is_newcomer(operation, *there);
    if (there->inode != operation.staged_inode || operation.before == operation.after)
        return false;
    MOS_TRY(const state::Attributes present, read_attributes(*holder, name, *there, lists_of(operation.after)));
    return present == operation.after;
}

// `name`, or with the first number behind it that is not taken.
Result<std::string> free_name(base::Directory &directory, const std::string &name) {
    std::string tried = name;
    for (int number = 2;; ++number) {
        MOS_TRY(const auto taken, directory.find(tried));
        if (!taken)
            return tried;
        tried = fmt::format("{}-{}", name, number);
    }
}

// Its new name.
Result<std::string> set_aside(base::Directory &stages, const std::string &name) {
    MOS_TRY(std::string kept, free_name(stages, name + ".unclear"));
    MOS_CHECK(stages.rename(name, stages, kept, base::RenameMode::keep_existing));
    return kept;
}

// On the other volumes, of the stage by that name.
Result<void> set_parts_aside(Site &site, const std::string &name) {
    MOS_TRY(const std::vector<VolumeStages> volumes, stages_on_volumes(site.root));
    for (const VolumeStages &volume : volumes) {
        MOS_TRY(const auto part, volume.stages->find(name));
        if (!part)
            continue;
        MOS_TRY(const std::string kept, set_aside(*volume.stages, name));
        static_cast<void>(kept);
    }
    return {};
}

}  // namespace

Result<UnknownStage> examine_stage(base::Directory &root, std::uint64_t id) {
    UnknownStage found;
    found.id = id;
    Stages stages{root, id};
    MOS_TRY(base::Directory *const primary, stages.on({}));
    auto opened = PlanReader::open(*primary);
    if (!opened && (opened.error().code() == Code::FORMAT || opened.error().code() == Code::NOT_FOUND)) {
        found.standing = UnknownStage::Standing::unreadable;
        return found;
    }
    MOS_TRY(PlanReader plan, std::move(opened));
    base::DirectoryCache cache{root};
    std::map<std::string, bool> mounted = {{"", true}};
    for (;;) {
        MOS_TRY(const auto planned, plan.next());
        if (!planned)
            return found;
        ++found.operations;
        const Operation &operation = planned->operation;
        if (found.standing == UnknownStage::Standing::moved)
            continue;
        if (!mounted.contains(operation.volume)) {
            MOS_TRY(mounted[operation.volume], is_mounted(root, operation.volume));
        }
        if (!mounted[operation.volume]) {
            found.standing = UnknownStage::Standing::out_of_reach;
            found.moved_path = operation.volume;
            continue;
        }
        MOS_TRY(const bool done, is_done(cache, stages, operation));
        if (!done)
            continue;
        found.standing = UnknownStage::Standing::moved;
        found.moved_path = operation.path;
    }
}

Result<std::vector<UnknownStage>> unknown_stages(base::Directory &root, state::Database &database) {
    std::vector<UnknownStage> found;
    MOS_TRY(const auto there, root.find(stages_name));
    if (!there || there->type != base::FileType::directory)
        return found;
    MOS_TRY(const auto stages, root.open_directory(stages_name, base::Symlinks::refuse));
    MOS_TRY(const auto entries, stages->list());
    Transactions transactions{database};
    for (const base::DirectoryEntry &entry : entries) {
        const std::optional<std::uint64_t> id = stage_number(entry);
        if (!id)
            continue;
        MOS_TRY(const auto row, transactions.find(*id));
        if (row)
            continue;
        MOS_TRY(UnknownStage unknown, examine_stage(root, *id));
        found.push_back(std::move(unknown));
    }
    std::ranges::sort(found, {}, &UnknownStage::id);
    return found;
}

Result<void> record_lost(Site &site, const UnknownStage &unknown) {
    MOS_CHECK(check_none_unfinished(site.database));
    Transactions transactions{site.database};
    MOS_TRY(const bool buried, transactions.stands_before_others(unknown.id));
    if (buried)
        return Error{Code::STAGE_UNCLEAR,
                     fmt::format("stage {} is of a lost transaction, and newer ones are known", unknown.id)};
    Stages stages{site.root, unknown.id};
    MOS_TRY(base::Directory *const primary, stages.on({}));
    MOS_TRY(PlanReader plan, PlanReader::open(*primary));
    const state::Transaction lost{.id = unknown.id,
                                  .stage = unknown.id,
                                  .direction = Direction::forward,
                                  .state = state::TransactionState::reverting,
                                  .in_effect = false,
                                  .time_unix_s = site.clock.now_unix_s(),
                                  .summary = fmt::format("transaction {}, whose record was lost", unknown.id),
                                  .reason = "taken back by the plan in its stage",
                                  .changed_paths = unknown.operations,
                                  .reboot = {},
                                  .boot = {},
                                  .cause_code = static_cast<std::uint32_t>(Code::DATABASE_DAMAGED),
                                  .cause = "the database was lost, and what it had decided with it"};
    Surveyor surveyor{site, stages, lost.heading()};
    return site.database.commit(state::Durability::durable, [&]() -> Result<void> {
        MOS_CHECK(transactions.insert(lost));
        for (;;) {
            MOS_TRY(const auto planned, plan.next());
            if (!planned)
                return {};
            MOS_TRY(const Operation surveyed, surveyor.survey(planned->operation));
            MOS_CHECK(transactions.insert_operation(lost.id, surveyed));
        }
    });
}

Result<bool> repeat_lost_rollback(Site &site) {
    Transactions transactions{site.database};
    MOS_TRY(const auto owner, transactions.newest_in_effect());
    if (!owner || owner->state == state::TransactionState::pruned)
        return false;
    Stages stages{site.root, owner->stage};
    MOS_TRY(const base::Directory *const primary, stages.find({}));
    if (primary == nullptr)
        return false;  // given up, which was not recorded either
    bool taken_back = false;
    base::DirectoryCache cache{site.root};
    MOS_CHECK(
        transactions.for_each_operation(owner->id, Direction::forward, [&](const Operation &operation) -> Result<void> {
            if (operation.kind != OperationKind::exchange && operation.kind != OperationKind::add)
                return {};
            MOS_TRY(const auto slot, slot_of(stages, operation));
            if (taken_back || !slot || slot->inode != operation.staged_inode)
                return {};
            // What belongs into a directory that somebody has taken away never left its slot.
            MOS_TRY(const base::Directory *const holder, cache.find(base::split_path(operation.path).parent));
            taken_back = holder != nullptr;
            return {};
        }));
    if (!taken_back)
        return false;
    MOS_TRY(const auto rollback, roll_back(site, *owner,
                                           {.summary = fmt::format("roll back rp-{} ({})", owner->id, owner->summary),
                                            .reason = "it had been rolled back, and the record of that was lost",
                                            .changed_paths = owner->changed_paths}));
    static_cast<void>(rollback);
    return true;
}

Result<void> set_unreadable_aside(Site &site) {
    MOS_TRY(const auto unknown, unknown_stages(site.root, site.database));
    for (const UnknownStage &stage : unknown) {
        if (stage.standing != UnknownStage::Standing::unreadable)
            continue;
        MOS_TRY(const auto stages, open_stages(site.root));
        const std::string name = number_name(stage.id);
        MOS_CHECK(set_parts_aside(site, name));
        MOS_TRY(const std::string kept, set_aside(*stages, name));
        site.observer.notice(
            fmt::format("stage {} has no readable plan and is kept as '{}/{}'", name, stages_name, kept));
    }
    return {};
}

}  // namespace mos::transaction
