// The redundant copy of a database: how it is kept, and how it is put back.
#include "database_contents.hpp"
#include "tree_image.hpp"

#include <algorithm>

using namespace mos::test;
using mos::Code;
using mos::base::OpenMode;
using mos::base::Symlinks;
using mos::state::CopyStep;
using mos::state::Database;

namespace {

// A root with the database's folder and that of its copy.
class Bench {
  public:
    explicit Bench(const DiskState &state = {}) : twin(state) {
        must(mos::base::make_directories(*twin.root(), "state"));
        must(mos::base::make_directories(*twin.root(), "stages"));
    }

    [[nodiscard]] std::unique_ptr<mos::base::Directory> folder(const char *path) const {
        return must(twin.root()->open_directory(path, Symlinks::refuse));
    }
    [[nodiscard]] std::unique_ptr<Database> open() const { return must(Database::open(folder("state"))); }
    [[nodiscard]] CopyStep update() const { return must(mos::state::update_copy(*folder("state"), *folder("stages"))); }
    [[nodiscard]] std::string copied() const { return must(contents(*must(Database::examine(folder("stages/copy"))))); }
    [[nodiscard]] std::string held() const { return must(contents(*must(Database::examine(folder("state"))))); }

    Twin twin;
};

mos::base::Bytes bytes_of(mos::base::Directory &folder, const char *name) {
    return must(mos::base::read_file(folder, name, 64U << 20U));
}

}  // namespace

TEST_CASE("the first copy is made anew, the next ones are appended to without a flush") {
    Bench bench;
    const auto database = bench.open();
    commit_step(*database, 1);
    CHECK(bench.update() == CopyStep::made_anew);
    CHECK(bench.copied() == bench.held());
    for (std::uint64_t id = 2; id < 6; ++id) {
        commit_step(*database, id);
        const std::uint64_t flushes = bench.twin.flushes();
        CHECK(bench.update() == CopyStep::appended);
        CHECK(bench.twin.flushes() == flushes);
        CHECK(bench.copied() == bench.held());
        CHECK(bytes_of(*bench.folder("stages/copy"), "state.db-wal") ==
              bytes_of(*bench.folder("state"), "state.db-wal"));
    }
    CHECK(bench.update() == CopyStep::appended);  // nothing is new
    CHECK(must(mos::state::includes(*bench.folder("state"), *bench.folder("stages/copy"))));
}

TEST_CASE("after a checkpoint the copy is made anew, also when the log is as long as it was") {
    Bench bench;
    const auto database = bench.open();
    commit_step(*database, 1);
    CHECK(bench.update() == CopyStep::made_anew);
    must(database->checkpoint());
    CHECK_FALSE(must(mos::state::includes(*bench.folder("state"), *bench.folder("stages/copy"))));
    CHECK(bench.update() == CopyStep::made_anew);
    CHECK(bench.copied() == bench.held());
    CHECK(bench.update() == CopyStep::appended);  // both without a log
    commit_step(*database, 2);
    CHECK(must(mos::state::includes(*bench.folder("state"), *bench.folder("stages/copy"))));
    CHECK(bench.update() == CopyStep::appended);
    CHECK(bench.copied() == bench.held());
    must(database->checkpoint());
    commit_step(*database, 3);
    CHECK(bench.update() == CopyStep::made_anew);
    CHECK(bench.copied() == bench.held());
}

TEST_CASE("a copy without a log is made anew where its database is another, be it of the same size") {
    Bench bench;
    const auto database = bench.open();
    commit_step(*database, 1);
    must(database->checkpoint());
    CHECK(bench.update() == CopyStep::made_anew);
    const auto copied = must(bench.folder("stages/copy")->open_file("state.db", OpenMode::write));
    must(copied->write_at(5000, mos::base::as_bytes("x")));
    commit_step(*database, 2);
    CHECK_FALSE(must(mos::state::includes(*bench.folder("state"), *bench.folder("stages/copy"))));
    CHECK(bench.update() == CopyStep::made_anew);
    CHECK(bench.copied() == bench.held());
}

