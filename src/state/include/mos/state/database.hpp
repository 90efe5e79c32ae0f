// The one database of a root: transactions and their operations, what is installed, history.
//
// SQLite in WAL mode with synchronous=FULL and an exclusive lock; its files are opened through the filesystem port
// (sqlite_vfs.hpp), in one directory, so that a test's twin sees each of its writes and flushes. Who changes it holds
// the root's lock; others may read it meanwhile. A Database is used by one thread at a time.
#pragma once

#include <mos/base/filesystem.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace mos::state {

class Connection;

// The schema that this library writes, and the oldest schema whose reader can read what it writes. A database with a
// newer schema opens when its minimum reader is at most ours; else DATABASE_TOO_NEW.
inline constexpr int schema_version = 7;
inline constexpr int minimum_reader_version = 3;

// Each time the log is emptied the redundant copy must be made anew, so that is not done for less.
inline constexpr std::uint64_t usual_long_log = 1U << 20U;

enum class Durability : std::uint8_t {
    durable,   // a power cut after the commit returns does not take it back
    with_next  // may be taken back until the next durable commit; costs no flush
};

class Database {
  public:
    // Opens state.db in `directory`, creating or migrating it when need be; looks over all its pages first. A log that
    // is larger than `long_log` bytes and than a quarter of the database is long: see log_is_long().
    // DATABASE_DAMAGED, DATABASE_TOO_NEW, NO_SPACE, READ_ONLY, IO.
    [[nodiscard]] static Result<std::unique_ptr<Database>> open(std::unique_ptr<base::Directory> directory,
                                                                std::uint64_t long_log = usual_long_log);

    // What is committed at this moment, whatever is committed later: for those who look while a transaction is under
    // way. Needs no right to write. Until it is destroyed it holds up whoever empties the log, so don't keep it; waits
    // itself for one who does (LOCKED after ten seconds). A database that was never completed is empty. commit() and
    // checkpoint() are refused (READ_ONLY).
    [[nodiscard]] static Result<std::unique_ptr<Database>> open_to_read(std::unique_ptr<base::Directory> directory);

    // The same for whoever has the root's lock, after a look over all pages. One whose creation was cut short reads as
    // an empty one. NOT_FOUND when there is none; the others as open().
    [[nodiscard]] static Result<std::unique_ptr<Database>> examine(std::unique_ptr<base::Directory> directory);

    // An empty one in memory: what a root without a database has.
    [[nodiscard]] static Result<std::unique_ptr<Database>> open_empty();

    Database(const Database &) = delete;
    Database &operator=(const Database &) = delete;
    ~Database();

    // Runs `body` as one atomic change: all of it or, when it or the commit fails, none. After a failed durable commit
    // the outcome is unknown until the database has been opened again: see failed().
    [[nodiscard]] Result<void> commit(Durability durability, const std::function<Result<void>()> &body);

    // Runs `body`, which only reads: thousands of questions cost half as much when they are not a transaction each. No
    // commit in there, and no second one of these.
    [[nodiscard]] Result<void> read(const std::function<Result<void>()> &body);

    // True after a commit of which it is not known whether it became durable. Only opening anew tells.
    [[nodiscard]] bool failed() const noexcept { return m_failed; }

    // How many durable commits there were, since its creation or since version 2 of the schema. Of two states of one
    // database the one with the larger number is the later, and a cut takes none of them back.
    [[nodiscard]] Result<std::uint64_t> revision();

    // Whether anything was written to the files since it was opened.
    [[nodiscard]] bool changed() const noexcept { return m_changed; }

    // Moves everything from the log into the database file and flushes both. Recovery does so before it believes a
    // commit, whose flush may have failed in another process's life. Waits for readers: LOCKED after ten seconds.
    [[nodiscard]] Result<void> checkpoint();

    // Whether the log was long when the database was opened, and is to be brought in: early damage to a log that was
    // never emptied would lose all history, and a long one is slow to open.
    [[nodiscard]] bool log_is_long() const noexcept { return m_log_is_long; }

    // A checkpoint in two steps, for whoever flushes the database's volume in between and so spares it flushes of its
    // own: the first writes everything from the log into the database file, the second empties the log, and must not be
    // called unless the flush has succeeded and nothing was committed since the first. LOCKED at once while somebody
    // reads.
    [[nodiscard]] Result<void> write_back();
    [[nodiscard]] Result<void> empty_written_log();

    // Where its files are; nullptr for one in memory. Borrowed.
    [[nodiscard]] base::Directory *directory() const noexcept;

    [[nodiscard]] Connection &connection() noexcept { return *m_connection; }  // for the stores of this layer

  private:
    explicit Database(std::unique_ptr<Connection> connection);
    [[nodiscard]] Result<std::unique_ptr<base::File>> lock_out_readers(std::chrono::milliseconds patience);

    std::unique_ptr<base::File> m_reader_lock;  // given up after the connection is closed
    std::unique_ptr<Connection> m_connection;
    bool m_failed = false;
    bool m_changed = false;
    bool m_log_is_long = false;
    bool m_written_back = false;  // by write_back(), and perhaps not durable
};

}  // namespace mos::state
