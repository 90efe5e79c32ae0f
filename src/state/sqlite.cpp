#include "sqlite.hpp"

#include "checksum.hpp"

#include <fmt/format.h>

#include <new>

namespace mos::state {

Statement::~Statement() {
    if (m_statement == nullptr)
        return;
    if (m_cached == nullptr) {
        sqlite3_finalize(m_statement);
        return;
    }
    sqlite3_reset(m_statement);
    sqlite3_clear_bindings(m_statement);
    m_cached->is_in_use = false;
}

Statement &Statement::integer(std::int64_t value) {
    sqlite3_bind_int64(m_statement, m_next++, value);
    return *this;
}

Statement &Statement::text(std::string_view value) {
    sqlite3_bind_text64(m_statement, m_next++, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
}

Statement &Statement::blob(std::string_view value) {
    // A null pointer would bind NULL, not an empty blob.
    const char *data = value.empty() ? "" : value.data();
    sqlite3_bind_blob64(m_statement, m_next++, data, value.size(), SQLITE_STATIC);
    return *this;
}

Result<bool> Statement::step() {
    switch (sqlite3_step(m_statement)) {
    case SQLITE_ROW:
        return true;
    case SQLITE_DONE:
        return false;
    default:
        return m_connection.error("use");
    }
}

Result<void> Statement::run() {
    MOS_TRY(const bool row, step());
    if (row)
        return Error{Code::INTERNAL, "a statement without result returned a row"};
    return {};
}

std::string Statement::text_at(int column) const {
    const void *data = sqlite3_column_blob(m_statement, column);
    const int size = sqlite3_column_bytes(m_statement, column);
    return data == nullptr ? std::string{}
                           : std::string{static_cast<const char *>(data), static_cast<std::size_t>(size)};
}

Connection::~Connection() {
    for (const auto &[sql, cached] : m_cache)
        sqlite3_finalize(cached.statement);
    sqlite3_close(m_database);
}

Result<std::unique_ptr<Connection>> Connection::open(std::unique_ptr<base::Directory> directory, const char *name,
                                                     FileUse use) {
    std::unique_ptr<Connection> connection{new Connection};
    MOS_TRY(connection->m_vfs, PortVfs::create(std::move(directory), use));
    const int flags = use == FileUse::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    MOS_CHECK(connection->open_file(name, flags, connection->m_vfs->name()));
    return connection;
}

Result<std::unique_ptr<Connection>> Connection::open_in_memory() {
    std::unique_ptr<Connection> connection{new Connection};
    MOS_CHECK(connection->open_file(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr));
    return connection;
}

Result<std::unique_ptr<Connection>> Connection::copy_to_memory() {
    MOS_TRY(std::unique_ptr<Connection> copy, open_in_memory());
    sqlite3_backup *const backup = sqlite3_backup_init(copy->m_database, "main", m_database, "main");
    if (backup == nullptr)
        return copy->error("copy the database to memory");
    constexpr int all_pages = -1;
    const int stepped = sqlite3_backup_step(backup, all_pages);
    const int finished = sqlite3_backup_finish(backup);
    if (stepped != SQLITE_DONE)
        return finished == SQLITE_OK ? error("copy the database to memory")
                                     : copy->error("copy the database to memory");
    return copy;
}

Result<base::Bytes> Connection::serialize() {
    sqlite3_int64 size = 0;
    const std::unique_ptr<unsigned char, decltype(&sqlite3_free)> image{sqlite3_serialize(m_database, "main", &size, 0),
                                                                        sqlite3_free};
    if (image == nullptr)
        throw std::bad_alloc{};
    const auto *const begin = reinterpret_cast<const std::byte *>(image.get());
    return base::Bytes(begin, begin + size);
}

Result<void> Connection::open_file(const char *name, int flags, const char *vfs) {
    // NOMUTEX: one thread at a time uses a database, the engine sees to it.
    const int status = sqlite3_open_v2(name, &m_database, flags | SQLITE_OPEN_NOMUTEX, vfs);
    if (m_database == nullptr)
        throw std::bad_alloc{};
    sqlite3_extended_result_codes(m_database, 1);
    if (status != SQLITE_OK)
        return error("open");
    // Content of a damaged or hostile database must not run code or take memory.
    sqlite3_db_config(m_database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(m_database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_limit(m_database, SQLITE_LIMIT_LENGTH, 16 << 20);
    return {};
}

Result<void> Connection::execute(const char *sql) {
    if (sqlite3_exec(m_database, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        return error("use");
    return {};
}

bool Connection::roll_back() noexcept {
    // To roll back takes memory. Where that ran out just now it may be there again, and a transaction that stays open
    // refuses all that come. Where SQLite rolled back by itself there is nothing left to do.
    for (int attempt = 0; attempt < 2 && sqlite3_get_autocommit(m_database) == 0; ++attempt)
        sqlite3_exec(m_database, "ROLLBACK", nullptr, nullptr, nullptr);
    return sqlite3_get_autocommit(m_database) != 0;
}

Result<void> Connection::keep_log() {
    // Without a checkpoint at its end, closing doesn't delete the log either.
    if (sqlite3_db_config(m_database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr) != SQLITE_OK)
        return error("set up");
    return {};
}

void Connection::reserve_checksums() {
    int bytes = page_checksum_bytes;
    sqlite3_file_control(m_database, nullptr, SQLITE_FCNTL_RESERVE_BYTES, &bytes);
}

Result<bool> Connection::has_checksums() {
    MOS_TRY(const auto file,
            m_vfs->directory().open_file(sqlite3_db_filename(m_database, "main"), base::OpenMode::read));
    MOS_TRY(const auto page_bytes, checked_page_bytes(*file));
    return page_bytes.has_value();
}

Result<Statement> Connection::prepare(const char *sql) {
    // The place is made before there is a statement: it is given back in a destructor, where memory may have run out.
    CachedStatement &cached = m_cache[sql];
    if (cached.is_in_use)
        return prepare_once(sql);
    if (cached.statement == nullptr &&
        sqlite3_prepare_v3(m_database, sql, -1, SQLITE_PREPARE_PERSISTENT, &cached.statement, nullptr) != SQLITE_OK)
        return error("query");
    return Statement{*this, cached};
}

Result<Statement> Connection::prepare_once(const std::string &sql) {
    sqlite3_stmt *statement = nullptr;
    if (sqlite3_prepare_v2(m_database, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
        return error("query");
    return Statement{*this, statement};
}

Result<std::int64_t> Connection::query_integer(const char *sql) {
    MOS_TRY(Statement statement, prepare_once(sql));
    MOS_TRY(const bool row, statement.step());
    return row ? statement.integer_at(0) : 0;
}

Error Connection::error(std::string_view what) {
    const int status = sqlite3_extended_errcode(m_database);
    if ((status & 0xFF) == SQLITE_NOMEM)
        throw std::bad_alloc{};
    // What the filesystem said is nearer to the cause than SQLite's "disk I/O error".
    if (m_vfs != nullptr) {
        if (std::optional<Error> cause = m_vfs->take_error())
            return in_context(std::move(*cause), fmt::format("can't {} the database", what));
    }
    Code code = Code::IO;
    switch (status & 0xFF) {
    case SQLITE_FULL:
        code = Code::NO_SPACE;
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_SCHEMA:
    case SQLITE_ERROR:  // a query that our own schema answers fails only where the schema is not ours
        code = Code::DATABASE_DAMAGED;
        break;
    case SQLITE_READONLY:
        code = Code::READ_ONLY;
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        code = Code::LOCKED;
        break;
    default:
        break;
    }
    return Error{code, fmt::format("can't {} the database: {}", what, sqlite3_errmsg(m_database))};
}

}  // namespace mos::state