TEST_CASE("a commit that was taken back leaves frames in the log, and none in the copy") {
    Bench bench;
    const auto database = bench.open();
    commit_step(*database, 1);
    (void)bench.update();
    // More than the cache holds, so that it is written before it is taken back.
    const auto refused = database->commit(mos::state::Durability::durable, [&]() -> mos::Result<void> {
        for (std::uint64_t i = 0; i < 60'000; ++i) {
            mos::state::Operation operation;
            operation.slot = i;
            operation.path = fmt::format("a/path/that/nobody/ever/puts/in/place/{}", i);
            MOS_CHECK(mos::state::Transactions{*database}.insert_operation(9, operation));
        }
        return mos::Error{Code::CANCELLED, "no"};
    });
    CHECK(refusal(refused) == Code::CANCELLED);
    const std::uint64_t copied = must(bench.folder("stages/copy")->find("state.db-wal"))->size;
    CHECK(must(bench.folder("state")->find("state.db-wal"))->size > copied + 100'000);
    CHECK(bench.update() == CopyStep::appended);
    CHECK(must(bench.folder("stages/copy")->find("state.db-wal"))->size == copied);
    commit_step(*database, 2);
    CHECK(bench.update() == CopyStep::appended);
    CHECK(bench.copied() == bench.held());
}

TEST_CASE("a copy whose tail was torn or altered is mended by the next step") {
    Bench bench;
    const auto database = bench.open();
    commit_step(*database, 1);
    (void)bench.update();
    const auto copy = bench.folder("stages/copy");
    const std::uint64_t size = must(copy->find("state.db-wal"))->size;
    must(must(copy->open_file("state.db-wal", OpenMode::write))->resize(size - 1000));
    CHECK(bench.update() == CopyStep::appended);
    CHECK(bench.copied() == bench.held());
    must(must(copy->open_file("state.db-wal", OpenMode::write))
             ->write_at(size - 4120, mos::base::as_bytes("somebody else's")));
    CHECK(bench.update() == CopyStep::appended);
    CHECK(bench.copied() == bench.held());
    must(must(copy->open_file("state.db-wal", OpenMode::write))->write_at(3, mos::base::as_bytes("no log")));
    CHECK(bench.update() == CopyStep::made_anew);
    CHECK(bench.copied() == bench.held());
}

TEST_CASE("a damaged database never replaces a good copy") {
    Bench bench;
    {
        const auto database = bench.open();
        commit_step(*database, 1);
        must(database->checkpoint());
    }
    (void)bench.update();
    const std::string good = bench.copied();
    const auto folder = bench.folder("state");
    must(must(folder->open_file("state.db", OpenMode::write))->write_at(9000, mos::base::as_bytes("xyz")));
    CHECK(refusal(mos::state::update_copy(*folder, *bench.folder("stages"))) == Code::DATABASE_DAMAGED);
    CHECK(bench.copied() == good);
}

TEST_CASE("a copy that is put back keeps the damaged files aside") {
    Bench bench;
    {
        const auto database = bench.open();
        for (std::uint64_t id = 1; id < 4; ++id)
            commit_step(*database, id);
    }
    (void)bench.update();
    const std::string good = bench.held();
    const auto folder = bench.folder("state");
    for (const char *damage : {"first damage", "second damage"}) {
        must(mos::base::replace_file(*folder, "state.db", mos::base::as_bytes(damage), 0600));
        must(mos::state::forget_damaged(*folder));
        must(mos::state::restore_copy(*bench.folder("stages/copy"), *folder));
        CHECK(bench.held() == good);
        CHECK(bytes_of(*folder, "state.db.damaged") ==
              mos::base::Bytes(mos::base::as_bytes(damage).begin(), mos::base::as_bytes(damage).end()));
    }
    CHECK(must(folder->find("state.db-wal.damaged")).has_value());
    CHECK(must(contents(*bench.open())) == good);
}

// At every call: the copy holds one of the two states that it is between, whole.
TEST_CASE("a cut while the copy is kept leaves the copy before or after, or a beginning of it") {
    Bench bench;
    const auto database = bench.open();
    commit_step(*database, 1);
    (void)bench.update();
    must(must(bench.twin.root()->open_sync_point())->flush());  // the first one's name
    std::vector<std::string> right{bench.copied()};
    std::vector<DiskState> states;
    for (const bool anew : {false, true}) {
        if (anew)
            must(database->checkpoint());
        commit_step(*database, anew ? 3 : 2);
        right.push_back(bench.held());
        bench.twin.on_mutation([&](std::uint64_t number, std::string_view) {
            for (const Selection &keep : {Selection::none(), Selection::all(), Selection::random(number),
                                          Selection::random(number + 100).torn(number)})
                states.push_back(bench.twin.crash(keep));
        });
        (void)bench.update();
        states.push_back(bench.twin.crash(Selection::none()));
        bench.twin.on_mutation(nullptr);
        must(must(bench.twin.root()->open_sync_point())->flush());
    }
    CHECK(states.size() > 60);
    for (const DiskState &state : states) {
        const Bench cut{state};
        CHECK(std::ranges::count(right, cut.copied()) == 1);
        // And the next step mends it.
        (void)cut.update();
        CHECK(cut.copied() == cut.held());
        CHECK_FALSE(must(cut.folder("stages")->find("copy.new")).has_value());
    }
}

TEST_CASE("a cut while a copy is put back leaves the database missing or restored") {
    Bench bench;
    {
        const auto database = bench.open();
        commit_step(*database, 1);
        must(database->checkpoint());
        commit_step(*database, 2);
    }
    (void)bench.update();
    const std::string good = bench.held();
    must(mos::base::replace_file(*bench.folder("state"), "state.db", mos::base::as_bytes("damage"), 0600));
    must(must(bench.twin.root()->open_sync_point())->flush());
    std::vector<DiskState> states;
    bench.twin.on_mutation([&](std::uint64_t number, std::string_view) {
        for (const Selection &keep : {Selection::none(), Selection::all(), Selection::random(number),
                                      Selection::random(number + 100).torn(number)})
            states.push_back(bench.twin.crash(keep));
    });
    must(mos::state::restore_copy(*bench.folder("stages/copy"), *bench.folder("state")));
    bench.twin.on_mutation(nullptr);
    states.push_back(bench.twin.crash(Selection::none()));
    CHECK(states.size() > 40);
    for (const DiskState &state : states) {
        const Bench cut{state};
        const auto found = Database::examine(cut.folder("state"));
        if (found)
            CHECK(must(contents(**found)) == good);
        else if (found.error().code() != Code::NOT_FOUND)
            CHECK(refusal(found) == Code::DATABASE_DAMAGED);
        must(mos::state::restore_copy(*cut.folder("stages/copy"), *cut.folder("state")));
        CHECK(must(contents(*cut.open())) == good);
        bool kept = false;  // of the database that was there first, if its name was moved at all
        for (const auto &entry : must(cut.folder("state")->list()))
            kept = kept || entry.name == "state.db.damaged";
        CHECK(kept);
    }
}

TEST_CASE("looking at a database writes nothing, and neither does a commit through it") {
    Bench bench;
    commit_step(*bench.open(), 1);
    const auto before = must(scan(*bench.twin.root()));
    const std::uint64_t mutations = bench.twin.mutations();
    {
        const auto database = must(Database::examine(bench.folder("state")));
        CHECK(must(database->revision()) == 1);
        CHECK(refusal(database->commit(mos::state::Durability::durable, [] { return mos::Result<void>{}; })) ==
              Code::READ_ONLY);
        CHECK_FALSE(database->changed());
    }
    CHECK(refusal(Database::examine(bench.folder("stages"))) == Code::NOT_FOUND);
    CHECK(bench.twin.mutations() == mutations);
    CHECK(difference(before, must(scan(*bench.twin.root())), all_directory_times) == "");
}
