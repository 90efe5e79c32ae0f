// What a plan says of roots that are not simple: everything that can refuse refuses here, and nothing is written.
#include "bench.hpp"

#include <algorithm>

using namespace mos::test;
using mos::Code;

namespace {

ImageBuilder release(const std::string &version) {
    return ImageBuilder{}
        .directory("boot")
        .file("boot/kernel", "kernel " + version)
        .directory("boot/modules")
        .file("boot/modules/x", "x " + version)
        .directory("usr")
        .file("usr/tool", "tool " + version);
}

// A root with a volume at boot.
struct VolumeBench : Bench {
    VolumeBench() { mount("boot"); }
    void mount(const std::string &path) {
        make_directory(path);
        twin.mount(path);
    }
    // Of a plan that is refused, with nothing written: not even a time is another.
    [[nodiscard]] mos::Error refusal_of(const mos::install::Steps &steps) {
        const TreeImage before = must(machine->everything());
        const auto refused = resolve(steps);
        REQUIRE(!refused.ok());
        CHECK(difference(before, must(machine->everything()), all_directory_times) == "");
        return refused.error();
    }
    [[nodiscard]] mos::Error refusal_of(const ImageBuilder &image) {
        return refusal_of(install_steps({step_of("p", "2", image)}));
    }
};

}  // namespace

TEST_CASE("packages go in, are updated, taken back and removed over several volumes") {
    VolumeBench bench;
    bench.install("p", "1", release("1"));
    CHECK(bench.content("boot/kernel") == "kernel 1");
    CHECK(bench.wrong_row() == "");
    bench.install("p", "2", release("2"));
    CHECK(bench.content("boot/modules/x") == "x 2");
    bench.roll_back();
    CHECK(bench.content("boot/kernel") == "kernel 1");
    CHECK(bench.content("usr/tool") == "tool 1");
    bench.machine->watcher.notices.clear();
    bench.remove("p");
    CHECK(!bench.exists("boot/kernel"));
    CHECK(!bench.exists("boot/modules"));
    CHECK(!bench.exists("usr"));
    CHECK(bench.exists("boot"));  // it was there before, and was never the package's
}

TEST_CASE("a mount point that leaves with its package is kept and reported") {
    Bench bench;
    bench.install("p", "1", ImageBuilder{}.directory("srv").directory("srv/data"));
    bench.twin.mount("srv/data");
    const auto plan = must(bench.resolve(install_steps({}, {"p"})));
    REQUIRE(plan.notices.size() == 1);
    CHECK(plan.notices.front() == "'srv/data' is a mount point, and is kept");
    bench.remove("p");
    CHECK(bench.exists("srv/data"));
    CHECK(bench.was_told("'srv/data' is a mount point, and is kept"));
}

TEST_CASE("a mount point is not replaced, nor a directory with one below it") {
    Bench bench;
    bench.install("p", "1", ImageBuilder{}.directory("srv").directory("srv/data"));
    bench.twin.mount("srv/data");
    for (const char *const path : {"srv/data", "srv"}) {
        ImageBuilder next;
        if (std::string{path} != "srv")
            next.directory("srv");
        const auto refused = bench.resolve(install_steps({step_of("p", "2", next.file(path, "a file"))}));
        CHECK((refusal(refused) == Code::CONFLICT || refused.error().code() == Code::CROSS_MOUNT));
        CHECK(refused.error().object() == "srv/data");
    }
}

TEST_CASE("a rollback that would take a mount along is refused") {
    Bench bench;
    bench.install("p", "1", ImageBuilder{}.directory("srv").directory("srv/data"));
    bench.twin.mount("srv/data");
    const auto refused = bench.try_roll_back();
    CHECK(refusal(refused) == Code::CONFLICT);
    CHECK(refused.error().object() == "srv/data");
    CHECK(bench.exists("srv/data"));
}

