// What the twin loses and keeps, each rule as a fact.
#include "twin.hpp"

#include "expect.hpp"
#include "tree_image.hpp"

#include <algorithm>
#include <cerrno>
#include <set>

using namespace mos::base;
using mos::test::DiskState;
using mos::test::must;
using mos::test::refusal;
using mos::test::Selection;
using mos::test::Twin;

namespace {

std::unique_ptr<File> create(Directory &directory, std::string_view name, std::string_view content = "") {
    auto file = must(directory.open_file(name, OpenMode::create_new));
    if (!content.empty())
        must(file->write_at(0, as_bytes(content)));
    return file;
}

void sync(Directory &root) { must(must(root.open_sync_point())->flush()); }

std::string read(Directory &directory, std::string_view name) {
    return std::string{as_text(must(read_file(directory, name, 1U << 20U)))};
}

std::uint64_t inode(Directory &directory, std::string_view name) { return must(directory.find(name)).value().inode; }

// "a=content b=content d/ …" of a root directory.
std::string show(Directory &root) {
    std::string text;
    for (const mos::test::TreeEntry &entry : must(mos::test::scan(root)).entries) {
        if (entry.path.empty())
            continue;
        text += text.empty() ? "" : " ";
        text += entry.path;
        text += entry.type == FileType::directory ? "/" : "=" + entry.content + entry.target;
    }
    return text;
}
std::string show(const DiskState &state) { return show(*Twin{state}.root()); }
std::string after_crash(const Twin &twin, const Selection &keep) { return show(twin.crash(keep)); }

// Everything that some subset of the pending effects leaves.
std::set<std::string> all_outcomes(const Twin &twin) {
    std::set<std::string> outcomes;
    for (std::uint64_t seed = 0; seed < 4000; ++seed)
        outcomes.insert(after_crash(twin, Selection::random(seed)));
    return outcomes;
}

using Outcomes = std::set<std::string>;

}  // namespace

TEST_CASE("what was not flushed may all be lost or all be kept") {
    Twin twin;
    const auto root = twin.root();
    create(*root, "f", "x");
    CHECK(twin.pending() == 4);  // inode, name, data, size
    CHECK(after_crash(twin, Selection::none()) == "");
    CHECK(after_crash(twin, Selection::all()) == "f=x");
    CHECK(show(*root) == "f=x");
    sync(*root);
    CHECK(twin.pending() == 0);
    CHECK(after_crash(twin, Selection::none()) == "f=x");
}

TEST_CASE("a name without its inode vanishes, and so does an inode without a name") {
    Twin twin;
    const auto root = twin.root();
    create(*root, "f", "x");
    CHECK(after_crash(twin, Selection::all_but(0)) == "");
    CHECK(after_crash(twin, Selection::all_but(1)) == "");
    CHECK(must(Twin{twin.crash(Selection::all_but(1))}.root()->own_status()).links == 2);
}

TEST_CASE("a size without its data reads as zeros, and data without its size is cut off") {
    Twin twin;
    const auto root = twin.root();
    create(*root, "f", "abc");
    CHECK(after_crash(twin, Selection::all_but(2)) == std::string{"f=\0\0\0", 5});
    CHECK(after_crash(twin, Selection::all_but(3)) == "f=");
    // What was cut off does not come back when the file grows again.
    Twin rebooted{twin.crash(Selection::all_but(3))};
    must(must(rebooted.root()->open_file("f", OpenMode::write))->resize(3));
    CHECK(show(*rebooted.root()) == std::string{"f=\0\0\0", 5});
}

TEST_CASE("an overwrite may arrive or not while the size stays") {
    Twin twin;
    const auto root = twin.root();
    const auto file = create(*root, "f", "old");
    sync(*root);
    must(file->write_at(0, as_bytes("new")));
    CHECK(all_outcomes(twin) == Outcomes{"f=old", "f=new"});
}

TEST_CASE("a flushed file has its content but not its name") {
    Twin twin;
    const auto root = twin.root();
    const auto file = create(*root, "f", "x");
    must(file->set_mode(0644));
    must(file->flush());
    CHECK(twin.pending() == 1);
    CHECK(all_outcomes(twin) == Outcomes{"", "f=x"});
}

