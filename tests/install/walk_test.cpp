// What a package means for a tree: the changes between one release and the next, and whatever stands in their way.
#include "bench.hpp"

#include <algorithm>

using namespace mos::test;
using mos::Code;
using mos::install::ConflictRule;
using mos::install::Downgrade;
using mos::install::InstallOptions;

namespace {

ImageBuilder first() {
    ImageBuilder image;
    image.directory("etc").file("etc/tool.conf", "level = 1\n");
    image.directory("usr").directory("usr/bin").file("usr/bin/tool", "tool one", 0755).file("usr/bin/same", "same");
    image.symlink("usr/bin/alias", "tool");
    image.directory("usr/share").directory("usr/share/doc").file("usr/share/doc/old", "old");
    image.directory("usr/share/private", 0700).file("usr/share/private/x", "x").owner(7, 8);
    image.file("usr/share/mode", "mode", 0644).attribute("user.note", "one");
    image.file("usr/share-x", "sorts before usr/share/…");
    return image;
}

ImageBuilder second() {
    ImageBuilder image;
    image.directory("etc").file("etc/tool.conf", "level = 1\n");
    image.directory("usr").directory("usr/bin").file("usr/bin/tool", "tool two", 0755).file("usr/bin/same", "same");
    image.symlink("usr/bin/alias", "tool2").file("usr/bin/tool2", "a second tool");
    image.directory("usr/share").directory("usr/share/new").file("usr/share/new/x", "new");
    image.directory("usr/share/private", 0750).file("usr/share/private/x", "x").owner(9, 8);
    image.file("usr/share/mode", "mode", 0600).attribute("user.note", "two");
    image.file("usr/share-x", "sorts before usr/share/…");
    return image;
}

InstallOptions with(ConflictRule rule) { return {.on_conflict = rule}; }

// Refused, and the tree is what it was.
Code refusal_of(Bench &bench, const mos::install::Steps &steps) {
    const TreeImage before = must(bench.machine->everything());
    const auto result = bench.run(steps);
    const Code code = refusal(result);
    CHECK(result.error().message().find('\n') == std::string::npos);
    CHECK(difference(before, must(bench.machine->everything()), all_directory_times) == "");
    return code;
}

}  // namespace

TEST_CASE("a first installation gives the tree that was packed, down to owners, attributes and times") {
    Bench bench;
    bench.install("p", "1", first());
    CHECK(bench.difference_from(first()) == "");
    CHECK(bench.wrong_row() == "");
    CHECK(bench.version_of("p") == "1");
}

TEST_CASE("an update with every kind of change gives the new tree, and its rollback the old one") {
    Bench bench;
    bench.install("p", "1", first());
    bench.install("p", "2", second());
    CHECK(bench.difference_from(second()) == "");
    CHECK(bench.wrong_row() == "");
    bench.roll_back();
    CHECK(bench.difference_from(first()) == "");
    CHECK(bench.version_of("p") == "1");
    CHECK(bench.wrong_row() == "");
    bench.roll_back();
    CHECK(bench.tree().entries.empty());
    CHECK(bench.version_of("p") == "");
}

TEST_CASE("a package can be updated again after a rollback") {
    Bench bench;
    bench.install("p", "1", first());
    bench.install("p", "2", second());
    bench.roll_back();
    bench.install("p", "2", second());
    CHECK(bench.difference_from(second()) == "");
    CHECK(bench.wrong_row() == "");
}

TEST_CASE("a removal takes everything that the package brought, and can be taken back") {
    Bench bench;
    bench.install("p", "1", first());
    bench.remove("p");
    CHECK(bench.tree().entries.empty());
    CHECK(bench.version_of("p") == "");
    bench.roll_back();
    CHECK(bench.difference_from(first()) == "");
    CHECK(bench.wrong_row() == "");
    bench.remove("p");
    bench.install("p", "1", first());
    CHECK(bench.difference_from(first()) == "");
    CHECK(bench.wrong_row() == "");
}

TEST_CASE("a package may bring what lies in the folders that the engine makes for itself") {
    ImageBuilder image;
    image.directory("var").directory("var/lib").directory("var/lib/p").file("var/lib/p/x", "x");
    Bench bench;
    bench.install("p", "1", image);
    CHECK(bench.content("var/lib/p/x") == "x");
    CHECK(bench.wrong_row() == "");
    bench.remove("p");
    CHECK_FALSE(bench.exists("var/lib/p"));
    CHECK(bench.machine->watcher.notices.empty());
}

