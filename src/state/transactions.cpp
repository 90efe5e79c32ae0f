#include <mos/state/transactions.hpp>

#include "sqlite.hpp"

#include <fmt/format.h>

namespace mos::state {

namespace {

// Contents first, then directories that are left empty, then attributes, since moving an entry changes the times of the
// directories it leaves and enters.
enum class Pass : std::int64_t { contents = 0, directories = 1, attributes = 2 };

Pass pass_of(OperationKind kind) {
    switch (kind) {
    case OperationKind::remove_directory:
        return Pass::directories;
    case OperationKind::set_attributes:
        return Pass::attributes;
    default:
        return Pass::contents;
    }
}

constexpr std::string_view columns =
    "id, stage, direction, state, in_effect, time_unix_s, summary, reason, changed_paths, reboot, boot, "
    "cause_code, cause";

Transaction read_transaction(const Statement &row) {
    return {.id = row.unsigned_at(0),
            .stage = row.unsigned_at(1),
            .direction = static_cast<Direction>(row.integer_at(2)),
            .state = static_cast<TransactionState>(row.integer_at(3)),
            .in_effect = row.integer_at(4) != 0,
            .time_unix_s = row.integer_at(5),
            .summary = row.text_at(6),
            .reason = row.text_at(7),
            .changed_paths = row.unsigned_at(8),
            .reboot = row.text_at(9),
            .boot = row.text_at(10),
            .cause_code = static_cast<std::uint32_t>(row.unsigned_at(11)),
            .cause = row.text_at(12)};
}

Result<std::vector<Transaction>> select(Database &database, std::string_view clause) {
    MOS_TRY(Statement rows,
            database.connection().prepare_once(fmt::format("SELECT {} FROM transactions {}", columns, clause)));
    std::vector<Transaction> found;
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return found;
        found.push_back(read_transaction(rows));
    }
}

Result<std::optional<Transaction>> select_one(Database &database, std::string_view clause) {
    MOS_TRY(std::vector<Transaction> found, select(database, clause));
    if (found.empty())
        return std::optional<Transaction>{};
    return std::optional<Transaction>{std::move(found.front())};
}

Result<Operation> read_operation(const Statement &row) {
    Operation operation;
    operation.slot = row.unsigned_at(0);
    operation.kind = static_cast<OperationKind>(row.integer_at(1));
    if (operation.kind < OperationKind::exchange || operation.kind > OperationKind::output)
        return Error{Code::DATABASE_DAMAGED,
                     fmt::format("the database holds an unknown operation {}", row.integer_at(1))};
    operation.path = row.text_at(2);
    operation.staged_inode = row.unsigned_at(3);
    const std::string before = row.text_at(4);
    if (operation.kind == OperationKind::set_attributes || !before.empty()) {
        MOS_TRY(operation.before, attributes_from_text(before));
        MOS_TRY(operation.after, attributes_from_text(row.text_at(5)));
    }
    operation.leaving_inode = row.unsigned_at(6);
    operation.active = row.integer_at(7) != 0;
    operation.staged_size = row.unsigned_at(8);
    operation.staged_modified = {row.integer_at(9), static_cast<std::int32_t>(row.integer_at(10))};
    operation.volume = row.text_at(11);
    return operation;
}

}  // namespace

std::string_view state_name(TransactionState state) noexcept {
    switch (state) {
    case TransactionState::committed:
        return "committed";
    case TransactionState::reverting:
        return "reverting";
    case TransactionState::done:
        return "done";
    case TransactionState::reverted:
        return "reverted";
    case TransactionState::pruned:
        return "pruned";
    case TransactionState::applied:
        return "applied";
    case TransactionState::undoing:
        return "undoing";
    }
    return "unknown";
}

Result<std::uint64_t> Transactions::next_id() {
    MOS_TRY(const std::int64_t last,
            m_database.connection().query_integer("SELECT value FROM properties WHERE name = 'last_transaction'"));
    return static_cast<std::uint64_t>(last) + 1;
}

Result<std::optional<Transaction>> Transactions::find(std::uint64_t id) {
    return select_one(m_database, fmt::format("WHERE id = {}", static_cast<std::int64_t>(id)));
}

Result<std::optional<Transaction>> Transactions::unfinished() {
    MOS_TRY(std::vector<Transaction> found, select(m_database, "WHERE state IN (1, 2, 6, 7)"));
    if (found.size() > 1)
        return Error{Code::DATABASE_DAMAGED,
                     fmt::format("the database holds {} unfinished transactions, there can be one", found.size())};
    if (found.empty())
        return std::optional<Transaction>{};
    return std::optional<Transaction>{std::move(found.front())};
}

Result<std::vector<Transaction>> Transactions::list(std::size_t limit) {
    return select(m_database, fmt::format("ORDER BY id DESC LIMIT {}", limit));
}

Result<std::optional<Transaction>> Transactions::newest_in_effect() {
    return select_one(m_database, "WHERE stage = id AND in_effect ORDER BY id DESC LIMIT 1");
}

