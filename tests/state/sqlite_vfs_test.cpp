#include <mos/state/sqlite_vfs.hpp>

#include "disks.hpp"
#include "expect.hpp"
#include "twin.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <set>
#include <sqlite3.h>

using namespace mos::base;
using mos::state::PortVfs;
using mos::test::DiskState;
using mos::test::must;
using mos::test::Selection;
using mos::test::Twin;

namespace {

constexpr int rows_per_commit = 3;

// A connection as the database layer opens it.
class Connection {
  public:
    explicit Connection(std::unique_ptr<Directory> directory) : m_vfs(must(PortVfs::create(std::move(directory)))) {
        constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        m_status = sqlite3_open_v2("state.db", &m_database, flags, m_vfs->name());
        for (const char *pragma :
             {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
              "PRAGMA temp_store=MEMORY", "PRAGMA wal_autocheckpoint=6"}) {
            if (m_status == SQLITE_OK)
                m_status = run(pragma);
        }
    }
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;
    ~Connection() { sqlite3_close(m_database); }

    [[nodiscard]] int status() const { return m_status; }
    [[nodiscard]] PortVfs &vfs() { return *m_vfs; }

    [[nodiscard]] int run(const std::string &sql) {
        return sqlite3_exec(m_database, sql.c_str(), nullptr, nullptr, nullptr);
    }

    // The one value that `sql` answers, or the error's text.
    [[nodiscard]] std::string value(const char *sql) {
        std::string text;
        const auto take = [](void *out, int, char **values, char **) {
            *static_cast<std::string *>(out) = values[0] == nullptr ? "" : values[0];
            return 0;
        };
        if (sqlite3_exec(m_database, sql, take, &text, nullptr) != SQLITE_OK)
            return sqlite3_errmsg(m_database);
        return text;
    }

  private:
    std::unique_ptr<PortVfs> m_vfs;
    sqlite3 *m_database = nullptr;
    int m_status = SQLITE_OK;
};

const std::string schema = "CREATE TABLE IF NOT EXISTS entry (batch INTEGER NOT NULL, content BLOB NOT NULL)";

// Three rows, one of them larger than a page.
std::string batch(int number) {
    return fmt::format("INSERT INTO entry VALUES ({0}, randomblob(10)), ({0}, randomblob(6000)), ({0}, zeroblob(300))",
                       number);
}

// What a rebooted machine finds: "<integrity> <whole batches> <rows>", the rows being three a batch if all is well.
std::string examine(const DiskState &state) {
    const Twin twin{state};
    Connection connection{twin.root()};
    if (connection.status() != SQLITE_OK || connection.run(schema) != SQLITE_OK)
        return fmt::format("can't be opened: {}", connection.value("SELECT 1"));
    return connection.value(
        "SELECT (SELECT * FROM pragma_integrity_check) || ' ' || count(DISTINCT batch) || ' ' || count(*) "
        "FROM entry");
}

std::string intact(int batches) { return fmt::format("ok {} {}", batches, batches * rows_per_commit); }

// Cuts the power before every call, keeps many subsets, and holds what is found against what was promised.
class Cutter {
  public:
    explicit Cutter(Twin &twin) : m_twin(twin) {
        m_twin.on_mutation([this](std::uint64_t number, std::string_view what) { cut(number, what); });
    }

    void committed(int batches) { m_promised = m_possible = batches; }
    void committing(int batches) { m_possible = batches; }  // from here on the commit may be found or not

    [[nodiscard]] const std::string &failures() const { return m_failures; }
    [[nodiscard]] std::size_t states() const { return m_seen.size(); }

  private:
    void cut(std::uint64_t number, std::string_view what) {
        const std::size_t pending = m_twin.pending();
        examine_one(Selection::none(), number, what);
        examine_one(Selection::all(), number, what);
        for (std::size_t i = 0; i < pending; ++i) {
            examine_one(Selection::only(i), number, what);
            examine_one(Selection::all_but(i), number, what);
            examine_one(Selection::all_but(i).torn(i), number, what);
        }
        for (std::uint64_t seed = 0; seed < 12; ++seed) {
            examine_one(Selection::random(seed), number, what);
            examine_one(Selection::random(seed).torn(seed), number, what);
        }
    }

    void examine_one(const Selection &selection, std::uint64_t number, std::string_view what) {
        const DiskState state = m_twin.crash(selection);
        const auto digest = state.digest();
        if (!m_seen.insert({m_promised, m_possible, digest.low, digest.high}).second)
            return;
        const std::string found = examine(state);
        if (found != intact(m_promised) && found != intact(m_possible))
            m_failures +=
                fmt::format("before call {} ({}), keeping {}: {}\n", number, what, selection.description(), found);
    }

    Twin &m_twin;
    int m_promised = 0;
    int m_possible = 0;
    std::set<std::tuple<int, int, std::uint64_t, std::uint64_t>> m_seen;
    std::string m_failures;
};

}  // namespace

