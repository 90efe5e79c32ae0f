// How fast crash states can be examined: cut, reboot, open the database, a small recovery, a picture of the tree.
#include <mos/state/sqlite_vfs.hpp>

#include "expect.hpp"
#include "tree_image.hpp"
#include "twin.hpp"

#include <chrono>
#include <fmt/format.h>
#include <sqlite3.h>

using namespace mos::base;
using mos::test::must;
using mos::test::Selection;
using mos::test::Twin;

namespace {

constexpr int files = 60;
constexpr int rounds = 5000;
constexpr double microseconds_allowed = 2000;

std::unique_ptr<Directory> open(Directory &root, std::string_view path) {
    return must(root.open_directory(path, Symlinks::refuse));
}

sqlite3 *open_database(mos::state::PortVfs &vfs) {
    sqlite3 *database = nullptr;
    REQUIRE(sqlite3_open_v2("state.db", &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs.name()) ==
            SQLITE_OK);
    for (const char *sql : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                            "CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, text TEXT)"})
        REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    return database;
}

void build(Directory &root) {
    for (const char *name : {"usr", "stage", "db"})
        must(root.make_directory(name, 0755));
    for (int i = 0; i < files; ++i) {
        for (const char *place : {"usr", "stage"}) {
            const auto file = must(open(root, place)->open_file(fmt::format("file-{}", i), OpenMode::create_new));
            must(file->write_at(0, as_bytes(std::string(1000, 'x'))));
        }
    }
    must(must(root.open_sync_point())->flush());
}

// Puts ten files back, says so in the database, and looks at the tree.
void recover(const Twin &twin) {
    const auto root = twin.root();
    const auto usr = open(*root, "usr");
    const auto stage = open(*root, "stage");
    const auto vfs = must(mos::state::PortVfs::create(open(*root, "db")));
    sqlite3 *database = open_database(*vfs);
    for (int i = 0; i < 10; ++i)
        must(stage->rename(fmt::format("file-{}", i), *usr, fmt::format("file-{}", i), RenameMode::exchange));
    must(must(root->open_sync_point())->flush());
    REQUIRE(sqlite3_exec(database, "INSERT INTO log (text) VALUES ('done')", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
    const std::string_view except[] = {"stage", "db"};
    REQUIRE(must(mos::test::scan(*root, except)).entries.size() == files + 2);
}

}  // namespace

TEST_CASE("fifty thousand crash states are examined in less than a hundred seconds") {
    Twin twin;
    const auto root = twin.root();
    build(*root);
    const auto vfs = must(mos::state::PortVfs::create(open(*root, "db")));
    sqlite3 *database = open_database(*vfs);
    for (int i = 0; i < 20; ++i)
        must(open(*root, "stage")
                 ->rename(fmt::format("file-{}", i), *open(*root, "usr"), fmt::format("file-{}", i),
                          RenameMode::exchange));
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t seed = 0; seed < rounds; ++seed) {
        const auto state = twin.crash(Selection::random(seed));
        (void)state.digest();
        recover(Twin{state});
    }
    const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - begin;
    sqlite3_close(database);
    const double each = taken.count() / rounds;
    MESSAGE("microseconds a state: ", each);
    CHECK(each < microseconds_allowed);
}