Result<std::vector<Transaction>> Transactions::in_effect_since(std::uint64_t first) {
    return select(m_database, fmt::format("WHERE stage = id AND in_effect AND id >= {} ORDER BY id",
                                          static_cast<std::int64_t>(first)));
}

Result<std::vector<Transaction>> Transactions::recovery_points() {
    return select(m_database, "WHERE stage = id AND state IN (3, 4) ORDER BY id");
}

Result<std::vector<Transaction>> Transactions::pending_reboots(std::string_view boot) {
    if (boot.empty())
        return std::vector<Transaction>{};
    MOS_TRY(Statement rows,
            m_database.connection().prepare_once(fmt::format(
                "SELECT {} FROM transactions WHERE reboot != '' AND boot = ? AND state != {} AND "
                "(in_effect OR direction = {}) ORDER BY id DESC",
                columns, static_cast<int>(TransactionState::reverted), static_cast<int>(Direction::backward))));
    rows.text(boot);
    std::vector<Transaction> found;
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return found;
        found.push_back(read_transaction(rows));
    }
}

Result<bool> Transactions::owns_stage(std::uint64_t id) {
    MOS_TRY(const std::optional<Transaction> owner, find(id));
    return owner && owner->stage == owner->id && owner->state != TransactionState::pruned;
}

Result<bool> Transactions::stands_before_others(std::uint64_t id) {
    MOS_TRY(const auto newer, select_one(m_database, fmt::format("WHERE id > {} AND state != 4 ORDER BY id LIMIT 1",
                                                                 static_cast<std::int64_t>(id))));
    return newer.has_value();
}

Result<std::uint64_t> Transactions::operation_count(std::uint64_t id) {
    MOS_TRY(Statement row, m_database.connection().prepare("SELECT count(*) FROM operations WHERE transaction_id = ?"));
    MOS_TRY(const bool found, row.unsigned_integer(id).step());
    return found ? row.unsigned_at(0) : 0;
}

Result<std::vector<std::string>> Transactions::volumes(std::uint64_t id) {
    MOS_TRY(Statement rows, m_database.connection().prepare("SELECT DISTINCT volume FROM operations WHERE "
                                                            "transaction_id = ? AND volume != x'' ORDER BY volume"));
    rows.unsigned_integer(id);
    std::vector<std::string> found = {""};
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return found;
        found.push_back(rows.text_at(0));
    }
}

