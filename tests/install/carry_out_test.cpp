// What can go wrong while a plan is carried out, and what must be there afterwards: what was there before.
#include "bench.hpp"
#include "temporary_root.hpp"

#include <mos/package/writer.hpp>
#include <mos/state/packages.hpp>

#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::base::Phase;

namespace {

// Different in every block, so that it does not compress to nothing.
std::string noise(std::size_t size) {
    std::string text;
    for (std::uint64_t i = 0; text.size() < size; ++i)
        text += std::to_string(i * 2654435761U);
    text.resize(size);
    return text;
}

ImageBuilder old_release() { return ImageBuilder{}.directory("p").file("p/a", "a").file("p/b", "b"); }
ImageBuilder new_release() {
    return ImageBuilder{}.directory("p").file("p/a", "new a").file("p/b", noise(600'000)).file("p/c", "c");
}

// A root with the old release, and the plan for the new one.
struct Update {
    Update() {
        bench.install("p", "1", old_release());
        steps = install_steps({step_of("p", "2", new_release())});
        plan = must(bench.resolve(steps));
    }
    [[nodiscard]] Result<mos::install::Outcome> run() {
        return mos::install::carry_out(bench.machine->site(), steps, plan, {nobody(), ""});
    }
    // After a failure: the old release in tree and database, and the one stage that was there.
    void check_old() {
        CHECK(bench.difference_from(old_release()) == "");
        CHECK(bench.version_of("p") == "1");
        CHECK(bench.wrong_row() == "");
        bench.restart();
        CHECK(bench.difference_from(old_release()) == "");
        CHECK(bench.version_of("p") == "1");
        CHECK(bench.stages() == 1);
    }
    Bench bench;
    mos::install::Steps steps;
    mos::install::Resolution plan;
};

}  // namespace

TEST_CASE("a package whose content is damaged is refused with nothing changed and no stage left") {
    Bench bench;
    bench.install("p", "1", old_release());
    mos::base::Bytes bytes = make_package("p", "2", new_release().image());
    bytes[bytes.size() / 2] ^= std::byte{1};  // in the frames of p/b
    const auto result = bench.run(install_steps({{open_package(std::move(bytes)), {}}}));
    CHECK(refusal(result) == Code::DIGEST_MISMATCH);
    CHECK(result.error().full_message().find('\'') != std::string::npos);
    CHECK(bench.difference_from(old_release()) == "");
    CHECK(bench.version_of("p") == "1");
    CHECK(bench.stages() == 1);
}

TEST_CASE("a plan that does not fit on the disk is refused before anything is written") {
    Update update;
    const auto steps = install_steps({step_of("q", "1", ImageBuilder{}.file("q", noise(600'000)))});
    update.bench.twin.set_free_bytes(500'000);
    CHECK(refusal(update.bench.resolve(steps)) == Code::NO_SPACE);
    update.bench.twin.set_free_bytes(1ULL << 40U);
    update.bench.twin.set_free_inodes(0);
    CHECK(refusal(update.bench.resolve(steps)) == Code::NO_SPACE);
}

TEST_CASE("a disk that gets full while the update is staged leaves the old tree") {
    for (const std::uint64_t free : {0U, 4096U, 8192U, 100'000U, 590'000U}) {
        Update update;
        update.bench.twin.set_free_bytes(free);
        const auto result = update.run();
        CHECK(refusal(result) == Code::NO_SPACE);
        CHECK(result.error().system_errno() == ENOSPC);
        update.bench.twin.set_free_bytes(1ULL << 40U);
        update.check_old();
    }
}

TEST_CASE("a filesystem that runs out of inodes while the update is staged leaves the old tree") {
    for (const std::uint64_t free : {0U, 1U, 3U, 4U}) {
        Update update;
        update.bench.twin.set_free_inodes(free);
        CHECK(refusal(update.run()) == Code::NO_SPACE);
        update.bench.twin.set_free_inodes(1000);
        update.check_old();
    }
}

TEST_CASE("a filesystem that turns read-only while the update is staged leaves the old tree") {
    Update update;
    update.bench.twin.fail_from(update.bench.twin.calls() + 1, EROFS);
    CHECK(refusal(update.run()) == Code::READ_ONLY);
    update.bench.twin.fail_never();
    update.check_old();
}

TEST_CASE("whatever call fails, the tree is the old one or the new one, and the database agrees") {
    std::uint64_t calls = 0;
    {
        Update whole;
        const std::uint64_t before = whole.bench.twin.calls();
        must(whole.run());
        calls = whole.bench.twin.calls() - before;
    }
    for (const int number : {EIO, ENOSPC}) {
        for (std::uint64_t call = 1; call <= calls; ++call) {
            Update update;
            update.bench.twin.fail_at(update.bench.twin.calls() + call, number);
            const bool done = update.run().ok();
            update.bench.twin.fail_never();
            // A writeback error that nobody was told yet is told to the recovery, which then is for the next one to do.
            update.bench.machine.reset();
            {
                const auto next = must(Machine::start(update.bench.twin.root()));
                const auto recovered = mos::transaction::recover(next->site());
                static_cast<void>(recovered);
            }
            update.bench.restart();
            CAPTURE(call);
            const std::string version = update.bench.version_of("p");
            CHECK((version == "2" || (!done && version == "1")));
            CHECK(update.bench.difference_from(version == "1" ? old_release() : new_release()) == "");
            CHECK(update.bench.wrong_row() == "");
        }
    }
}

TEST_CASE("a cancel before the decision leaves the old tree, one after it is taken back") {
    for (const Phase phase : {Phase::staging, Phase::deciding, Phase::applying}) {
        Update update;
        update.bench.machine->watcher.on_checkpoint = [phase](Phase now) -> Result<void> {
            if (now == phase)
                return mos::Error{Code::CANCELLED, "cancelled"};
            return {};
        };
        CHECK(refusal(update.run()) == Code::CANCELLED);
        CHECK(update.bench.difference_from(old_release()) == "");
        CHECK(update.bench.version_of("p") == "1");
        CHECK(update.bench.wrong_row() == "");
        update.bench.machine->watcher.on_checkpoint = nullptr;
        must(update.bench.run(update.steps));
        CHECK(update.bench.difference_from(new_release()) == "");
    }
}

TEST_CASE("a path that changes while the update is staged keeps that change, and nothing is done") {
    Update update;
    update.bench.machine->watcher.on_checkpoint = [&update](Phase now) -> Result<void> {
        if (now == Phase::deciding)
            update.bench.write("p/a", "mine, just now");
        return {};
    };
    const auto result = update.run();
    CHECK(refusal(result) == Code::CHANGED_MEANWHILE);
    CHECK(result.error().object() == "p/a");
    CHECK(update.bench.content("p/a") == "mine, just now");
    CHECK(update.bench.content("p/b") == "b");
    CHECK(update.bench.version_of("p") == "1");
    CHECK(update.bench.stages() == 1);
}

TEST_CASE("a folder that no package brought keeps its time through install, removal and rollback") {
    Bench bench;
    bench.twin.set_clock({1'600'000'000, 5});
    bench.make_directory("d");
    bench.write("d/foreign", "somebody's");
    const auto time_of_folder = [&] { return must(bench.machine->root().find("d")).value().modified; };
    const mos::base::FileTime time = time_of_folder();
    const auto check_later = [&](std::int64_t seconds) {
        CHECK(time_of_folder() == time);
        bench.twin.set_clock({1'600'000'000 + seconds, 0});
    };
    check_later(10);
    bench.install("p", "1", ImageBuilder{}.directory("d").file("d/file", "f").directory("d/e").file("d/e/x", "x"));
    check_later(20);
    bench.remove("p");
    CHECK_FALSE(bench.exists("d/e"));
    check_later(30);
    bench.roll_back();
    CHECK(bench.content("d/e/x") == "x");
    check_later(40);
    bench.roll_back();
    CHECK_FALSE(bench.exists("d/file"));
    check_later(50);
}

TEST_CASE("the outcome names the transaction, the paths and the bytes, and the history tells them") {
    Update update;
    const auto outcome = must(mos::install::carry_out(update.bench.machine->site(), update.steps, update.plan,
                                                      {nobody(), "because the test says so"}));
    CHECK(outcome.changed_paths == 3);
    CHECK(outcome.written_bytes == 600'000 + std::string{"new ac"}.size());
    const auto row = must(mos::state::Transactions{update.bench.machine->database()}.find(outcome.transaction));
    CHECK(row->summary == "update p 1 → 2");
    CHECK(row->reason == "because the test says so");
    CHECK(row->changed_paths == 3);
    CHECK(row->state == mos::state::TransactionState::done);
}

// ---- On the filesystem of this machine ----

namespace {

// A package of a real folder, with the owners that its files have, so that nobody needs to be root to install it.
mos::base::Bytes package_of(mos::base::Directory &tree, const std::string &version) {
    const TemporaryRoot output;
    const auto folder = output.root();
    mos::package::Manifest manifest;
    manifest.package_info.name = "p";
    manifest.package_info.version = version;
    mos::package::CreateOptions options;
    options.source_date_epoch = package_epoch;
    options.owners = mos::package::Owners::keep;
    const mos::package::InputTree trees[] = {{&tree, mos::package::Section::files, ""}};
    must(mos::package::create_package(trees, manifest, options, *folder, "p.mos"));
    return must(mos::base::read_file(*folder, "p.mos", 1U << 30U));
}

void put(const TemporaryRoot &root, const std::string &path, std::string_view content) {
    const std::filesystem::path full = std::filesystem::path{root.path()} / path;
    std::filesystem::create_directories(full.parent_path());
    const auto folder = must(mos::base::open_root(full.parent_path().string()));
    must(mos::base::replace_file(*folder, full.filename().string(), mos::base::as_bytes(content), 0644));
}

TreeImage without_top(TreeImage image) {
    std::erase_if(image.entries, [](const TreeEntry &entry) {
        return entry.path.empty() || entry.path == "var" || entry.path == "var/lib";
    });
    for (TreeEntry &entry : image.entries)
        entry.modified = {package_epoch, 0};  // all were made just now, later than the package's epoch
    return image;
}

void run(Machine &machine, const std::shared_ptr<mos::package::Package> &package) {
    const auto steps = install_steps({{package, {}}});
    const auto plan = must(mos::install::resolve(machine.site(), steps));
    must(mos::install::carry_out(machine.site(), steps, plan, {nobody(), ""}));
}

}  // namespace

TEST_CASE("install, update, rollback and removal on the real filesystem give the packed trees") {
    const TemporaryRoot one;
    put(one, "usr/bin/tool", "tool one");
    put(one, "usr/share/gone", "gone");
    std::filesystem::create_hard_link(one.path() + "/usr/bin/tool", one.path() + "/usr/bin/tool-link");
    const TemporaryRoot two;
    put(two, "usr/bin/tool", "tool two");
    put(two, "usr/share/new/x", "new");
    std::filesystem::create_symlink("tool", two.path() + "/usr/bin/tool-link");

    const TemporaryRoot target;
    const auto machine = must(Machine::start(target.root()));
    const auto expect = [&](const TemporaryRoot &source) {
        const TreeImage wanted = without_top(must(scan(*source.root())));
        TreeImage actual = must(machine->tree());
        std::erase_if(actual.entries, [](const TreeEntry &entry) { return entry.path.empty(); });
        std::erase_if(actual.entries,
                      [](const TreeEntry &entry) { return entry.path == "var" || entry.path == "var/lib"; });
        CHECK(difference(wanted, actual, all_directory_times) == "");
    };
    run(*machine, open_package(package_of(*one.root(), "1")));
    expect(one);
    run(*machine, open_package(package_of(*two.root(), "2")));
    expect(two);
    must(machine->roll_back());
    expect(one);
    const auto gone = install_steps({}, {"p"});
    must(mos::install::carry_out(machine->site(), gone, must(mos::install::resolve(machine->site(), gone)),
                                 {nobody(), ""}));
    expect(TemporaryRoot{});
}

TEST_CASE("a sparse file takes no more room when it is installed") {
    const TemporaryRoot source;
    constexpr std::uint64_t size = 64ULL << 20U;
    {
        const auto root = source.root();
        const auto file = must(root->open_file("sparse", mos::base::OpenMode::create_new));
        must(file->write_at(size / 2, mos::base::as_bytes("in the middle")));
        must(file->resize(size));
    }
    const TemporaryRoot target;
    const auto machine = must(Machine::start(target.root()));
    run(*machine, open_package(package_of(*source.root(), "1")));
    struct stat status {};
    REQUIRE(::stat((target.path() + "/sparse").c_str(), &status) == 0);
    CHECK(status.st_size == static_cast<off_t>(size));
    CHECK(status.st_blocks * 512 < 1 << 20);
    const auto file = must(machine->root().open_file("sparse", mos::base::OpenMode::read));
    std::string middle(13, ' ');
    must(file->read_at(size / 2, std::as_writable_bytes(std::span{middle})));
    CHECK(middle == "in the middle");
}
