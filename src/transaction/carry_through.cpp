#include <mos/transaction/transaction.hpp>

#include "leftovers.hpp"
#include "outputs.hpp"

#include <mos/state/upkeep.hpp>
#include <mos/transaction/apply.hpp>
#include <mos/transaction/hooks.hpp>
#include <mos/transaction/preflight.hpp>

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

Result<void> flush_tree(Site &site, SyncPoints &sync_points) {
    site.observer.report({.phase = base::Phase::settling});
    if (auto flushed = sync_points.flush(); !flushed)
        return in_context(std::move(flushed).error(), "can't flush what was put in place");
    return {};
}

// What can be done for the database beside that flush (state::Upkeep). It waits for another transaction where it fails.
class Upkeep {
  public:
    Upkeep(Site &site, SyncPoints &sync_points) : m_site(site) {
        if (site.keeps_database_up)
            tell(prepare(sync_points));
    }
    void finish() {
        if (m_upkeep)
            tell(m_upkeep->finish());
    }

  private:
    Result<void> prepare(SyncPoints &sync_points) {
        MOS_TRY(m_copies, open_stages(m_site.root));
        state::Upkeep upkeep{m_site.database, *m_copies};
        MOS_TRY(const bool due, upkeep.is_due());
        if (!due)
            return {};
        MOS_CHECK(sync_points.add(*m_copies));
        MOS_CHECK(sync_points.add(*m_site.database.directory()));
        MOS_CHECK(upkeep.prepare());
        m_upkeep.emplace(upkeep);
        return {};
    }

    void tell(const Result<void> &done) {
        if (!done)
            m_site.observer.notice(fmt::format("the database's log or its copy was not brought up to date: {}",
                                               done.error().full_message()));
    }

    Site &m_site;
    std::unique_ptr<base::Directory> m_copies;
    std::optional<state::Upkeep> m_upkeep;
};

