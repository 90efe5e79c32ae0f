#include <mos/state/database.hpp>

#include "checksum.hpp"
#include "database_lock.hpp"
#include "sqlite.hpp"

#include <mos/state/database_files.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::state {

namespace {

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

// Version 3: transactions over several volumes and with hooks, which an older library would pass over; what a plan must
// know of the packages that are there: where they were put, with what values, as what their files count.
constexpr const char *migrate_to_version_3 = R"sql(
ALTER TABLE transactions ADD COLUMN reboot TEXT NOT NULL DEFAULT '';
ALTER TABLE transactions ADD COLUMN boot TEXT NOT NULL DEFAULT '';
ALTER TABLE operations ADD COLUMN volume BLOB NOT NULL DEFAULT x'';
ALTER TABLE packages ADD COLUMN prefix BLOB NOT NULL DEFAULT x'';
ALTER TABLE packages ADD COLUMN template_values TEXT NOT NULL DEFAULT '';
ALTER TABLE packages ADD COLUMN automatic INTEGER NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN role INTEGER NOT NULL DEFAULT 0;

CREATE TABLE hooks (
    stage INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    moment INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (stage, rank)
) WITHOUT ROWID;

UPDATE properties SET value = 3 WHERE name = 'minimum_reader';
)sql";

// Version 4: points that were captured. An older library passes over them: what they keep lies in a folder that it does
// not know, and of the packages it may forget rows that a point would bring back, which going back then says.
constexpr const char *migrate_to_version_4 = R"sql(
CREATE TABLE points (
    id INTEGER PRIMARY KEY,
    time_unix_s INTEGER NOT NULL,
    description TEXT NOT NULL,
    scope INTEGER NOT NULL,
    names BLOB NOT NULL,
    tags BLOB NOT NULL,
    entries INTEGER NOT NULL,
    content_bytes INTEGER NOT NULL,
    index_digest BLOB NOT NULL
);

CREATE TABLE point_packages (
    point INTEGER NOT NULL,
    package INTEGER NOT NULL,
    PRIMARY KEY (point, package)
) WITHOUT ROWID;
CREATE INDEX point_packages_by_package ON point_packages (package);
)sql";

// Version 5: the queue of updates. An older library leaves it alone, and what it does to a transaction that was made
// for an entry is found out from the transaction (schedule::Queue::take_over), so it may go on with such a database.
constexpr const char *migrate_to_version_5 = R"sql(
CREATE TABLE queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    state INTEGER NOT NULL,
    options TEXT NOT NULL,
    priority INTEGER NOT NULL,
    submitted_s INTEGER NOT NULL,
    submitted_by TEXT NOT NULL,
    start_s INTEGER NOT NULL,
    deadline_s INTEGER NOT NULL,
    timeout_s INTEGER NOT NULL,
    retry_s INTEGER NOT NULL,
    cancel_on_timeout INTEGER NOT NULL,
    by_hand INTEGER NOT NULL,
    conditions TEXT NOT NULL,
    estimated_s INTEGER NOT NULL,
    needed_bytes INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    fetch_anew INTEGER NOT NULL,
    approval INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    reason TEXT NOT NULL,
    lease_holder TEXT NOT NULL,
    lease_boot TEXT NOT NULL,
    lease_since_s INTEGER NOT NULL,
    transaction_id INTEGER NOT NULL,
    ended_s INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    failed_s INTEGER NOT NULL,
    took_s INTEGER NOT NULL
);
CREATE UNIQUE INDEX queue_by_key ON queue (key) WHERE state < 5 AND key != '';
CREATE INDEX queue_open ON queue (id) WHERE state < 5;
CREATE INDEX queue_ended ON queue (ended_s, id) WHERE state >= 5;
CREATE INDEX queue_leased ON queue (id) WHERE lease_holder != '';
CREATE INDEX queue_by_transaction ON queue (transaction_id) WHERE transaction_id != 0;

CREATE TABLE queue_packages (
    entry INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    path BLOB NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    release TEXT NOT NULL,
    content_digest BLOB NOT NULL,
    PRIMARY KEY (entry, rank)
) WITHOUT ROWID;
CREATE INDEX queue_packages_by_name ON queue_packages (name);

CREATE TABLE queue_log (
    entry INTEGER NOT NULL,
    number INTEGER NOT NULL,
    time_s INTEGER NOT NULL,
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (entry, number)
) WITHOUT ROWID;

