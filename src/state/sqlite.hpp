// SQLite behind Result: private to this layer.
#pragma once

#include <mos/base/bytes.hpp>
#include <mos/state/sqlite_vfs.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mos::state {

class Connection;

// A statement that its connection keeps.
struct CachedStatement {
    sqlite3_stmt *statement = nullptr;
    bool is_in_use = false;
};

// A prepared statement while it is in use; goes back to its connection reset. Errors in binding show in step().
class Statement {
  public:
    // Finalized at the end.
    Statement(Connection &connection, sqlite3_stmt *statement) : m_connection(connection), m_statement(statement) {}
    // Given back to the cache at the end.
    Statement(Connection &connection, CachedStatement &cached)
        : m_connection(connection), m_statement(cached.statement), m_cached(&cached) {
        cached.is_in_use = true;
    }
    Statement(Statement &&other) noexcept
        : m_connection(other.m_connection), m_statement(std::exchange(other.m_statement, nullptr)),
          m_cached(other.m_cached), m_next(other.m_next) {}
    Statement &operator=(Statement &&) = delete;
    Statement(const Statement &) = delete;
    Statement &operator=(const Statement &) = delete;
    ~Statement();

    // Binds the next parameter. Text and blobs must live until the statement has stepped.
    Statement &integer(std::int64_t value);
    Statement &unsigned_integer(std::uint64_t value) { return integer(static_cast<std::int64_t>(value)); }
    Statement &text(std::string_view value);
    Statement &blob(std::string_view value);
    Statement &blob(base::ByteView value) { return blob(base::as_text(value)); }

    [[nodiscard]] Result<bool> step();  // true for a row, false at the end
    [[nodiscard]] Result<void> run();   // for statements without rows

    [[nodiscard]] std::int64_t integer_at(int column) const { return sqlite3_column_int64(m_statement, column); }
    [[nodiscard]] std::uint64_t unsigned_at(int column) const { return static_cast<std::uint64_t>(integer_at(column)); }
    [[nodiscard]] std::string text_at(int column) const;  // also of a blob

  private:
    Connection &m_connection;
    sqlite3_stmt *m_statement;
    CachedStatement *m_cached = nullptr;
    int m_next = 1;
};

class Connection {
  public:
    [[nodiscard]] static Result<std::unique_ptr<Connection>> open(std::unique_ptr<base::Directory> directory,
                                                                  const char *name, FileUse use);
    [[nodiscard]] static Result<std::unique_ptr<Connection>> open_in_memory();
    // A copy of all that it holds, in memory.
    [[nodiscard]] Result<std::unique_ptr<Connection>> copy_to_memory();
    // The database file that it would be; of one in memory.
    [[nodiscard]] Result<base::Bytes> serialize();
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;
    ~Connection();

    [[nodiscard]] Result<void> execute(const char *sql);
    // Ends the transaction without its changes; whether none is open now. Also while memory runs out, for which what it
    // needs is made ahead.
    [[nodiscard]] bool roll_back() noexcept;
    // The write-ahead log stays when the database is closed: emptying it would cost flushes at every end of a command.
    [[nodiscard]] Result<void> keep_log();
    // Reserves room for checksums in the pages of a database that is still to be made; no effect on one that is there.
    void reserve_checksums();
    [[nodiscard]] Result<bool> has_checksums();  // of the database file, which must be there
    // From a cache; `sql` must be a literal. A statement that is in use already is prepared anew.
    [[nodiscard]] Result<Statement> prepare(const char *sql);
    // Not from the cache, for text that is put together.
    [[nodiscard]] Result<Statement> prepare_once(const std::string &sql);
    [[nodiscard]] Result<std::int64_t> query_integer(const char *sql);

    // Of the files; nullptr for a database in memory.
    [[nodiscard]] base::Directory *directory() const noexcept { return m_vfs ? &m_vfs->directory() : nullptr; }

    [[nodiscard]] Error error(std::string_view what);
    [[nodiscard]] std::int64_t last_row() const { return sqlite3_last_insert_rowid(m_database); }

  private:
    Connection() = default;
    [[nodiscard]] Result<void> open_file(const char *name, int flags, const char *vfs);

    std::unique_ptr<PortVfs> m_vfs;  // outlives the handle below
    sqlite3 *m_database = nullptr;
    sqlite3_stmt *m_roll_back = nullptr;
    std::unordered_map<const char *, CachedStatement> m_cache;
};

}  // namespace mos::state
