#include <mos/snapshot/points.hpp>
#include <mos/snapshot/restore.hpp>
#include <mos/snapshot/retention.hpp>
#include <mos/snapshot/rollback.hpp>

#include "installed_root.hpp"
#include "point_index.hpp"

#include <algorithm>
#include <array>
#include <set>

using namespace mos::test;
using namespace mos::snapshot;
using mos::Code;
using mos::Result;
using mos::base::as_bytes;
using mos::base::OpenMode;
using mos::base::Symlinks;
using mos::state::PointScope;

namespace {

constexpr const char *points_folder = "var/lib/multios/points";

TreeImage one() {
    return ImageBuilder{}
        .directory("bin")
        .file("bin/tool", "tool one", 0755)
        .file("empty", "")
        .file("empty-too", "")
        .directory("etc")
        .file("etc/x.conf", "one")
        .directory("home")
        .file("home/mine", "mine")
        .symlink("link", "bin/tool")
        .file("same-1", "shared")
        .link("same-2", "same-1")
        .image();
}

TreeImage two() {
    return ImageBuilder{}
        .directory("bin", 0700)
        .file("bin/new", "new")
        .file("bin/tool", "tool two", 0700)
        .file("empty", "no more")
        .directory("etc")
        .file("etc/x.conf", "two")
        .directory("home")
        .file("home/mine", "mine")
        .file("link", "a file now")
        .image();
}

struct Root : InstalledRoot {
    Root() : InstalledRoot({one()}) {}

    Captured capture(const CaptureRequest &request = {}) { return must(capture_point(machine->site(), request)); }
    Result<RestoreOutcome> go_back(std::uint64_t id, const RestoreOptions &options = {}) {
        MOS_TRY(const auto source, open_point_source(machine->site(), id));
        return restore(machine->site(), *source, options, {.description = {.summary = "restore", .reason = {}}});
    }
    [[nodiscard]] std::vector<std::string> faults(std::uint64_t id) {
        std::vector<std::string> found;
        must(verify_point(machine->site(), id, [&](const PointFault &fault) -> Result<void> {
            found.push_back(fault.path.empty() ? "index" : fault.path);
            return {};
        }));
        return found;
    }
    // How many contents there are.
    [[nodiscard]] std::size_t objects() const {
        const TreeImage all = must(machine->everything());
        return static_cast<std::size_t>(
            std::count_if(all.entries.begin(), all.entries.end(), [](const TreeEntry &entry) {
                return entry.path.starts_with(std::string{points_folder} + "/objects/") &&
                       entry.type == mos::base::FileType::regular;
            }));
    }
    // The content of which `path` in the tree is a copy.
    [[nodiscard]] std::string object_of(const std::string &path) const {
        const std::string hex = mos::base::to_hex(mos::crypto::sha256(as_bytes(read(path))));
        return std::string{points_folder} + "/objects/" + hex.substr(0, 2) + "/" + hex.substr(2);
    }
};

// Of a file that somebody writes to while it is captured: when it was written before, in seconds of the clock, whether
// the write gives it another time, and whether it is known to be open.
struct Written {
    std::int64_t at_s = 1'700'000'000;
    bool is_seen = true;
    bool is_open = false;
};

// Captures while somebody writes to it at checkpoint `wanted` of the capture, and goes back: what the file holds then.
// `count` is how many checkpoints there were.
std::string kept_while_written_to(bool shares, const Written &file, int wanted, int &count) {
    Root root;
    if (shares)
        root.twin.share_content();
    root.twin.set_clock({file.at_s, 0});
    root.write("home/mine", "mine");
    if (file.is_seen)
        root.twin.set_clock({file.at_s + 1000, 0});
    count = 0;
    root.machine->watcher.on_checkpoint = [&](mos::base::Phase) -> Result<void> {
        if (++count != wanted)
            return {};
        const auto opened = must(root.folder("home")->open_file("mine", OpenMode::write));
        return opened->write_at(0, as_bytes("your"));
    };
    CaptureRequest request;
    request.open_files = [&]() -> Result<FileIds> {
        const auto status = must(root.folder("home")->find("mine")).value();
        return file.is_open ? FileIds{{status.device, status.inode}} : FileIds{};
    };
    const Captured captured = root.capture(request);
    root.machine->watcher.on_checkpoint = nullptr;
    CHECK(root.faults(captured.point.id).empty());
    root.write("home/mine", "else");
    must(root.go_back(captured.point.id));
    return root.read("home/mine");
}

}  // namespace