CREATE TABLE queue_look (
    one INTEGER PRIMARY KEY,
    wall_s INTEGER NOT NULL,
    monotonic_ms INTEGER NOT NULL,
    boot TEXT NOT NULL
);
)sql";

// Version 6: why a change was taken back; by whom a package was let in, so that it can be judged again before it comes
// back; below which version a package must not go, which an older library would pass over.
constexpr const char *migrate_to_version_6 = R"sql(
ALTER TABLE transactions ADD COLUMN cause_code INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transactions ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE packages ADD COLUMN credentials BLOB NOT NULL DEFAULT x'';

CREATE TABLE version_floors (
    package TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    set_by INTEGER NOT NULL
) WITHOUT ROWID;

UPDATE properties SET value = 6 WHERE name = 'minimum_reader';
)sql";

// Version 7: when an update in the queue was made. An older library leaves it at 0, by which its turn has come.
constexpr const char *migrate_to_version_7 = R"sql(
ALTER TABLE queue ADD COLUMN made_s INTEGER NOT NULL DEFAULT 0;
)sql";

constexpr const char *migrations[] = {create_version_1,     migrate_to_version_2, migrate_to_version_3,
                                      migrate_to_version_4, migrate_to_version_5, migrate_to_version_6,
                                      migrate_to_version_7};
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

constexpr const char *settings_to_read = "PRAGMA locking_mode = EXCLUSIVE;"
                                         "PRAGMA query_only = ON;"
                                         "PRAGMA temp_store = MEMORY;"
                                         "PRAGMA cache_size = -2048;"
                                         "PRAGMA trusted_schema = OFF;";

// Whether it is still to be made: an empty file is no database yet.
Result<bool> is_unborn(base::Directory &directory) {
    MOS_TRY(const auto file, directory.find(database_name));
    return !file || file->size == 0;
}

// SQLite's format, section 1.3.3 of "Database File Format": 2 in both says that changes go to a log.
constexpr std::size_t write_version_offset = 18;
constexpr std::size_t read_version_offset = 19;
constexpr auto with_log = std::byte{2};

// The pages of a database without content, sealed.
Result<base::Bytes> new_database() {
    MOS_TRY(const auto connection, Connection::open_in_memory());
    connection->reserve_checksums();
    MOS_CHECK(migrate(*connection, 0, Pages::checked));
    MOS_TRY(base::Bytes file, connection->serialize());
    file[write_version_offset] = with_log;
    file[read_version_offset] = with_log;
    MOS_TRY(const auto page_bytes, checked_page_bytes(file));
    if (!page_bytes)
        return Error{Code::INTERNAL, "SQLite reserves no room for checksums"};
    for (std::size_t offset = 0; offset < file.size(); offset += *page_bytes)
        seal_page(base::MutableByteView{file}.subspan(offset, *page_bytes), offset / *page_bytes + 1);
    return file;
}

// One flush of the volume serves the folders as well, which may be new. The name becomes durable with the log's, before
// the first commit returns.
Result<void> create_database(base::Directory &directory) {
    MOS_TRY(const auto sync_point, directory.open_sync_point());
    MOS_CHECK(base::remove_tree(directory, new_database_name));  // left by a cut
    MOS_CHECK(base::remove_tree(directory, log_name));           // of a database that is gone: it is not this one's
    MOS_TRY(const base::Bytes content, new_database());
    MOS_TRY(const auto file, directory.open_file(new_database_name, base::OpenMode::create_new));
    MOS_CHECK(file->write_at(0, content));
    MOS_CHECK(sync_point->flush());
    return directory.rename(new_database_name, directory, database_name, base::RenameMode::replace);
}

// nullptr where there is nothing in it yet.
Result<std::unique_ptr<Connection>> connect_to_read(std::unique_ptr<base::Directory> directory) {
    MOS_TRY(std::unique_ptr<Connection> connection,
            Connection::open(std::move(directory), database_name, FileUse::read));
    MOS_CHECK(connection->execute(settings_to_read));
    MOS_CHECK(connection->keep_log());
    MOS_TRY(const std::int64_t schema, readable_schema(*connection));
    if (schema == 0)
        return std::unique_ptr<Connection>{};
    if (schema >= schema_version)
        return connection;
    // Whoever only reads can't migrate the file, and reads a copy that is.
    MOS_TRY(std::unique_ptr<Connection> copy, connection->copy_to_memory());
    MOS_CHECK(migrate(*copy, schema, Pages::unchecked));
    return copy;
}

}  // namespace