TEST_CASE_TEMPLATE("a database in a directory of the port keeps what was committed", Disk, MOS_DISKS) {
    const Disk disk;
    {
        Connection connection{disk.root()};
        REQUIRE(connection.status() == SQLITE_OK);
        CHECK(connection.value("PRAGMA journal_mode") == "wal");
        REQUIRE(connection.run(schema) == SQLITE_OK);
        for (int number = 1; number <= 20; ++number)
            REQUIRE(connection.run(batch(number)) == SQLITE_OK);
        CHECK(must(disk.root()->find("state.db-wal")).has_value());
        CHECK_FALSE(must(disk.root()->find("state.db-shm")).has_value());
    }
    CHECK_FALSE(must(disk.root()->find("state.db-wal")).has_value());  // closed cleanly: checkpointed and removed
    Connection again{disk.root()};
    CHECK(again.value("SELECT count(*) FROM entry") == "60");
    CHECK(again.value("PRAGMA integrity_check") == "ok");
}

TEST_CASE_TEMPLATE("large transactions, sorting and VACUUM need no file outside the directory", Disk, MOS_DISKS) {
    const Disk disk;
    Connection connection{disk.root()};
    REQUIRE(connection.run(schema) == SQLITE_OK);
    REQUIRE(connection.run("BEGIN") == SQLITE_OK);
    for (int number = 1; number <= 100; ++number)
        REQUIRE(connection.run(batch(number)) == SQLITE_OK);
    // A statement that fails half-way needs its own journal, which no longer fits into SQLite's first buffer.
    CHECK(
        connection.run("UPDATE entry SET content = zeroblob(9000), batch = CASE batch WHEN 100 THEN NULL ELSE 1 END") ==
        SQLITE_CONSTRAINT);
    CHECK(connection.value("SELECT count(DISTINCT batch) FROM entry") == "100");
    REQUIRE(connection.run("COMMIT") == SQLITE_OK);
    REQUIRE(connection.run("CREATE INDEX by_content ON entry (content)") == SQLITE_OK);
    REQUIRE(connection.run("DELETE FROM entry WHERE batch % 2") == SQLITE_OK);
    REQUIRE(connection.run("VACUUM") == SQLITE_OK);
    CHECK(connection.value("PRAGMA integrity_check") == "ok");
    for (const DirectoryEntry &entry : must(disk.root()->list()))
        CHECK_MESSAGE((entry.name == "state.db" || entry.name == "state.db-wal"), entry.name);
    CHECK_FALSE(connection.vfs().take_error().has_value());
}

TEST_CASE("after a cut before any call, with any part of what was not flushed, a commit is there whole or not at all") {
    Twin twin;
    Cutter cutter{twin};
    {
        Connection connection{twin.root()};
        REQUIRE(connection.run(schema) == SQLITE_OK);
        for (int number = 1; number <= 8; ++number) {
            REQUIRE(connection.run("BEGIN IMMEDIATE") == SQLITE_OK);
            REQUIRE(connection.run(batch(number)) == SQLITE_OK);
            cutter.committing(number);
            REQUIRE(connection.run("COMMIT") == SQLITE_OK);
            cutter.committed(number);
        }
    }
    CHECK(cutter.failures() == "");
    MESSAGE(cutter.states(), " different states examined");
    CHECK(cutter.states() > 1000);
}

TEST_CASE("what was never committed is never there") {
    Twin twin;
    Cutter cutter{twin};
    {
        Connection connection{twin.root()};
        REQUIRE(connection.run(schema) == SQLITE_OK);
        REQUIRE(connection.run("PRAGMA cache_size=2") ==
                SQLITE_OK);  // so that pages spill into the log before the commit
        REQUIRE(connection.run("BEGIN") == SQLITE_OK);
        for (int number = 1; number <= 6; ++number)
            REQUIRE(connection.run(batch(number)) == SQLITE_OK);
        REQUIRE(connection.run("ROLLBACK") == SQLITE_OK);
    }
    CHECK(cutter.failures() == "");
}

TEST_CASE("a commit costs one flush, the first one after opening two more for the log's header and name") {
    Twin twin;
    {
        Connection creating{twin.root()};
        REQUIRE(creating.run(schema) == SQLITE_OK);
    }
    Connection connection{twin.root()};
    REQUIRE(connection.run("PRAGMA wal_autocheckpoint=0") == SQLITE_OK);
    const auto flushes_of = [&](const std::string &sql) {
        const std::uint64_t before = twin.flushes();
        REQUIRE(connection.run(sql) == SQLITE_OK);
        return twin.flushes() - before;
    };
    CHECK(flushes_of(batch(1)) == 3);
    CHECK(flushes_of(batch(2)) == 1);
    CHECK(flushes_of("BEGIN; " + batch(3) + "; " + batch(4) + "; COMMIT") == 1);
    CHECK(flushes_of("SELECT count(*) FROM entry") == 0);
}

