#include <mos/state/database.hpp>
#include <mos/state/transactions.hpp>

#include "database_contents.hpp"
#include "schema_1.hpp"

#include <mos/state/sqlite_vfs.hpp>

#include <cerrno>
#include <new>
#include <sqlite3.h>

using namespace mos::state;
using mos::Code;
using mos::base::as_bytes;
using mos::base::OpenMode;
using mos::test::commit_step;
using mos::test::must;
using mos::test::refusal;
using mos::test::Selection;
using mos::test::Twin;

namespace {

// A transaction of that time.
constexpr const char *transaction_of_version_1 = R"sql(
INSERT INTO transactions VALUES (1, 1, 0, 3, 1, 1764000000, 'install p 1', '', 1);
UPDATE properties SET value = 1 WHERE name = 'last_transaction';
)sql";

std::unique_ptr<Database> open(const Twin &twin) { return must(Database::open(twin.root())); }

// Speaks SQL to the database behind its back.
void run_sql(const Twin &twin, const char *sql) {
    const auto vfs = must(PortVfs::create(twin.root()));
    sqlite3 *database = nullptr;
    REQUIRE(sqlite3_open_v2("state.db", &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs->name()) ==
            SQLITE_OK);
    REQUIRE(sqlite3_exec(database, "PRAGMA locking_mode=EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
}

std::int64_t number(const Twin &twin, const char *sql) {
    const auto vfs = must(PortVfs::create(twin.root(), FileUse::read));
    sqlite3 *database = nullptr;
    REQUIRE(sqlite3_open_v2("state.db", &database, SQLITE_OPEN_READONLY, vfs->name()) == SQLITE_OK);
    std::int64_t answer = -1;
    const auto take = [](void *out, int, char **values, char **) {
        *static_cast<std::int64_t *>(out) = std::strtoll(values[0], nullptr, 10);
        return 0;
    };
    CHECK(sqlite3_exec(database, "PRAGMA locking_mode=EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
    CHECK(sqlite3_exec(database, sql, take, &answer, nullptr) == SQLITE_OK);
    sqlite3_close(database);
    return answer;
}

mos::Result<void> insert(Database &database, std::uint64_t id) {
    Transaction transaction;
    transaction.id = id;
    transaction.stage = id;
    transaction.state = TransactionState::done;
    return Transactions{database}.insert(transaction);
}

bool holds(Database &database, std::uint64_t id) { return must(Transactions{database}.find(id)).has_value(); }

}  // namespace

TEST_CASE("a new database has no transactions and counts from 1") {
    const Twin twin;
    const auto database = open(twin);
    CHECK(must(Transactions{*database}.next_id()) == 1);
    CHECK(must(Transactions{*database}.list(10)).empty());
}

TEST_CASE("what was committed is there when the database is opened again") {
    const Twin twin;
    {
        const auto database = open(twin);
        must(database->commit(Durability::durable, [&] { return insert(*database, 1); }));
    }
    const auto database = open(twin);
    CHECK(holds(*database, 1));
    CHECK(must(Transactions{*database}.next_id()) == 2);
}

TEST_CASE("closing a database flushes nothing, and its log stays") {
    Twin twin;
    auto database = open(twin);
    must(database->commit(Durability::durable, [&] { return insert(*database, 1); }));
    const std::uint64_t before = twin.mutations();
    database.reset();
    CHECK(twin.mutations() == before);
    CHECK(must(twin.root()->find("state.db-wal"))->size > 0);
}

TEST_CASE("a durable commit survives a cut, one that rides with the next may be lost") {
    Twin twin;
    const auto database = open(twin);
    must(database->commit(Durability::durable, [&] { return insert(*database, 1); }));
    const std::uint64_t flushes = twin.flushes();
    must(database->commit(Durability::with_next, [&] { return insert(*database, 2); }));
    CHECK(twin.flushes() == flushes);
    const Twin cut{twin.crash(Selection::none())};
    CHECK(holds(*open(cut), 1));
    CHECK_FALSE(holds(*open(cut), 2));

    must(database->commit(Durability::durable, [&] { return insert(*database, 3); }));
    CHECK(twin.flushes() == flushes + 1);
    const Twin later{twin.crash(Selection::none())};
    CHECK(holds(*open(later), 2));
    CHECK(holds(*open(later), 3));
}

TEST_CASE("a commit whose body fails leaves nothing, and the database goes on") {
    const Twin twin;
    const auto database = open(twin);
    const auto refused = database->commit(Durability::durable, [&]() -> mos::Result<void> {
        MOS_CHECK(insert(*database, 1));
        return mos::Error{Code::CANCELLED, "no"};
    });
    CHECK(refusal(refused) == Code::CANCELLED);
    CHECK_FALSE(database->failed());
    CHECK_FALSE(holds(*database, 1));
    must(database->commit(Durability::durable, [&] { return insert(*database, 1); }));
}

TEST_CASE("after a commit that could not be flushed the database must be opened again") {
    Twin twin;
    const auto commit = [](Database &database, std::uint64_t number) {
        return database.commit(Durability::durable, [&] { return insert(database, number); });
    };
    {
        const auto database = open(twin);
        must(commit(*database, 1));
        twin.fail_from(twin.calls() + 1, EIO);
        CHECK(refusal(commit(*database, 2)) == Code::IO);
        CHECK(database->failed());
        twin.fail_never();
        CHECK(refusal(commit(*database, 3)) == Code::IO);
    }
    const auto database = open(twin);
    CHECK(holds(*database, 1));
    CHECK_FALSE(holds(*database, 3));
    must(commit(*database, 4));
}

TEST_CASE("after a commit in which memory ran out the database must be opened again") {
    Twin twin;
    const auto database = open(twin);
    must(database->commit(Durability::durable, [&] { return insert(*database, 1); }));
    bool body_has_run = false;
    twin.on_mutation([&](std::uint64_t /*number*/, std::string_view what) {
        if (body_has_run && what.starts_with("write"))
            throw std::bad_alloc{};
    });
    const auto commit = [&] {
        return database->commit(Durability::durable, [&]() -> mos::Result<void> {
            MOS_CHECK(insert(*database, 2));
            body_has_run = true;
            return {};
        });
    };
    CHECK_THROWS_AS(static_cast<void>(commit()), std::bad_alloc);
    CHECK(body_has_run);
    CHECK(database->failed());
    twin.on_mutation(nullptr);
    CHECK(refusal(database->commit(Durability::durable, [&] { return insert(*database, 3); })) == Code::IO);
    const auto next = open(twin.killed());
    CHECK(holds(*next, 1));
    CHECK_FALSE(holds(*next, 3));
    must(next->commit(Durability::durable, [&] { return insert(*next, 4); }));
}

TEST_CASE("a checkpoint empties the log and keeps what it held") {
    Twin twin;
    const auto database = open(twin);
    must(database->commit(Durability::durable, [&] { return insert(*database, 1); }));
    must(database->checkpoint());
    CHECK(must(twin.root()->find("state.db-wal"))->size == 0);
    CHECK(holds(*open(Twin{twin.crash(Selection::none())}), 1));
}

TEST_CASE("a file that is no database is damaged, and stays as it is") {
    const Twin twin;
    const std::string garbage(8192, 'g');
    must(must(twin.root()->open_file("state.db", OpenMode::create_new))->write_at(0, as_bytes(garbage)));
    CHECK(refusal(Database::open(twin.root())) == Code::DATABASE_DAMAGED);
    CHECK(mos::base::as_text(must(mos::base::read_file(*twin.root(), "state.db", 1U << 20U))) == garbage);
}

TEST_CASE("a newer schema that an older reader can read opens, and is left as it is") {
    const Twin twin;
    (void)open(twin);
    run_sql(twin, "PRAGMA user_version = 70; UPDATE properties SET value = 1 WHERE name = 'minimum_reader'");
    {
        const auto database = open(twin);
        must(database->commit(Durability::durable, [&] { return insert(*database, 1); }));
    }
    run_sql(twin, "PRAGMA user_version = 71");  // still a database; and the version was not set back:
    CHECK(holds(*open(twin), 1));
}

TEST_CASE("a schema with a negative number is no schema of ours") {
    const Twin twin;
    (void)open(twin);
    run_sql(twin, "PRAGMA user_version = -1");
    const auto refused = Database::open(twin.root());
    CHECK(refusal(refused) == Code::DATABASE_DAMAGED);
    CHECK(refused.error().message() == "the database says that its schema is -1");
}

TEST_CASE("a newer schema that needs a newer reader is refused by name") {
    const Twin twin;
    (void)open(twin);
    run_sql(twin, "PRAGMA user_version = 70; UPDATE properties SET value = 60 WHERE name = 'minimum_reader'");
    const auto refused = Database::open(twin.root());
    CHECK(refusal(refused) == Code::DATABASE_TOO_NEW);
    CHECK(refused.error().message() == "the database has schema 70, which needs a reader of at least 60; this is " +
                                           std::to_string(mos::state::schema_version));
}

TEST_CASE("a database of version 1 is brought to the present one in one step, and its pages stay without checksums") {
    Twin twin;
    run_sql(twin, "PRAGMA journal_mode = WAL");
    run_sql(twin, mos::test::schema_1);
    run_sql(twin, transaction_of_version_1);
    {
        const auto old = must(Database::examine(twin.root()));
        CHECK(must(Transactions{*old}.list(10)).size() == 1);
        CHECK(must(old->revision()) == 0);
    }
    std::vector<mos::test::DiskState> states;
    twin.on_mutation([&](std::uint64_t number, std::string_view) {
        for (const Selection &keep : {Selection::none(), Selection::all(), Selection::random(number)})
            states.push_back(twin.crash(keep));
    });
    {
        const auto database = open(twin);
        CHECK(database->changed());
        CHECK(holds(*database, 1));
        CHECK(must(Transactions{*database}.next_id()) == 2);
        must(database->commit(Durability::durable, [&] { return insert(*database, 2); }));
        CHECK(must(database->revision()) == 1);
        must(database->checkpoint());
    }
    twin.on_mutation(nullptr);
    CHECK_FALSE(open(twin)->changed());
    CHECK(holds(*open(twin), 2));
    must(mos::state::check_pages(*twin.root()));  // which has nothing to check
    // An older library does not open it any more.
    CHECK(number(twin, "SELECT value FROM properties WHERE name = 'minimum_reader'") == 6);
    CHECK(number(twin, "PRAGMA user_version") == mos::state::schema_version);
    CHECK(states.size() > 20);
    for (const auto &state : states)
        CHECK(holds(*open(Twin{state}), 1));
}

TEST_CASE("a durable commit is counted, another one is not") {
    const Twin twin;
    const auto database = open(twin);
    CHECK(must(database->revision()) == 0);
    must(database->commit(Durability::durable, [&] { return insert(*database, 1); }));
    must(database->commit(Durability::with_next, [&] { return insert(*database, 2); }));
    CHECK(must(database->revision()) == 1);
    CHECK(must(open(twin)->revision()) == 1);
}

TEST_CASE("a log is long when it is larger than a mebibyte and a quarter of the database") {
    const Twin twin;
    const auto log_bytes = [&] { return must(twin.root()->find("state.db-wal"))->size; };
    commit_step(*open(twin), 1, 40'000);
    CHECK(log_bytes() > usual_long_log);
    CHECK(open(twin)->log_is_long());
    must(open(twin)->checkpoint());
    CHECK_FALSE(open(twin)->log_is_long());
    const std::uint64_t quarter = must(twin.root()->find("state.db"))->size / 4;
    commit_step(*open(twin), 2, 6000);
    CHECK(log_bytes() > usual_long_log);
    CHECK(log_bytes() < quarter);
    CHECK_FALSE(open(twin)->log_is_long());
    commit_step(*open(twin), 3, 8000);
    CHECK(log_bytes() > quarter);
    CHECK(open(twin)->log_is_long());
}

TEST_CASE("making a database costs one flush, and its name is durable with the first commit") {
    Twin twin;
    const auto database = open(twin);
    CHECK(twin.flushes() == 1);
    must(database->commit(Durability::durable, [&] { return insert(*database, 1); }));
    CHECK(twin.flushes() == 4);  // the log's header, its name, and the commit
    CHECK(holds(*open(Twin{twin.crash(Selection::none())}), 1));
}

TEST_CASE("the log of a database that is gone does not get into a new one") {
    const Twin twin;
    commit_step(*open(twin), 1);
    must(twin.root()->remove_file("state.db"));
    CHECK_FALSE(holds(*open(twin), 1));
}

TEST_CASE("a database that was cut while it was made opens as a new one") {
    Twin twin;
    std::vector<mos::test::DiskState> states;
    twin.on_mutation([&](std::uint64_t number, std::string_view) {
        for (const Selection &keep : {Selection::none(), Selection::all(), Selection::random(number)})
            states.push_back(twin.crash(keep));
    });
    commit_step(*open(twin), 1);
    CHECK(states.size() > 20);
    for (const auto &state : states)
        CHECK(must(Transactions{*open(Twin{state})}.next_id()) <= 2);
}

TEST_CASE("an empty database in memory reads like a new one") {
    const auto database = must(Database::open_empty());
    CHECK(must(Transactions{*database}.next_id()) == 1);
}
