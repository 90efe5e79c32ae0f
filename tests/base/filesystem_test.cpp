// One body of tests for every implementation of the filesystem port: whatever the twin lets a test believe is what the
// kernel does.
#include <mos/base/filesystem.hpp>

#include "disks.hpp"
#include "expect.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

using namespace mos::base;
using mos::test::must;
using mos::test::refusal;

namespace {

void write(Directory &directory, std::string_view name, std::string_view content) {
    const auto file = must(directory.open_file(name, OpenMode::create_new));
    must(file->write_at(0, as_bytes(content)));
}

std::string read(Directory &directory, std::string_view name) {
    return std::string{as_text(must(read_file(directory, name, 1U << 20U)))};
}

std::uint64_t inode(Directory &directory, std::string_view name) { return must(directory.find(name)).value().inode; }

std::string names(Directory &directory) {
    std::string all;
    for (const DirectoryEntry &entry : must(directory.list()))
        all += (all.empty() ? "" : " ") + entry.name;
    return all;
}

template <class T>
int number_of(const mos::Result<T> &result) {
    return result.ok() ? 0 : result.error().system_errno();
}

std::unique_ptr<Directory> make_and_open(Directory &directory, std::string_view name) {
    must(directory.make_directory(name, 0755));
    return must(directory.open_directory(name, Symlinks::refuse));
}

}  // namespace

