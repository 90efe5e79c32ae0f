#include <mos/snapshot/rollback.hpp>

#include <mos/state/packages.hpp>

#include "change.hpp"
#include "expect.hpp"
#include "machine.hpp"
#include "twin.hpp"

using namespace mos::test;
using namespace mos::snapshot;
using mos::Code;
using mos::Result;

namespace {

ImageBuilder release(const std::string &content) { return ImageBuilder{}.file("x", content); }

// A root where "1" and then "2" were installed.
struct Root {
    Root() {
        machine = must(Machine::start(twin.root()));
        must(machine->update({}, release("one").image(), "1"));
        must(machine->update(release("one").image(), release("two").image(), "2"));
    }
    Twin twin;
    std::unique_ptr<Machine> machine;
};

}  // namespace

TEST_CASE("recovery points are called by their transaction, and nothing else is one") {
    CHECK(recovery_point_name(12) == "rp-12");
    CHECK(must(recovery_point_number("rp-12")) == 12);
    for (const char *text : {"", "rp-", "rp-0", "12", "rp-12x", "rp--1", "RP-12", "rp-99999999999999999999", "rp- 1"})
        CHECK(refusal(recovery_point_number(text)) == Code::INVALID_ARGUMENT);
}

TEST_CASE("the newest change in effect is the one that can be taken back, by its name or without") {
    Root root;
    CHECK(must(find_rollback(root.machine->site(), std::nullopt)).id == 2);
    CHECK(must(find_rollback(root.machine->site(), "rp-2")).id == 2);
    const auto older = find_rollback(root.machine->site(), "rp-1");
    CHECK(refusal(older) == Code::NOTHING_TO_ROLL_BACK);
    CHECK(older.error().message() == "rp-1 is not the newest change: rp-2 stands on it and is taken back first");
    must(root.machine->roll_back());
    CHECK(must(find_rollback(root.machine->site(), std::nullopt)).id == 1);
    CHECK(refusal(find_rollback(root.machine->site(), "rp-2")) == Code::NOTHING_TO_ROLL_BACK);
    CHECK(refusal(find_rollback(root.machine->site(), "rp-3")) == Code::NOTHING_TO_ROLL_BACK);  // the rollback's own
    CHECK(refusal(find_rollback(root.machine->site(), "rp-9")) == Code::NOTHING_TO_ROLL_BACK);
    must(root.machine->roll_back());
    CHECK(refusal(find_rollback(root.machine->site(), std::nullopt)) == Code::NOTHING_TO_ROLL_BACK);
}

TEST_CASE("a change whose recovery point was cleaned up can't be taken back") {
    Root root;
    must(retain(root.machine->site(), 0));
    CHECK(refusal(find_rollback(root.machine->site(), std::nullopt)) == Code::NOTHING_TO_ROLL_BACK);
    CHECK(refusal(find_rollback(root.machine->site(), "rp-2")) == Code::NOTHING_TO_ROLL_BACK);
}

TEST_CASE("the newest recovery points are kept, and those that were taken back do not count") {
    Root root;
    must(root.machine->update(release("two").image(), release("three").image(), "3"));
    must(root.machine->roll_back());
    const auto points_after = [&](std::size_t count) {
        must(retain(root.machine->site(), count));
        std::vector<std::uint64_t> ids;
        for (const auto &point : must(mos::state::Transactions{root.machine->database()}.recovery_points()))
            ids.push_back(point.id);
        return ids;
    };
    CHECK(points_after(2) == std::vector<std::uint64_t>{1, 2, 3});  // 3 was taken back
    CHECK(points_after(1) == std::vector<std::uint64_t>{2, 3});
    must(root.machine->roll_back());
    CHECK(must(root.machine->installed_version()) == "1");
}

TEST_CASE("a folder that the change brought is not taken away with something of somebody else's in it") {
    const Twin twin;
    const auto machine = must(Machine::start(twin.root()));
    const TreeImage wanted = ImageBuilder{}.directory("new").file("new/x", "ours").image();
    auto decided = must(mos::transaction::decide(machine->site(), must(machine->stage({}, wanted)),
                                                 {.summary = "install", .reason = {}},
                                                 [&machine, &wanted](std::uint64_t id) -> Result<void> {
                                                     mos::state::Packages packages{machine->database()};
                                                     mos::state::InstalledPackage package;
                                                     package.name = "p";
                                                     mos::state::InstalledFile file;
                                                     MOS_TRY(file.package, packages.insert(package, id));
                                                     file.path = "new";
                                                     file.type = mos::base::FileType::directory;
                                                     MOS_CHECK(packages.insert_file(file));
                                                     file.path = "new/x";
                                                     file.type = mos::base::FileType::regular;
                                                     file.size = 4;
                                                     file.attributes.modified = wanted.find("new/x")->modified;
                                                     return packages.insert_file(file);
                                                 }));
    must(mos::transaction::carry_through(machine->site(), std::move(decided)));
    CHECK(must(find_rollback(machine->site(), std::nullopt)).id == 1);

    const auto folder = must(machine->root().open_directory("new", mos::base::Symlinks::refuse));
    must(mos::base::replace_file(*folder, "theirs", mos::base::as_bytes("t"), 0644));
    const auto refused = find_rollback(machine->site(), std::nullopt);
    CHECK(refusal(refused) == Code::CONFLICT);
    CHECK(refused.error().object() == "new/theirs");
    must(folder->remove_file("theirs"));
    CHECK(must(find_rollback(machine->site(), std::nullopt)).id == 1);
}

TEST_CASE("what nobody knows is found at any depth below a folder") {
    const Twin twin;
    const auto root = twin.root();
    must(mos::base::make_directories(*root, "top/ours/deep"));
    const auto deep = must(root->open_directory("top/ours/deep", mos::base::Symlinks::refuse));
    must(mos::base::replace_file(*deep, "x", mos::base::as_bytes("x"), 0644));
    const auto top = must(root->open_directory("top", mos::base::Symlinks::refuse));
    const auto all_but = [](const std::string &foreign) -> IsOurs {
        return [foreign](const std::string &path, const mos::base::FileStatus &) -> Result<bool> {
            return path != foreign;
        };
    };
    CHECK_FALSE(must(find_foreign(*top, "top", all_but(""))).has_value());
    CHECK(must(find_foreign(*top, "top", all_but("top/ours/deep/x"))) == "top/ours/deep/x");
    CHECK(must(find_foreign(*top, "top", all_but("top/ours"))) == "top/ours");
}
