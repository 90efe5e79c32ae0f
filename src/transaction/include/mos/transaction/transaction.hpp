// The transaction: decide, apply, settle; revert and recover. transaction.md's steps, in their order.
//
//   stage    everything new is written beside the old, and flushed (stage.hpp)
//   decide   one durable commit; before it the old tree is what a crash leaves, after it the new one
//   apply    each entry changes places with the old one, which so becomes the recovery point
//   settle   one flush, then `done`
//
// Errors of one transaction never make the next one impossible: what could not be completed is turned round once, and
// what could be neither completed nor undone is tried again at the next open (RECOVERY_FAILED says why it failed now).
#pragma once

#include <mos/state/transactions.hpp>
#include <mos/transaction/stage.hpp>

#include <functional>
#include <optional>
#include <string>

namespace mos::transaction {

struct Description {
    std::string summary;              // one line for the history
    std::string reason;               // may be empty
    std::uint64_t changed_paths = 0;  // for the history; a new tree is one operation, but many paths
    std::string reboot = {};          // see state::Transaction
    std::string boot = {};
    std::vector<state::Hook> hooks = {};
};

// Written in the same commit as the decision: what is installed now, for instance. Gets the transaction's number.
using Recorder = std::function<Result<void>(std::uint64_t id)>;

// A transaction that will be carried through, whatever happens. Made by decide().
struct Decided {
    state::Transaction transaction;
    SyncPoints sync_points;  // older than the first staged byte
};

// The decision that makes a staged transaction irrevocable.
//
// Before it returns, nothing under the root has changed and a crash leaves the old tree; after it returns, a crash
// leaves the new one, because recovery applies what is recorded here. Costs one durable database commit.
//
// Errors: CHANGED_MEANWHILE when a path is not what it was when it was staged (nothing is recorded, the stage is
// dropped); IO and others when the commit is not known to be durable: then the database is failed(), the stage stays,
// and the next open finds out.
[[nodiscard]] Result<Decided> decide(Site &site, Staged staged, const Description &description, const Recorder &record);

// Applies and settles. When applying fails or is cancelled, turns the transaction round and returns REVERTED or
// CANCELLED, with the tree as it was; RECOVERY_FAILED when that was not possible either.
[[nodiscard]] Result<void> carry_through(Site &site, Decided decided);

// Takes back what `owner` (a stage owner that is in effect) brought: commits a transaction of its own that works in the
// same stage, with the inodes that are in the slots now. A path that was changed by somebody since keeps that change
// and is reported. Two flushes.
[[nodiscard]] Result<state::Transaction> roll_back(Site &site, const state::Transaction &owner,
                                                   const Description &description);

struct Recovered {
    std::optional<state::Transaction> transaction;  // what was completed or undone
    std::uint64_t dropped_stages = 0;               // stages of which nothing had been decided, and pruned ones
};

// Completes or undoes what a crash left, and drops stages without a decision. Run first by whoever opens a root to
// change it. Running it twice changes nothing more. RECOVERY_FAILED, STAGE_UNCLEAR.
[[nodiscard]] Result<Recovered> recover(Site &site);

// Gives up the recovery point of a finished transaction: commits `pruned`, then deletes the stage.
[[nodiscard]] Result<void> prune(Site &site, const state::Transaction &owner, const Recorder &record);

}  // namespace mos::transaction
