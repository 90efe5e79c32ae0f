#include <mos/state/queue.hpp>

#include "sqlite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mos::state {

namespace {

constexpr std::string_view entry_prefix = "update-";

constexpr std::array<std::string_view, 9> state_names = {"",     "pending", "approved",  "running",   "retrying",
                                                         "done", "failed",  "cancelled", "superseded"};

// Stored where there is no such time; those there are are not negative.
constexpr std::int64_t none = -1;

constexpr std::string_view columns =
    "id, key, state, options, priority, submitted_s, submitted_by, start_s, deadline_s, timeout_s, retry_s, "
    "cancel_on_timeout, by_hand, conditions, estimated_s, needed_bytes, attempts, max_attempts, fetch_anew, approval, "
    "rejected, reason, lease_holder, lease_boot, lease_since_s, transaction_id, ended_s, failures, failed_s, took_s, "
    "made_s";

std::optional<std::int64_t> optional_at(const Statement &row, int column) {
    const std::int64_t value = row.integer_at(column);
    return value < 0 ? std::nullopt : std::optional{value};
}

Result<QueueEntry> read_entry(const Statement &row) {
    const std::int64_t state = row.integer_at(2);
    if (state < static_cast<std::int64_t>(QueueState::pending) ||
        state > static_cast<std::int64_t>(QueueState::superseded))
        return Error{Code::DATABASE_DAMAGED, fmt::format("the database holds a queue entry of state {}", state)};
    QueueEntry entry;
    entry.id = row.unsigned_at(0);
    entry.key = row.text_at(1);
    entry.state = static_cast<QueueState>(state);
    entry.options = row.text_at(3);
    entry.priority = static_cast<std::uint8_t>(row.integer_at(4));
    entry.submitted_s = row.integer_at(5);
    entry.submitted_by = row.text_at(6);
    entry.start_s = optional_at(row, 7);
    entry.deadline_s = optional_at(row, 8);
    entry.timeout_s = optional_at(row, 9);
    entry.retry_s = optional_at(row, 10);
    entry.cancel_on_timeout = row.integer_at(11) != 0;
    entry.by_hand = row.integer_at(12) != 0;
    entry.conditions = row.text_at(13);
    entry.estimated_s = row.integer_at(14);
    entry.needed_bytes = row.integer_at(15);
    entry.attempts = row.integer_at(16);
    entry.max_attempts = row.integer_at(17);
    entry.fetch_anew = row.integer_at(18) != 0;
    entry.approval = static_cast<std::uint8_t>(row.integer_at(19));
    entry.rejected = row.integer_at(20) != 0;
    entry.reason = row.text_at(21);
    entry.lease = {.holder = row.text_at(22), .boot = row.text_at(23), .since_s = row.integer_at(24)};
    entry.transaction = row.unsigned_at(25);
    entry.ended_s = row.integer_at(26);
    entry.failures = row.integer_at(27);
    entry.failed_s = row.integer_at(28);
    entry.took_s = row.integer_at(29);
    entry.made_s = row.integer_at(30);
    return entry;
}

// What changes after the submission, in the order of `update`.
Statement &bind_changing(Statement &statement, const QueueEntry &entry) {
    return statement.integer(static_cast<std::int64_t>(entry.state))
        .integer(entry.priority)
        .integer(entry.retry_s.value_or(none))
        .integer(entry.attempts)
        .integer(entry.max_attempts)
        .integer(entry.fetch_anew ? 1 : 0)
        .integer(entry.approval)
        .integer(entry.rejected ? 1 : 0)
        .text(entry.reason)
        .text(entry.lease.holder)
        .text(entry.lease.boot)
        .integer(entry.lease.since_s)
        .unsigned_integer(entry.transaction)
        .integer(entry.ended_s)
        .integer(entry.failures)
        .integer(entry.failed_s)
        .integer(entry.took_s);
}

// "state IN (1,2,4)", with the clause that the index of those that have not ended has where it may serve.
std::string clause_of(QueueStates states) {
    std::string numbers;
    for (unsigned state = 1; state < state_names.size(); ++state)
        if ((states & (1U << state)) != 0)
            numbers += fmt::format("{}{}", numbers.empty() ? "" : ",", state);
    return fmt::format("{}state IN ({})", (states & ~open_states) == 0 ? "state < 5 AND " : "", numbers);
}

Result<std::vector<QueuedPackage>> read_packages(Database &database, std::uint64_t id) {
    MOS_TRY(Statement rows,
            database.connection().prepare("SELECT path, name, version, release, content_digest FROM queue_packages "
                                          "WHERE entry = ? ORDER BY rank"));
    rows.unsigned_integer(id);
    std::vector<QueuedPackage> found;
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return found;
        QueuedPackage package{.path = rows.text_at(0),
                              .name = rows.text_at(1),
                              .version = rows.text_at(2),
                              .release = rows.text_at(3),
                              .content_digest = {}};
        const std::string digest = rows.text_at(4);
        const base::ByteView bytes = base::as_bytes(digest);
        std::copy_n(bytes.begin(), std::min(bytes.size(), package.content_digest.size()),
                    package.content_digest.begin());
        found.push_back(std::move(package));
    }
}

