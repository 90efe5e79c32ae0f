#include "change_record.hpp"

#include <mos/snapshot/rollback.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::snapshot {

using state::Operation;
using state::Transaction;
using state::TransactionState;

namespace {

Error nothing(std::string message) { return Error{Code::NOTHING_TO_ROLL_BACK, std::move(message)}; }

Result<std::vector<Transaction>> changes_since(transaction::Site &site, std::uint64_t first) {
    state::Transactions transactions{site.database};
    const std::string point = recovery_point_name(first);
    MOS_TRY(const auto named, transactions.find(first));
    if (!named || named->stage != named->id)
        return no_recovery_point(point);
    if (!named->in_effect)
        return nothing(fmt::format("the change of {} is not in effect", point));
    MOS_TRY(std::vector<Transaction> changes, transactions.in_effect_since(first));
    for (const Transaction &change : changes) {
        if (change.state == TransactionState::pruned)
            return nothing(change.id == first ? fmt::format("the recovery point {} was cleaned up", point)
                                              : fmt::format("{} was cleaned up, without which there is no way back to "
                                                            "{}",
                                                            recovery_point_name(change.id), point));
        if (change.unfinished())
            return Error{Code::RECOVERY_FAILED, fmt::format("transaction {} is unfinished", change.id)};
    }
    return changes;
}

std::uint32_t index_of(std::vector<std::string> &volumes, const std::string &volume) {
    const auto known = std::ranges::find(volumes, volume);
    if (known != volumes.end())
        return static_cast<std::uint32_t>(known - volumes.begin());
    volumes.push_back(volume);
    return static_cast<std::uint32_t>(volumes.size() - 1);
}

Touch touch_of(const Operation &operation, std::uint32_t change, std::uint32_t volume) {
    Touch touch{.change = change,
                .volume = volume,
                .kind = operation.kind,
                .active = operation.active,
                .slot = operation.slot,
                .leaving_inode = operation.leaving_inode,
                .staged = {.inode = operation.staged_inode,
                           .size = operation.staged_size,
                           .modified = operation.staged_modified},
                .there = std::nullopt,
                .attributes = nullptr};
    if (operation.has_attributes())
        touch.attributes = std::make_unique<AttributesChange>(AttributesChange{operation.before, operation.after});
    // The change itself sets a file's time last.
    if (operation.kind == state::OperationKind::set_attributes && touch.staged != transaction::Witness{} &&
        touch.staged.modified == operation.before.modified)
        touch.staged.modified = operation.after.modified;
    return touch;
}

// What was found at each path stands in the plan alone.
Result<void> add_witnesses(ChangeRecord &record, std::uint32_t change) {
    MOS_TRY(transaction::PlanReader plan, transaction::PlanReader::open(record.changes[change].stages.primary()));
    for (;;) {
        MOS_TRY(const auto planned, plan.next());
        if (!planned)
            return {};
        const auto touched = record.touched.find(planned->operation.path);
        if (touched == record.touched.end())
            continue;
        for (Touch &touch : touched->second) {
            if (touch.change == change && touch.slot == planned->operation.slot)
                touch.there = planned->there;
        }
    }
}

// A stage that is not there at all was lost; a part of it lies on a volume that is not mounted.
Result<transaction::Stages> open_stages_of(transaction::Site &site, const Transaction &change) {
    auto opened = transaction::Stages::open(site, change);
    if (!opened && opened.error().code() == Code::NOT_FOUND && opened.error().object().empty())
        return unreadable_stage(change, std::move(opened).error());
    return opened;
}

}  // namespace

Error unreadable_stage(const Transaction &change, Error cause) {
    const std::string point = recovery_point_name(change.id);
    std::string what = fmt::format("what {} keeps can't be read", point);
    if (base::is_system_failure(cause))
        return in_context(std::move(cause), std::move(what));
    return Error{Code::POINT_DAMAGED, std::move(what)}.about(point).caused_by(std::move(cause));
}

Result<ChangeRecord> ChangeRecord::read(transaction::Site &site, std::uint64_t first) {
    MOS_TRY(std::vector<Transaction> changes, changes_since(site, first));
    ChangeRecord record;
    state::Transactions transactions{site.database};
    for (Transaction &change : changes) {
        MOS_TRY(transaction::Stages stages, open_stages_of(site, change));
        const auto index = static_cast<std::uint32_t>(record.changes.size());
        MOS_CHECK(transactions.for_each_operation(
            change.id, state::Direction::forward, [&](const Operation &operation) -> Result<void> {
                record.touched[operation.path].push_back(
                    touch_of(operation, index, index_of(record.volumes, operation.volume)));
                return {};
            }));
        record.changes.push_back({change, std::move(stages)});
        if (auto added = add_witnesses(record, index); !added)
            return unreadable_stage(change, std::move(added).error());
    }
    return record;
}

std::set<std::string> ChangeRecord::names_below(const std::string &path) const {
    std::set<std::string> names;
    const std::string prefix = path.empty() ? path : path + '/';
    for (auto at = touched.lower_bound(prefix); at != touched.end() && at->first.starts_with(prefix);) {
        const std::string name = at->first.substr(prefix.size(), at->first.find('/', prefix.size()) - prefix.size());
        names.insert(name);
        // "a-b" lies between "a" and "a/b": everything below the name begins with it and a slash.
        ++at;
        const std::string below = prefix + name + '/';
        if (at != touched.end() && at->first.starts_with(below))
            at = touched.lower_bound(prefix + name + static_cast<char>('/' + 1));
    }
    return names;
}

}  // namespace mos::snapshot