TEST_CASE("the port's own error stands behind SQLite's") {
    Twin twin;
    Connection connection{twin.root()};
    REQUIRE(connection.run(schema) == SQLITE_OK);
    twin.set_free_bytes(0);
    int answer = SQLITE_OK;
    for (int number = 1; number <= 3 && answer == SQLITE_OK; ++number)
        answer = connection.run(batch(number));
    CHECK(answer == SQLITE_FULL);
    const auto error = connection.vfs().take_error();
    REQUIRE(error.has_value());
    CHECK(error->code() == Code::NO_SPACE);
    CHECK(error->message().find("state.db") != std::string::npos);
    CHECK_FALSE(connection.vfs().take_error().has_value());

    twin.set_free_bytes(1U << 20U);
    CHECK(connection.run(batch(1)) == SQLITE_OK);  // nothing of the failed one hinders
    twin.fail_from(twin.calls() + 1, EROFS);
    CHECK(connection.run(batch(2)) == SQLITE_IOERR);
    CHECK(connection.vfs().take_error()->code() == Code::READ_ONLY);
    twin.fail_never();
    CHECK(connection.run(batch(2)) == SQLITE_OK);
    CHECK(connection.value("PRAGMA integrity_check") == "ok");
}

// Runs until a commit fails or four are made. Counts those that were reported as made.
struct Commits {
    int made = 0;
    bool last_is_unsure = false;
};
static Commits commit_some(Connection &connection) {
    Commits commits;
    if (connection.status() != SQLITE_OK || connection.run(schema) != SQLITE_OK)
        return commits;
    for (int number = 1; number <= 4 && !commits.last_is_unsure; ++number) {
        commits.last_is_unsure = connection.run(batch(number)) != SQLITE_OK;
        commits.made += commits.last_is_unsure ? 0 : 1;
    }
    return commits;
}

TEST_CASE("an error of any one call leaves a commit whole or not at all") {
    std::string failures;
    for (std::uint64_t call = 1; call < 160; ++call) {
        Twin twin;
        twin.fail_at(call, EIO);
        Commits commits;
        {
            Connection connection{twin.root()};
            commits = commit_some(connection);
        }
        for (const Selection &keep : {Selection::none(), Selection::all(), Selection::random(call).torn(call)}) {
            const std::string found = examine(twin.crash(keep));
            if (found != intact(commits.made) && !(commits.last_is_unsure && found == intact(commits.made + 1)))
                failures += fmt::format("call {}, keeping {}: {}, {} were made\n", call, keep.description(), found,
                                        commits.made);
        }
    }
    CHECK(failures == "");
}

// The kernel's cache goes on showing data that a failed flush has lost for the disk. Who opens the database again
// without a reboot must therefore write the log's content once more, which a checkpoint does, before adding to it.
TEST_CASE("commits after an error and a new opening are as durable as any") {
    std::string failures;
    for (std::uint64_t call = 1; call < 160; ++call) {
        Twin twin;
        twin.fail_at(call, EIO);
        Connection killed{twin.root()};  // not closed before the next one opens
        const Commits commits = commit_some(killed);
        twin.fail_never();
        std::string expected;
        {
            Connection again{twin.root()};
            REQUIRE(again.run("PRAGMA wal_checkpoint(TRUNCATE)") == SQLITE_OK);
            REQUIRE(again.run(schema) == SQLITE_OK);
            REQUIRE(again.run(batch(100)) == SQLITE_OK);
            expected = again.value("SELECT 'ok ' || count(DISTINCT batch) || ' ' || count(*) FROM entry");
            const std::string found = examine(twin.crash(Selection::none()));
            if (found != expected || (found != intact(commits.made + 1) && !commits.last_is_unsure))
                failures += fmt::format("call {}: {}, expected {}\n", call, found, expected);
        }
    }
    CHECK(failures == "");
}

TEST_CASE("no database is opened through a symbolic link or by a path") {
    Twin twin;
    must(twin.root()->make_directory("d", 0755));
    must(twin.root()->make_symlink("state.db", "elsewhere"));
    {
        Connection connection{twin.root()};
        CHECK(connection.status() == SQLITE_CANTOPEN);
        CHECK(connection.vfs().take_error()->code() == Code::SYMLINK_IN_PATH);
    }
    const auto vfs = must(PortVfs::create(twin.root()));
    for (const char *path : {"d/state.db", "/state.db", "../state.db"}) {
        sqlite3 *database = nullptr;
        CHECK(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs->name()) ==
              SQLITE_CANTOPEN);
        sqlite3_close(database);
    }
}

TEST_CASE("a registration ends with its owner, and two directories have one each") {
    Twin one;
    Twin other;
    std::string gone;
    {
        Connection first{one.root()};
        Connection second{other.root()};
        REQUIRE(first.run(schema) == SQLITE_OK);
        REQUIRE(second.run(schema) == SQLITE_OK);
        REQUIRE(first.run(batch(1)) == SQLITE_OK);
        CHECK(second.value("SELECT count(*) FROM entry") == "0");
        gone = first.vfs().name();
        CHECK(sqlite3_vfs_find(gone.c_str()) != nullptr);
    }
    CHECK(sqlite3_vfs_find(gone.c_str()) == nullptr);
}
