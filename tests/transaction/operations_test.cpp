// Each kind of operation: what an update makes of the tree, and that a rollback brings everything back, on every port.
#include "disks.hpp"
#include "machine.hpp"
#include "scenes.hpp"

#include <unistd.h>

using namespace mos::test;
using mos::base::Directory;
using mos::base::Symlinks;

namespace {

template <class Disk>
class Rig {
  public:
    explicit Rig(const TreeImage &before) {
        must(build(*m_disk.root(), before));
        machine = must(Machine::start(m_disk.root()));
    }

    // Compares all but the times of the directories that hold the engine's own.
    void expect(const TreeImage &image) {
        const auto counts = [&](std::string_view path) { return !path.empty() && path != "var" && path != "var/lib"; };
        TreeImage actual = must(machine->tree());
        std::erase_if(actual.entries,
                      [&](const TreeEntry &entry) { return image.find(entry.path) == nullptr && !counts(entry.path); });
        CHECK(difference(image, actual, counts) == "");
    }

    std::unique_ptr<Directory> open(std::string_view path) {
        return must(machine->root().open_directory(path, Symlinks::refuse));
    }

    std::unique_ptr<Machine> machine;

  private:
    Disk m_disk;
};

// There and back, twice: what was taken back can be done again.
template <class Disk>
void go_there_and_back(const TreeImage &before, const TreeImage &after) {
    Rig<Disk> rig{before};
    for (const char *version : {"1", "2"}) {
        must(rig.machine->update(before, after, version));
        rig.expect(after);
        CHECK(must(rig.machine->installed_version()) == version);
        must(rig.machine->roll_back());
        rig.expect(before);
        CHECK(must(rig.machine->installed_version()) == "");
    }
    CHECK(rig.machine->watcher.notices.empty());
}

// Owners, capabilities and such need root; without it the twin alone says what they do.
template <class Disk>
bool can_give_away() {
    return std::is_same_v<Disk, TwinDisk> || ::geteuid() == 0;
}

TreeImage mine(TreeImage image) {
    for (TreeEntry &entry : image.entries) {
        if (::geteuid() != 0) {
            entry.owner = ::geteuid();
            entry.group = ::getegid();
        }
    }
    return image;
}

ImageBuilder shelf() { return ImageBuilder{}.directory("d").file("d/kept", "kept"); }

}  // namespace

TEST_CASE_TEMPLATE("files and symbolic links replace each other", Disk, MOS_DISKS) {
    go_there_and_back<Disk>(
        mine(shelf().file("f", "old").file("g", "file").symlink("l", "old").symlink("m", "x").image()),
        mine(shelf().file("f", "new", 0755).symlink("g", "now").symlink("l", "new").file("m", "y").image()));
}

TEST_CASE_TEMPLATE("a new path appears, and is gone after the rollback", Disk, MOS_DISKS) {
    go_there_and_back<Disk>(mine(shelf().image()),
                            mine(shelf().file("d/new", "n").symlink("d/link", "new").file("z", "").image()));
}

TEST_CASE_TEMPLATE("what is not wanted any more goes, and comes back with the rollback", Disk, MOS_DISKS) {
    go_there_and_back<Disk>(mine(shelf().file("d/old", "o", 0640).symlink("gone", "d").image()), mine(shelf().image()));
}

TEST_CASE_TEMPLATE("a new directory tree comes in one rename with all that is in it", Disk, MOS_DISKS) {
    const TreeImage before = mine(shelf().image());
    const TreeImage after = mine(shelf()
                                     .directory("n", 0750)
                                     .directory("n/a")
                                     .file("n/a/f", "deep")
                                     .symlink("n/a/l", "f")
                                     .directory("n/empty", 0700)
                                     .image());
    go_there_and_back<Disk>(before, after);
    Rig<Disk> rig{before};
    const auto staged = must(rig.machine->stage(before, after));
    CHECK(staged.operation_count() == 1);
}

TEST_CASE_TEMPLATE("removed directories go from the deepest up and come back with their attributes and times", Disk,
                   MOS_DISKS) {
    go_there_and_back<Disk>(mine(shelf()
                                     .directory("gone", 0750)
                                     .attribute("user.kept", "yes")
                                     .directory("gone/a")
                                     .directory("gone/a/b", 0700)
                                     .file("gone/a/b/c", "deep")
                                     .file("gone/x", "x")
                                     .image()),
                            mine(shelf().image()));
}

