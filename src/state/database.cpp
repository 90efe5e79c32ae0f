#include <mos/state/database.hpp>

#include "checksum.hpp"
#include "sqlite.hpp"

#include <mos/state/database_files.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::state {

namespace {

// A log is emptied when it is larger than this and than a quarter of the database: each time it is, the redundant copy
// must be made anew.
constexpr std::uint64_t largest_log_bytes = 1U << 20U;

// Version 1. A later version appends its own step to migrations[]; none is ever changed.
constexpr const char *create_version_1 = R"sql(
CREATE TABLE properties (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO properties VALUES ('minimum_reader', 1), ('last_transaction', 0);

CREATE TABLE transactions (
    id INTEGER PRIMARY KEY,
    stage INTEGER NOT NULL,
    direction INTEGER NOT NULL,
    state INTEGER NOT NULL,
    in_effect INTEGER NOT NULL,
    time_unix_s INTEGER NOT NULL,
    summary TEXT NOT NULL,
    reason TEXT NOT NULL,
    changed_paths INTEGER NOT NULL
);
CREATE INDEX transactions_by_state ON transactions (state);

-- pass: 0 contents, 1 directories that go, 2 attributes; see Transactions::for_each_operation.
CREATE TABLE operations (
    transaction_id INTEGER NOT NULL,
    pass INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    path BLOB NOT NULL,
    staged_inode INTEGER NOT NULL,
    staged_size INTEGER NOT NULL,
    staged_seconds INTEGER NOT NULL,
    staged_nanoseconds INTEGER NOT NULL,
    attributes_before TEXT NOT NULL,
    attributes_after TEXT NOT NULL,
    leaving_inode INTEGER NOT NULL,
    active INTEGER NOT NULL,
    PRIMARY KEY (transaction_id, pass, slot)
) WITHOUT ROWID;

CREATE TABLE packages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    release TEXT NOT NULL,
    architecture TEXT NOT NULL,
    type TEXT NOT NULL,
    content_digest BLOB NOT NULL,
    signer TEXT NOT NULL,
    manifest TEXT NOT NULL,
    installed_by INTEGER NOT NULL,
    removed_by INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX packages_by_name ON packages (name);

CREATE TABLE files (
    package INTEGER NOT NULL,
    path BLOB NOT NULL,
    type INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    size INTEGER NOT NULL,
    digest BLOB NOT NULL,
    link_target BLOB NOT NULL,
    link_group BLOB NOT NULL,
    PRIMARY KEY (package, path)
) WITHOUT ROWID;
CREATE INDEX files_by_path ON files (path);
)sql";

// Version 2: the pages have checksums, which an older library would not write, and durable commits are counted.
constexpr const char *migrate_to_version_2 = R"sql(
INSERT INTO properties VALUES ('revision', 0);
UPDATE properties SET value = 2 WHERE name = 'minimum_reader';
)sql";

constexpr const char *migrations[] = {create_version_1, migrate_to_version_2};
static_assert(std::size(migrations) == schema_version);

enum class Pages : std::uint8_t { checked, unchecked };

Result<void> migrate(Connection &connection, std::int64_t from, Pages pages) {
    MOS_CHECK(connection.execute("BEGIN IMMEDIATE"));
    if (from == 0 && pages == Pages::checked)
        MOS_CHECK(connection.execute(fmt::format("PRAGMA application_id = {}", checked_application_id).c_str()));
    for (std::int64_t version = from; version < schema_version; ++version)
        MOS_CHECK(connection.execute(migrations[version]));
    MOS_CHECK(connection.execute(fmt::format("PRAGMA user_version = {}", schema_version).c_str()));
    return connection.execute("COMMIT");
}

// The schema of the database, 0 of one that is still to be made. An older library may open a newer database when that
// says so; it then leaves the schema as it is.
Result<std::int64_t> readable_schema(Connection &connection) {
    MOS_TRY(const std::int64_t version, connection.query_integer("PRAGMA user_version"));
    if (version < 0)
        return Error{Code::DATABASE_DAMAGED, fmt::format("the database says that its schema is {}", version)};
    if (version <= schema_version)
        return version;
    MOS_TRY(const std::int64_t minimum,
            connection.query_integer("SELECT value FROM properties WHERE name = 'minimum_reader'"));
    if (minimum <= schema_version && minimum > 0)
        return version;
    return Error{Code::DATABASE_TOO_NEW,
                 fmt::format("the database has schema {}, which needs a reader of at least {}; this is {}", version,
                             minimum, schema_version)};
}

