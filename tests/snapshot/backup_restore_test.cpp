#include <mos/snapshot/backup_restore.hpp>

#include "backup_bench.hpp"
#include "forged_backup.hpp"

#include <algorithm>

using namespace mos::test;
using namespace mos::snapshot;
using mos::Code;

namespace {

constexpr std::int64_t later = 1'800'000'000;
constexpr std::int64_t earlier = 1'500'000'000;

}  // namespace

TEST_CASE("what was backed up comes back as it was, wherever it has gone") {
    RestoreBench bench{home_image()};
    must(bench.machine->root().set_modified("home", {later, 0}));
    const TreeImage before = bench.tree();
    bench.back_up({"home/user"});
    bench.remove("home/user");
    must(bench.machine->root().set_modified("home", {later, 0}));
    const PutBack done = must(bench.restore());
    CHECK(done.transaction == 1);
    CHECK(done.changed_paths == 8);
    CHECK(difference(before, bench.tree(), all_directory_times) == "");
    CHECK(bench.status("home/user/a").inode == bench.status("home/user/b").inode);
}

TEST_CASE("what a restoration has put there is taken back with one rollback, and what was there is there again") {
    RestoreBench bench{home_image()};
    bench.back_up({"home/user"});
    bench.put("home/user/a", "edited since", earlier);
    bench.remove("home/user/folder");
    bench.put("home/user/new", "not in the backup", earlier);
    const TreeImage before = bench.tree();
    must(bench.restore());
    CHECK(bench.read("home/user/a") == "first");
    CHECK(bench.read("home/user/new") == "not in the backup");
    CHECK(bench.has("home/user/folder/below"));
    must(bench.roll_back());
    CHECK(difference(before, bench.tree(), all_directory_times) == "");
}

TEST_CASE("a rollback does not take along what somebody has put into a folder that was restored") {
    RestoreBench bench{home_image()};
    bench.back_up({"home/user"});
    bench.remove("home/user");
    must(bench.restore());
    bench.put("home/user/folder/mine", "since", later);
    const auto refused = bench.roll_back();
    CHECK(refusal(refused) == Code::CONFLICT);
    CHECK(refused.error().object() == "home/user/folder/mine");
    bench.remove("home/user/folder/mine");
    bench.put("home/user/folder-x", "edited", later);
    CHECK(refusal(bench.roll_back()) == Code::CONFLICT);
}

TEST_CASE("nothing is changed where everything is as in the backup") {
    RestoreBench bench{ImageBuilder{}.directory("d").file("d/a", "x").symlink("d/s", "a").image()};
    bench.back_up({"d"});
    const auto plan = must(bench.plan());
    CHECK(plan.unchanged == 3);
    CHECK(plan.write_bytes == 0);
    CHECK(must(bench.restore()).transaction == 0);
    CHECK(must(mos::state::Transactions{bench.machine->database()}.list(10)).empty());
}

TEST_CASE("a file of which only attributes differ keeps its inode") {
    RestoreBench bench{ImageBuilder{}.directory("d").file("d/a", "x", 0600).owner(5, 5).image()};
    bench.back_up({"d"});
    const auto folder = must(bench.machine->root().open_directory("d", mos::base::Symlinks::refuse));
    must(folder->set_mode("a", 0777));
    must(folder->set_modified("a", {later, 0}));
    const auto inode = bench.status("d/a").inode;
    CHECK(must(bench.plan()).attributes == 1);
    must(bench.restore());
    CHECK(bench.status("d/a").inode == inode);
    CHECK(bench.status("d/a").mode == 0600);
    must(bench.roll_back());
    CHECK(bench.status("d/a").mode == 0777);
}

TEST_CASE("a backup goes to another place, also one whose folders are missing") {
    RestoreBench bench{home_image()};
    bench.back_up({"home/user"});
    must(bench.restore({.destination = "srv/old/copy"}));
    CHECK(bench.read("srv/old/copy/folder/below") == bench.read("home/user/folder/below"));
    CHECK(bench.status("srv/old/copy").mode == 0700);
    CHECK(bench.status("srv/old").mode == 0755);
    must(bench.roll_back());
    CHECK(!bench.has("srv"));
}

TEST_CASE("a backup of several paths goes below its destination with all of them") {
    RestoreBench bench{home_image()};
    bench.back_up({"etc", "home/user/folder"});
    must(bench.restore({.destination = "copy"}));
    CHECK(bench.read("copy/etc/passwd") == "root");
    CHECK(bench.has("copy/home/user/folder/below"));
    must(bench.roll_back());
    CHECK(!bench.has("copy"));
}