TEST_CASE("a point of the whole system gives back exactly the tree and the packages of then") {
    for (const bool shares : {false, true}) {
        Root root;
        if (shares)
            root.twin.share_content();
        const Captured captured = root.capture({.description = "before", .tags = {"manual", "test"}});
        CHECK(captured.point.id == 2);
        CHECK((captured.shared_bytes != 0) == shares);
        CHECK((captured.copied_bytes != 0) == !shares);
        CHECK(root.objects() == 4);  // the names of one file have one
        const auto listed = must(mos::state::Points{root.machine->database()}.list());
        REQUIRE(listed.size() == 1);
        CHECK(listed.front().description == "before");
        CHECK(listed.front().tags == std::vector<std::string>{"manual", "test"});
        CHECK(root.faults(2).empty());

        root.install(one(), two());
        root.write("home/mine", "changed");
        must(root.go_back(2));
        CHECK(root.differs_from(one()) == "");
        CHECK(must(root.machine->installed_version()) == "1");
        must(root.machine->roll_back());
        CHECK(root.read("home/mine") == "changed");
        CHECK(must(root.machine->installed_version()) == "2");
        CHECK(root.faults(2).empty());
    }
}

TEST_CASE("of names that share a file, one that was made another file since comes back as a name of the same") {
    const auto inode_of = [](const Root &root, const char *name) { return must(root.folder("")->find(name))->inode; };
    for (const char *changed : {"same-1", "same-2"}) {
        Root root;
        root.capture();
        root.write(changed, "a file of its own");
        must(root.folder("")->set_mode(std::string_view{changed} == "same-1" ? "same-2" : "same-1", 0600));
        must(root.go_back(2));
        CHECK(root.differs_from(one()) == "");
        CHECK(inode_of(root, "same-1") == inode_of(root, "same-2"));
        must(root.machine->roll_back());
        CHECK(root.read(changed) == "a file of its own");
        CHECK(inode_of(root, "same-1") != inode_of(root, "same-2"));
    }
    Root root;
    root.capture();
    const std::uint64_t before = inode_of(root, "same-1");
    root.write("home/mine", "changed");
    must(root.go_back(2));
    INFO("names that all stand are left alone");
    CHECK(inode_of(root, "same-1") == before);
}

TEST_CASE("access control lists come back, on what is made again and on what stands, and go where there were none") {
    const auto list_of = [](const Root &root, const char *folder, const char *name) {
        std::string lists;
        for (const auto &attribute : must(root.folder(folder)->extended_attributes(name)))
            lists += attribute.name + "=" + std::string{mos::base::as_text(attribute.value)} + " ";
        return lists;
    };
    const auto give = [](const Root &root, const char *folder, const char *name, const char *list, const char *value) {
        must(root.folder(folder)->set_extended_attribute(name, {list, mos::base::to_bytes(as_bytes(value))}));
    };
    constexpr const char *access = "system.posix_acl_access";
    constexpr const char *inherited = "system.posix_acl_default";
    Root root;
    give(root, "etc", "x.conf", access, "file");
    give(root, "", "home", inherited, "folder");
    root.capture();
    root.write("etc/x.conf", "changed");
    must(root.folder("")->remove_extended_attribute("home", inherited));
    give(root, "bin", "tool", access, "since");
    must(root.go_back(2));
    CHECK(list_of(root, "etc", "x.conf") == "system.posix_acl_access=file ");
    CHECK(list_of(root, "", "home") == "system.posix_acl_default=folder ");
    CHECK(list_of(root, "bin", "tool") == "");
    must(root.machine->roll_back());
    CHECK(list_of(root, "etc", "x.conf") == "");
    CHECK(list_of(root, "", "home") == "");
    CHECK(list_of(root, "bin", "tool") == "system.posix_acl_access=since ");
}