TEST_CASE_TEMPLATE("directories, files and symbolic links take each other's place", Disk, MOS_DISKS) {
    go_there_and_back<Disk>(mine(shelf()
                                     .directory("a")
                                     .directory("a/in")
                                     .file("a/in/x", "x")
                                     .directory("b")
                                     .file("b/x", "x")
                                     .file("c", "file")
                                     .symlink("e", "d")
                                     .image()),
                            mine(shelf()
                                     .file("a", "file")
                                     .symlink("b", "d")
                                     .directory("c")
                                     .file("c/x", "x")
                                     .directory("e", 0700)
                                     .directory("e/y")
                                     .image()));
}

TEST_CASE_TEMPLATE("attributes change in place: the inode stays", Disk, MOS_DISKS) {
    const TreeImage before = mine(shelf()
                                      .directory("s")
                                      .attribute("user.a", "1")
                                      .file("s/f", "same")
                                      .attribute("user.a", "1")
                                      .time(1'500'000'000)
                                      .image());
    const TreeImage after = mine(shelf()
                                     .directory("s", 0700)
                                     .attribute("user.b", "2")
                                     .file("s/f", "same", 0600)
                                     .attribute("user.a", "2")
                                     .time(1'500'000'001)
                                     .image());
    Rig<Disk> rig{before};
    const std::uint64_t inode = must(rig.open("s")->find("f"))->inode;
    must(rig.machine->update(before, after, "1"));
    rig.expect(after);
    CHECK(must(rig.open("s")->find("f"))->inode == inode);
    go_there_and_back<Disk>(before, after);
}

TEST_CASE_TEMPLATE("owner, setuid bit and capability arrive together: the owner is set first", Disk, MOS_DISKS) {
    if (!can_give_away<Disk>())
        return;
    go_there_and_back<Disk>(
        shelf().file("s", "same", 0644).file("t", "old", 04755).owner(1, 1).image(),
        shelf().file("s", "same", 06755).owner(2, 3).file("t", "new", 04711).owner(4, 5).time(1'500'000'000).image());
}

TEST_CASE_TEMPLATE("a hard-link group comes as one inode, grows, shrinks and splits", Disk, MOS_DISKS) {
    const TreeImage before = mine(shelf()
                                      .file("d/a", "group")
                                      .link("d/b", "d/a")
                                      .file("d/c", "alone")
                                      .file("d/p", "split")
                                      .link("d/q", "d/p")
                                      .image());
    const TreeImage after = mine(shelf()
                                     .file("d/a", "new group")
                                     .link("d/b", "d/a")
                                     .link("d/c", "d/a")
                                     .file("d/p", "split")
                                     .file("d/q", "split")
                                     .image());
    go_there_and_back<Disk>(before, after);
    go_there_and_back<Disk>(after, before);  // NOLINT(readability-suspicious-call-argument): back again
}

TEST_CASE_TEMPLATE("bytes that sort between a directory and what is in it confuse nothing", Disk, MOS_DISKS) {
    const auto names = [](const std::string &text) {
        return shelf()
            .directory("a")
            .file("a-b", text)
            .file("a.b", text)
            .file("a/b", text)
            .directory("a0")
            .file("a0/x", text)
            .directory("a!")
            .file("a!/b", text)
            .file("odd \xff\xfe", text)
            .image();
    };
    go_there_and_back<Disk>(mine(names("old")), mine(names("new")));
    go_there_and_back<Disk>(mine(shelf().image()), mine(names("new")));
    go_there_and_back<Disk>(mine(names("old")), mine(shelf().file("a", "file").file("a-b", "other").image()));
    go_there_and_back<Disk>(mine(shelf().file("a", "file").file("a-b", "other").image()), mine(names("old")));
}

TEST_CASE_TEMPLATE("a directory that is not empty when its turn comes is kept and reported", Disk, MOS_DISKS) {
    const TreeImage before = mine(shelf().directory("gone").file("gone/ours", "o").file("gone/users", "u").image());
    const TreeImage known = mine(shelf().directory("gone").file("gone/ours", "o").image());
    Rig<Disk> rig{before};
    must(rig.machine->update(known, mine(shelf().image()), "1"));
    REQUIRE(rig.machine->watcher.notices.size() == 1);
    CHECK(rig.machine->watcher.notices.front() == "'gone' is kept: it is not empty");
    CHECK(must(rig.open("gone")->list()).size() == 1);
    must(rig.machine->roll_back());
    rig.expect(before);
}

TEST_CASE_TEMPLATE("all kinds of operations at once lead to the second release and back", Disk, MOS_DISKS) {
    if (!can_give_away<Disk>())
        return;
    go_there_and_back<Disk>(first_release(), second_release());
    go_there_and_back<Disk>(second_release(), first_release());
    go_there_and_back<Disk>(bare_tree(), second_release());
    go_there_and_back<Disk>(first_release(), bare_tree());
}