TEST_CASE("the totals of a plan say what will be done") {
    Bench bench;
    bench.install("p", "1", first());
    const auto plan = must(bench.resolve(install_steps({step_of("p", "2", second())})));
    CHECK(plan.totals.added == 3);     // tool2, new, new/x
    CHECK(plan.totals.replaced == 2);  // tool, alias
    CHECK(plan.totals.removed == 2);   // doc, doc/old
    CHECK(plan.totals.kept == 0);
    CHECK(plan.totals.write_bytes == std::string{"tool twoa second toolnew"}.size());
    CHECK(plan.notices.empty());
}

// ---- What was altered by hand ----

TEST_CASE("a file that was altered by hand is kept when the package has not changed it") {
    Bench bench;
    bench.install("p", "1", first());
    bench.write("etc/tool.conf", "level = 9\n");
    bench.install("p", "2", second());
    CHECK(bench.content("etc/tool.conf") == "level = 9\n");
    CHECK(bench.was_told("'etc/tool.conf' was altered since it was installed, and is kept"));
    CHECK(bench.content("usr/bin/tool") == "tool two");
    CHECK(bench.owners_of("etc/tool.conf") == std::vector<std::string>{"p"});
}

TEST_CASE("a file that was altered by hand and that the package changes is replaced, and comes back by a rollback") {
    Bench bench;
    bench.install("p", "1", first());
    bench.write("usr/bin/tool", "my own tool");
    const auto plan = must(bench.resolve(install_steps({step_of("p", "2", second())})));
    CHECK(plan.notices.size() == 1);
    bench.install("p", "2", second());
    CHECK(bench.content("usr/bin/tool") == "tool two");
    CHECK(bench.was_told("'usr/bin/tool' was altered since it was installed; the altered one goes into the recovery"));
    bench.roll_back();
    CHECK(bench.content("usr/bin/tool") == "my own tool");
}

TEST_CASE("a file that was taken away by hand comes back with an update") {
    Bench bench;
    bench.install("p", "1", first());
    bench.unlink("usr/bin/same");
    bench.install("p", "2", second());
    CHECK(bench.content("usr/bin/same") == "same");
    CHECK(bench.wrong_row() == "");
}

TEST_CASE("a file in whose place somebody put a folder is kept so while the package does not change it") {
    Bench bench;
    bench.install("p", "1", first());
    bench.unlink("usr/bin/same");
    bench.make_directory("usr/bin/same/mine");
    bench.install("p", "2", second());
    CHECK(bench.exists("usr/bin/same/mine"));
    CHECK(bench.was_told("'usr/bin/same' was altered"));
    bench.unlink("usr/bin/tool");
    bench.make_directory("usr/bin/tool/mine");
    CHECK(refusal_of(bench, install_steps({step_of("p", "1", first(), {.downgrade = Downgrade::allowed})})) ==
          Code::CONFLICT);
}

TEST_CASE("a removal keeps what was altered by hand and says so") {
    Bench bench;
    bench.install("p", "1", first());
    bench.write("etc/tool.conf", "level = 9\n");
    bench.unlink("usr/bin/alias");
    bench.write("usr/bin/alias", "no link any more");
    bench.write("usr/bin/same", "edited");
    bench.remove(mos::install::RemoveStep{.name = "p"});
    CHECK(bench.content("etc/tool.conf") == "level = 9\n");
    CHECK(bench.content("usr/bin/same") == "edited");
    CHECK(bench.content("usr/bin/alias") == "no link any more");
    CHECK_FALSE(bench.exists("usr/bin/tool"));
    CHECK(bench.was_told("'usr/bin/same' was altered"));
    CHECK(bench.was_told("'usr/bin/alias' was replaced by something else"));
    CHECK(bench.owners_of("etc/tool.conf").empty());
}

TEST_CASE("a file of which only the time was changed by hand still goes with its package") {
    Bench bench;
    bench.install("p", "1", first());
    bench.write("usr/bin/same", "same");
    bench.remove("p");
    CHECK(bench.tree().entries.empty());
}

