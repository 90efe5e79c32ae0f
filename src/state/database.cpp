#include <mos/state/database.hpp>

#include "database_lock.hpp"
#include "sqlite.hpp"

#include <fmt/format.h>

namespace mos::state {

namespace {

constexpr const char *file_name = "state.db";
constexpr const char *log_name = "state.db-wal";
constexpr const char *journal_name = "state.db-journal";  // while the database is being created
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

constexpr const char *migrations[] = {create_version_1};
static_assert(std::size(migrations) == schema_version);

Result<void> migrate(Connection &connection, std::int64_t from) {
    MOS_CHECK(connection.execute("BEGIN IMMEDIATE"));
    for (std::int64_t version = from; version < schema_version; ++version)
        MOS_CHECK(connection.execute(migrations[version]));
    MOS_CHECK(connection.execute(fmt::format("PRAGMA user_version = {}", schema_version).c_str()));
    return connection.execute("COMMIT");
}

// An older library may open a newer database when that says so; it then leaves the schema as it is.
Result<void> check_readable(Connection &connection, std::int64_t version) {
    if (version < 0)
        return Error{Code::DATABASE_DAMAGED, fmt::format("the database says that its schema is {}", version)};
    if (version <= schema_version)
        return {};
    MOS_TRY(const std::int64_t minimum,
            connection.query_integer("SELECT value FROM properties WHERE name = 'minimum_reader'"));
    if (minimum <= schema_version && minimum > 0)
        return {};
    return Error{Code::DATABASE_TOO_NEW,
                 fmt::format("the database has schema {}, which needs a reader of at least {}; this is {}", version,
                             minimum, schema_version)};
}

Result<void> check_or_migrate(Connection &connection) {
    MOS_TRY(const std::int64_t version, connection.query_integer("PRAGMA user_version"));
    MOS_CHECK(check_readable(connection, version));
    return version < schema_version ? migrate(connection, version) : Result<void>{};
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

constexpr const char *settings_to_read = "PRAGMA locking_mode = EXCLUSIVE;"
                                         "PRAGMA temp_store = MEMORY;"
                                         "PRAGMA cache_size = -2048;"
                                         "PRAGMA trusted_schema = OFF;";

// Whether its creation never came to the point at which all further writing goes to the log.
Result<bool> is_unborn(base::Directory &directory) {
    MOS_TRY(const auto file, directory.find(file_name));
    MOS_TRY(const auto journal, directory.find(journal_name));
    return !file || file->size == 0 || journal;
}

// Until the database is there, nobody reads it.
Result<std::unique_ptr<base::File>> lock_unborn(base::Directory &directory) {
    MOS_TRY(const bool unborn, is_unborn(directory));
    if (!unborn)
        return std::unique_ptr<base::File>{};
    auto created = directory.open_file(file_name, base::OpenMode::create_new);
    if (!created && created.error().code() != Code::EXISTS)
        return std::move(created).error();
    return lock_database(directory, file_name, base::LockMode::exclusive, usual_patience);
}

}  // namespace

Database::Database(std::unique_ptr<Connection> connection) : m_connection(std::move(connection)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(std::unique_ptr<base::Directory> directory) {
    MOS_TRY(const auto log, directory->find(log_name));
    MOS_TRY(const auto alone, lock_unborn(*directory));
    MOS_TRY(std::unique_ptr<Connection> connection, Connection::open(std::move(directory), file_name, FileUse::change));
    MOS_CHECK(connection->execute(settings));
    MOS_CHECK(connection->keep_log());
    MOS_CHECK(check_or_migrate(*connection));
    std::unique_ptr<Database> database{new Database{std::move(connection)}};
    // Early damage to a log that was never emptied would lose all history, and a long one is slow to open. If somebody
    // reads just now, the next one who opens it will do it.
    if (log && log->size > largest_log_bytes) {
        Result<void> emptied = database->empty_log(no_patience);
        if (!emptied && emptied.error().code() != Code::LOCKED)
            return std::move(emptied).error();
    }
    return database;
}

Result<std::unique_ptr<Database>> Database::open_to_read(std::unique_ptr<base::Directory> directory) {
    MOS_TRY(auto lock, lock_database(*directory, file_name, base::LockMode::shared, usual_patience));
    MOS_TRY(const bool unborn, is_unborn(*directory));
    if (unborn)
        return open_empty();
    MOS_TRY(std::unique_ptr<Connection> connection, Connection::open(std::move(directory), file_name, FileUse::read));
    MOS_CHECK(connection->execute(settings_to_read));
    MOS_TRY(const std::int64_t version, connection->query_integer("PRAGMA user_version"));
    if (version == 0)
        return open_empty();
    MOS_CHECK(check_readable(*connection, version));
    std::unique_ptr<Database> database{new Database{std::move(connection)}};
    database->m_reader_lock = std::move(lock);
    return database;
}

Result<std::unique_ptr<Database>> Database::open_empty() {
    MOS_TRY(std::unique_ptr<Connection> connection, Connection::open_in_memory());
    MOS_CHECK(check_or_migrate(*connection));
    return std::unique_ptr<Database>{new Database{std::move(connection)}};
}

Result<void> Database::commit(Durability durability, const std::function<Result<void>()> &body) {
    if (m_failed)
        return Error{Code::IO, "the database must be opened again after a failed commit"};
    if (m_reader_lock != nullptr)
        return Error{Code::READ_ONLY, "the database was opened to be read"};
    MOS_CHECK(m_connection->execute(durability == Durability::durable ? "PRAGMA synchronous = FULL"
                                                                      : "PRAGMA synchronous = NORMAL"));
    MOS_CHECK(m_connection->execute("BEGIN IMMEDIATE"));
    Result<void> result;
    try {
        result = body();
    } catch (...) {
        m_failed = !m_connection->roll_back();
        throw;
    }
    if (result) {
        // Unknown until the commit has returned, also when memory runs out inside it.
        m_failed = true;
        result = m_connection->execute("COMMIT");
        m_failed = !result.ok();
    }
    if (!result && !m_connection->roll_back())
        m_failed = true;
    return result;
}

Result<void> Database::checkpoint() { return empty_log(usual_patience); }

Result<void> Database::empty_log(std::chrono::milliseconds patience) {
    if (m_reader_lock != nullptr)
        return Error{Code::READ_ONLY, "the database was opened to be read"};
    std::unique_ptr<base::File> alone;
    if (base::Directory *directory = m_connection->directory(); directory != nullptr) {
        MOS_TRY(alone, lock_database(*directory, file_name, base::LockMode::exclusive, patience));
    }
    return m_connection->execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace mos::state