// The log is kept between runs and emptied only by checkpoint(): an automatic checkpoint would cost flushes at a moment
// that SQLite chooses.
constexpr const char *settings = "PRAGMA locking_mode = EXCLUSIVE;"
                                 "PRAGMA journal_mode = WAL;"
                                 "PRAGMA synchronous = FULL;"
                                 "PRAGMA temp_store = MEMORY;"
                                 "PRAGMA cache_size = -2048;"
                                 "PRAGMA wal_autocheckpoint = 0;"
                                 "PRAGMA trusted_schema = OFF;";

constexpr const char *settings_to_look = "PRAGMA locking_mode = EXCLUSIVE;"
                                         "PRAGMA query_only = ON;"
                                         "PRAGMA temp_store = MEMORY;"
                                         "PRAGMA cache_size = -2048;"
                                         "PRAGMA trusted_schema = OFF;";

}  // namespace

Database::Database(std::unique_ptr<Connection> connection) : m_connection(std::move(connection)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(std::unique_ptr<base::Directory> directory) {
    MOS_CHECK(check_pages(*directory));
    MOS_TRY(const auto file, directory->find(database_name));
    MOS_TRY(const auto log, directory->find(log_name));
    MOS_TRY(std::unique_ptr<Connection> connection, Connection::open(std::move(directory), database_name));
    connection->reserve_checksums();
    MOS_CHECK(connection->execute(settings));
    MOS_CHECK(connection->keep_log());
    MOS_TRY(const std::int64_t schema, readable_schema(*connection));
    if (schema < schema_version) {
        MOS_TRY(const bool checked, connection->has_checksums());
        MOS_CHECK(migrate(*connection, schema, checked ? Pages::checked : Pages::unchecked));
    }
    std::unique_ptr<Database> database{new Database{std::move(connection)}};
    database->m_changed = schema < schema_version;
    // Early damage to a log that was never emptied would lose all history, and a long one is slow to open.
    if (log && log->size > std::max(largest_log_bytes, file ? file->size / 4 : 0))
        MOS_CHECK(database->checkpoint());
    return database;
}

Result<std::unique_ptr<Database>> Database::examine(std::unique_ptr<base::Directory> directory) {
    MOS_CHECK(check_pages(*directory));
    MOS_TRY(std::unique_ptr<Connection> connection, Connection::open_to_look(std::move(directory), database_name));
    MOS_CHECK(connection->execute(settings_to_look));
    MOS_CHECK(connection->keep_log());
    MOS_TRY(const std::int64_t schema, readable_schema(*connection));
    if (schema == 0)  // its creation was cut short
        return open_empty();
    return std::unique_ptr<Database>{new Database{std::move(connection)}};
}

Result<std::unique_ptr<Database>> Database::open_empty() {
    MOS_TRY(std::unique_ptr<Connection> connection, Connection::open_in_memory());
    MOS_CHECK(migrate(*connection, 0, Pages::unchecked));
    return std::unique_ptr<Database>{new Database{std::move(connection)}};
}

Result<std::uint64_t> Database::revision() {
    MOS_TRY(const std::int64_t revision,
            m_connection->query_integer("SELECT value FROM properties WHERE name = 'revision'"));
    return static_cast<std::uint64_t>(revision);
}

Result<void> Database::commit(Durability durability, const std::function<Result<void>()> &body) {
    if (m_failed)
        return Error{Code::IO, "the database must be opened again after a failed commit"};
    MOS_CHECK(m_connection->execute(durability == Durability::durable ? "PRAGMA synchronous = FULL"
                                                                      : "PRAGMA synchronous = NORMAL"));
    MOS_CHECK(m_connection->execute("BEGIN IMMEDIATE"));
    Result<void> result = body();
    if (result && durability == Durability::durable)
        result = m_connection->execute("UPDATE properties SET value = value + 1 WHERE name = 'revision'");
    if (result) {
        // Unknown until the commit has returned, also when memory runs out inside it.
        m_failed = true;
        result = m_connection->execute("COMMIT");
        m_failed = !result.ok();
        m_changed = m_changed || result.ok();
    }
    if (!result) {
        const Result<void> undone = m_connection->execute("ROLLBACK");
        static_cast<void>(undone);  // fails when SQLite has rolled back by itself; `result` says what went wrong
    }
    return result;
}

Result<void> Database::checkpoint() {
    m_changed = true;
    return m_connection->execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace mos::state