Result<void> insert_package(Connection &connection, std::uint64_t id, std::size_t rank, const QueuedPackage &package) {
    MOS_TRY(Statement row, connection.prepare("INSERT INTO queue_packages (entry, rank, path, name, version, release, "
                                              "content_digest) VALUES (?, ?, ?, ?, ?, ?, ?)"));
    return row.unsigned_integer(id)
        .unsigned_integer(rank)
        .blob(package.path)
        .text(package.name)
        .text(package.version)
        .text(package.release)
        .blob(base::ByteView{package.content_digest})
        .run();
}

Result<std::vector<std::uint64_t>> read_numbers(Statement rows) {
    std::vector<std::uint64_t> found;
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return found;
        found.push_back(rows.unsigned_at(0));
    }
}

// The one row of a query, with its packages.
Result<std::optional<QueueEntry>> one(Database &database, Statement row) {
    MOS_TRY(const bool found, row.step());
    if (!found)
        return std::optional<QueueEntry>{};
    MOS_TRY(QueueEntry entry, read_entry(row));
    MOS_TRY(entry.packages, read_packages(database, entry.id));
    return std::optional<QueueEntry>{std::move(entry)};
}

}  // namespace

std::string_view state_name(QueueState state) noexcept { return state_names[static_cast<std::size_t>(state)]; }

std::optional<QueueState> queue_state_named(std::string_view name) noexcept {
    const auto *const found = std::ranges::find(state_names, name);
    if (name.empty() || found == state_names.end())
        return std::nullopt;
    return static_cast<QueueState>(found - state_names.begin());
}

std::string queue_entry_name(std::uint64_t id) { return fmt::format("{}{}", entry_prefix, id); }

std::optional<std::uint64_t> queue_entry_named(std::string_view name) noexcept {
    if (!name.starts_with(entry_prefix))
        return std::nullopt;
    name.remove_prefix(entry_prefix.size());
    std::uint64_t id = 0;
    const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), id);
    // SQLite's numbers have a sign.
    if (problem != std::errc{} || end != name.data() + name.size() || id == 0 || id >> 63U != 0)
        return std::nullopt;
    return id;
}

Result<std::optional<QueueEntry>> Queue::find(std::uint64_t id) {
    static const std::string sql = fmt::format("SELECT {} FROM queue WHERE id = ?", columns);
    MOS_TRY(Statement row, m_database.connection().prepare(sql.c_str()));
    row.unsigned_integer(id);
    return one(m_database, std::move(row));
}

Result<std::optional<QueueEntry>> Queue::find_open(std::string_view key) {
    if (key.empty())
        return std::optional<QueueEntry>{};
    static const std::string sql =
        fmt::format("SELECT {} FROM queue WHERE key = ? AND state < 5 AND key != ''", columns);
    MOS_TRY(Statement row, m_database.connection().prepare(sql.c_str()));
    row.text(key);
    return one(m_database, std::move(row));
}