Result<void> Transactions::insert(const Transaction &transaction) {
    Connection &connection = m_database.connection();
    MOS_TRY(Statement row, connection.prepare("INSERT INTO transactions (id, stage, direction, state, in_effect, "
                                              "time_unix_s, summary, reason, changed_paths, reboot, boot, "
                                              "cause_code, cause) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    MOS_CHECK(row.unsigned_integer(transaction.id)
                  .unsigned_integer(transaction.stage)
                  .integer(static_cast<std::int64_t>(transaction.direction))
                  .integer(static_cast<std::int64_t>(transaction.state))
                  .integer(transaction.in_effect ? 1 : 0)
                  .integer(transaction.time_unix_s)
                  .text(transaction.summary)
                  .text(transaction.reason)
                  .unsigned_integer(transaction.changed_paths)
                  .text(transaction.reboot)
                  .text(transaction.boot)
                  .unsigned_integer(transaction.cause_code)
                  .text(transaction.cause)
                  .run());
    MOS_TRY(Statement last,
            connection.prepare("UPDATE properties SET value = max(value, ?) WHERE name = 'last_transaction'"));
    return last.unsigned_integer(transaction.id).run();
}

Result<void> Transactions::set_state(std::uint64_t id, TransactionState state) {
    Connection &connection = m_database.connection();
    MOS_TRY(Statement row, connection.prepare("UPDATE transactions SET state = ? WHERE id = ?"));
    MOS_CHECK(row.integer(static_cast<std::int64_t>(state)).unsigned_integer(id).run());
    if (state != TransactionState::done)
        return {};
    // In the same commit, so that no cut tells an update from the queue entry that it was made for (queue.hpp).
    MOS_TRY(Statement entry,
            connection.prepare("UPDATE queue SET state = 5, ended_s = (SELECT time_unix_s FROM transactions WHERE id = "
                               "?1) WHERE transaction_id = ?1 AND transaction_id != 0 AND state = 3"));
    return entry.unsigned_integer(id).run();
}

Result<void> Transactions::set_cause(std::uint64_t id, std::uint32_t code, std::string_view cause) {
    MOS_TRY(Statement row, m_database.connection().prepare(
                               "UPDATE transactions SET cause_code = ?, cause = ? WHERE id = ? AND cause_code = 0"));
    return row.unsigned_integer(code).text(cause).unsigned_integer(id).run();
}

Result<void> Transactions::set_in_effect(std::uint64_t stage, bool in_effect) {
    MOS_TRY(Statement row, m_database.connection().prepare("UPDATE transactions SET in_effect = ? WHERE id = ?"));
    return row.integer(in_effect ? 1 : 0).unsigned_integer(stage).run();
}

Result<void> Transactions::insert_operation(std::uint64_t id, const Operation &operation) {
    const bool attributes = operation.has_attributes();
    const std::string before = attributes ? attributes_to_text(operation.before) : std::string{};
    const std::string after = attributes ? attributes_to_text(operation.after) : std::string{};
    MOS_TRY(Statement row, m_database.connection().prepare(
                               "INSERT INTO operations (transaction_id, pass, slot, kind, path, staged_inode, "
                               "attributes_before, attributes_after, leaving_inode, active, "
                               "staged_size, staged_seconds, staged_nanoseconds, volume) "
                               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    return row.unsigned_integer(id)
        .integer(static_cast<std::int64_t>(pass_of(operation.kind)))
        .unsigned_integer(operation.slot)
        .integer(static_cast<std::int64_t>(operation.kind))
        .blob(operation.path)
        .unsigned_integer(operation.staged_inode)
        .text(before)
        .text(after)
        .unsigned_integer(operation.leaving_inode)
        .integer(operation.active ? 1 : 0)
        .unsigned_integer(operation.staged_size)
        .integer(operation.staged_modified.seconds)
        .integer(operation.staged_modified.nanoseconds)
        .blob(operation.volume)
        .run();
}

Result<void> Transactions::update_operation(std::uint64_t id, const Operation &operation) {
    MOS_TRY(Statement row,
            m_database.connection().prepare("UPDATE operations SET leaving_inode = ?, active = ?, staged_inode = ?, "
                                            "staged_size = ?, staged_seconds = ?, staged_nanoseconds = ? "
                                            "WHERE transaction_id = ? AND pass = ? AND slot = ?"));
    return row.unsigned_integer(operation.leaving_inode)
        .integer(operation.active ? 1 : 0)
        .unsigned_integer(operation.staged_inode)
        .unsigned_integer(operation.staged_size)
        .integer(operation.staged_modified.seconds)
        .integer(operation.staged_modified.nanoseconds)
        .unsigned_integer(id)
        .integer(static_cast<std::int64_t>(pass_of(operation.kind)))
        .unsigned_integer(operation.slot)
        .run();
}

Result<void> Transactions::delete_operations(std::uint64_t stage) {
    MOS_TRY(Statement row, m_database.connection().prepare("DELETE FROM operations WHERE transaction_id IN "
                                                           "(SELECT id FROM transactions WHERE stage = ?)"));
    MOS_CHECK(row.unsigned_integer(stage).run());
    MOS_TRY(Statement hooks, m_database.connection().prepare("DELETE FROM hooks WHERE stage = ?"));
    return hooks.unsigned_integer(stage).run();
}

Result<void> Transactions::insert_hook(std::uint64_t stage, const Hook &hook) {
    MOS_TRY(Statement row, m_database.connection().prepare("INSERT INTO hooks (stage, rank, moment, kind, text) "
                                                           "VALUES (?, ?, ?, ?, ?)"));
    return row.unsigned_integer(stage)
        .unsigned_integer(hook.rank)
        .integer(static_cast<std::int64_t>(hook.moment))
        .text(hook.kind)
        .text(hook.text)
        .run();
}

Result<std::vector<Hook>> Transactions::hooks(std::uint64_t stage, Hook::Moment moment) {
    MOS_TRY(Statement rows, m_database.connection().prepare(
                                "SELECT rank, kind, text FROM hooks WHERE stage = ? AND moment = ? ORDER BY rank"));
    rows.unsigned_integer(stage).integer(static_cast<std::int64_t>(moment));
    std::vector<Hook> found;
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return found;
        found.push_back(
            {.rank = rows.unsigned_at(0), .moment = moment, .kind = rows.text_at(1), .text = rows.text_at(2)});
    }
}

Result<void> Transactions::for_each_operation(std::uint64_t id, Direction heading, const TakeOperation &take) {
    // Forward: parents before children, emptied directories from the deepest up. Backward: those directories come back
    // before what was in them. Attributes are last both ways.
    struct Step {
        Pass pass;
        const char *order;
    };
    constexpr Step forward[] = {{Pass::contents, "ASC"}, {Pass::directories, "DESC"}, {Pass::attributes, "DESC"}};
    constexpr Step backward[] = {{Pass::directories, "ASC"}, {Pass::contents, "DESC"}, {Pass::attributes, "DESC"}};

    for (const Step &step : heading == Direction::forward ? forward : backward) {
        MOS_TRY(
            Statement rows,
            m_database.connection().prepare_once(fmt::format(
                "SELECT slot, kind, path, staged_inode, attributes_before, attributes_after, leaving_inode, active, "
                "staged_size, staged_seconds, staged_nanoseconds, volume "
                "FROM operations WHERE transaction_id = {} AND pass = {} ORDER BY slot {}",
                static_cast<std::int64_t>(id), static_cast<std::int64_t>(step.pass), step.order)));
        for (;;) {
            MOS_TRY(const bool row, rows.step());
            if (!row)
                break;
            MOS_TRY(const Operation operation, read_operation(rows));
            MOS_CHECK(take(operation));
        }
    }
    return {};
}

}  // namespace mos::state