TEST_CASE("a flushed directory has its names but not its files' content") {
    Twin twin;
    const auto root = twin.root();
    create(*root, "f", "x");
    must(root->flush());
    CHECK(all_outcomes(twin) == Outcomes{"f=", std::string{"f=\0", 3}, "f=x"});
}

TEST_CASE("a directory's flush does not keep that directory's own name") {
    Twin twin;
    const auto root = twin.root();
    must(root->make_directory("d", 0755));
    const auto inner = must(root->open_directory("d", Symlinks::refuse));
    create(*inner, "f");
    must(inner->flush());
    CHECK(all_outcomes(twin) == Outcomes{"", "d/ d/f="});
}

TEST_CASE("a rename across directories is kept whole or lost whole, and a flush of either side keeps it") {
    for (const bool flush_source : {true, false}) {
        Twin twin;
        const auto root = twin.root();
        must(root->make_directory("a", 0755));
        must(root->make_directory("b", 0755));
        const auto a = must(root->open_directory("a", Symlinks::refuse));
        const auto b = must(root->open_directory("b", Symlinks::refuse));
        create(*a, "f", "1");
        create(*b, "f", "2");
        sync(*root);
        must(a->rename("f", *b, "f", RenameMode::exchange));
        CHECK(twin.pending() == 1);
        CHECK(all_outcomes(twin) == Outcomes{"a/ a/f=1 b/ b/f=2", "a/ a/f=2 b/ b/f=1"});
        must(a->rename("f", *b, "g", RenameMode::keep_existing));
        CHECK(all_outcomes(twin) == Outcomes{"a/ a/f=1 b/ b/f=2", "a/ a/f=2 b/ b/f=1", "a/ b/ b/f=1 b/g=2"});
        must((flush_source ? a : b)->flush());
        CHECK(all_outcomes(twin) == Outcomes{"a/ b/ b/f=1 b/g=2"});
    }
}

TEST_CASE("replacing a file without flushing it first may leave an empty file") {
    Twin twin;
    const auto root = twin.root();
    create(*root, "f", "old");
    sync(*root);
    create(*root, "new", "new");
    must(root->rename("new", *root, "f", RenameMode::replace));
    CHECK(all_outcomes(twin).contains("f="));
    Twin careful;
    const auto careful_root = careful.root();
    must(replace_file(*careful_root, "f", as_bytes("old"), 0600));
    bool torn = false;
    careful.on_mutation([&](std::uint64_t, std::string_view) {
        for (std::uint64_t seed = 0; seed < 100; ++seed) {
            const Twin rebooted{careful.crash(Selection::random(seed).torn(seed))};
            const std::string content = read(*rebooted.root(), "f");
            torn = torn || (content != "old" && content != "new");
        }
    });
    must(replace_file(*careful_root, "f", as_bytes("new"), 0600));
    CHECK_FALSE(torn);
    CHECK(after_crash(careful, Selection::none()) == "f=new");
}

TEST_CASE("changes of one name keep their order, those of different names do not") {
    Twin twin;
    const auto root = twin.root();
    create(*root, "a", "1");
    create(*root, "b", "2");
    sync(*root);
    must(root->remove_file("a"));
    must(root->remove_file("b"));
    CHECK(all_outcomes(twin) == Outcomes{"a=1 b=2", "a=1", "b=2", ""});
    must(root->make_symlink("a", "x"));
    CHECK(all_outcomes(twin) == Outcomes{"a=1 b=2", "a=1", "b=2", "", "a=x b=2", "a=x"});
}

TEST_CASE("a directory is not lost with what was moved out of it") {
    Twin twin;
    const auto root = twin.root();
    must(root->make_directory("d", 0755));
    create(*must(root->open_directory("d", Symlinks::refuse)), "f", "1");
    sync(*root);
    must(must(root->open_directory("d", Symlinks::refuse))->rename("f", *root, "f", RenameMode::replace));
    must(root->remove_directory("d"));
    CHECK(all_outcomes(twin) == Outcomes{"d/ d/f=1", "d/ f=1", "f=1"});
    must(root->flush());
    CHECK(after_crash(twin, Selection::none()) == "f=1");
}