TEST_CASE_TEMPLATE("content is shared with a new file, or nothing has happened", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    write(*root, "from", std::string(10'000, 'x') + "end");
    const auto from = must(root->open_file("from", OpenMode::read));
    const auto to = must(root->open_file("to", OpenMode::create_new));
    const bool shared = must(to->share_content_of(*from));
    CHECK(read(*root, "to") == (shared ? read(*root, "from") : ""));
    if (!shared)
        return;
    must(to->write_at(0, as_bytes("changed")));
    CHECK(read(*root, "from").starts_with("xxxx"));
}

TEST_CASE("the twin's files share content where that was asked for, within a volume") {
    mos::test::Twin twin;
    const auto root = twin.root();
    write(*root, "from", "content");
    const auto volume = make_and_open(*root, "volume");
    must(volume->flush());
    twin.mount("volume");
    twin.share_content();
    const auto from = must(root->open_file("from", OpenMode::read));
    CHECK(must(must(root->open_file("to", OpenMode::create_new))->share_content_of(*from)));
    CHECK(read(*root, "to") == "content");
    const auto other = must(root->open_directory("volume", Symlinks::refuse));
    CHECK_FALSE(must(must(other->open_file("to", OpenMode::create_new))->share_content_of(*from)));
    CHECK_FALSE(must(must(mos::test::Twin{}.root()->open_file("to", OpenMode::create_new))->share_content_of(*from)));
}

TEST_CASE_TEMPLATE("a file gives back what was written into it", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    const auto file = must(root->open_file("f", OpenMode::create_new));
    must(file->write_at(0, as_bytes("hello")));
    must(file->write_at(9000, as_bytes("far")));
    CHECK(must(file->status()).size == 9003);
    Bytes hole(100, std::byte{7});
    CHECK(must(file->read_at(5, hole)) == 100);
    CHECK(std::ranges::all_of(hole, [](std::byte b) { return b == std::byte{0}; }));
    CHECK(must(file->read_at(9000, hole)) == 3);
    CHECK(must(file->read_at(9003, hole)) == 0);
    CHECK(must(file->read_at(UINT64_MAX, hole)) == 0);
    must(file->resize(3));
    must(file->resize(6));
    CHECK(read(*root, "f") == std::string_view{"hel\0\0\0", 6});
    must(file->flush());
}

TEST_CASE_TEMPLATE("a new file has mode 0600 and a taken name is refused", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    write(*root, "f", "x");
    const FileStatus status = must(root->find("f")).value();
    CHECK(status.type == FileType::regular);
    CHECK(status.mode == 0600);
    CHECK(status.links == 1);
    CHECK(refusal(root->open_file("f", OpenMode::create_new)) == Code::EXISTS);
    CHECK(refusal(root->open_file("missing", OpenMode::read)) == Code::NOT_FOUND);
    CHECK(refusal(root->open_file("missing", OpenMode::write)) == Code::NOT_FOUND);
}

TEST_CASE_TEMPLATE("a file opened for reading can't be written", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    write(*root, "f", "x");
    const auto file = must(root->open_file("f", OpenMode::read));
    CHECK(number_of(file->write_at(0, as_bytes("y"))) == EBADF);
    CHECK(number_of(file->resize(0)) == EINVAL);
    CHECK(read(*root, "f") == "x");
}

TEST_CASE_TEMPLATE("only regular files are opened as files", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    must(root->make_directory("d", 0755));
    write(*root, "f", "x");
    must(root->make_symlink("l", "f"));
    CHECK(refusal(root->open_file("d", OpenMode::read)) == Code::UNSUPPORTED);
    CHECK(refusal(root->open_file("d", OpenMode::write)) == Code::UNSUPPORTED);
    CHECK(refusal(root->open_file("l", OpenMode::read)) == Code::SYMLINK_IN_PATH);
    CHECK(refusal(root->open_file("l", OpenMode::create_new)) == Code::EXISTS);
}

TEST_CASE_TEMPLATE("a name is one component and nothing that could lead elsewhere", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    for (const std::string name : {"", ".", "..", "a/b", "/a", "a/"}) {
        CHECK_MESSAGE(refusal(root->find(name)) == Code::PATH_REFUSED, name);
        CHECK_MESSAGE(refusal(root->make_directory(name, 0755)) == Code::PATH_REFUSED, name);
        CHECK_MESSAGE(refusal(root->open_file(name, OpenMode::create_new)) == Code::PATH_REFUSED, name);
        CHECK_MESSAGE(refusal(root->remove_file(name)) == Code::PATH_REFUSED, name);
        CHECK_MESSAGE(refusal(root->rename("x", *root, name, RenameMode::replace)) == Code::PATH_REFUSED, name);
    }
    CHECK(refusal(root->find(std::string_view{"a\0b", 3})) == Code::PATH_REFUSED);
    CHECK(refusal(root->find(std::string(256, 'a'))) == Code::PATH_REFUSED);
    CHECK(must(root->find(std::string(255, 'a'))) == std::nullopt);
    CHECK(must(root->find("a \xff")) == std::nullopt);
}

TEST_CASE_TEMPLATE("a listing is sorted by name bytes and says types", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    CHECK(must(root->list()).empty());
    write(*root, "b", "");
    must(root->make_directory("a", 0755));
    must(root->make_symlink("c\xff", "nowhere"));
    write(*root, "B", "");
    const auto entries = must(root->list());
    CHECK(names(*root) == "B a b c\xff");
    CHECK(entries[1].type == FileType::directory);
    CHECK(entries[2].type == FileType::regular);
    CHECK(entries[3].type == FileType::symlink);
}

TEST_CASE_TEMPLATE("a directory has the mode it was made with and counts its sub-directories", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    must(root->make_directory("d", 02777));
    const FileStatus status = must(root->find("d")).value();
    CHECK(status.type == FileType::directory);
    CHECK(status.mode == 02777);
    CHECK(status.size == 0);
    CHECK(status.links == 2);
    const auto inner = must(root->open_directory("d", Symlinks::refuse));
    must(inner->make_directory("e", 0700));
    CHECK(must(inner->own_status()).links == 3);
    CHECK(must(inner->own_status()).inode == status.inode);
    CHECK(must(inner->own_status()).mount == must(root->own_status()).mount);
    CHECK(refusal(root->make_directory("d", 0755)) == Code::EXISTS);
}

TEST_CASE_TEMPLATE("hard links share an inode until one of them is replaced", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    const auto d = make_and_open(*root, "d");
    write(*root, "f", "one");
    must(root->make_link("f", *d, "g"));
    CHECK(inode(*root, "f") == inode(*d, "g"));
    CHECK(must(root->find("f"))->links == 2);
    must(must(root->open_file("f", OpenMode::write))->write_at(0, as_bytes("two")));
    CHECK(read(*d, "g") == "two");
    must(root->remove_file("f"));
    CHECK(must(d->find("g"))->links == 1);
    CHECK(refusal(d->make_link("g", *d, "g")) == Code::EXISTS);
    CHECK(refusal(root->make_link("d", *root, "e")) == Code::PERMISSION);
    must(root->make_symlink("l", "nowhere"));
    must(root->make_link("l", *root, "m"));
    CHECK(must(root->read_symlink("m")) == "nowhere");
}

TEST_CASE_TEMPLATE("an open file stays readable after its last name is gone", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    write(*root, "f", "still here");
    const auto file = must(root->open_file("f", OpenMode::write));
    must(root->remove_file("f"));
    CHECK(must(root->find("f")) == std::nullopt);
    CHECK(must(file->status()).links == 0);
    Bytes content(10);
    CHECK(must(file->read_at(0, content)) == 10);
    CHECK(as_text(content) == "still here");
    must(file->write_at(10, as_bytes("!")));
    write(*root, "other", "o");
    CHECK(must(file->status()).inode != inode(*root, "other"));
}

TEST_CASE_TEMPLATE("rename replaces a file, and of two names of one inode removes neither", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    const auto d = make_and_open(*root, "d");
    write(*root, "a", "new");
    write(*d, "b", "old");
    must(root->rename("a", *d, "b", RenameMode::replace));
    CHECK(must(root->find("a")) == std::nullopt);
    CHECK(read(*d, "b") == "new");
    must(d->make_link("b", *root, "c"));
    must(d->rename("b", *root, "c", RenameMode::replace));
    CHECK(read(*d, "b") == "new");
    CHECK(read(*root, "c") == "new");
    CHECK(refusal(root->rename("missing", *root, "x", RenameMode::replace)) == Code::NOT_FOUND);
}

TEST_CASE_TEMPLATE("rename minds types: a directory replaces only an empty directory", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    const auto full = make_and_open(*root, "full");
    write(*full, "f", "");
    must(root->make_directory("empty", 0755));
    must(root->make_directory("moving", 0700));
    write(*root, "file", "");
    CHECK(number_of(root->rename("moving", *root, "file", RenameMode::replace)) == ENOTDIR);
    CHECK(number_of(root->rename("file", *root, "empty", RenameMode::replace)) == EISDIR);
    CHECK(refusal(root->rename("moving", *root, "full", RenameMode::replace)) == Code::EXISTS);
    must(root->rename("moving", *root, "empty", RenameMode::replace));
    CHECK(must(root->find("empty"))->mode == 0700);
    CHECK(names(*root) == "empty file full");
}

TEST_CASE_TEMPLATE("a directory can't be moved into itself", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    const auto outer = make_and_open(*root, "outer");
    const auto inner = make_and_open(*outer, "inner");
    CHECK(number_of(root->rename("outer", *inner, "x", RenameMode::replace)) == EINVAL);
    CHECK(number_of(root->rename("outer", *outer, "x", RenameMode::keep_existing)) == EINVAL);
    CHECK(number_of(root->rename("outer", *outer, "inner", RenameMode::exchange)) == EINVAL);
    CHECK(number_of(outer->rename("inner", *root, "outer", RenameMode::replace)) == ENOTEMPTY);
}

TEST_CASE_TEMPLATE("keep_existing moves anything to a free name and nothing to a taken one", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    write(*root, "f", "mine");
    write(*root, "taken", "yours");
    must(root->make_symlink("l", "f"));
    must(root->make_directory("d", 0755));
    for (const char *name : {"f", "l", "d"}) {
        CHECK(refusal(root->rename(name, *root, "taken", RenameMode::keep_existing)) == Code::EXISTS);
        must(root->rename(name, *root, std::string{name} + "2", RenameMode::keep_existing));
    }
    CHECK(refusal(root->rename("taken", *root, "d2", RenameMode::keep_existing)) == Code::EXISTS);
    CHECK(refusal(root->rename("taken", *root, "taken", RenameMode::keep_existing)) == Code::EXISTS);
    CHECK(read(*root, "taken") == "yours");
    CHECK(names(*root) == "d2 f2 l2 taken");
}

TEST_CASE_TEMPLATE("exchange swaps two names of any types and needs both", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    const auto d = make_and_open(*root, "d");
    write(*d, "inside", "");
    write(*root, "f", "file");
    must(root->make_symlink("l", "target"));
    const std::uint64_t file_inode = inode(*root, "f");
    must(root->rename("f", *root, "d", RenameMode::exchange));
    CHECK(inode(*root, "d") == file_inode);
    CHECK(must(root->find("f"))->type == FileType::directory);
    must(root->rename("d", *root, "l", RenameMode::exchange));
    CHECK(must(root->read_symlink("d")) == "target");
    CHECK(inode(*root, "l") == file_inode);
    // Across directories, a directory against a file: both parents' link counts follow.
    const auto other = make_and_open(*root, "other");
    must(root->rename("f", *other, "none", RenameMode::keep_existing));
    CHECK(must(root->own_status()).links == 3);
    CHECK(must(other->own_status()).links == 3);
    must(root->rename("l", *other, "none", RenameMode::exchange));
    CHECK(must(root->own_status()).links == 4);
    CHECK(must(other->own_status()).links == 2);
    CHECK(refusal(root->rename("l", *root, "missing", RenameMode::exchange)) == Code::NOT_FOUND);
    CHECK(refusal(root->rename("missing", *root, "l", RenameMode::exchange)) == Code::NOT_FOUND);
}

TEST_CASE_TEMPLATE("removing minds types and content", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    const auto d = make_and_open(*root, "d");
    write(*d, "f", "");
    must(root->make_symlink("l", "d"));
    CHECK(refusal(root->remove_directory("d")) == Code::EXISTS);
    CHECK(number_of(root->remove_file("d")) == EISDIR);
    CHECK(number_of(root->remove_directory("l")) == ENOTDIR);
    CHECK(refusal(root->remove_file("missing")) == Code::NOT_FOUND);
    CHECK(refusal(root->remove_directory("missing")) == Code::NOT_FOUND);
    must(d->remove_file("f"));
    must(root->remove_directory("d"));
    must(root->remove_file("l"));
    CHECK(names(*root).empty());
    CHECK(refusal(d->make_directory("late", 0755)) == Code::NOT_FOUND);  // an open but removed directory takes nothing
}

TEST_CASE_TEMPLATE("a symbolic link is read and replaced as itself", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    must(root->make_symlink("l", "../else/where"));
    CHECK(must(root->read_symlink("l")) == "../else/where");
    const FileStatus status = must(root->find("l")).value();
    CHECK(status.type == FileType::symlink);
    CHECK(status.mode == 0777);
    CHECK(status.size == 13);
    CHECK(refusal(root->make_symlink("l", "x")) == Code::EXISTS);
    CHECK(refusal(root->make_symlink("m", "")) == Code::NOT_FOUND);
    CHECK(number_of(root->make_symlink("m", std::string(4096, 'x'))) == ENAMETOOLONG);
    write(*root, "f", "");
    CHECK(number_of(root->read_symlink("f")) == EINVAL);
    CHECK(refusal(root->read_symlink("missing")) == Code::NOT_FOUND);
}

TEST_CASE_TEMPLATE("a path that leads through a symbolic link is refused when asked so", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    const auto a = make_and_open(*root, "a");
    must(a->make_directory("b", 0755));
    must(root->make_symlink("l", "a"));
    must(root->open_directory("a/b", Symlinks::refuse));
    CHECK(refusal(root->open_directory("l", Symlinks::refuse)) == Code::SYMLINK_IN_PATH);
    CHECK(refusal(root->open_directory("l/b", Symlinks::refuse)) == Code::SYMLINK_IN_PATH);
    CHECK(refusal(root->open_directory("a/missing", Symlinks::refuse)) == Code::NOT_FOUND);
    write(*root, "f", "");
    CHECK(number_of(root->open_directory("f", Symlinks::refuse)) == ENOTDIR);
    CHECK(number_of(root->open_directory("f/x", Symlinks::follow_in_root)) == ENOTDIR);
    for (const char *path : {"..", "a/..", "/", "/a", "a//b", "./a"}) {
        CHECK_MESSAGE(refusal(root->open_directory(path, Symlinks::refuse)) == Code::PATH_REFUSED, path);
        CHECK_MESSAGE(refusal(root->open_directory(path, Symlinks::follow_in_root)) == Code::PATH_REFUSED, path);
    }
    CHECK(must(must(root->open_directory("", Symlinks::refuse))->own_status()).inode == must(root->own_status()).inode);
}

TEST_CASE_TEMPLATE("links are followed as if the directory were the root, and never out of it", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    const auto usr = make_and_open(*root, "usr");
    const auto lib = make_and_open(*usr, "lib");
    must(root->make_symlink("lib", "usr/lib"));
    must(root->make_symlink("absolute", "/usr/lib"));
    must(root->make_symlink("up", "../../../../usr/./lib/"));
    must(usr->make_symlink("side", "../lib"));
    must(root->make_symlink("far", "/etc/../../../../usr/side"));
    must(root->make_directory("etc", 0755));
    must(root->make_symlink("top", "/.."));
    const std::uint64_t expected = must(lib->own_status()).inode;
    for (const char *path : {"lib", "absolute", "up", "usr/side", "far"}) {
        const auto opened = root->open_directory(path, Symlinks::follow_in_root);
        CHECK_MESSAGE(must(must(root->open_directory(path, Symlinks::follow_in_root))->own_status()).inode == expected,
                      path);
    }
    CHECK(must(must(root->open_directory("top", Symlinks::follow_in_root))->own_status()).inode ==
          must(root->own_status()).inode);
    must(root->make_symlink("loop", "loop"));
    CHECK(number_of(root->open_directory("loop", Symlinks::follow_in_root)) == ELOOP);
    must(root->make_symlink("dangling", "/missing"));
    CHECK(refusal(root->open_directory("dangling", Symlinks::follow_in_root)) == Code::NOT_FOUND);
}

TEST_CASE_TEMPLATE("extended attributes are sorted, replaced and removed", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    write(*root, "f", "");
    CHECK(must(root->extended_attributes("f")).empty());
    must(root->set_extended_attribute("f", {"user.b", to_bytes(as_bytes("2"))}));
    must(root->set_extended_attribute("f", {"user.a", {}}));
    must(must(root->open_file("f", OpenMode::write))->set_extended_attribute({"user.b", to_bytes(as_bytes("two"))}));
    const ExtendedAttributes expected = {{"user.a", {}}, {"user.b", to_bytes(as_bytes("two"))}};
    CHECK(must(root->extended_attributes("f")) == expected);
    CHECK(must(must(root->open_file("f", OpenMode::read))->extended_attributes()) == expected);
    must(root->remove_extended_attribute("f", "user.a"));
    CHECK(must(root->extended_attributes("f")).size() == 1);
    CHECK(number_of(root->remove_extended_attribute("f", "user.a")) == ENODATA);
    CHECK(refusal(root->extended_attributes("missing")) == Code::NOT_FOUND);
    must(root->make_directory("d", 0755));
    must(root->set_extended_attribute("d", {"user.a", {}}));
    CHECK(must(root->extended_attributes("d")).size() == 1);
}

TEST_CASE_TEMPLATE("attributes are the entry's own, never those of a link's target", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    write(*root, "f", "");
    must(root->make_symlink("l", "f"));
    const FileTime before = must(root->find("f"))->modified;
    must(root->set_modified("l", {86'400, 5}));
    CHECK(must(root->find("l"))->modified == FileTime{86'400, 5});
    CHECK(must(root->find("f"))->modified == before);
    CHECK(number_of(root->set_mode("l", 0600)) == EOPNOTSUPP);
    CHECK(refusal(root->set_extended_attribute("l", {"user.a", {}})) == Code::PERMISSION);
    CHECK(must(root->extended_attributes("l")).empty());
    if (::geteuid() != 0)
        return;
    must(root->set_owner("l", 12, 34));
    CHECK(must(root->find("l"))->owner == 12);
    CHECK(must(root->find("l"))->group == 34);
    CHECK(must(root->find("f"))->owner == 0);
}

TEST_CASE_TEMPLATE("mode, owner and times are set by name and by descriptor", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    write(*root, "f", "");
    must(root->make_directory("d", 0755));
    must(root->set_mode("f", 04751));
    CHECK(must(root->find("f"))->mode == 04751);
    must(root->set_mode("d", 01777));
    CHECK(must(root->find("d"))->mode == 01777);
    must(root->set_modified("d", {-5, 999'999'999}));
    CHECK(must(root->find("d"))->modified == FileTime{-5, 999'999'999});
    const auto file = must(root->open_file("f", OpenMode::write));
    must(file->set_mode(0640));
    must(file->set_modified({1'000'000'000, 0}));
    CHECK(must(file->status()).mode == 0640);
    CHECK(must(root->find("f"))->modified == FileTime{1'000'000'000, 0});
    CHECK(refusal(root->set_mode("missing", 0600)) == Code::NOT_FOUND);
    CHECK(refusal(root->set_modified("missing", {})) == Code::NOT_FOUND);
    CHECK(refusal(root->set_owner("missing", 0, 0)) == Code::NOT_FOUND);
    must(root->set_mode("f", 0));
    must(root->set_modified("f", {1, 0}));  // a mode that forbids opening forbids nothing here
    must(root->set_mode("f", 0600));
}

TEST_CASE_TEMPLATE("a change of owner takes set-user-ID and capabilities away, so it has to come first", Disk,
                   MOS_DISKS) {
    if (::geteuid() != 0)
        return;
    const Disk disk;
    const auto root = disk.root();
    write(*root, "f", "");
    Bytes capability(20);
    capability[3] = std::byte{2};  // version 2, no bits
    must(root->set_mode("f", 06755));
    must(root->set_extended_attribute("f", {"security.capability", capability}));
    CHECK(must(root->extended_attributes("f")).size() == 1);
    must(root->set_owner("f", 7, 7));
    CHECK(must(root->find("f"))->mode == 0755);
    CHECK(must(root->extended_attributes("f")).empty());
    must(root->set_extended_attribute("f", {"security.capability", capability}));
    must(must(root->open_file("f", OpenMode::write))->write_at(0, as_bytes("changed")));
    CHECK(must(root->extended_attributes("f")).empty());
    must(root->make_directory("d", 06755));
    must(root->set_owner("d", 7, 7));
    CHECK(must(root->find("d"))->mode == 06755);
}

TEST_CASE_TEMPLATE("a lock excludes a second holder, who learns the first one's note", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    auto held = must(root->lock("lock", "process 17 (a long name of the first holder)"));
    CHECK(must(root->find("lock"))->mode == 0600);
    const auto again = disk.root()->lock("lock", "second");
    CHECK(refusal(again) == Code::LOCKED);
    CHECK(again.error().message() == "process 17 (a long name of the first holder)");
    held.reset();
    held = must(root->lock("lock", "third"));
    CHECK(read(*root, "lock") == "third");
    must(root->make_symlink("l", "lock2"));
    CHECK(refusal(root->lock("l", "")) == Code::SYMLINK_IN_PATH);
}

TEST_CASE_TEMPLATE("a file is locked by several who share it or by one alone, until they close it", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    (void)must(root->open_file("f", OpenMode::create_new));
    auto first = must(root->open_file("f", OpenMode::read));
    auto second = must(root->open_file("f", OpenMode::read));
    const auto alone = must(root->open_file("f", OpenMode::read));
    must(first->lock(LockMode::shared));
    must(second->lock(LockMode::shared));
    CHECK(refusal(alone->lock(LockMode::exclusive)) == Code::LOCKED);
    first.reset();
    CHECK(refusal(alone->lock(LockMode::exclusive)) == Code::LOCKED);
    second.reset();
    must(alone->lock(LockMode::exclusive));
    second = must(root->open_file("f", OpenMode::read));
    const auto refused = second->lock(LockMode::shared);
    CHECK(refusal(refused) == Code::LOCKED);
    CHECK(refused.error().message() == "'f' is in use");
    must(alone->lock(LockMode::shared));
    must(second->lock(LockMode::shared));
}

TEST_CASE_TEMPLATE("a filesystem tells its room and flushes", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    const FilesystemUsage usage = must(root->usage());
    CHECK(usage.free_bytes > 0);
    CHECK(usage.free_inodes > 0);
    const auto point = must(root->open_sync_point());
    write(*root, "f", "x");
    must(point->flush());
    must(root->flush());
}

TEST_CASE_TEMPLATE("a tree is removed with all below it, and links in it are not followed", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    const auto keep = make_and_open(*root, "keep");
    write(*keep, "f", "");
    const auto tree = make_and_open(*root, "tree");
    const auto inner = make_and_open(*tree, "inner");
    write(*inner, "f", "");
    must(inner->make_symlink("out", "../../keep"));
    must(remove_tree(*root, "tree"));
    must(remove_tree(*root, "tree"));
    CHECK(names(*root) == "keep");
    CHECK(names(*keep) == "f");
    must(root->make_symlink("l", "keep"));
    must(remove_tree(*root, "l"));
    CHECK(names(*root) == "keep");
}

TEST_CASE_TEMPLATE("directories are made where they are missing, through links inside the root", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    must(root->make_directory("data", 0700));
    must(root->make_symlink("var", "/data"));
    const auto made = must(make_directories(*root, "var/lib/multios"));
    write(*made, "f", "x");
    CHECK(read(*must(root->open_directory("data/lib/multios", Symlinks::refuse)), "f") == "x");
    CHECK(names(*must(make_directories(*root, "var/lib"))) == "multios");
    CHECK(must(must(root->open_directory("data", Symlinks::refuse))->find("lib"))->mode == 0755);
    CHECK(refusal(make_directories(*root, "../x")) == Code::PATH_REFUSED);
    CHECK(refusal(make_directories(*root, "var/lib/multios/f/x")) == Code::NOT_FOUND);
    CHECK(must(make_directories(*root, ""))->own_status().ok());
}

TEST_CASE_TEMPLATE("a whole file is read up to a limit", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    write(*root, "f", "12345");
    write(*root, "empty", "");
    CHECK(as_text(must(read_file(*root, "f", 5))) == "12345");
    CHECK(must(read_file(*root, "empty", 0)).empty());
    CHECK(refusal(read_file(*root, "f", 4)) == Code::LIMIT);
    CHECK(refusal(read_file(*root, "missing", 4)) == Code::NOT_FOUND);
}

TEST_CASE_TEMPLATE("a file is replaced whole and a leftover of a crash does not hinder", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    must(replace_file(*root, "f", as_bytes("one"), 0644));
    write(*root, ".f.multios-new", "left over");
    must(replace_file(*root, "f", as_bytes("two"), 0600));
    CHECK(read(*root, "f") == "two");
    CHECK(must(root->find("f"))->mode == 0600);
    CHECK(names(*root) == "f");
    must(replace_file(*root, std::string(255, 'n'), as_bytes("long"), 0600));
    must(root->make_directory("d", 0755));
    CHECK_FALSE(replace_file(*root, "d", as_bytes("x"), 0600).ok());
    CHECK(names(*root) == "d f " + std::string(255, 'n'));
}

TEST_CASE_TEMPLATE("a file whose content is replaced keeps its mode and its owner", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    must(replace_content(*root, "f", as_bytes("one"), 0644));
    CHECK(must(root->find("f"))->mode == 0644);
    must(root->set_owner("f", 12, 34));
    must(root->set_mode("f", 0600));
    must(replace_content(*root, "f", as_bytes("two"), 0644));
    CHECK(read(*root, "f") == "two");
    const auto status = must(root->find("f"));
    CHECK(status->mode == 0600);
    CHECK(status->owner == 12);
    CHECK(status->group == 34);
}

TEST_CASE_TEMPLATE("a file is created whole, and never over another", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    write(*root, ".f.multios-new", "left over");
    must(create_file(*root, "f", as_bytes("one"), 0600));
    CHECK(read(*root, "f") == "one");
    CHECK(must(root->find("f"))->mode == 0600);
    CHECK(refusal(create_file(*root, "f", as_bytes("two"), 0600)) == Code::EXISTS);
    must(root->make_symlink("s", "nowhere"));
    CHECK(refusal(create_file(*root, "s", as_bytes("two"), 0600)) == Code::EXISTS);
    CHECK(read(*root, "f") == "one");
    CHECK(names(*root) == "f s");
}

TEST_CASE("a file is created at once whatever fails, also where no rename keeps what is there") {
    mos::test::Twin twin;
    const auto root = twin.root();
    must(create_file(*root, "counted", as_bytes("one"), 0600));
    const std::uint64_t calls = twin.calls();
    for (const int number : {ENOSPC, EINVAL}) {
        for (std::uint64_t call = 1; call <= calls; ++call) {
            twin.fail_at(twin.calls() + call, number);
            const auto created = create_file(*root, "f", as_bytes("one"), 0600);
            twin.fail_never();
            const auto status = must(root->find("f"));
            CHECK(status.has_value() == (created.ok() || call == calls));  // the last call makes the name durable
            if (status)
                CHECK(read(*root, "f") == "one");
            CHECK_FALSE(must(root->find(".f.multios-new")).has_value());
            must(remove_tree(*root, "f"));
        }
    }
}

TEST_CASE_TEMPLATE("a file serves as a source", Disk, MOS_DISKS) {
    const Disk disk;
    const auto root = disk.root();
    write(*root, "f", "0123456789");
    const auto source = make_source(must(root->open_file("f", OpenMode::read)), "shown name");
    CHECK(source->name() == "shown name");
    CHECK(must(source->size()) == 10);
    Bytes middle(4);
    must(read_exactly(*source, 3, middle));
    CHECK(as_text(middle) == "3456");
    CHECK(refusal(read_exactly(*source, 8, middle)) == Code::TRUNCATED);
}
