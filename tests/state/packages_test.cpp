#include <mos/state/packages.hpp>
#include <mos/state/transactions.hpp>

#include "expect.hpp"

using namespace mos::state;
using mos::test::must;

namespace {

// Two transactions: the first brings version 1, the second replaces it by version 2.
struct History {
    std::unique_ptr<Database> database = must(Database::open_empty());
    Packages packages{*database};
    Transactions transactions{*database};
    std::uint64_t one = 0;
    std::uint64_t two = 0;

    History() {
        must(database->commit(Durability::durable, [&]() -> mos::Result<void> {
            MOS_CHECK(transactions.insert(effective(1)));
            MOS_TRY(one, packages.insert(package("1"), 1));
            MOS_CHECK(packages.insert_file(file(one, "usr/bin/tool")));
            MOS_CHECK(packages.insert_file(file(one, "usr/bin/only-one")));
            MOS_CHECK(transactions.insert(effective(2)));
            MOS_CHECK(packages.mark_removed(one, 2));
            MOS_TRY(two, packages.insert(package("2"), 2));
            return packages.insert_file(file(two, "usr/bin/tool"));
        }));
    }

    static Transaction effective(std::uint64_t id) {
        Transaction made;
        made.id = id;
        made.stage = id;
        made.state = TransactionState::done;
        made.in_effect = true;
        return made;
    }
    static InstalledPackage package(std::string version) {
        InstalledPackage made;
        made.name = "tool";
        made.version = std::move(version);
        made.release = "1";
        made.architecture = "x86_64";
        made.type = "application";
        made.content_digest.fill(std::byte{0xAB});
        made.signer = "someone";
        made.manifest = "{}";
        return made;
    }
    static InstalledFile file(std::uint64_t package, std::string path) {
        InstalledFile made;
        made.package = package;
        made.path = std::move(path);
        made.attributes.mode = 0755;
        made.size = 5;
        made.digest.fill(std::byte{0xCD});
        made.link_group = "odd \xff group";
        return made;
    }
    void set_in_effect(std::uint64_t stage, bool in_effect) {
        must(database->commit(Durability::durable, [&] { return transactions.set_in_effect(stage, in_effect); }));
    }
    std::string version() {
        const auto found = must(packages.find("tool"));
        return found ? found->version : "";
    }
};

std::vector<std::string> paths(Database &database, const std::vector<std::uint64_t> &packages) {
    InstalledFileCursor cursor = must(InstalledFileCursor::open(database, packages));
    std::vector<std::string> found;
    while (const auto file = must(cursor.next()))
        found.push_back(file->path);
    return found;
}

}  // namespace

TEST_CASE("a package and its files are read back as they were written") {
    History history;
    const auto package = must(history.packages.find("tool"));
    REQUIRE(package);
    CHECK(package->version == "2");
    CHECK(package->architecture == "x86_64");
    CHECK(package->content_digest == History::package("2").content_digest);
    CHECK(package->signer == "someone");
    const auto file = must(history.packages.find_file(history.two, "usr/bin/tool"));
    REQUIRE(file);
    CHECK(file->attributes.mode == 0755);
    CHECK(file->size == 5);
    CHECK(file->digest == History::file(0, "").digest);
    CHECK(file->link_group == "odd \xff group");
    CHECK_FALSE(must(history.packages.find_file(history.two, "usr/bin/only-one")));
}

TEST_CASE("after an update the new version is in force, after its rollback the old one, after a redo the new one") {
    History history;
    CHECK(history.version() == "2");
    history.set_in_effect(2, false);
    CHECK(history.version() == "1");
    CHECK(must(history.packages.owners("usr/bin/only-one")).size() == 1);
    history.set_in_effect(2, true);
    CHECK(history.version() == "2");
    CHECK(must(history.packages.owners("usr/bin/only-one")).empty());
}

TEST_CASE("when the installation itself is taken back, nothing is in force") {
    History history;
    history.set_in_effect(2, false);
    history.set_in_effect(1, false);
    CHECK(history.version().empty());
    CHECK(must(history.packages.list()).empty());
    CHECK(must(history.packages.owners("usr/bin/tool")).empty());
}

TEST_CASE("pruning an update forgets what it took away, pruning one that was taken back what it brought") {
    History history;
    SUBCASE("in effect") {
        must(history.database->commit(Durability::durable, [&] { return history.packages.forget(2, true); }));
        CHECK(history.version() == "2");
        CHECK(paths(*history.database, {history.one}).empty());
        CHECK(paths(*history.database, {history.two}).size() == 1);
    }
    SUBCASE("taken back") {
        history.set_in_effect(2, false);
        must(history.database->commit(Durability::durable, [&] { return history.packages.forget(2, false); }));
        CHECK(history.version() == "1");
        CHECK(paths(*history.database, {history.one}).size() == 2);
        CHECK(paths(*history.database, {history.two}).empty());
    }
}

TEST_CASE("a cursor walks the files of several packages in byte order of their paths") {
    History history;
    const std::vector<std::string> expected = {"usr/bin/only-one", "usr/bin/tool", "usr/bin/tool"};
    CHECK(paths(*history.database, {history.two, history.one}) == expected);
    CHECK(paths(*history.database, {}).empty());
}

TEST_CASE("owners are named once each, though the same statement serves many paths") {
    History history;
    for (int i = 0; i < 3; ++i) {
        const auto owners = must(history.packages.owners("usr/bin/tool"));
        REQUIRE(owners.size() == 1);
        CHECK(owners.front().package == "tool");
        CHECK(must(history.packages.owners("nowhere")).empty());
    }
}

TEST_CASE("what a rollback would bring back is what the change took away, as long as that was in effect") {
    History history;
    const auto returning = must(history.packages.taken_away_by(2));
    REQUIRE(returning.size() == 1);
    CHECK(returning[0].version == "1");
    CHECK(must(history.packages.taken_away_by(1)).empty());
    REQUIRE(must(history.packages.brought_by(2)).size() == 1);
    CHECK(must(history.packages.brought_by(2))[0].version == "2");
    history.set_in_effect(1, false);
    CHECK(must(history.packages.taken_away_by(2)).empty());
}

TEST_CASE("what vouched for a package is read back byte for byte, and is empty where none was kept") {
    History history;
    std::uint64_t id = 0;
    must(history.database->commit(Durability::durable, [&]() -> mos::Result<void> {
        InstalledPackage package = History::package("3");
        package.credentials = std::string{"a\0b\xff", 4};
        MOS_TRY(id, history.packages.insert(package, 2));
        return {};
    }));
    CHECK(must(history.packages.credentials(id)) == std::string{"a\0b\xff", 4});
    CHECK(must(history.packages.credentials(history.one)).empty());
    CHECK(must(history.packages.credentials(999)).empty());
}

TEST_CASE("a least version stays when the transaction that set it is taken back or pruned") {
    History history;
    CHECK(must(history.packages.version_floor("tool")).empty());
    const auto set = [&](const char *version) {
        must(history.database->commit(Durability::durable,
                                      [&] { return history.packages.set_version_floor("tool", version, 2); }));
    };
    set("1.5");
    history.set_in_effect(2, false);
    must(history.database->commit(Durability::durable, [&] { return history.packages.forget(2, false); }));
    CHECK(must(history.packages.version_floor("tool")) == "1.5");
    set("1.6");
    CHECK(must(history.packages.version_floor("tool")) == "1.6");
    CHECK(must(history.packages.version_floor("too")).empty());
}