TEST_CASE("each attribute call is kept or lost by itself, a change of owner with what it takes away") {
    Twin twin;
    const auto root = twin.root();
    const auto file = create(*root, "f");
    must(file->set_mode(04755));
    sync(*root);
    must(root->set_owner("f", 5, 6));
    must(root->set_extended_attribute("f", {"user.a", {}}));
    must(root->set_modified("f", {9, 9}));
    CHECK(twin.pending() == 3);
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const Twin rebooted{twin.crash(Selection::random(seed))};
        const FileStatus status = must(rebooted.root()->find("f")).value();
        CHECK((status.owner == 5) == (status.mode == 0755));
        const auto attributes = must(rebooted.root()->extended_attributes("f"));
        seen.insert(std::to_string(status.owner) + std::to_string(attributes.size()) +
                    std::to_string(status.modified == FileTime{9, 9} ? 1 : 0));
    }
    CHECK(seen.size() == 8);
}

TEST_CASE("a torn write arrives in whole sectors") {
    Twin twin;
    const auto root = twin.root();
    const auto file = create(*root, "f", std::string(2048, 'a'));
    sync(*root);
    must(file->write_at(0, as_bytes(std::string(2048, 'b'))));
    std::set<std::string> contents;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        const Twin rebooted{twin.crash(Selection::all().torn(seed))};
        const std::string content = read(*rebooted.root(), "f");
        for (std::size_t sector = 0; sector < 2048; sector += 512)
            CHECK(content.find_first_not_of(content[sector], sector) >=
                  std::min<std::size_t>(sector + 512, content.size()));
        contents.insert(content);
    }
    CHECK(contents.size() == 16);
}

TEST_CASE("a freed inode number is used again at once, the lowest first") {
    Twin twin;
    const auto root = twin.root();
    create(*root, "a");
    create(*root, "b");
    create(*root, "c");
    const std::uint64_t lowest = inode(*root, "a");
    const std::uint64_t highest = inode(*root, "c");
    must(root->remove_file("c"));
    must(root->remove_file("a"));
    create(*root, "d");
    create(*root, "e");
    CHECK(inode(*root, "d") == lowest);
    CHECK(inode(*root, "e") == highest);
}

TEST_CASE("two inodes never have one number after a crash, whatever was lost") {
    Twin twin;
    const auto root = twin.root();
    create(*root, "a", "1");
    sync(*root);
    for (const char *name : {"b", "c", "d"}) {
        must(root->remove_file(name[0] == 'b' ? "a" : std::string(1, static_cast<char>(name[0] - 1))));
        create(*root, name, "2");
    }
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        const Twin rebooted{twin.crash(Selection::random(seed))};
        const auto again = rebooted.root();
        std::set<std::uint64_t> numbers;
        for (const DirectoryEntry &entry : must(again->list()))
            CHECK(numbers.insert(inode(*again, entry.name)).second);
    }
    must(root->flush());
    CHECK(after_crash(twin, Selection::none()) == "d=");
}

TEST_CASE("a crash counts links anew") {
    Twin twin;
    const auto root = twin.root();
    create(*root, "a", "1");
    sync(*root);
    must(root->make_link("a", *root, "b"));
    CHECK(must(Twin{twin.crash(Selection::all())}.root()->find("a"))->links == 2);
    CHECK(must(Twin{twin.crash(Selection::none())}.root()->find("a"))->links == 1);
}

TEST_CASE("equal states have equal digests, and any difference another one") {
    Twin twin;
    const auto root = twin.root();
    const auto file = create(*root, "f", "x");
    sync(*root);
    const auto before = twin.crash(Selection::all()).digest();
    CHECK(twin.crash(Selection::none()).digest() == before);
    CHECK(Twin{twin.crash(Selection::all())}.crash(Selection::all()).digest() == before);
    std::set<mos::test::twin::Digest> digests = {before};
    const auto is_new = [&] { return digests.insert(twin.crash(Selection::all()).digest()).second; };
    must(file->write_at(0, as_bytes("y")));
    CHECK(is_new());
    must(file->set_mode(0644));
    CHECK(is_new());
    must(file->resize(5));
    CHECK(is_new());
    must(root->rename("f", *root, "g", RenameMode::replace));
    CHECK(is_new());
    must(root->set_extended_attribute("g", {"user.a", {}}));
    CHECK(is_new());
    must(file->write_at(0, as_bytes("x")));
    must(file->resize(1));
    must(file->set_mode(0600));
    must(root->remove_extended_attribute("g", "user.a"));
    must(root->rename("g", *root, "f", RenameMode::replace));
    CHECK_FALSE(is_new());
}