TEST_CASE("a plan refuses what a volume can't take, and names it") {
    VolumeBench bench;
    bench.install("p", "1", release("1"));
    SUBCASE("read-only") {
        bench.twin.set_writable(Twin::Writable::no, "boot");
        const mos::Error refused = bench.refusal_of(release("2"));
        CHECK(refused.code() == Code::READ_ONLY);
        CHECK(refused.message().starts_with("'boot' is mounted read-only"));
        // What is not touched there is no obstacle.
        must(bench.run(install_steps({step_of("q", "1", ImageBuilder{}.directory("boot").file("q", "q"))})));
    }
    SUBCASE("the root read-only") {
        bench.twin.set_writable(Twin::Writable::no);
        const auto refused = bench.resolve(install_steps({step_of("p", "2", release("2"))}));
        CHECK(refusal(refused) == Code::READ_ONLY);
        CHECK(refused.error().message().starts_with("the root is mounted read-only"));
    }
    SUBCASE("immutable") {
        bench.twin.set_immutable("boot/kernel", Twin::Immutable::yes);
        const mos::Error refused = bench.refusal_of(release("2"));
        CHECK(refused.code() == Code::PERMISSION);
        CHECK(refused.message() == "'boot/kernel' is immutable or append-only: 'chattr -i -a' it and try again");
    }
    SUBCASE("an immutable directory") {
        bench.twin.set_immutable("boot/modules", Twin::Immutable::yes);
        const mos::Error refused = bench.refusal_of(install_steps({}, {"p"}));
        CHECK(refused.code() == Code::PERMISSION);
        CHECK(refused.message().starts_with("'boot/modules"));
    }
    SUBCASE("FAT") {
        bench.twin.set_filesystem_type("vfat", "boot");
        CHECK(bench.refusal_of(release("2")).code() == Code::FILESYSTEM_UNSUITABLE);
    }
    SUBCASE("room") {
        bench.twin.set_free_bytes(1U << 20U, "boot");
        const mos::Error refused =
            bench.refusal_of(ImageBuilder{}.directory("boot").file("boot/large", std::string(500'000, 'l')));
        CHECK(refused.code() == Code::NO_SPACE);
        CHECK(refused.message() == "1552672 bytes are needed on 'boot', 1048576 are free");
    }
    SUBCASE("inodes") {
        bench.twin.set_free_inodes(1, "boot");
        const mos::Error refused = bench.refusal_of(release("2"));
        CHECK(refused.code() == Code::NO_SPACE);
        CHECK(refused.message() == "2 inodes are needed on 'boot', 1 are free");
    }
}

TEST_CASE("hard links over two volumes are refused with both names") {
    VolumeBench bench;
    const mos::Error refused = bench.refusal_of(
        ImageBuilder{}.directory("boot").file("boot/one", "shared").directory("usr").link("usr/two", "boot/one"));
    CHECK(refused.code() == Code::CROSS_MOUNT);
    CHECK(refused.message() == "'boot/one' and 'usr/two' are to be one file (a hard link), and lie on two volumes");
}

TEST_CASE("a root whose folders were merged into usr says where the package belongs") {
    Bench bench;
    bench.make_directory("usr/lib");
    bench.symlink("lib", "usr/lib");
    const ImageBuilder image = ImageBuilder{}.directory("lib").file("lib/x", "x");
    for (const auto &step : {step_of("p", "1", image)}) {
        const auto refused = bench.resolve(install_steps({step}));
        CHECK(refusal(refused) == Code::SYMLINK_IN_PATH);
        CHECK(refused.error().message() == "'p' wants a folder 'lib', which is a symbolic link to 'usr/lib' in this "
                                           "root");
        CHECK(refused.error().remedy().find("bind mount") != std::string_view::npos);
    }
    const mos::base::Bytes bytes = make_package("q", "1", ImageBuilder{}.file("x", "x").image(), "lib");
    const auto implied = bench.resolve(install_steps({{open_package(mos::base::Bytes{bytes}), {}}}));
    CHECK(refusal(implied) == Code::SYMLINK_IN_PATH);
    bench.install("p", "1", ImageBuilder{}.directory("usr").directory("usr/lib").file("usr/lib/x", "x"));
    CHECK(bench.content("usr/lib/x") == "x");
}
