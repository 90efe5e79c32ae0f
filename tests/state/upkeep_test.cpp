// What is done for the database beside a transaction's flush: its log is brought in, its copy is made.
#include <mos/state/database_files.hpp>
#include <mos/state/upkeep.hpp>

#include "database_contents.hpp"

#include <algorithm>
#include <cerrno>

using namespace mos::test;
using mos::Code;
using mos::base::Symlinks;
using mos::state::CopyStep;
using mos::state::Database;
using mos::state::Upkeep;

namespace {

constexpr std::uint64_t little = 4096;  // so that a few commits make a long log

class Bench {
  public:
    explicit Bench(const DiskState &state = {}) : twin(state) {
        must(mos::base::make_directories(*twin.root(), "state"));
        must(mos::base::make_directories(*twin.root(), "stages"));
    }

    [[nodiscard]] std::unique_ptr<mos::base::Directory> folder(const char *path) const {
        return must(twin.root()->open_directory(path, Symlinks::refuse));
    }
    [[nodiscard]] std::unique_ptr<Database> open() const { return must(Database::open(folder("state"), little)); }
    [[nodiscard]] CopyStep update() const { return must(mos::state::update_copy(*folder("state"), *folder("stages"))); }
    [[nodiscard]] std::string copied() const { return must(contents(*must(Database::examine(folder("stages/copy"))))); }
    [[nodiscard]] std::string held() const { return must(contents(*must(Database::examine(folder("state"))))); }
    [[nodiscard]] std::uint64_t log_bytes() const { return must(folder("state")->find("state.db-wal"))->size; }

    // As a transaction does it: returns whether there was anything to do.
    [[nodiscard]] bool keep_up(Database &database) const {
        const auto copies = folder("stages");
        Upkeep upkeep{database, *copies};
        const bool due = must(upkeep.is_due());
        const auto sync_point = must(twin.root()->open_sync_point());
        if (due)
            must(upkeep.prepare());
        must(sync_point->flush());
        if (due)
            must(upkeep.finish());
        return due;
    }

    Twin twin;
};

// A database with a long log and a copy that has all of it.
void make_long_log(const Bench &bench) {
    {
        const auto database = bench.open();
        commit_step(*database, 1);
        commit_step(*database, 2);
    }
    (void)bench.update();
    must(must(bench.twin.root()->open_sync_point())->flush());
    REQUIRE(bench.log_bytes() > little);
}

}  // namespace

TEST_CASE("the first copy is made at no flush of its own") {
    Bench bench;
    const auto database = bench.open();
    commit_step(*database, 1);
    const std::uint64_t before = bench.twin.flushes();
    CHECK(bench.keep_up(*database));
    CHECK(bench.twin.flushes() == before + 1);
    CHECK(bench.copied() == bench.held());
    CHECK_FALSE(bench.keep_up(*database));
    commit_step(*database, 2);
    CHECK(bench.update() == CopyStep::appended);
    CHECK(bench.copied() == bench.held());
}

TEST_CASE("a long log is brought in at the cost of one flush, the copy's name") {
    Bench bench;
    make_long_log(bench);
    const auto database = bench.open();
    CHECK(database->log_is_long());
    commit_step(*database, 3);
    const std::string held = bench.held();
    const std::uint64_t before = bench.twin.flushes();
    CHECK(bench.keep_up(*database));
    CHECK(bench.twin.flushes() == before + 2);
    CHECK(bench.log_bytes() == 0);
    CHECK(bench.held() == held);
    CHECK(bench.copied() == held);
    CHECK_FALSE(bench.keep_up(*database));
    commit_step(*database, 4);
    CHECK(bench.update() == CopyStep::appended);
    CHECK(bench.copied() == bench.held());
}

TEST_CASE("a log that a checkpoint has brought in is not long any more") {
    const Bench bench;
    make_long_log(bench);
    const auto database = bench.open();
    must(database->checkpoint());
    CHECK_FALSE(bench.keep_up(*database));
}

TEST_CASE("while somebody reads the log stays as it is, and is brought in by the next one") {
    Bench bench;
    make_long_log(bench);
    {
        const auto reader = must(Database::open_to_read(bench.folder("state")));
        const auto database = bench.open();
        commit_step(*database, 3);
        CHECK(bench.keep_up(*database));
        CHECK(bench.log_bytes() > little);
        CHECK(must(contents(*reader)) != bench.held());
        CHECK(bench.update() == CopyStep::appended);
    }
    CHECK(bench.keep_up(*bench.open()));
    CHECK(bench.log_bytes() == 0);
    CHECK(bench.copied() == bench.held());
}

TEST_CASE("a reader who comes between the two halves sees everything, and the log stays") {
    const Bench bench;
    make_long_log(bench);
    const auto database = bench.open();
    const auto copies = bench.folder("stages");
    Upkeep upkeep{*database, *copies};
    must(upkeep.prepare());
    const auto reader = must(Database::open_to_read(bench.folder("state")));
    must(must(bench.twin.root()->open_sync_point())->flush());
    must(upkeep.finish());
    CHECK(bench.log_bytes() > little);
    CHECK(must(contents(*reader)) == bench.held());
    CHECK(bench.copied() == bench.held());
    CHECK(bench.update() == CopyStep::appended);
}

TEST_CASE("after a flush that failed the log is not emptied by anybody") {
    Bench bench;
    make_long_log(bench);
    const std::string held = bench.held();
    {
        const auto database = bench.open();
        const auto copies = bench.folder("stages");
        Upkeep upkeep{*database, *copies};
        must(upkeep.prepare());
        CHECK(refusal(database->checkpoint()) == Code::IO);
    }
    const Bench cut{bench.twin.crash(Selection::none())};
    CHECK(cut.held() == held);
    must(bench.open()->checkpoint());
    CHECK(bench.held() == held);
}

TEST_CASE("a cut at any call of the upkeep loses nothing that was committed, in the database and in its copy") {
    Bench bench;
    make_long_log(bench);
    std::vector<DiskState> states;
    bench.twin.on_mutation([&](std::uint64_t number, std::string_view) {
        for (const Selection &keep :
             {Selection::none(), Selection::all(), Selection::random(number),
              Selection::random(number + 100).torn(number), Selection::random(number + 200).torn(number)})
            states.push_back(bench.twin.crash(keep));
    });
    std::vector<std::string> right{bench.held()};
    {
        const auto database = bench.open();
        CHECK(bench.keep_up(*database));
        commit_step(*database, 3);
        right.push_back(bench.held());
        (void)bench.update();
        states.push_back(bench.twin.crash(Selection::none()));
    }
    bench.twin.on_mutation(nullptr);
    CHECK(states.size() > 60);
    for (const DiskState &state : states) {
        const Bench cut{state};
        CHECK(std::ranges::count(right, cut.copied()) == 1);
        CHECK(std::ranges::count(right, must(contents(*cut.open()))) == 1);
        const auto database = cut.open();
        (void)cut.keep_up(*database);
        commit_step(*database, 4);
        (void)cut.update();
        CHECK(cut.copied() == cut.held());
        CHECK_FALSE(must(cut.folder("stages")->find("copy.new")).has_value());
    }
}