TEST_CASE("a newer file refuses a restoration unless it is said what becomes of it") {
    RestoreBench bench{home_image()};
    bench.back_up({"home/user"});
    bench.put("home/user/caf\xe9", "newer", later);
    bench.put("home/user/folder-x", "older, and another", earlier);
    const TreeImage before = bench.tree();
    const auto plan = must(bench.plan());
    CHECK(plan.newer == 1);
    CHECK(plan.newer_paths == std::vector<std::string>{"home/user/caf\xe9"});
    CHECK(plan.replaced >= 1);
    const auto refused = bench.restore();
    CHECK(refusal(refused) == Code::NEWER_IN_PLACE);
    CHECK(refused.error().object() == "home/user/caf\xe9");
    CHECK(difference(before, bench.tree(), all_directory_times) == "");
    CHECK(bench.asked.empty());
}

TEST_CASE("newer files are kept, replaced or asked about, one by one") {
    const auto content_after = [](NewerRule rule, NewerAnswer answer) {
        RestoreBench bench{home_image()};
        bench.back_up({"home/user"});
        bench.put("home/user/caf\xe9", "newer", later);
        must(bench.restore({.on_newer = rule}, answer));
        CHECK(bench.asked.size() == (rule == NewerRule::ask ? 1 : 0));
        return bench.read("home/user/caf\xe9");
    };
    CHECK(content_after(NewerRule::keep, NewerAnswer::stop) == "newer");
    CHECK(content_after(NewerRule::replace, NewerAnswer::stop) == "no UTF-8");
    CHECK(content_after(NewerRule::ask, NewerAnswer::keep) == "newer");
    CHECK(content_after(NewerRule::ask, NewerAnswer::replace) == "no UTF-8");
}

TEST_CASE("an answer that stops leaves everything as it was") {
    RestoreBench bench{home_image()};
    bench.back_up({"home/user"});
    bench.put("home/user/folder-x", "newer", later);
    bench.remove("home/user/a");
    const TreeImage before = bench.tree();
    CHECK(refusal(bench.restore({.on_newer = NewerRule::ask}, NewerAnswer::stop)) == Code::CANCELLED);
    CHECK(difference(before, bench.tree(), all_directory_times) == "");
}

TEST_CASE("where the first of several names is kept, the others stay as they are") {
    RestoreBench bench{home_image()};
    bench.back_up({"home/user"});
    bench.put("home/user/a", "newer", later);
    bench.remove("home/user/b");
    must(bench.restore({.on_newer = NewerRule::keep}));
    CHECK(bench.read("home/user/a") == "newer");
    CHECK(!bench.has("home/user/b"));
    CHECK(std::ranges::any_of(bench.machine->watcher.notices, [](const std::string &notice) {
        return notice.find("'home/user/b'") != std::string::npos;
    }));
}

TEST_CASE("permissions are those of the backup, or those of the place") {
    RestoreBench bench{home_image()};
    bench.back_up({"home/user"});
    bench.remove("home/user");
    must(bench.restore({.permissions = Permissions::as_in_place}));
    const auto program = bench.status("home/user/folder/below");
    CHECK(program.mode == 0755);
    CHECK(program.owner == 0);
    CHECK(bench.status("home/user/a").mode == 0640);
    CHECK(bench.status("home/user/folder").mode == 0750);
}

TEST_CASE("a folder in the place of a file, and a file in that of a folder, are refused by name") {
    const auto refused_with = [](const char *path, const TreeImage &instead) {
        RestoreBench bench{home_image()};
        bench.back_up({"home/user"});
        bench.remove(path);
        must(build(bench.machine->root(), instead));
        const TreeImage before = bench.tree();
        const auto result = bench.restore({.on_newer = NewerRule::replace});
        CHECK(refusal(result) == Code::CONFLICT);
        CHECK(result.error().object() == path);
        CHECK(difference(before, bench.tree(), all_directory_times) == "");
    };
    refused_with("home/user/a", ImageBuilder{}.directory("home/user/a").image());
    refused_with("home/user/folder", ImageBuilder{}.file("home/user/folder", "x").image());
}

TEST_CASE("a file in the place of a folder above the backup's is refused by name, and stays") {
    const auto refused_with = [](const std::vector<std::string> &paths, const char *file, const char *destination) {
        RestoreBench bench{home_image()};
        bench.back_up(paths);
        must(mos::base::remove_tree(bench.machine->root(), file));
        must(build(bench.machine->root(), ImageBuilder{}.file(file, "somebody's").image()));
        const TreeImage before = bench.tree();
        const auto planned = bench.plan({.destination = destination});
        CHECK(refusal(planned) == Code::CONFLICT);
        CHECK(planned.error().object() == file);
        CHECK(refusal(bench.restore({.destination = destination, .on_newer = NewerRule::replace})) == Code::CONFLICT);
        CHECK(difference(before, bench.tree(), all_directory_times) == "");
    };
    refused_with({"home/user"}, "report", "report/sub");
    refused_with({"home/user"}, "report", "report/sub/deeper");
    refused_with({"etc", "home/user"}, "report", "report");
    refused_with({"home/user"}, "home", "");
}