TEST_CASE("the mode that somebody gave a folder stays while the package does not change it") {
    Bench bench;
    bench.install("p", "1", first());
    bench.chmod("usr/bin", 0711);
    bench.chmod("usr/share/private", 0711);
    bench.install("p", "2", second());
    CHECK(bench.tree().find("usr/bin")->mode == 0711);
    CHECK(bench.tree().find("usr/share/private")->mode == 0711);
}

TEST_CASE("a folder that was there before keeps mode, owner and times through updates") {
    Bench bench;
    bench.make_directory("usr/bin");
    bench.chmod("usr", 0711);
    const mos::base::FileTime time{1'234'567'890, 5};
    must(bench.machine->root().set_modified("usr", time));
    bench.install("p", "1", ImageBuilder{}.directory("usr").directory("usr/bin").file("usr/bin/x", "1"));
    bench.install("p", "2", ImageBuilder{}.directory("usr", 0700).directory("usr/bin").file("usr/bin/x", "2"));
    CHECK(bench.tree().find("usr")->mode == 0711);
    CHECK(bench.tree().find("usr")->modified == time);
}

TEST_CASE("a folder that was there before stays nobody's, and outlives the package") {
    Bench bench;
    bench.make_directory("usr/bin");
    bench.install("p", "1", first());
    CHECK(bench.owners_of("usr/bin").empty());
    CHECK(bench.owners_of("usr/share") == std::vector<std::string>{"p"});
    bench.install("p", "2", second());
    CHECK(bench.machine->watcher.notices.empty());
    bench.remove("p");
    CHECK(bench.exists("usr/bin"));
    CHECK_FALSE(bench.exists("usr/share"));
}

TEST_CASE("what lies behind a folder that became a symbolic link is left alone by a removal") {
    Bench bench;
    bench.install("p", "1", first());
    bench.make_directory("elsewhere/doc");
    bench.write("elsewhere/doc/old", "old");
    bench.unlink("usr/share");
    bench.symlink("usr/share", "../elsewhere");
    bench.remove("p");
    CHECK(bench.content("elsewhere/doc/old") == "old");
    CHECK(bench.exists("usr/share"));
    CHECK_FALSE(bench.exists("usr/bin"));
}

TEST_CASE("a removal copes with a folder in whose place somebody put a file") {
    Bench bench;
    bench.install("p", "1", first());
    bench.unlink("usr/share");
    bench.write("usr/share", "a file");
    bench.remove("p");
    CHECK(bench.content("usr/share") == "a file");
    CHECK_FALSE(bench.exists("usr/bin"));
}

// ---- What belongs to nobody ----

TEST_CASE("a file of somebody else's in the way is refused by its name") {
    Bench bench;
    bench.make_directory("usr/bin");
    bench.write("usr/bin/tool", "mine");
    const auto steps = install_steps({step_of("p", "1", first())});
    CHECK(refusal_of(bench, steps) == Code::CONFLICT);
    CHECK(bench.resolve(steps).error().object() == "usr/bin/tool");
}

TEST_CASE("a file of somebody else's is kept where that is the rule, and stays nobody's") {
    Bench bench;
    bench.make_directory("usr/bin");
    bench.write("usr/bin/tool", "mine");
    bench.install("p", "1", first(), with(ConflictRule::keep));
    CHECK(bench.content("usr/bin/tool") == "mine");
    CHECK(bench.content("usr/bin/same") == "same");
    CHECK(bench.owners_of("usr/bin/tool").empty());
    CHECK(bench.was_told("'usr/bin/tool' belongs to nobody, and is kept"));
    CHECK(bench.wrong_row() == "");
    bench.remove("p");
    CHECK(bench.content("usr/bin/tool") == "mine");
}

TEST_CASE("a file of somebody else's is replaced where that is the rule, and comes back by a rollback") {
    Bench bench;
    bench.make_directory("usr/bin");
    bench.write("usr/bin/tool", "mine");
    bench.install("p", "1", first(), with(ConflictRule::replace));
    CHECK(bench.content("usr/bin/tool") == "tool one");
    CHECK(bench.wrong_row() == "");
    bench.roll_back();
    CHECK(bench.content("usr/bin/tool") == "mine");
}

TEST_CASE("a folder of somebody else's is in the way of a file under every rule") {
    for (const ConflictRule rule : {ConflictRule::refuse, ConflictRule::keep, ConflictRule::replace}) {
        Bench bench;
        bench.make_directory("usr/bin/tool/mine");
        CHECK(refusal_of(bench, install_steps({step_of("p", "1", first(), with(rule))})) == Code::CONFLICT);
    }
}

TEST_CASE("an identical file of nobody's is adopted, and gets the package's mode and time") {
    Bench bench;
    bench.make_directory("usr/bin");
    bench.write("usr/bin/tool", "tool one");
    bench.chmod("usr/bin/tool", 0600);
    bench.symlink("usr/bin/alias", "tool");
    const auto before =
        must(must(bench.machine->root().open_directory("usr/bin", mos::base::Symlinks::refuse))->find("tool"));
    bench.install("p", "1", first());
    const auto after =
        must(must(bench.machine->root().open_directory("usr/bin", mos::base::Symlinks::refuse))->find("tool"));
    CHECK(after->inode == before->inode);
    CHECK(after->mode == 0755);
    CHECK(bench.owners_of("usr/bin/tool") == std::vector<std::string>{"p"});
    CHECK(bench.wrong_row() == "");
    bench.roll_back();
    CHECK(bench.content("usr/bin/tool") == "tool one");
    CHECK(bench.tree().find("usr/bin/tool")->mode == 0600);
}

// ---- Types that change ----

TEST_CASE("a path changes between file, folder and symbolic link, and back") {
    ImageBuilder file;
    file.directory("d").file("d/x", "a file").file("d/x-y", "sorts between");
    ImageBuilder folder;
    folder.directory("d").directory("d/x", 0710).file("d/x/below", "b").directory("d/x/deep").file("d/x/deep/z", "z");
    folder.file("d/x-y", "sorts between");
    ImageBuilder link;
    link.directory("d").symlink("d/x", "x-y").file("d/x-y", "sorts between");
    const ImageBuilder *const all[] = {&file, &folder, &link};
    for (const ImageBuilder *from : all) {
        for (const ImageBuilder *to : all) {
            Bench bench;
            bench.install("p", "1", *from);
            bench.install("p", "2", *to);
            CHECK(bench.difference_from(*to) == "");
            CHECK(bench.wrong_row() == "");
            bench.roll_back();
            CHECK(bench.difference_from(*from) == "");
            CHECK(bench.wrong_row() == "");
        }
    }
}

TEST_CASE("a folder with something of somebody else's in it is not replaced by a file") {
    Bench bench;
    bench.install("p", "1", ImageBuilder{}.directory("d").directory("d/x").file("d/x/ours", "o"));
    bench.write("d/x/theirs", "t");
    const auto steps = install_steps({step_of("p", "2", ImageBuilder{}.directory("d").file("d/x", "file"))});
    CHECK(refusal_of(bench, steps) == Code::CONFLICT);
    CHECK(bench.resolve(steps).error().object() == "d/x/theirs");
}

TEST_CASE("a folder that another package owns too is not replaced by a file") {
    Bench bench;
    bench.install("p", "1", ImageBuilder{}.directory("d").directory("d/x"));
    bench.install("q", "1", ImageBuilder{}.directory("d").directory("d/x"));
    CHECK(refusal_of(bench, install_steps({step_of("p", "2", ImageBuilder{}.directory("d").file("d/x", "file"))})) ==
          Code::CONFLICT);
}

TEST_CASE("an altered file in a folder that becomes a file goes into the recovery point, and that is said") {
    Bench bench;
    bench.install("p", "1", ImageBuilder{}.directory("d").directory("d/x").file("d/x/ours", "o"));
    bench.write("d/x/ours", "altered");
    bench.install("p", "2", ImageBuilder{}.directory("d").file("d/x", "file"));
    CHECK(bench.was_told("'d/x/ours' was altered since it was installed; it goes into the recovery point"));
    bench.roll_back();
    CHECK(bench.content("d/x/ours") == "altered");
}

TEST_CASE("a symbolic link in the root is no way to a package's path") {
    Bench bench;
    bench.make_directory("elsewhere");
    bench.symlink("usr", "elsewhere");
    const auto steps = install_steps({step_of("p", "1", first())});
    CHECK(refusal_of(bench, steps) == Code::SYMLINK_IN_PATH);
    CHECK(bench.resolve(steps).error().object() == "usr");
}

TEST_CASE("the engine's own paths are refused") {
    for (const char *path : {".multios-stage", ".multios-stage/x", "var/lib/multios/state.db",
                             "var/lib/multios/state.db-wal", "var/lib/multios/lock"}) {
        Bench bench;
        const ImageBuilder image = ImageBuilder{}.file("x", "x");
        const std::string name = path;
        const std::size_t slash = name.rfind('/');
        const std::string folder = slash == std::string::npos ? "" : name.substr(0, slash);
        ImageBuilder bad;
        bad.file(slash == std::string::npos ? name : name.substr(slash + 1), "x");
        const mos::install::InstallStep step{open_package(make_package("p", "1", bad.image(), folder)), {}};
        CHECK(refusal_of(bench, install_steps({step})) == Code::PATH_REFUSED);
    }
}

// ---- Hard links ----

namespace {

ImageBuilder group(const std::string &content, const std::vector<std::string> &names) {
    ImageBuilder image;
    image.directory("l").file("l/" + names.front(), content);
    for (std::size_t i = 1; i < names.size(); ++i)
        image.link("l/" + names[i], "l/" + names.front());
    return image;
}

std::uint64_t inode_of(Bench &bench, const std::string &name) {
    return must(must(bench.machine->root().open_directory("l", mos::base::Symlinks::refuse))->find(name))->inode;
}

}  // namespace

TEST_CASE("a group of hard links that did not change keeps its inode") {
    Bench bench;
    bench.install("p", "1", group("g", {"a", "b", "c"}));
    const auto inode = inode_of(bench, "a");
    bench.install("p", "2", group("g", {"a", "b", "c"}));
    CHECK(inode_of(bench, "c") == inode);
    CHECK(bench.difference_from(group("g", {"a", "b", "c"})) == "");
    CHECK(bench.wrong_row() == "");
}

TEST_CASE("groups of hard links change as a whole: content, a name more, a name less, none left") {
    const std::vector<std::vector<std::string>> all = {{"a", "b", "c"}, {"a", "b"}, {"b", "c"}, {"a"}, {"a", "c", "d"}};
    for (const auto &from : all) {
        for (const auto &to : all) {
            for (const char *content : {"g", "h"}) {
                Bench bench;
                bench.install("p", "1", group("g", from));
                bench.install("p", "2", group(content, to));
                CHECK(bench.difference_from(group(content, to)) == "");
                CHECK(bench.wrong_row() == "");
                bench.roll_back();
                CHECK(bench.difference_from(group("g", from)) == "");
                CHECK(bench.wrong_row() == "");
            }
        }
    }
}

TEST_CASE("a folder that holds a group of hard links comes where a symbolic link was, and goes again") {
    // Beside a group that stays: only then are all groups looked at before their turn.
    ImageBuilder link = group("g", {"a", "b"});
    link.file("file", "x").symlink("m", "file");
    ImageBuilder folder = group("g", {"a", "b"});
    folder.directory("m").file("m/c", "h").link("m/d", "m/c");
    Bench bench;
    bench.install("p", "1", link);
    bench.install("p", "2", folder);
    CHECK(bench.difference_from(folder) == "");
    CHECK(bench.wrong_row() == "");
    bench.roll_back();
    CHECK(bench.difference_from(link) == "");
    CHECK(bench.wrong_row() == "");
}

TEST_CASE("a name that somebody gave a package's file keeps the old file when it changes, and that is said") {
    Bench bench;
    bench.install("p", "1", group("g", {"a", "b"}));
    bench.link("mine", "l/a");
    bench.install("p", "2", group("g", {"a", "b"}));
    CHECK(bench.machine->watcher.notices.empty());
    bench.install("p", "3", group("h", {"a", "b"}));
    CHECK(bench.content("mine") == "g");
    CHECK(bench.content("l/a") == "h");
    CHECK(bench.was_told("has another name (a hard link) that belongs to nobody"));
}

TEST_CASE("a name that went into a recovery point is not taken for somebody's") {
    Bench bench;
    bench.install("p", "1", group("g", {"a", "b", "c"}));
    bench.install("p", "2", group("g", {"a", "b"}));
    bench.install("p", "3", group("h", {"a", "b"}));
    CHECK(bench.machine->watcher.notices.empty());
}

TEST_CASE("a group of hard links that was altered by hand is kept whole, or replaced whole") {
    Bench bench;
    bench.install("p", "1", group("g", {"a", "b"}));
    bench.write("l/b", "altered");
    bench.install("p", "2", group("g", {"a", "b"}));
    CHECK(bench.content("l/a") == "altered");
    CHECK(inode_of(bench, "a") == inode_of(bench, "b"));
    bench.install("p", "3", group("h", {"a", "b"}));
    CHECK(bench.content("l/a") == "h");
    CHECK(inode_of(bench, "a") == inode_of(bench, "b"));
}

TEST_CASE("a group of hard links of which a name is missing or a folder by now is made anew") {
    for (const bool folder : {false, true}) {
        for (const char *name : {"a", "b"}) {
            Bench bench;
            bench.install("p", "1", group("g", {"a", "b"}));
            bench.unlink(std::string{"l/"} + name);
            if (folder)
                bench.make_directory(std::string{"l/"} + name);
            bench.install("p", "2", group("g", {"a", "b"}));
            CHECK(difference(as_packaged(group("g", {"a", "b"}).image()), bench.tree()) == "");
            CHECK(bench.wrong_row() == "");
        }
    }
}

TEST_CASE("a group of hard links under the rule to keep does without a later name, and not without the first") {
    Bench bench;
    bench.make_directory("l");
    bench.write("l/b", "mine");
    bench.install("p", "1", group("g", {"a", "b", "c"}), with(ConflictRule::keep));
    CHECK(bench.content("l/b") == "mine");
    CHECK(inode_of(bench, "a") == inode_of(bench, "c"));
    bench.install("p", "2", group("h", {"a", "b", "c"}), with(ConflictRule::keep));
    CHECK(bench.content("l/b") == "mine");
    CHECK(bench.content("l/c") == "h");

    Bench other;
    other.make_directory("l");
    other.write("l/a", "mine");
    CHECK(refusal_of(other, install_steps({step_of("p", "1", group("g", {"a", "b"}), with(ConflictRule::keep))})) ==
          Code::CONFLICT);
}

// ---- Folders that no entry names ----

namespace {

mos::install::InstallStep below(const std::string &prefix, const std::string &name, const std::string &version) {
    const ImageBuilder image = ImageBuilder{}.file("x", "x of " + name + " " + version);
    return {open_package(make_package(name, version, image.image(), prefix)), {}};
}

}  // namespace

TEST_CASE("folders that a package only implies are made, owned, kept by its updates, and go with it") {
    Bench bench;
    must(bench.run(install_steps({below("opt/deep/app", "p", "1")})));
    CHECK(bench.content("opt/deep/app/x") == "x of p 1");
    CHECK(bench.tree().find("opt")->mode == 0755);
    CHECK(bench.owners_of("opt/deep") == std::vector<std::string>{"p"});
    CHECK(bench.wrong_row() == "");
    must(bench.run(install_steps({below("opt/deep/app", "p", "2")})));
    CHECK(bench.owners_of("opt/deep") == std::vector<std::string>{"p"});
    CHECK(bench.machine->watcher.notices.empty());
    CHECK(bench.wrong_row() == "");
    bench.remove("p");
    CHECK(bench.tree().entries.empty());
}

TEST_CASE("a folder that two packages imply goes with the last of them") {
    Bench bench;
    must(bench.run(install_steps({below("opt/a", "p", "1"), below("opt/b", "q", "1")})));
    CHECK(bench.owners_of("opt") == std::vector<std::string>{"p", "q"});
    bench.remove("p");
    CHECK(bench.content("opt/b/x") == "x of q 1");
    CHECK(bench.machine->watcher.notices.empty());
    bench.remove("q");
    CHECK(bench.tree().entries.empty());
}

TEST_CASE("an implied folder where a file or a symbolic link stands is refused") {
    Bench bench;
    bench.write("opt", "a file");
    CHECK(refusal_of(bench, install_steps({below("opt/a", "p", "1")})) == Code::CONFLICT);
    bench.unlink("opt");
    bench.make_directory("elsewhere");
    bench.symlink("opt", "elsewhere");
    CHECK(refusal_of(bench, install_steps({below("opt/a", "p", "1")})) == Code::SYMLINK_IN_PATH);
}
