// Transactions and their operations, as the database keeps them.
//
// A transaction that brings a change owns the stage of its own number. One that takes a change back (a rollback) works
// in the stage of the transaction it undoes. Whether the change of a stage is what is in the tree now is the stage
// owner's `in_effect`; what is installed follows from that alone (packages.hpp), so a rollback rewrites no package row.
#pragma once

#include <mos/state/database.hpp>
#include <mos/state/operation.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mos::state {

// Durable states; the numbers are fixed for ever. Staged work has no row at all.
enum class TransactionState : std::uint8_t {
    committed = 1,  // decided: a crash from here on ends in the new tree
    reverting = 2,  // turned round after a failure: a crash from here on ends in the old tree
    done = 3,
    reverted = 4,
    pruned = 5,   // done or reverted, and its stage may be deleted
    applied = 6,  // in place and durable, and its hooks after that are to be called: only of one that has such
    undoing =
        7,  // still in place, and goes back as soon as its hooks before that were called: only of one that has such
};

[[nodiscard]] std::string_view state_name(TransactionState state) noexcept;

enum class Direction : std::uint8_t { forward = 0, backward = 1 };

struct Transaction {
    std::uint64_t id = 0;
    std::uint64_t stage = 0;  // the transaction whose stage it works in; its own id when it brings a change
    Direction direction = Direction::forward;  // as decided; `reverting` is the opposite
    TransactionState state = TransactionState::committed;
    bool in_effect = false;  // of the stage owner: its change is what is in the tree
    std::int64_t time_unix_s = 0;
    std::string summary;
    std::string reason;
    std::uint64_t changed_paths = 0;
    std::string reboot;  // names of the packages for whose sake the system must be started again, separated by spaces
    std::string boot;    // the kernel's boot identifier when it was decided; empty where that is unknown
    // Of one that went back by itself: the number of the error for which it did (0: none did), and what it said.
    std::uint32_t cause_code = 0;
    std::string cause;

    [[nodiscard]] bool unfinished() const noexcept {
        return state == TransactionState::committed || state == TransactionState::reverting ||
               state == TransactionState::applied || state == TransactionState::undoing;
    }
    // Which way it moves the tree now.
    [[nodiscard]] Direction heading() const noexcept {
        const bool turned = state == TransactionState::reverting || state == TransactionState::reverted;
        return (direction == Direction::forward) != turned ? Direction::forward : Direction::backward;
    }
};

// Something to be called around the moves of a transaction: a script, a service manager. What `kind` and `text` say is
// between whoever records it and whoever calls it.
struct Hook {
    enum class Moment : std::uint8_t {  // the numbers are fixed for ever
        before_apply = 1,               // decided, nothing moved
        after_apply = 2,                // everything in place and durable; a failure takes the transaction back
        before_undo = 3,                // everything still in place, about to go back
        after_undo = 4,                 // everything back
    };
    std::uint64_t rank = 0;  // the order of calls within a moment
    Moment moment = Moment::after_apply;
    std::string kind;
    std::string text;
};

class Transactions {
  public:
    explicit Transactions(Database &database) : m_database(database) {}

    // The number that the next transaction gets: larger than every one before.
    [[nodiscard]] Result<std::uint64_t> next_id();

    [[nodiscard]] Result<std::optional<Transaction>> find(std::uint64_t id);
    // Invariant: there is at most one.
    [[nodiscard]] Result<std::optional<Transaction>> unfinished();
    // Newest first.
    [[nodiscard]] Result<std::vector<Transaction>> list(std::size_t limit);
    // The owner of the newest stage that is in effect: what "last-good" takes back, unless it is pruned.
    [[nodiscard]] Result<std::optional<Transaction>> newest_in_effect();
    // Stage owners that are in effect, from `first` on, oldest first.
    [[nodiscard]] Result<std::vector<Transaction>> in_effect_since(std::uint64_t first);
    // Stage owners with a recovery point (finished, not pruned), oldest first.
    [[nodiscard]] Result<std::vector<Transaction>> recovery_points();
    // Those that need a reboot and were decided in this boot, newest first: changes that are in effect, and rollbacks
    // of changes that an earlier boot has begun to use.
    [[nodiscard]] Result<std::vector<Transaction>> pending_reboots(std::string_view boot);
    // Whether the stage of that number belongs to a transaction that is not pruned.
    [[nodiscard]] Result<bool> owns_stage(std::uint64_t id);

    // Whether a newer transaction than `id` stands: one that was not undone.
    [[nodiscard]] Result<bool> stands_before_others(std::uint64_t id);

    [[nodiscard]] Result<std::uint64_t> operation_count(std::uint64_t id);
    // The volumes of its operations, sorted; the root's own, "", is always the first.
    [[nodiscard]] Result<std::vector<std::string>> volumes(std::uint64_t id);

    // The following belong into the body of Database::commit.
    [[nodiscard]] Result<void> insert(const Transaction &transaction);
    // With `done` also the queue entry that it was made for is done (queue.hpp).
    [[nodiscard]] Result<void> set_state(std::uint64_t id, TransactionState state);
    [[nodiscard]] Result<void> set_in_effect(std::uint64_t stage, bool in_effect);
    // Why it goes back. The first cause stays: what follows from it is not the cause.
    [[nodiscard]] Result<void> set_cause(std::uint64_t id, std::uint32_t code, std::string_view cause);
    [[nodiscard]] Result<void> insert_operation(std::uint64_t id, const Operation &operation);
    // Records for the present direction which inode is in the slot now, whether there is anything to do, and what
    // counts as put in place by us.
    [[nodiscard]] Result<void> update_operation(std::uint64_t id, const Operation &operation);
    // Those of every transaction that worked in `stage`, and the hooks.
    [[nodiscard]] Result<void> delete_operations(std::uint64_t stage);
    [[nodiscard]] Result<void> insert_hook(std::uint64_t stage, const Hook &hook);

    // What is called at that moment of a transaction that works in `stage`, in its order.
    [[nodiscard]] Result<std::vector<Hook>> hooks(std::uint64_t stage, Hook::Moment moment);

    // The operations in the order in which `heading` applies them. `take` may write to the database, and update the
    // very row that it was given, but neither add to these rows nor delete any.
    using TakeOperation = std::function<Result<void>(const Operation &)>;
    [[nodiscard]] Result<void> for_each_operation(std::uint64_t id, Direction heading, const TakeOperation &take);

  private:
    Database &m_database;
};

}  // namespace mos::state