TEST_CASE("a point has a number of its own, and what it keeps costs one flush") {
    Root root;
    const std::uint64_t before = root.twin.flushes();
    root.capture();
    CHECK(root.twin.flushes() - before <= 3);  // the volume, and the commit of a database
    root.install(one(), two());
    CHECK(must(mos::state::Transactions{root.machine->database()}.find(3)).has_value());
    CHECK(root.capture().point.id == 4);
}

TEST_CASE("a removal or a capture that dies at any call leaves no content that nobody names") {
    Root root;
    root.capture();
    root.write("home/mine", "changed");
    const std::uint64_t second = root.capture().point.id;
    int examined = 0;
    const auto examine = [&](std::uint64_t, std::string_view) {
        Twin twin{root.twin.crash(Selection::all())};
        const auto machine = must(Machine::start(twin.root()));
        must(recover_points(machine->site()));
        std::set<std::string> needed;
        for (const auto &point : must(mos::state::Points{machine->database()}.list())) {
            const std::string path = std::string{points_folder} + "/" + std::to_string(point.id);
            IndexReader index = must(IndexReader::open(*must(twin.root()->open_directory(path, Symlinks::refuse))));
            for (auto entry = must(index.next()); entry; entry = must(index.next()))
                if (entry->past.size > 0)
                    needed.insert(mos::base::to_hex(*entry->past.digest));
        }
        std::set<std::string> there;
        for (const TreeEntry &entry : must(machine->everything()).entries) {
            const std::string objects = std::string{points_folder} + "/objects/";
            if (entry.path.starts_with(objects) && entry.type == mos::base::FileType::regular)
                there.insert(entry.path.substr(objects.size(), 2) + entry.path.substr(objects.size() + 3));
        }
        CHECK(needed == there);
        ++examined;
    };
    root.twin.on_mutation(examine);
    SUBCASE("a removal") { must(remove_point(root.machine->site(), second)); }
    SUBCASE("a capture") {
        root.twin.on_mutation({});
        root.write("home/mine", "changed again");
        root.twin.on_mutation(examine);
        root.capture();
    }
    root.twin.on_mutation({});
    CHECK(examined > 10);
}

TEST_CASE("contents are kept once for all points, and go with the last one that has them") {
    Root root;
    root.capture();
    root.write("home/mine", "changed");
    const Captured second = root.capture();
    CHECK(second.known_bytes > 0);
    CHECK(root.objects() == 5);
    must(remove_point(root.machine->site(), 2));
    CHECK(root.objects() == 4);
    CHECK(root.faults(3).empty());
    must(remove_point(root.machine->site(), 3));
    CHECK(root.objects() == 0);
    CHECK(refusal(remove_point(root.machine->site(), 3)) == Code::NOTHING_TO_ROLL_BACK);
    CHECK(refusal(open_point_source(root.machine->site(), 3)) == Code::NOTHING_TO_ROLL_BACK);
}

TEST_CASE("what came since stays unless a package brought it, and is told") {
    Root root;
    root.capture();
    root.install(one(), two());
    root.write("home/later", "somebody's");
    must(mos::base::make_directories(root.machine->root(), "home/folder"));
    root.write("home/folder/x", "somebody's");
    const auto source = must(open_point_source(root.machine->site(), 2));
    const RestorePlan plan = must(plan_restore(root.machine->site(), *source, {}));
    std::vector<std::string> found;
    for (const RestoreFinding &finding : plan.findings)
        found.push_back(finding.path);
    CHECK(found == std::vector<std::string>{"home/folder", "home/later"});
    must(root.go_back(2));
    CHECK(root.has("home/later"));
    CHECK(root.has("home/folder/x"));
    CHECK_FALSE(root.has("bin/new"));
    CHECK(root.read("bin/tool") == "tool one");
}

