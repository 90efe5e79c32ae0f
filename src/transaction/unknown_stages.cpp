#include <mos/transaction/unknown_stages.hpp>

#include <mos/transaction/apply.hpp>
#include <mos/transaction/plan_file.hpp>
#include <mos/transaction/transaction.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mos::transaction {

using state::Direction;
using state::Operation;
using state::Transactions;

namespace {

std::optional<std::uint64_t> stage_number(const base::DirectoryEntry &entry) {
    std::uint64_t id = 0;
    const char *const end = entry.name.data() + entry.name.size();
    const auto [stopped, problem] = std::from_chars(entry.name.data(), end, id);
    if (entry.type != base::FileType::directory || problem != std::errc{} || stopped != end ||
        number_name(id) != entry.name)
        return std::nullopt;
    return id;
}

Result<std::unique_ptr<base::Directory>> open_stage_of(base::Directory &root, std::uint64_t id) {
    return root.open_directory(fmt::format("{}/{}", stages_name, number_name(id)), base::Symlinks::refuse);
}

}  // namespace

Result<UnknownStage> examine_stage(base::Directory &stage) {
    UnknownStage found;
    auto opened = PlanReader::open(stage);
    if (!opened && (opened.error().code() == Code::FORMAT || opened.error().code() == Code::NOT_FOUND)) {
        found.standing = UnknownStage::Standing::unreadable;
        return found;
    }
    MOS_TRY(PlanReader plan, std::move(opened));
    for (;;) {
        MOS_TRY(const auto planned, plan.next());
        if (!planned)
            return found;
        ++found.operations;
        const Operation &operation = planned->operation;
        MOS_TRY(const auto slot, stage.find(number_name(operation.slot)));
        if (!slot || slot->inode == operation.staged_inode || found.standing == UnknownStage::Standing::moved)
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
        MOS_TRY(const auto stage, stages->open_directory(entry.name, base::Symlinks::refuse));
        MOS_TRY(UnknownStage unknown, examine_stage(*stage));
        unknown.id = *id;
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
    MOS_TRY(const auto stage, open_stage_of(site.root, unknown.id));
    MOS_TRY(PlanReader plan, PlanReader::open(*stage));
    const state::Transaction lost{.id = unknown.id,
                                  .stage = unknown.id,
                                  .direction = Direction::forward,
                                  .state = state::TransactionState::reverting,
                                  .in_effect = false,
                                  .time_unix_s = site.clock.now_unix_s(),
                                  .summary = fmt::format("transaction {}, whose record was lost", unknown.id),
                                  .reason = "taken back by the plan in its stage",
                                  .changed_paths = unknown.operations};
    Surveyor surveyor{site, *stage, lost.heading()};
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
    auto opened = open_stage_of(site.root, owner->stage);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return false;  // given up, which was not recorded either
    MOS_TRY(const auto stage, std::move(opened));
    bool taken_back = false;
    MOS_CHECK(
        transactions.for_each_operation(owner->id, Direction::forward, [&](const Operation &operation) -> Result<void> {
            if (operation.kind != state::OperationKind::exchange && operation.kind != state::OperationKind::add)
                return {};
            MOS_TRY(const auto slot, stage->find(number_name(operation.slot)));
            taken_back = taken_back || (slot && slot->inode == operation.staged_inode);
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
        MOS_CHECK(stages->rename(name, *stages, name + ".unclear", base::RenameMode::keep_existing));
        site.observer.notice(
            fmt::format("stage {} has no readable plan and is kept as '{}/{}.unclear'", name, stages_name, name));
    }
    return {};
}

}  // namespace mos::transaction
