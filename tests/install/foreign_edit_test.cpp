// What somebody changed by hand is kept and reported, whichever way the tree goes.
#include "bench.hpp"

using namespace mos::test;
using mos::Code;

TEST_CASE("a rollback keeps a file that was edited in place since, and reports it") {
    Bench bench;
    bench.install("p", "1", ImageBuilder{}.directory("etc").file("etc/p.conf", "one"));
    bench.install("p", "2", ImageBuilder{}.directory("etc").file("etc/p.conf", "two"));
    bench.write("etc/p.conf", "two, and mine");  // the inode stays
    bench.roll_back();
    CHECK(bench.content("etc/p.conf") == "two, and mine");
    CHECK(bench.was_told("changed since"));
    CHECK(bench.version_of("p") == "1");
}

TEST_CASE("a rollback that would take an edited file away with its folder is refused") {
    Bench bench;
    bench.install("p", "1", ImageBuilder{}.directory("opt").file("opt/p.conf", "one"));
    bench.write("opt/p.conf", "mine");
    const auto refused = bench.try_roll_back();
    CHECK(refusal(refused) == Code::CONFLICT);
    CHECK(refused.error().object() == "opt/p.conf");
    CHECK(bench.content("opt/p.conf") == "mine");
}

TEST_CASE("what comes into a folder while a file is staged in its place ends the update before the decision") {
    Bench bench;
    bench.install("p", "1", ImageBuilder{}.directory("d").file("d/x", "x"));
    const auto by_hand = bench.twin.root();
    bool written = false;
    bench.twin.on_mutation([&](std::uint64_t, std::string_view what) {
        if (written || !what.starts_with("flush the filesystem"))
            return;
        written = true;
        const auto folder = by_hand->open_directory("d", mos::base::Symlinks::refuse);
        const auto file = folder.value()->open_file("mine", mos::base::OpenMode::create_new);
        written = file.ok() && file.value()->write_at(0, mos::base::as_bytes("mine")).ok();
    });
    CHECK(refusal(bench.run(install_steps({step_of("p", "2", ImageBuilder{}.file("d", "a file now"))}))) ==
          Code::CONFLICT);
    bench.twin.on_mutation({});
    CHECK(written);
    CHECK(bench.content("d/mine") == "mine");
    CHECK(bench.content("d/x") == "x");
    CHECK(bench.version_of("p") == "1");
}

TEST_CASE("a stage that can't be deleted does not stop the engine") {
    Bench bench;
    bench.install("p", "1", ImageBuilder{}.file("x", "one"));
    const auto root = bench.twin.root();
    must(mos::base::make_directories(*root, ".multios-stage/77/held"));
    bench.twin.set_immutable(".multios-stage/77", Twin::Immutable::yes);
    bench.restart();
    bench.install("p", "2", ImageBuilder{}.file("x", "two"));
    CHECK(bench.content("x") == "two");
}

TEST_CASE("a reinstallation puts back what only the content shows") {
    Bench bench;
    const ImageBuilder image = ImageBuilder{}.file("x", "right");
    bench.install("p", "1", image);
    const auto root = bench.twin.root();
    const auto before = must(root->find("x"));
    bench.write("x", "wrong");
    must(root->set_modified("x", before->modified));
    bench.install("p", "1", image, {.reinstall = mos::install::Reinstall::allowed});
    CHECK(bench.content("x") == "right");
}