TEST_CASE("points of packages, of configuration and of paths reach no further") {
    Root root;
    root.capture({.scope = PointScope::configuration});
    root.capture({.scope = PointScope::paths, .names = {"/home/"}});
    root.capture({.scope = PointScope::packages, .names = {"system"}});
    root.install(one(), two());
    root.write("home/mine", "changed");
    must(root.go_back(2));
    CHECK(root.read("etc/x.conf") == "one");
    CHECK(root.read("bin/tool") == "tool two");
    CHECK(must(root.machine->installed_version()) == "2");
    must(root.go_back(3));
    CHECK(root.read("home/mine") == "mine");
    CHECK(root.read("bin/tool") == "tool two");
    root.write("other", "somebody's");
    must(root.go_back(4));
    CHECK(root.read("bin/tool") == "tool one");
    CHECK(root.has("other"));
    CHECK(must(root.machine->installed_version()) == "1");
}

TEST_CASE("the engine's own folders, mounts and what is named are left out of a whole system") {
    Root root;
    for (const char *path : {"proc", "tmp", "mounted"})
        must(mos::base::make_directories(root.machine->root(), path));
    root.write("proc/x", "x");
    root.write("tmp/x", "x");
    must(root.machine->root().flush());
    root.twin.mount("mounted");
    root.write("mounted/x", "x");
    const Captured captured = root.capture();
    CHECK(captured.left_out == 1);
    CHECK(root.objects() == 4);
    root.write("tmp/y", "y");
    CHECK(refusal(root.go_back(2)) == Code::NOTHING_TO_ROLL_BACK);
    CHECK(root.has("tmp/y"));
}

TEST_CASE("a request that can't be is refused before anything is written") {
    Root root;
    const auto refused = [&](const CaptureRequest &request) {
        return refusal(capture_point(root.machine->site(), request));
    };
    CHECK(refused({.description = std::string(max_description_bytes + 1, 'x')}) == Code::INVALID_ARGUMENT);
    CHECK(refused({.description = "two\nlines"}) == Code::INVALID_ARGUMENT);
    CHECK(refused({.tags = {"a,b"}}) == Code::INVALID_ARGUMENT);
    CHECK(refused({.tags = {""}}) == Code::INVALID_ARGUMENT);
    CHECK(refused({.tags = std::vector<std::string>(max_tags + 1, "x")}) == Code::INVALID_ARGUMENT);
    CHECK(refused({.names = {"home"}}) == Code::INVALID_ARGUMENT);
    CHECK(refused({.scope = PointScope::paths}) == Code::INVALID_ARGUMENT);
    CHECK(refused({.scope = PointScope::paths, .names = {"home/../etc"}}) == Code::PATH_REFUSED);
    CHECK(refused({.scope = PointScope::paths, .names = {"nowhere"}}) == Code::NOT_FOUND);
    CHECK(refused({.scope = PointScope::paths, .names = {"var/lib/multios"}}) == Code::INVALID_ARGUMENT);
    CHECK(refused({.scope = PointScope::packages, .names = {"other"}}) == Code::NOT_INSTALLED);
    CHECK(must(mos::state::Points{root.machine->database()}.list()).empty());
}

TEST_CASE("a point that was altered, or has lost something, is found and refused, and nothing is changed") {
    Root root;
    root.capture();
    root.install(one(), two());
    const auto lose = [&](const std::string &path) {
        const auto split = mos::base::split_path(path);
        must(root.folder(split.parent)->remove_file(split.name));
    };
    const TreeImage before = must(root.machine->tree());
    SUBCASE("a content is lost") {
        const std::string hex = mos::base::to_hex(mos::crypto::sha256(as_bytes("tool one")));
        lose(std::string{points_folder} + "/objects/" + hex.substr(0, 2) + "/" + hex.substr(2));
        CHECK(root.faults(2) == std::vector<std::string>{"bin/tool"});
        const auto refused = root.go_back(2);
        CHECK(refusal(refused) == Code::POINT_DAMAGED);
        CHECK(refused.error().object() == "bin/tool");
    }
    SUBCASE("a content was altered, its size kept") {
        const std::string hex = mos::base::to_hex(mos::crypto::sha256(as_bytes("tool one")));
        must(must(root.folder(std::string{points_folder} + "/objects/" + hex.substr(0, 2))
                      ->open_file(hex.substr(2), OpenMode::write))
                 ->write_at(0, as_bytes("TOOL")));
        CHECK(root.faults(2) == std::vector<std::string>{"bin/tool"});
        CHECK(refusal(root.go_back(2)) == Code::POINT_DAMAGED);
    }
    SUBCASE("its index was altered") {
        must(must(root.folder(std::string{points_folder} + "/2")->open_file("index", OpenMode::write))
                 ->write_at(40, as_bytes("x")));
        CHECK(root.faults(2) == std::vector<std::string>{"index"});
        CHECK(refusal(root.go_back(2)) == Code::POINT_DAMAGED);
        CHECK(must(examine_points(*root.folder("var/lib/multios"), root.machine->database())).front().kind ==
              PointTrouble::Kind::unreadable);
    }
    SUBCASE("its folder is lost") {
        must(mos::base::remove_tree(*root.folder(points_folder), "2"));
        CHECK(root.faults(2) == std::vector<std::string>{"index"});
        CHECK(refusal(root.go_back(2)) == Code::POINT_DAMAGED);
        must(remove_point(root.machine->site(), 2));
    }
    CHECK(difference(before, must(root.machine->tree()), all_directory_times) == "");
}

