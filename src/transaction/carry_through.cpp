#include <mos/transaction/apply.hpp>
#include <mos/transaction/hooks.hpp>
#include <mos/transaction/transaction.hpp>
#include <mos/transaction/unknown_stages.hpp>

#include <fmt/format.h>

namespace mos::transaction {

using state::Direction;
using state::Operation;
using state::OperationKind;
using state::Transaction;
using state::Transactions;
using state::TransactionState;
using Moment = state::Hook::Moment;

namespace {

Result<std::unique_ptr<base::Directory>> open_stage(Site &site, std::uint64_t id) {
    MOS_TRY(const auto stages, open_stages(site.root));
    return stages->open_directory(number_name(id), base::Symlinks::refuse);
}

Result<void> flush_tree(Site &site, base::SyncPoint &sync_point) {
    site.observer.report({.phase = base::Phase::settling});
    if (auto flushed = sync_point.flush(); !flushed)
        return in_context(std::move(flushed).error(), "can't flush what was put in place");
    return {};
}

// The flush comes before the word: what is called done must be durable. The word itself may be lost, or not be written
// on a full disk: recovery then finds nothing left to move and says it again.
Result<void> settle(Site &site, Transaction &transaction, base::SyncPoint &sync_point, TransactionState final_state) {
    MOS_CHECK(flush_tree(site, sync_point));
    transaction.state = final_state;
    const Result<void> said = site.database.commit(state::Durability::with_next, [&] {
        return Transactions{site.database}.set_state(transaction.id, final_state);
    });
    if (!said)
        site.observer.notice(
            fmt::format("transaction {} is complete; the database will say so after the next recovery ({})",
                        transaction.id, said.error().full_message()));
    return {};
}

// Whether scripts may have written what they write: not before all is in place.
bool may_have_written(const Transaction &transaction) {
    return transaction.direction == Direction::backward || transaction.state != TransactionState::committed;
}

// Decides, durably, that the transaction goes back to where it came from. Records what is in each slot now, since the
// reversal tests against that: else a second recovery would swap somebody's newer file back.
Result<void> turn_round(Site &site, base::Directory &stage, Transaction &transaction) {
    Transaction turned = transaction;
    turned.state = TransactionState::reverting;
    Surveyor surveyor{site, stage, turned.heading()};
    Transactions transactions{site.database};
    MOS_CHECK(site.database.commit(state::Durability::durable, [&]() -> Result<void> {
        MOS_CHECK(transactions.set_state(transaction.id, TransactionState::reverting));
        MOS_CHECK(transactions.set_in_effect(transaction.stage, turned.heading() == Direction::forward));
        return transactions.for_each_operation(transaction.id, turned.heading(),
                                               [&](const Operation &operation) -> Result<void> {
                                                   const bool is_output = operation.kind == OperationKind::output;
                                                   if (is_output && !may_have_written(transaction))
                                                       return {};  // inactive since the decision
                                                   MOS_TRY(const Operation surveyed, surveyor.survey(operation));
                                                   return transactions.update_operation(transaction.id, surveyed);
                                               });
    }));
    transaction = std::move(turned);
    return {};
}

Error could_not_recover(Error cause, const Transaction &transaction) {
    return Error{Code::RECOVERY_FAILED, fmt::format("transaction {} ({}) could be neither completed nor undone",
                                                    transaction.id, transaction.summary)}
        .caused_by(std::move(cause));
}

Result<bool> has_hooks(Site &site, const Transaction &transaction, Moment moment) {
    MOS_TRY(const auto hooks, Transactions{site.database}.hooks(transaction.stage, moment));
    return !hooks.empty();
}

// What is called at the other end of the way: who was stopped before runs again. A transaction that has come so far is
// not held up by it.
// The moves are flushed first: else a cut could keep what a script wrote and lose the move of what had been there,
// which would then be left in the slot of something that is to be empty.
Result<void> call_at_the_end(Site &site, base::Directory &stage, const Transaction &transaction,
                             base::SyncPoint &sync_point) {
    const Moment moment = transaction.heading() == Direction::forward ? Moment::after_apply : Moment::after_undo;
    MOS_TRY(const bool has_any, has_hooks(site, transaction, moment));
    if (!has_any)
        return {};
    MOS_CHECK(flush_tree(site, sync_point));
    return call_hooks(site, stage, transaction.stage, moment, HookFailure::is_reported, Interruption::refused);
}

Result<void> go_back(Site &site, base::Directory &stage, Transaction &transaction, base::SyncPoint &sync_point) {
    if (auto applied = apply_all(site, stage, transaction, Interruption::refused); !applied)
        return could_not_recover(std::move(applied).error(), transaction);
    if (auto called = call_at_the_end(site, stage, transaction, sync_point); !called)
        return could_not_recover(std::move(called).error(), transaction);
    if (auto settled = settle(site, transaction, sync_point, TransactionState::reverted); !settled)
        return could_not_recover(std::move(settled).error(), transaction);
    return {};
}

Error undone_because(Error cause) {
    if (cause.code() == Code::CANCELLED)
        return Error{Code::CANCELLED, "cancelled; what had been put in place was taken back"};
    return Error{Code::REVERTED, "failed while it was being put in place; everything was taken back"}.caused_by(
        std::move(cause));
}

Result<void> turn_and_go_back(Site &site, base::Directory &stage, Transaction &transaction, base::SyncPoint &sync_point,
                              Error cause) {
    release_reserve(stage);
    // What keeps it from turning round is what somebody has to remove.
    if (auto turned = turn_round(site, stage, transaction); !turned)
        return could_not_recover(in_context(std::move(turned).error(),
                                            fmt::format("can't turn round after it failed ({})", cause.full_message())),
                                 transaction);
    MOS_CHECK(go_back(site, stage, transaction, sync_point));
    return undone_because(std::move(cause));
}

Result<void> set_state_durably(Site &site, Transaction &transaction, TransactionState state) {
    MOS_CHECK(site.database.commit(state::Durability::durable,
                                   [&] { return Transactions{site.database}.set_state(transaction.id, state); }));
    transaction.state = state;
    return {};
}

// Says `undoing` and calls what is to be undone while everything is still in place.
Result<void> undo_in_place(Site &site, base::Directory &stage, Transaction &transaction) {
    MOS_TRY(const bool has_any, has_hooks(site, transaction, Moment::before_undo));
    if (!has_any)
        return {};
    release_reserve(stage);
    if (transaction.state != TransactionState::undoing)
        MOS_CHECK(set_state_durably(site, transaction, TransactionState::undoing));
    return call_hooks(site, stage, transaction.stage, Moment::before_undo, HookFailure::is_reported,
                      Interruption::refused);
}

Result<void> undo(Site &site, base::Directory &stage, Transaction &transaction, base::SyncPoint &sync_point,
                  Error cause) {
    if (auto undone = undo_in_place(site, stage, transaction); !undone)
        return could_not_recover(in_context(std::move(undone).error(),
                                            fmt::format("can't undo it after it failed ({})", cause.full_message())),
                                 transaction);
    return turn_and_go_back(site, stage, transaction, sync_point, std::move(cause));
}

// In place, durable, and said to be so: now what needs the new tree is called. A failure there takes all of it back.
Result<void> call_after_apply(Site &site, base::Directory &stage, Transaction &transaction, base::SyncPoint &sync_point,
                              Interruption interruption) {
    Result<void> called =
        call_hooks(site, stage, transaction.stage, Moment::after_apply, HookFailure::ends, interruption);
    if (!called)
        return undo(site, stage, transaction, sync_point, std::move(called).error());
    if (auto settled = settle(site, transaction, sync_point, TransactionState::done); !settled)
        return could_not_recover(std::move(settled).error(), transaction);
    return {};
}

Result<void> carry_forward(Site &site, base::Directory &stage, Transaction &transaction, base::SyncPoint &sync_point,
                           Interruption interruption) {
    Result<void> applied =
        call_hooks(site, stage, transaction.stage, Moment::before_apply, HookFailure::ends, interruption);
    if (applied)
        applied = apply_all(site, stage, transaction, interruption);
    if (!applied)
        return turn_and_go_back(site, stage, transaction, sync_point, std::move(applied).error());
    // From here on an error is no reason to turn round: the tree is new, the word is missing, recovery says it.
    const Result<bool> has_any = has_hooks(site, transaction, Moment::after_apply);
    if (!has_any)
        return could_not_recover(has_any.error(), transaction);
    if (!*has_any) {
        if (auto settled = settle(site, transaction, sync_point, TransactionState::done); !settled)
            return could_not_recover(std::move(settled).error(), transaction);
        return {};
    }
    if (auto flushed = flush_tree(site, sync_point); !flushed)
        return could_not_recover(std::move(flushed).error(), transaction);
    if (auto said = set_state_durably(site, transaction, TransactionState::applied); !said)
        return could_not_recover(std::move(said).error(), transaction);
    return call_after_apply(site, stage, transaction, sync_point, interruption);
}

// A rollback: what it takes back is in place until it has been decided, and was undone before that.
Result<void> carry_back(Site &site, base::Directory &stage, Transaction &transaction, base::SyncPoint &sync_point,
                        Interruption interruption) {
    if (auto applied = apply_all(site, stage, transaction, interruption); !applied)
        return turn_and_go_back(site, stage, transaction, sync_point, std::move(applied).error());
    if (auto called = call_at_the_end(site, stage, transaction, sync_point); !called)
        return could_not_recover(std::move(called).error(), transaction);
    if (auto settled = settle(site, transaction, sync_point, TransactionState::done); !settled)
        return could_not_recover(std::move(settled).error(), transaction);
    return {};
}

// Records what a rollback moves, by the inodes that are in the slots now. Its row is there where it had hooks to call.
Result<void> decide_rollback(Site &site, base::Directory &stage, Transaction &rollback) {
    const bool is_new = rollback.state == TransactionState::committed;
    Transactions transactions{site.database};
    Surveyor surveyor{site, stage, Direction::backward};
    MOS_CHECK(site.database.commit(state::Durability::durable, [&]() -> Result<void> {
        MOS_CHECK(is_new ? transactions.insert(rollback)
                         : transactions.set_state(rollback.id, TransactionState::committed));
        MOS_CHECK(transactions.set_in_effect(rollback.stage, false));
        return transactions.for_each_operation(rollback.stage, Direction::forward,
                                               [&](const Operation &operation) -> Result<void> {
                                                   MOS_TRY(const Operation surveyed, surveyor.survey(operation));
                                                   return transactions.insert_operation(rollback.id, surveyed);
                                               });
    }));
    rollback.state = TransactionState::committed;
    return {};
}

// Of a rollback whose row says `undoing`.
Result<void> undo_and_roll_back(Site &site, base::Directory &stage, Transaction &rollback, base::SyncPoint &sync_point,
                                Interruption interruption) {
    Result<void> decided = undo_in_place(site, stage, rollback);
    if (decided)
        decided = decide_rollback(site, stage, rollback);
    if (!decided)
        return could_not_recover(std::move(decided).error(), rollback);
    return carry_back(site, stage, rollback, sync_point, interruption);
}

Result<void> carry(Site &site, Transaction &transaction, base::SyncPoint &sync_point, Interruption interruption) {
    auto opened = open_stage(site, transaction.stage);
    if (!opened)
        return could_not_recover(std::move(opened).error(), transaction);
    MOS_TRY(const auto stage, std::move(opened));
    MOS_CHECK(check_callable(site, transaction.stage));
    const bool forward = transaction.direction == Direction::forward;
    switch (transaction.state) {
    case TransactionState::reverting:
        return go_back(site, *stage, transaction, sync_point);
    case TransactionState::applied:
        return call_after_apply(site, *stage, transaction, sync_point, interruption);
    case TransactionState::undoing:
        return forward ? undo(site, *stage, transaction, sync_point,
                              Error{Code::REVERTED, "it was being taken back when it was cut short"})
                       : undo_and_roll_back(site, *stage, transaction, sync_point, interruption);
    default:
        return forward ? carry_forward(site, *stage, transaction, sync_point, interruption)
                       : carry_back(site, *stage, transaction, sync_point, interruption);
    }
}

// A stage of which nothing is decided may go. One whose plan was carried out, in part or in full, belongs to a
// transaction that this database does not know: it was lost or is an old copy.
Result<void> check_unmoved(base::Directory &root, base::Directory &stage, std::string_view name) {
    MOS_TRY(const UnknownStage unknown, examine_stage(root, stage));
    if (unknown.standing != UnknownStage::Standing::moved)
        return {};  // or never finished, so never decided
    return Error{Code::STAGE_UNCLEAR,
                 fmt::format("what stage {} planned was done at {}, but the database knows no such transaction; "
                             "'multios-update doctor' shows what can be done",
                             name, base::in_quotes(unknown.moved_path))}
        .about(unknown.moved_path);
}

Result<std::uint64_t> drop_leftovers(Site &site) {
    MOS_TRY(const auto there, site.root.find(stages_name));
    if (!there)
        return std::uint64_t{0};
    MOS_TRY(const auto stages, open_stages(site.root));
    MOS_TRY(const auto entries, stages->list());
    Transactions transactions{site.database};
    std::uint64_t dropped = 0;
    bool pruned_is_durable = false;
    for (const base::DirectoryEntry &entry : entries) {
        const std::optional<std::uint64_t> number = stage_number(entry);
        if (!number)
            continue;  // the database's copy, or not ours by its name; doctor reports it
        const std::uint64_t id = *number;
        MOS_TRY(const bool owned, transactions.owns_stage(id));
        if (owned)
            continue;
        MOS_TRY(const auto row, transactions.find(id));
        if (!row) {
            MOS_TRY(const auto stage, stages->open_directory(entry.name, base::Symlinks::refuse));
            MOS_CHECK(check_unmoved(site.root, *stage, entry.name));
        } else if (!pruned_is_durable) {
            // A killed process may have written the row, and not have flushed it yet.
            MOS_CHECK(site.database.checkpoint());
            pruned_is_durable = true;
        }
        // What can't be deleted (a mount, an immutable file in it) is in nobody's way: it must not stop the engine.
        if (const auto removed = base::remove_tree(*stages, entry.name); removed)
            ++dropped;
        else
            site.observer.notice(
                fmt::format("stage {} can't be deleted: {}", entry.name, removed.error().full_message()));
    }
    return dropped;
}

}  // namespace

Result<void> carry_through(Site &site, Decided decided) {
    return carry(site, decided.transaction, *decided.sync_point, Interruption::allowed);
}

Result<Transaction> roll_back(Site &site, const Transaction &owner, const Description &description) {
    MOS_CHECK(check_none_unfinished(site.database));
    MOS_CHECK(check_callable(site, owner.stage));
    MOS_TRY(const auto sync_point, site.root.open_sync_point());
    MOS_TRY(const auto stage, open_stage(site, owner.stage));
    Transactions transactions{site.database};
    MOS_TRY(const std::uint64_t id, transactions.next_id());
    Transaction rollback{.id = id,
                         .stage = owner.stage,
                         .direction = Direction::backward,
                         .state = TransactionState::committed,
                         .in_effect = false,
                         .time_unix_s = site.clock.now_unix_s(),
                         .summary = description.summary,
                         .reason = description.reason,
                         .changed_paths = owner.changed_paths,
                         .reboot = description.reboot,
                         .boot = description.boot};
    site.observer.report({.phase = base::Phase::deciding});
    MOS_CHECK(site.observer.checkpoint());
    release_reserve(*stage);  // for the rows of the rollback, as for those of a reversal
    MOS_TRY(const bool has_any, has_hooks(site, rollback, Moment::before_undo));
    if (has_any) {
        rollback.state = TransactionState::undoing;
        MOS_CHECK(site.database.commit(state::Durability::durable, [&] { return transactions.insert(rollback); }));
    } else {
        MOS_CHECK(decide_rollback(site, *stage, rollback));
    }
    MOS_CHECK(carry(site, rollback, *sync_point, Interruption::allowed));
    return rollback;
}

Result<Recovered> recover(Site &site) {
    Recovered recovered;
    MOS_TRY(std::optional<Transaction> unfinished, Transactions{site.database}.unfinished());
    if (unfinished) {
        MOS_TRY(const auto sync_point, site.root.open_sync_point());
        // The flush of the commit that is read here may have failed in the life of another process.
        MOS_CHECK(site.database.checkpoint());
        Result<void> carried = carry(site, *unfinished, *sync_point, Interruption::refused);
        if (!carried && carried.error().code() != Code::REVERTED)
            return std::move(carried).error();
        recovered.transaction = std::move(unfinished);
    }
    MOS_TRY(recovered.dropped_stages, drop_leftovers(site));
    return recovered;
}

Result<void> prune(Site &site, const Transaction &owner, const Recorder &record) {
    MOS_CHECK(check_none_unfinished(site.database));
    site.observer.report({.phase = base::Phase::cleaning});
    Transactions transactions{site.database};
    MOS_CHECK(site.database.commit(state::Durability::durable, [&]() -> Result<void> {
        MOS_CHECK(transactions.set_state(owner.id, TransactionState::pruned));
        MOS_CHECK(transactions.delete_operations(owner.stage));
        return record(owner.id);
    }));
    // Not durable before the next flush; until then the next recovery deletes it again.
    MOS_TRY(const auto stages, open_stages(site.root));
    return base::remove_tree(*stages, number_name(owner.stage));
}

}  // namespace mos::transaction
