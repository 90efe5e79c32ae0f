// Reading the database while it is in use: what a reader sees, and whom it holds up.
#include "disks.hpp"
#include "expect.hpp"
#include "tree_image.hpp"

#include <mos/state/transactions.hpp>

#include "database_lock.hpp"

#include <thread>

using namespace mos::state;
using mos::Code;
using mos::base::LockMode;
using mos::test::must;
using mos::test::refusal;

namespace {

std::unique_ptr<Database> open(const auto &disk) { return must(Database::open(disk.root())); }
std::unique_ptr<Database> open_to_read(const auto &disk) { return must(Database::open_to_read(disk.root())); }

mos::Result<void> insert(Database &database, std::uint64_t id) {
    Transaction transaction;
    transaction.id = id;
    transaction.stage = id;
    transaction.summary = std::string(1000, 'x');
    transaction.state = TransactionState::done;
    return Transactions{database}.insert(transaction);
}

void commit(Database &database, std::uint64_t id) {
    must(database.commit(Durability::durable, [&] { return insert(database, id); }));
}

std::size_t count(Database &database) { return must(Transactions{database}.list(1000)).size(); }

}  // namespace

TEST_CASE_TEMPLATE("a reader sees what was committed when it came, and not what came later", Disk, MOS_DISKS) {
    const Disk disk;
    const auto writer = open(disk);
    commit(*writer, 1);
    const auto reader = open_to_read(disk);
    commit(*writer, 2);
    CHECK(count(*reader) == 1);
    CHECK(count(*open_to_read(disk)) == 2);
    CHECK(count(*writer) == 2);
}

TEST_CASE_TEMPLATE("a reader sees nothing of a change that is not committed", Disk, MOS_DISKS) {
    const Disk disk;
    const auto writer = open(disk);
    commit(*writer, 1);
    // So much that SQLite writes part of it to the log before the commit.
    must(writer->commit(Durability::durable, [&]() -> mos::Result<void> {
        for (std::uint64_t id = 2; id < 6000; ++id)
            MOS_CHECK(insert(*writer, id));
        CHECK(count(*open_to_read(disk)) == 1);
        return {};
    }));
    CHECK(must(Transactions{*open_to_read(disk)}.next_id()) == 6000);
}

TEST_CASE_TEMPLATE("a database that nobody has completed reads as an empty one, and nothing is created", Disk,
                   MOS_DISKS) {
    const Disk disk;
    CHECK(count(*open_to_read(disk)) == 0);
    CHECK(must(disk.root()->list()).empty());
    (void)must(disk.root()->open_file("state.db", mos::base::OpenMode::create_new));
    CHECK(count(*open_to_read(disk)) == 0);
}

TEST_CASE("a database whose creation was cut reads as an empty one") {
    mos::test::Twin twin;
    std::vector<mos::test::DiskState> states;
    twin.on_mutation([&](std::uint64_t number, std::string_view) {
        for (const auto &keep :
             {mos::test::Selection::none(), mos::test::Selection::all(), mos::test::Selection::random(number)})
            states.push_back(twin.crash(keep));
    });
    (void)must(Database::open(twin.root()));
    CHECK(states.size() > 10);
    for (const auto &state : states)
        CHECK(count(*must(Database::open_to_read(mos::test::Twin{state}.root()))) == 0);
}

TEST_CASE_TEMPLATE("a reader changes nothing, on disk or through its database", Disk, MOS_DISKS) {
    const Disk disk;
    commit(*open(disk), 1);
    const auto before = must(mos::test::scan(*disk.root()));
    {
        const auto reader = open_to_read(disk);
        CHECK(count(*reader) == 1);
        CHECK(refusal(reader->commit(Durability::durable, [] { return mos::Result<void>{}; })) == Code::READ_ONLY);
        CHECK(refusal(reader->checkpoint()) == Code::READ_ONLY);
    }
    CHECK(mos::test::difference(before, must(mos::test::scan(*disk.root())), mos::test::all_directory_times) == "");
}

TEST_CASE("the log is emptied when the readers are gone, and they find all of it in the file") {
    const mos::test::KernelDisk disk;
    const auto writer = open(disk);
    commit(*writer, 1);
    auto reader = open_to_read(disk);
    std::thread leaving{[&] {
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
        CHECK(count(*reader) == 1);
        reader.reset();
    }};
    must(writer->checkpoint());
    CHECK(reader == nullptr);
    leaving.join();
    CHECK(must(disk.root()->find("state.db-wal"))->size == 0);
    CHECK(count(*open_to_read(disk)) == 1);
}

TEST_CASE("neither half of a checkpoint touches what somebody reads") {
    const mos::test::KernelDisk disk;
    const auto writer = open(disk);
    commit(*writer, 1);
    const std::uint64_t full = must(disk.root()->find("state.db-wal"))->size;
    {
        const auto reader = open_to_read(disk);
        CHECK(refusal(writer->write_back()) == Code::LOCKED);
        CHECK(refusal(writer->empty_written_log()) == Code::LOCKED);
        CHECK(must(disk.root()->find("state.db-wal"))->size == full);
        CHECK(count(*reader) == 1);
    }
    must(writer->write_back());
    must(must(disk.root()->open_sync_point())->flush());
    must(writer->empty_written_log());
    CHECK(must(disk.root()->find("state.db-wal"))->size == 0);
    CHECK(count(*open_to_read(disk)) == 1);
}

TEST_CASE_TEMPLATE("who waits for a lock in vain is told what it is about", Disk, MOS_DISKS) {
    const Disk disk;
    commit(*open(disk), 1);
    const auto reader = open_to_read(disk);
    const auto refused = lock_database(*disk.root(), "state.db", LockMode::exclusive, std::chrono::milliseconds{20});
    CHECK(refusal(refused) == Code::LOCKED);
    CHECK(refused.error().message() ==
          "the database 'state.db' is being read by another process or thread and was not free in time");
}