Result<std::vector<QueueEntry>> Queue::list(QueueStates states, std::uint64_t after, std::size_t limit) {
    MOS_TRY(Statement rows, m_database.connection().prepare_once(
                                fmt::format("SELECT {} FROM queue WHERE {} AND id > {} ORDER BY id LIMIT {}", columns,
                                            clause_of(states), static_cast<std::int64_t>(after), limit)));
    std::vector<QueueEntry> found;
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return found;
        MOS_TRY(QueueEntry entry, read_entry(rows));
        MOS_TRY(entry.packages, read_packages(m_database, entry.id));
        found.push_back(std::move(entry));
    }
}

Result<std::vector<std::uint64_t>> Queue::waiting_for_package(std::string_view name) {
    MOS_TRY(Statement rows,
            m_database.connection().prepare("SELECT DISTINCT q.id FROM queue_packages p JOIN queue q ON q.id = p.entry "
                                            "WHERE p.name = ? AND q.state IN (1, 2, 4) ORDER BY q.id"));
    return read_numbers(std::move(rows.text(name)));
}

Result<std::vector<std::uint64_t>> Queue::leased() {
    MOS_TRY(Statement rows,
            m_database.connection().prepare("SELECT id FROM queue WHERE lease_holder != '' ORDER BY id"));
    return read_numbers(std::move(rows));
}

Result<std::vector<std::int64_t>> Queue::durations(std::string_view name, std::size_t limit) {
    MOS_TRY(Statement rows, m_database.connection().prepare(
                                "SELECT q.took_s FROM queue_packages p JOIN queue q ON q.id = p.entry WHERE "
                                "p.name = ? AND q.state = 5 AND q.took_s > 0 ORDER BY q.id DESC LIMIT ?"));
    rows.text(name).unsigned_integer(limit);
    std::vector<std::int64_t> found;
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return found;
        found.push_back(rows.integer_at(0));
    }
}

Result<std::uint64_t> Queue::count(QueueStates states) {
    MOS_TRY(Statement row, m_database.connection().prepare_once(
                               fmt::format("SELECT count(*) FROM queue WHERE {}", clause_of(states))));
    MOS_TRY(const bool found, row.step());
    return found ? row.unsigned_at(0) : 0;
}

Result<std::vector<QueueNote>> Queue::notes(std::uint64_t id) {
    MOS_TRY(Statement rows, m_database.connection().prepare("SELECT number, time_s, action, actor, reason FROM "
                                                            "queue_log WHERE entry = ? ORDER BY number"));
    rows.unsigned_integer(id);
    std::vector<QueueNote> found;
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return found;
        found.push_back({.number = rows.unsigned_at(0),
                         .time_s = rows.integer_at(1),
                         .action = rows.text_at(2),
                         .actor = rows.text_at(3),
                         .reason = rows.text_at(4)});
    }
}

Result<std::optional<QueueLook>> Queue::last_look() {
    MOS_TRY(Statement row,
            m_database.connection().prepare("SELECT wall_s, monotonic_ms, boot FROM queue_look WHERE one = 1"));
    MOS_TRY(const bool found, row.step());
    if (!found)
        return std::optional<QueueLook>{};
    return std::optional{
        QueueLook{.wall_s = row.integer_at(0), .monotonic_ms = row.integer_at(1), .boot = row.text_at(2)}};
}

Result<void> Queue::for_each(QueueStates states, const Take &take) {
    MOS_TRY(Statement rows, m_database.connection().prepare_once(
                                fmt::format("SELECT {} FROM queue WHERE {} ORDER BY id", columns, clause_of(states))));
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return {};
        MOS_TRY(QueueEntry entry, read_entry(rows));
        MOS_TRY(entry.packages, read_packages(m_database, entry.id));
        MOS_CHECK(take(entry));
    }
}