TEST_CASE("every call that changes or flushes is announced before it happens") {
    Twin twin;
    const auto root = twin.root();
    std::vector<std::string> announced;
    std::vector<std::string> states;
    twin.on_mutation([&](std::uint64_t number, std::string_view what) {
        CHECK(number == announced.size() + 1);
        announced.emplace_back(what);
        states.push_back(after_crash(twin, Selection::all()));
    });
    const auto file = create(*root, "f", "x");
    must(file->flush());
    must(root->find("f"));
    CHECK(announced == std::vector<std::string>{"create 'f'", "write 'f'", "flush 'f'"});
    CHECK(states == std::vector<std::string>{"", "f=", "f=x"});
    CHECK(twin.mutations() == 3);
    CHECK(twin.flushes() == 1);
    CHECK(twin.calls() == 4);
}

TEST_CASE("somebody else may change the disk while a call is announced") {
    Twin twin;
    const auto root = twin.root();
    create(*root, "f", "mine");
    twin.on_mutation(
        [&](std::uint64_t, std::string_view) { must(replace_file(*twin.root(), "f", as_bytes("theirs"), 0600)); });
    must(root->rename("f", *root, "g", RenameMode::replace));
    CHECK(show(*root) == "g=theirs");
    CHECK(twin.mutations() == 3);  // create, write, rename
}

TEST_CASE("the n-th call fails as asked, once or from then on") {
    Twin twin;
    const auto root = twin.root();
    twin.fail_at(2, ENOSPC);
    must(root->make_directory("a", 0755));
    CHECK(refusal(root->make_directory("b", 0755)) == Code::NO_SPACE);
    must(root->make_directory("b", 0755));
    twin.fail_at(twin.calls() + 1, EMFILE);
    CHECK(root->list().error().system_errno() == EMFILE);
    twin.fail_from(twin.calls() + 1, EROFS);
    CHECK(refusal(root->make_directory("c", 0755)) == Code::READ_ONLY);
    CHECK(refusal(root->flush()) == Code::READ_ONLY);
    CHECK(must(root->list()).size() == 2);
    twin.fail_never();
    must(root->make_directory("c", 0755));
}

TEST_CASE("a failed flush has lost the data, and a second flush that succeeds does not bring it back") {
    Twin twin;
    const auto root = twin.root();
    const auto file = create(*root, "f", "old");
    sync(*root);
    must(file->write_at(0, as_bytes("new")));
    twin.fail_at(twin.calls() + 1, EIO);
    CHECK(refusal(file->flush()) == Code::IO);
    must(file->flush());
    CHECK(refusal(must(root->open_sync_point())->flush()) == Code::IO);  // as nobody was told by a sync yet
    sync(*root);
    CHECK(show(*root) == "f=new");  // the cache still shows it
    CHECK(after_crash(twin, Selection::all()) == "f=old");
}

TEST_CASE("a writeback error is reported once to each who was there, and not to those who came after") {
    Twin twin;
    const auto root = twin.root();
    const auto early = must(root->open_sync_point());
    const auto other = must(root->open_sync_point());
    const auto file = create(*root, "f", "x");
    twin.fail_writeback(EIO);
    CHECK(refusal(other->flush()) == Code::IO);
    const auto late = must(root->open_sync_point());
    must(late->flush());
    CHECK(refusal(early->flush()) == Code::IO);
    must(early->flush());
    CHECK(refusal(file->flush()) == Code::IO);
    must(file->flush());
    create(*root, "g", "x");
    twin.fail_writeback(EIO);
    const auto first_to_know = must(root->open_sync_point());  // nobody was told yet
    CHECK(refusal(first_to_know->flush()) == Code::IO);
}

TEST_CASE("a full disk takes what fits and refuses the rest") {
    Twin twin;
    const auto root = twin.root();
    const auto file = create(*root, "f", "x");
    twin.set_free_bytes(8192);
    CHECK(must(root->usage()).free_bytes == 8192);
    must(file->write_at(0, as_bytes(std::string(4096, 'a'))));  // no new block
    CHECK(refusal(file->write_at(4096, as_bytes(std::string(9000, 'b')))) == Code::NO_SPACE);
    CHECK(must(file->status()).size == 3 * 4096);
    must(file->resize(0));
    CHECK(must(root->usage()).free_bytes == 3 * 4096);
    twin.set_free_inodes(1);
    create(*root, "g");
    CHECK(refusal(root->make_directory("h", 0755)) == Code::NO_SPACE);
    must(root->remove_file("g"));
    must(root->make_directory("h", 0755));
}