TEST_CASE("a backup never goes through a link, nor into the engine's own folders") {
    RestoreBench bench{home_image()};
    bench.back_up({"home/user"});
    must(bench.machine->root().make_symlink("link", "etc"));
    CHECK(refusal(bench.restore({.destination = "link/x"})) == Code::SYMLINK_IN_PATH);
    CHECK(refusal(bench.restore({.destination = "../x"})) == Code::PATH_REFUSED);
    CHECK(refusal(bench.restore({.destination = "/x"})) == Code::PATH_REFUSED);
    for (const char *own : {"var/lib/multios", "var/lib/multios/x", ".multios-stage", "mnt/.multios-stage/1"}) {
        const auto refused = bench.restore({.destination = own});
        CHECK(refusal(refused) == Code::PATH_REFUSED);
        CHECK(refused.error().remedy().starts_with("name another destination"));
    }
    bench.bytes = ForgedBackup({"var"})
                      .directory("var")
                      .directory("var/lib")
                      .directory("var/lib/multios")
                      .file("var/lib/multios/state.db")
                      .finished();
    CHECK(refusal(bench.restore()) == Code::PATH_REFUSED);
}

TEST_CASE("a damaged backup changes nothing, wherever the damage is") {
    RestoreBench bench{ImageBuilder{}.directory("d").file("d/a", "content").file("d/b", "more").image()};
    bench.back_up({"d"});
    bench.remove("d");
    const TreeImage before = bench.tree();
    const mos::base::Bytes sound = bench.bytes;
    for (std::size_t at = 0; at < sound.size(); ++at) {
        bench.bytes = sound;
        bench.bytes[at] ^= std::byte{0x20};
        if (const auto result = bench.restore(); result)
            must(bench.roll_back());  // of the rest of a frame that nobody reads
        CHECK(difference(before, bench.tree(), all_directory_times) == "");
    }
}

TEST_CASE("a link to what is no file of the backup is refused before anything is decided") {
    RestoreBench bench{home_image()};
    bench.bytes = ForgedBackup{}.directory("d").symlink("d/a", "/etc/passwd").link("d/x", "d/a").finished();
    CHECK(refusal(bench.restore()) == Code::BACKUP_DAMAGED);
    bench.bytes = ForgedBackup{}.directory("d").link("d/x", "d/a").finished();
    CHECK(refusal(bench.restore()) == Code::BACKUP_DAMAGED);
    CHECK(!bench.has("d"));
}

TEST_CASE("a root that has changed since it was planned upon is not changed") {
    const auto refused_after = [](const std::function<void(RestoreBench &)> &change) {
        RestoreBench bench{home_image()};
        bench.back_up({"home/user"});
        bench.put("home/user/folder-x", "another", earlier);
        bench.remove("home/user/caf\xe9");
        bench.between = [&] { change(bench); };
        CHECK(refusal(bench.restore()) == Code::PLAN_CHANGED);
        CHECK(must(mos::state::Transactions{bench.machine->database()}.list(10)).empty());
    };
    refused_after([](RestoreBench &bench) { bench.put("home/user/folder-x", "edited", later); });
    refused_after([](RestoreBench &bench) { bench.put("home/user/caf\xe9", "appeared", later); });
    refused_after([](RestoreBench &bench) { bench.remove("home/user/folder-x"); });
    RestoreBench bench{home_image()};
    bench.back_up({"home/user"});
    bench.between = [&] { bench.put("copy", "somebody's", later); };
    CHECK(refusal(bench.restore({.destination = "copy/deeper"})) == Code::PLAN_CHANGED);
    CHECK(bench.read("copy") == "somebody's");
}

TEST_CASE("what has no room is refused before anything is written") {
    RestoreBench bench{home_image()};
    bench.back_up({"home/user"});
    bench.remove("home/user");
    bench.twin.set_free_bytes(250'000);
    CHECK(refusal(bench.plan()) == Code::NO_SPACE);
    // Holes take none.
    bench.bytes = ForgedBackup({"f"}).file("f", std::string(16U << 20U, '\0')).finished();
    bench.twin.set_free_bytes(9U << 20U);
    CHECK(must(bench.plan()).write_bytes == 0);
}

TEST_CASE("a plan has a digest that follows what it would do") {
    RestoreBench bench{home_image()};
    bench.back_up({"home/user"});
    const std::string first = must(bench.plan()).digest;
    CHECK(first.size() == 64);
    CHECK(must(bench.plan()).digest == first);
    CHECK(must(bench.plan({.on_newer = NewerRule::keep})).digest != first);
    CHECK(must(bench.plan({.destination = "x"})).digest != first);
    bench.put("home/user/folder-x", "another", earlier);
    CHECK(must(bench.plan()).digest != first);
}