// The flush comes before the word: what is called done must be durable. The word itself may be lost, or not be written
// on a full disk: recovery then finds nothing left to move and says it again. It is not lost where scripts have written
// outputs, for recovery would call them again, over what somebody may have written there by then.
Result<void> settle(Site &site, Transaction &transaction, SyncPoints &sync_points, TransactionState final_state) {
    Upkeep upkeep{site, sync_points};
    MOS_CHECK(flush_tree(site, sync_points));
    upkeep.finish();
    transaction.state = final_state;
    MOS_TRY(const std::vector<Operation> outputs, outputs_as_left(site, transaction));
    const auto durability = outputs.empty() ? state::Durability::with_next : state::Durability::durable;
    const Result<void> said = site.database.commit(durability, [&]() -> Result<void> {
        Transactions transactions{site.database};
        for (const Operation &output : outputs)
            MOS_CHECK(transactions.update_operation(transaction.stage, output));
        return transactions.set_state(transaction.id, final_state);
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

constexpr std::size_t max_cause_bytes = 1024;  // of the history; the log has all of it

// What the history says of a transaction that goes back by itself. Belongs into the body of a commit.
Result<void> record_cause(Site &site, Transaction &transaction, const Error &cause) {
    if (transaction.cause_code != 0)
        return {};
    transaction.cause_code = static_cast<std::uint32_t>(cause.code());
    transaction.cause = base::printable(cause.message()).substr(0, max_cause_bytes);
    return Transactions{site.database}.set_cause(transaction.id, transaction.cause_code, transaction.cause);
}

// Decides, durably, that the transaction goes back to where it came from. Records what is in each slot now, since the
// reversal tests against that: else a second recovery would swap somebody's newer file back.
Result<void> turn_round(Site &site, Stages &stages, Transaction &transaction, const Error &cause) {
    Transaction turned = transaction;
    turned.state = TransactionState::reverting;
    // What a failed script has done to the transaction's own files goes with them.
    const bool scripts_ran = transaction.direction == Direction::forward && may_have_written(transaction);
    Surveyor surveyor{site, stages, turned.heading(),
                      scripts_ran ? Surveyor::Altered::gives_way : Surveyor::Altered::stays};
    Transactions transactions{site.database};
    MOS_CHECK(site.database.commit(state::Durability::durable, [&]() -> Result<void> {
        MOS_CHECK(transactions.set_state(transaction.id, TransactionState::reverting));
        MOS_CHECK(record_cause(site, turned, cause));
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
// not held up by it. The moves are flushed first: else a cut could keep what a script wrote and lose the move of what
// had been there, which would then be left in the slot of something that is to be empty.
Result<void> call_at_the_end(Site &site, Stages &stages, const Transaction &transaction, SyncPoints &sync_points) {
    const Moment moment = transaction.heading() == Direction::forward ? Moment::after_apply : Moment::after_undo;
    MOS_TRY(const bool has_any, has_hooks(site, transaction, moment));
    if (!has_any)
        return {};
    MOS_CHECK(flush_tree(site, sync_points));
    return call_hooks(site, stages.primary(), transaction.stage, moment, HookFailure::is_reported,
                      Interruption::refused);
}

Result<void> go_back(Site &site, Stages &stages, Transaction &transaction, SyncPoints &sync_points) {
    if (auto applied = apply_all(site, stages, transaction, Interruption::refused); !applied)
        return could_not_recover(std::move(applied).error(), transaction);
    if (auto called = call_at_the_end(site, stages, transaction, sync_points); !called)
        return could_not_recover(std::move(called).error(), transaction);
    if (auto settled = settle(site, transaction, sync_points, TransactionState::reverted); !settled)
        return could_not_recover(std::move(settled).error(), transaction);
    return {};
}

Error undone_because(Error cause) {
    if (cause.code() == Code::CANCELLED)
        return Error{Code::CANCELLED, "cancelled; what had been put in place was taken back"};
    return Error{Code::REVERTED, "failed while it was being put in place; everything was taken back"}
        .about(cause.object())
        .caused_by(std::move(cause));
}

Result<void> turn_and_go_back(Site &site, Stages &stages, Transaction &transaction, SyncPoints &sync_points,
                              Error cause) {
    release_reserve(stages.primary());
    // What keeps it from turning round is what somebody has to remove.
    if (auto turned = turn_round(site, stages, transaction, cause); !turned)
        return could_not_recover(in_context(std::move(turned).error(),
                                            fmt::format("can't turn round after it failed ({})", cause.full_message())),
                                 transaction);
    MOS_CHECK(go_back(site, stages, transaction, sync_points));
    return undone_because(std::move(cause));
}

Result<void> set_state_durably(Site &site, Transaction &transaction, TransactionState state,
                               const Error *cause = nullptr) {
    MOS_CHECK(site.database.commit(state::Durability::durable, [&]() -> Result<void> {
        if (cause != nullptr)
            MOS_CHECK(record_cause(site, transaction, *cause));
        return Transactions{site.database}.set_state(transaction.id, state);
    }));
    transaction.state = state;
    return {};
}

// Says `undoing` and calls what is to be undone while everything is still in place; `cause` is null for a rollback.
Result<void> undo_in_place(Site &site, Stages &stages, Transaction &transaction, const Error *cause) {
    MOS_TRY(const bool has_any, has_hooks(site, transaction, Moment::before_undo));
    if (!has_any)
        return {};
    release_reserve(stages.primary());
    if (transaction.state != TransactionState::undoing)
        MOS_CHECK(set_state_durably(site, transaction, TransactionState::undoing, cause));
    return call_hooks(site, stages.primary(), transaction.stage, Moment::before_undo, HookFailure::is_reported,
                      Interruption::refused);
}

Result<void> undo(Site &site, Stages &stages, Transaction &transaction, SyncPoints &sync_points, Error cause) {
    if (auto undone = undo_in_place(site, stages, transaction, &cause); !undone)
        return could_not_recover(in_context(std::move(undone).error(),
                                            fmt::format("can't undo it after it failed ({})", cause.full_message())),
                                 transaction);
    return turn_and_go_back(site, stages, transaction, sync_points, std::move(cause));
}

// Whether a script, a service or a health check has failed; anything else says that it could not be called, which a
// later recovery may.
bool is_verdict(const Error &error) {
    return error.code() == Code::SCRIPT_FAILED || error.code() == Code::SCRIPT_TIMEOUT ||
           error.code() == Code::SERVICE_FAILED || error.code() == Code::HEALTH_CHECK_FAILED ||
           error.code() == Code::HEALTH_CHECK_TIMEOUT;
}

// In place, durable, and said to be so: now what needs the new tree is called. A failure there takes all of it back.
Result<void> call_after_apply(Site &site, Stages &stages, Transaction &transaction, SyncPoints &sync_points,
                              Interruption interruption) {
    Result<void> called =
        call_hooks(site, stages.primary(), transaction.stage, Moment::after_apply, HookFailure::ends, interruption);
    if (!called && interruption == Interruption::refused && !is_verdict(called.error()))
        return could_not_recover(std::move(called).error(), transaction);
    if (!called)
        return undo(site, stages, transaction, sync_points, std::move(called).error());
    if (auto settled = settle(site, transaction, sync_points, TransactionState::done); !settled)
        return could_not_recover(std::move(settled).error(), transaction);
    return {};
}

Result<void> carry_forward(Site &site, Stages &stages, Transaction &transaction, SyncPoints &sync_points,
                           Interruption interruption) {
    Result<void> applied =
        call_hooks(site, stages.primary(), transaction.stage, Moment::before_apply, HookFailure::ends, interruption);
    if (applied)
        applied = apply_all(site, stages, transaction, interruption);
    if (!applied)
        return turn_and_go_back(site, stages, transaction, sync_points, std::move(applied).error());
    // From here on an error is no reason to turn round: the tree is new, the word is missing, recovery says it.
    const Result<bool> has_any = has_hooks(site, transaction, Moment::after_apply);
    if (!has_any)
        return could_not_recover(has_any.error(), transaction);
    if (!*has_any) {
        if (auto settled = settle(site, transaction, sync_points, TransactionState::done); !settled)
            return could_not_recover(std::move(settled).error(), transaction);
        return {};
    }
    if (auto flushed = flush_tree(site, sync_points); !flushed)
        return could_not_recover(std::move(flushed).error(), transaction);
    if (auto said = set_state_durably(site, transaction, TransactionState::applied); !said)
        return could_not_recover(std::move(said).error(), transaction);
    return call_after_apply(site, stages, transaction, sync_points, interruption);
}

// A rollback: what it takes back is in place until it has been decided, and was undone before that.
Result<void> carry_back(Site &site, Stages &stages, Transaction &transaction, SyncPoints &sync_points,
                        Interruption interruption) {
    if (auto applied = apply_all(site, stages, transaction, interruption); !applied)
        return turn_and_go_back(site, stages, transaction, sync_points, std::move(applied).error());
    if (auto called = call_at_the_end(site, stages, transaction, sync_points); !called)
        return could_not_recover(std::move(called).error(), transaction);
    if (auto settled = settle(site, transaction, sync_points, TransactionState::done); !settled)
        return could_not_recover(std::move(settled).error(), transaction);
    return {};
}

// Records what a rollback moves, by the inodes that are in the slots now. Its row is there where it had hooks to call.
Result<void> decide_rollback(Site &site, Stages &stages, Transaction &rollback) {
    const bool is_new = rollback.state == TransactionState::committed;
    Transactions transactions{site.database};
    Surveyor surveyor{site, stages, Direction::backward};
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
Result<void> undo_and_roll_back(Site &site, Stages &stages, Transaction &rollback, SyncPoints &sync_points,
                                Interruption interruption) {
    Result<void> decided = undo_in_place(site, stages, rollback, nullptr);
    if (decided)
        decided = decide_rollback(site, stages, rollback);
    if (!decided)
        return could_not_recover(std::move(decided).error(), rollback);
    return carry_back(site, stages, rollback, sync_points, interruption);
}

Result<void> carry(Site &site, Transaction &transaction, SyncPoints &sync_points, Interruption interruption) {
    auto opened = Stages::open(site, transaction);
    if (!opened)
        return could_not_recover(std::move(opened).error(), transaction);
    MOS_TRY(Stages stages, std::move(opened));
    MOS_CHECK(check_callable(site, transaction.stage));
    const bool forward = transaction.direction == Direction::forward;
    switch (transaction.state) {
    case TransactionState::reverting:
        return go_back(site, stages, transaction, sync_points);
    case TransactionState::applied:
        return call_after_apply(site, stages, transaction, sync_points, interruption);
    case TransactionState::undoing:
        return forward ? undo(site, stages, transaction, sync_points,
                              Error{Code::REVERTED, "it was being taken back when it was cut short"})
                       : undo_and_roll_back(site, stages, transaction, sync_points, interruption);
    default:
        return forward ? carry_forward(site, stages, transaction, sync_points, interruption)
                       : carry_back(site, stages, transaction, sync_points, interruption);
    }
}

// What a plan would refuse must not be found out after the decision to take something back.
Result<void> check_way_back(Preflight &preflight, const Operation &operation) {
    auto looked = preflight.look(operation.path);
    const bool attributes = operation.kind == state::OperationKind::set_attributes;
    if (!looked && looked.error().code() != Code::FILESYSTEM_UNSUITABLE)
        return {};  // somebody took its directory away: that is kept, and reported
    MOS_TRY(Place place, std::move(looked));
    if (attributes && !place.there)
        return {};
    const bool removed =
        operation.kind == state::OperationKind::remove || operation.kind == state::OperationKind::remove_directory;
    if (removed) {  // what somebody has put there stays, whatever it is
        place.there.reset();
        place.mount_point = false;
    }
    return preflight.check(operation.path, place, attributes ? Touch::attributes : Touch::leave);
}

// The same of all that a rollback of `owner` would move. What it says of edits is said when it is decided.
Result<void> check_way_back(Site &site, Stages &stages, const Transaction &owner) {
    Site silent{site.root, site.database, site.clock, base::silent_observer()};
    Surveyor surveyor{silent, stages, Direction::backward};
    Preflight preflight{site.root};
    return Transactions{site.database}.for_each_operation(
        owner.id, Direction::forward, [&](const Operation &operation) -> Result<void> {
            MOS_TRY(const Operation surveyed, surveyor.survey(operation));
            return surveyed.active ? check_way_back(preflight, surveyed) : Result<void>{};
        });
}

}  // namespace

Result<void> carry_through(Site &site, Decided decided) {
    return carry(site, decided.transaction, decided.sync_points, Interruption::allowed);
}

Result<Transaction> roll_back(Site &site, const Transaction &owner, const Description &description) {
    MOS_CHECK(check_none_unfinished(site.database));
    MOS_CHECK(check_callable(site, owner.stage));
    MOS_TRY(SyncPoints sync_points, SyncPoints::open(site, owner));
    MOS_TRY(Stages stages, Stages::open(site, owner));
    MOS_CHECK(check_way_back(site, stages, owner));
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
                         .boot = description.boot,
                         .cause = {}};
    site.observer.report({.phase = base::Phase::deciding});
    MOS_CHECK(site.observer.checkpoint());
    release_reserve(stages.primary());  // for the rows of the rollback, as for those of a reversal
    MOS_TRY(const bool has_any, has_hooks(site, rollback, Moment::before_undo));
    if (has_any) {
        rollback.state = TransactionState::undoing;
        MOS_CHECK(site.database.commit(state::Durability::durable, [&]() -> Result<void> {
            MOS_CHECK(let_outputs_go(site, owner.id));
            return transactions.insert(rollback);
        }));
    } else {
        MOS_CHECK(decide_rollback(site, stages, rollback));
    }
    MOS_CHECK(carry(site, rollback, sync_points, Interruption::allowed));
    return rollback;
}

Result<Recovered> recover(Site &site) {
    Recovered recovered;
    MOS_TRY(std::optional<Transaction> unfinished, Transactions{site.database}.unfinished());
    if (unfinished) {
        auto opened = SyncPoints::open(site, *unfinished);
        if (!opened)
            return could_not_recover(std::move(opened).error(), *unfinished);
        MOS_TRY(SyncPoints sync_points, std::move(opened));
        // The flush of the commit that is read here may have failed in the life of another process.
        MOS_CHECK(site.database.checkpoint());
        Result<void> carried = carry(site, *unfinished, sync_points, Interruption::refused);
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
    // Not durable before the next flush; until then the next recovery deletes it again. So it does with what lies on a
    // volume that is not mounted now.
    return delete_stage(site, owner.stage);
}

}  // namespace mos::transaction