TEST_CASE("an immutable file can't be changed, moved, linked or removed") {
    Twin twin;
    const auto root = twin.root();
    create(*root, "f", "x");
    create(*root, "g", "x");
    twin.set_immutable("f", Twin::Immutable::yes);
    CHECK(must(root->find("f"))->immutable);
    CHECK(refusal(root->open_file("f", OpenMode::write)) == Code::PERMISSION);
    CHECK(refusal(root->rename("f", *root, "h", RenameMode::replace)) == Code::PERMISSION);
    CHECK(refusal(root->rename("g", *root, "f", RenameMode::exchange)) == Code::PERMISSION);
    CHECK(refusal(root->make_link("f", *root, "h")) == Code::PERMISSION);
    CHECK(refusal(root->remove_file("f")) == Code::PERMISSION);
    CHECK(refusal(root->set_mode("f", 0)) == Code::PERMISSION);
    twin.set_immutable("f", Twin::Immutable::no);
    must(root->remove_file("f"));
}

TEST_CASE("the clock stands still until it is moved, and survives the reboot") {
    Twin twin;
    const auto root = twin.root();
    const auto file = create(*root, "f", "x");
    const FileTime first = must(file->status()).modified;
    twin.set_clock({first.seconds + 5, 0});
    must(file->write_at(0, as_bytes("y")));
    CHECK(must(file->status()).modified.seconds == first.seconds + 5);
    Twin rebooted{twin.crash(Selection::all())};
    create(*rebooted.root(), "g");
    CHECK(must(rebooted.root()->find("g"))->modified.seconds == first.seconds + 5);
}

TEST_CASE("a reboot releases locks, and a lock file may be lost") {
    Twin twin;
    const auto root = twin.root();
    const auto held = must(root->lock("lock", "first"));
    CHECK(refusal(twin.root()->lock("lock", "second")) == Code::LOCKED);
    const Twin rebooted{twin.crash(Selection::all())};
    const auto again = must(rebooted.root()->lock("lock", "third"));
    CHECK(show(*rebooted.root()) == "lock=third");
}

TEST_CASE("a picture of a tree names what differs") {
    Twin twin;
    const auto root = twin.root();
    must(root->make_directory("d", 0755));
    const auto d = must(root->open_directory("d", Symlinks::refuse));
    create(*d, "f", "one");
    must(d->make_link("f", *root, "hard"));
    must(root->make_directory("skip", 0755));
    const std::string_view except[] = {"skip"};
    const auto before = must(mos::test::scan(*root, except));
    CHECK(before.entries.size() == 4);
    CHECK(before.find("hard")->first_linked == "d/f");
    CHECK(before.find("skip") == nullptr);
    CHECK(difference(before, must(mos::test::scan(*root, except))).empty());
    must(root->remove_file("hard"));
    must(must(d->open_file("f", OpenMode::write))->write_at(0, as_bytes("two")));
    must(root->set_mode("d", 0700));
    create(*root, "new");
    CHECK(difference(before, must(mos::test::scan(*root, except))) ==
          "'d' mode is 0700, expected 0755\n"
          "'d/f' content is 'two', expected 'one' (or further on)\n"
          "'d/f' link group is '', expected 'd/f'\n"
          "'hard' is missing\n"
          "'new' should not be there\n");
    must(root->set_modified("d", {1, 0}));
    CHECK(difference(before, must(mos::test::scan(*root, except)), mos::test::all_directory_times)
              .find("'d' time is 1.000000000") != std::string::npos);
}