Result<std::uint64_t> Queue::insert(const QueueEntry &entry) {
    Connection &connection = m_database.connection();
    MOS_TRY(Statement row,
            connection.prepare(
                "INSERT INTO queue (state, priority, retry_s, attempts, max_attempts, fetch_anew, "
                "approval, rejected, reason, lease_holder, lease_boot, lease_since_s, transaction_id, "
                "ended_s, failures, failed_s, took_s, key, options, submitted_s, submitted_by, start_s, deadline_s, "
                "timeout_s, cancel_on_timeout, by_hand, conditions, estimated_s, needed_bytes, made_s) VALUES "
                "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    MOS_CHECK(bind_changing(row, entry)
                  .text(entry.key)
                  .text(entry.options)
                  .integer(entry.submitted_s)
                  .text(entry.submitted_by)
                  .integer(entry.start_s.value_or(none))
                  .integer(entry.deadline_s.value_or(none))
                  .integer(entry.timeout_s.value_or(none))
                  .integer(entry.cancel_on_timeout ? 1 : 0)
                  .integer(entry.by_hand ? 1 : 0)
                  .text(entry.conditions)
                  .integer(entry.estimated_s)
                  .integer(entry.needed_bytes)
                  .integer(entry.made_s)
                  .run());
    const auto id = static_cast<std::uint64_t>(connection.last_row());
    for (std::size_t i = 0; i < entry.packages.size(); ++i)
        MOS_CHECK(insert_package(connection, id, i, entry.packages[i]));
    return id;
}

Result<void> Queue::update(const QueueEntry &entry) {
    MOS_TRY(Statement row, m_database.connection().prepare(
                               "UPDATE queue SET state = ?, priority = ?, retry_s = ?, attempts = ?, max_attempts = ?, "
                               "fetch_anew = ?, approval = ?, rejected = ?, reason = ?, lease_holder = ?, "
                               "lease_boot = ?, lease_since_s = ?, transaction_id = ?, ended_s = ?, failures = ?, "
                               "failed_s = ?, took_s = ? WHERE id = ?"));
    return bind_changing(row, entry).unsigned_integer(entry.id).run();
}

Result<void> Queue::add_note(std::uint64_t id, const QueueNote &note) {
    Connection &connection = m_database.connection();
    MOS_TRY(Statement row,
            connection.prepare("INSERT INTO queue_log (entry, number, time_s, action, actor, reason) VALUES (?1, "
                               "(SELECT ifnull(max(number), 0) + 1 FROM queue_log WHERE entry = ?1), ?2, ?3, ?4, ?5)"));
    MOS_CHECK(row.unsigned_integer(id).integer(note.time_s).text(note.action).text(note.actor).text(note.reason).run());
    MOS_TRY(Statement old, connection.prepare("DELETE FROM queue_log WHERE entry = ?1 AND number <= "
                                              "(SELECT max(number) FROM queue_log WHERE entry = ?1) - ?2"));
    return old.unsigned_integer(id).unsigned_integer(max_queue_notes).run();
}

Result<void> Queue::prune(std::uint64_t keep) {
    Connection &connection = m_database.connection();
    MOS_TRY(const std::int64_t ended, connection.query_integer("SELECT count(*) FROM queue WHERE state >= 5"));
    if (static_cast<std::uint64_t>(ended) <= keep)
        return {};
    const std::string oldest = fmt::format("(SELECT id FROM queue WHERE state >= 5 ORDER BY ended_s, id LIMIT {})",
                                           static_cast<std::uint64_t>(ended) - keep);
    // The rows themselves last: the others are found by them.
    for (const char *const what : {"queue_packages WHERE entry", "queue_log WHERE entry", "queue WHERE id"})
        MOS_CHECK(connection.execute(fmt::format("DELETE FROM {} IN {}", what, oldest).c_str()));
    return {};
}

Result<void> Queue::set_last_look(const QueueLook &look) {
    MOS_TRY(Statement row, m_database.connection().prepare("INSERT OR REPLACE INTO queue_look (one, wall_s, "
                                                           "monotonic_ms, boot) VALUES (1, ?, ?, ?)"));
    return row.integer(look.wall_s).integer(look.monotonic_ms).text(look.boot).run();
}

Result<void> Queue::record_decision(std::uint64_t id, std::int64_t attempt, std::uint64_t transaction) {
    MOS_TRY(const std::optional<QueueEntry> entry, find(id));
    if (!entry || entry->state != QueueState::running || entry->attempts != attempt)
        return Error{Code::CHANGED_MEANWHILE,
                     fmt::format("'{}' is not this attempt's any more: it was cancelled or taken over meanwhile",
                                 queue_entry_name(id))}
            .about(queue_entry_name(id));
    MOS_TRY(Statement row, m_database.connection().prepare("UPDATE queue SET transaction_id = ? WHERE id = ?"));
    return row.unsigned_integer(transaction).unsigned_integer(id).run();
}

}  // namespace mos::state