Database::Database(std::unique_ptr<Connection> connection) : m_connection(std::move(connection)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(std::unique_ptr<base::Directory> directory, std::uint64_t long_log) {
    MOS_CHECK(check_pages(*directory));
    MOS_TRY(const bool unborn, is_unborn(*directory));
    if (unborn)
        MOS_CHECK(create_database(*directory));
    MOS_TRY(const auto file, directory->find(database_name));
    MOS_TRY(const auto log, directory->find(log_name));
    MOS_TRY(std::unique_ptr<Connection> connection,
            Connection::open(std::move(directory), database_name, FileUse::change));
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
    database->m_log_is_long = log && log->size > std::max(long_log, file ? file->size / 4 : 0);
    return database;
}

Result<std::unique_ptr<Database>> Database::open_to_read(std::unique_ptr<base::Directory> directory) {
    MOS_TRY(auto lock, lock_database(*directory, database_name, base::LockMode::shared, usual_patience));
    MOS_TRY(const bool unborn, is_unborn(*directory));
    if (unborn)
        return open_empty();
    MOS_TRY(std::unique_ptr<Connection> connection, connect_to_read(std::move(directory)));
    if (connection == nullptr)
        return open_empty();
    std::unique_ptr<Database> database{new Database{std::move(connection)}};
    database->m_reader_lock = std::move(lock);
    return database;
}

Result<std::unique_ptr<Database>> Database::examine(std::unique_ptr<base::Directory> directory) {
    MOS_CHECK(check_pages(*directory));
    MOS_TRY(std::unique_ptr<Connection> connection, connect_to_read(std::move(directory)));
    if (connection == nullptr)
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
    if (m_reader_lock != nullptr)
        return Error{Code::READ_ONLY, "the database was opened to be read"};
    MOS_CHECK(m_connection->execute(durability == Durability::durable ? "PRAGMA synchronous = FULL"
                                                                      : "PRAGMA synchronous = NORMAL"));
    Result<void> result;
    try {
        result = m_connection->execute("BEGIN IMMEDIATE");
        if (result)
            result = body();
        if (result && durability == Durability::durable)
            result = m_connection->execute("UPDATE properties SET value = value + 1 WHERE name = 'revision'");
    } catch (...) {  // out of memory, as a rule; an open transaction would refuse all that come
        m_failed = !m_connection->roll_back();
        throw;
    }
    if (result) {
        // Unknown until the commit has returned, also when memory runs out inside it.
        m_failed = true;
        result = m_connection->execute("COMMIT");
        m_failed = !result.ok();
        m_changed = m_changed || result.ok();
    }
    if (!result && !m_connection->roll_back())
        m_failed = true;
    return result;
}

Result<void> Database::read(const std::function<Result<void>()> &body) {
    struct Reading {
        Connection &connection;
        bool &failed;
        ~Reading() { failed = !connection.roll_back() || failed; }  // there is nothing to commit
    };
    const Reading reading{*m_connection, m_failed};  // also of one that has begun although memory ran out
    MOS_CHECK(m_connection->execute("BEGIN"));
    return body();
}

Result<std::unique_ptr<base::File>> Database::lock_out_readers(std::chrono::milliseconds patience) {
    if (m_reader_lock != nullptr)
        return Error{Code::READ_ONLY, "the database was opened to be read"};
    base::Directory *const directory = m_connection->directory();
    if (directory == nullptr)
        return std::unique_ptr<base::File>{};
    return lock_database(*directory, database_name, base::LockMode::exclusive, patience);
}

Result<void> Database::checkpoint() {
    if (m_written_back)  // SQLite would empty the log without a flush of what it believes to be written
        return Error{Code::IO, "the database must be opened again after a flush that failed"};
    MOS_TRY(const auto alone, lock_out_readers(usual_patience));
    m_changed = true;
    MOS_CHECK(m_connection->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    m_log_is_long = false;
    return {};
}

// What is written is in the log as well until that is emptied, so a cut may tear it.
Result<void> Database::write_back() {
    MOS_TRY(const auto alone, lock_out_readers(no_patience));
    MOS_CHECK(m_connection->execute("PRAGMA synchronous = OFF"));
    m_written_back = true;
    return m_connection->execute("PRAGMA wal_checkpoint(PASSIVE)");
}

Result<void> Database::empty_written_log() {
    MOS_TRY(const auto alone, lock_out_readers(no_patience));
    m_written_back = false;
    m_log_is_long = false;
    m_changed = true;
    return m_connection->execute("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)");
}

base::Directory *Database::directory() const noexcept { return m_connection->directory(); }

}  // namespace mos::state