TEST_CASE("a volume has its own device, inode numbers and room") {
    Twin twin;
    const auto root = twin.root();
    for (const char *name : {"boot", "var"}) {
        must(root->make_directory(name, 0755));
        twin.mount(name);
    }
    const auto boot = must(root->open_directory("boot", Symlinks::refuse));
    const FileStatus top = must(boot->own_status());
    CHECK(top.device != must(root->own_status()).device);
    CHECK(top.mount != must(must(root->open_directory("var", Symlinks::refuse))->own_status()).mount);
    CHECK(top.inode == must(root->own_status()).inode);
    CHECK(must(root->find("boot")).value().device == top.device);
    create(*boot, "f");
    CHECK(must(boot->find("f")).value().device == top.device);
    CHECK(must(boot->find("f")).value().mount == top.mount);

    twin.set_free_bytes(8192, "boot");
    CHECK(must(boot->usage()).free_bytes == 8192);
    CHECK(must(root->usage()).free_bytes > 8192);
    twin.set_filesystem_type("vfat", "boot");
    CHECK(must(boot->usage()).type == "vfat");
    CHECK(must(root->usage()).type == "ext4");
    twin.set_writable(Twin::Writable::no, "boot");
    CHECK(must(boot->usage()).read_only);
    CHECK(refusal(boot->make_directory("d", 0755)) == mos::Code::READ_ONLY);
    CHECK(refusal(boot->remove_file("f")) == mos::Code::READ_ONLY);
    CHECK(refusal(boot->open_file("f", OpenMode::write)) == mos::Code::READ_ONLY);
    create(*root, "f");
}

TEST_CASE("nothing is renamed or linked from one volume to another, and a mount point stays where it is") {
    Twin twin;
    const auto root = twin.root();
    must(root->make_directory("boot", 0755));
    must(root->make_directory("other", 0755));
    twin.mount("boot");
    const auto boot = must(root->open_directory("boot", Symlinks::refuse));
    create(*root, "f");
    create(*boot, "g");
    CHECK(refusal(root->rename("f", *boot, "f", RenameMode::keep_existing)) == mos::Code::CROSS_MOUNT);
    CHECK(refusal(root->rename("f", *boot, "g", RenameMode::exchange)) == mos::Code::CROSS_MOUNT);
    CHECK(refusal(root->make_link("f", *boot, "f")) == mos::Code::CROSS_MOUNT);
    for (const auto &tried :
         {root->rename("boot", *root, "boat", RenameMode::keep_existing),
          root->rename("other", *root, "boot", RenameMode::exchange), root->remove_directory("boot")}) {
        REQUIRE(!tried.ok());
        CHECK(tried.error().system_errno() == EBUSY);
    }
    must(root->set_mode("boot", 0700));
    CHECK(must(boot->own_status()).mode == 0700);
}

TEST_CASE("each volume is flushed alone, and a cut keeps parts of each") {
    Twin twin;
    const auto root = twin.root();
    must(root->make_directory("boot", 0755));
    twin.mount("boot");
    sync(*root);
    const auto boot = must(root->open_directory("boot", Symlinks::refuse));
    create(*root, "f");
    create(*boot, "g");
    CHECK(all_outcomes(twin) == Outcomes{"boot/", "boot/ f=", "boot/ boot/g=", "boot/ boot/g= f="});
    sync(*boot);
    CHECK(twin.pending() == 2);
    CHECK(all_outcomes(twin) == Outcomes{"boot/ boot/g=", "boot/ boot/g= f="});
    sync(*root);
    CHECK(twin.pending() == 0);
}

TEST_CASE("what one volume has flushed in part survives the flush of another") {
    Twin twin;
    const auto root = twin.root();
    must(root->make_directory("boot", 0755));
    twin.mount("boot");
    sync(*root);
    const auto boot = must(root->open_directory("boot", Symlinks::refuse));
    must(create(*boot, "g", "x")->flush());  // without its name
    sync(*root);
    CHECK(after_crash(twin, Selection::none()) == "boot/");
    must(boot->flush());
    CHECK(after_crash(twin, Selection::none()) == "boot/ boot/g=x");
}

TEST_CASE("a write error of one volume is not told to another") {
    Twin twin;
    const auto root = twin.root();
    must(root->make_directory("boot", 0755));
    twin.mount("boot");
    sync(*root);
    const auto boot = must(root->open_directory("boot", Symlinks::refuse));
    const auto at_root = must(root->open_sync_point());
    const auto at_boot = must(boot->open_sync_point());
    create(*boot, "g", "x");
    twin.fail_writeback(EIO);
    must(at_root->flush());
    CHECK(refusal(at_boot->flush()) == mos::Code::IO);
}