TEST_CASE("a folder of another machine is no point, is told, and is never deleted") {
    Root root;
    root.capture();
    must(root.folder(points_folder)->make_directory("7", 0700));
    CHECK(must(recover_points(root.machine->site())) == 0);
    CHECK(refusal(open_point_source(root.machine->site(), 7)) == Code::NOTHING_TO_ROLL_BACK);
    const auto troubles = must(examine_points(*root.folder("var/lib/multios"), root.machine->database()));
    REQUIRE(troubles.size() == 1);
    CHECK(troubles.front().kind == PointTrouble::Kind::unknown);
    must(remove_point(root.machine->site(), 2));  // whose contents stay, for nobody knows what the other one names
    CHECK(root.has(std::string{points_folder} + "/7"));
    CHECK(root.objects() == 4);
    CHECK(root.capture().point.id == 8);
}

TEST_CASE("files that somebody has open for writing are told") {
    Root root;
    CaptureRequest request;
    request.open_files = [&]() -> Result<FileIds> {
        const auto status = must(root.folder("home")->find("mine")).value();
        return FileIds{{status.device, status.inode}};
    };
    const Captured captured = root.capture(request);
    CHECK(captured.open_for_writing == std::vector<std::string>{"home/mine"});
    CHECK(captured.open_count == 1);
}

TEST_CASE("a file that is written to at any moment of a capture has the digest of what the point keeps of it") {
    constexpr std::int64_t now_s = 1'764'000'000;  // by the machine's clock
    // Long ago; a moment before, and in the future, by a clock that is too coarse to tell; by somebody who is known.
    const std::array<Written, 4> files = {Written{}, Written{.at_s = now_s - 1, .is_seen = false},
                                          Written{.at_s = now_s + 100, .is_seen = false},
                                          Written{.is_seen = false, .is_open = true}};
    for (const bool shares : {false, true}) {
        for (const Written &file : files) {
            std::set<std::string> kept;
            int count = 1;
            for (int wanted = 1; wanted <= count; ++wanted)
                kept.insert(kept_while_written_to(shares, file, wanted, count));
            CHECK(kept == std::set<std::string>{"mine", "your"});
        }
    }
}

TEST_CASE("packages' rows are kept as long as a point has them") {
    Root root;
    root.capture();
    root.install(one(), two());
    must(retain(root.machine->site(), 0));
    must(root.go_back(2));
    CHECK(must(root.machine->installed_version()) == "1");
    must(retain(root.machine->site(), 0));
    must(remove_point(root.machine->site(), 2));
    CHECK(must(root.machine->installed_version()) == "1");
}

TEST_CASE("a full disk leaves nothing of a capture") {
    Root root;
    root.twin.set_free_bytes(3 * 4096);
    CHECK(refusal(capture_point(root.machine->site(), {})) == Code::NO_SPACE);
    CHECK(root.objects() == 0);
    CHECK(must(root.folder(points_folder)->list()).size() == 1);  // the contents' own
    root.twin.set_free_bytes(1U << 30U);
    CHECK(root.faults(root.capture().point.id).empty());
}
