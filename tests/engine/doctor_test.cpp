// The doctor: each finding on a root that has it, and that its repair leaves a healthy root.
#include "engine_bench.hpp"

#include <mos/engine/doctor.hpp>
#include <mos/engine/recovery_points.hpp>
#include <mos/install/health.hpp>
#include <mos/state/database_files.hpp>

#include <algorithm>

using namespace mos::test;
using mos::Code;
using mos::base::OpenMode;
using mos::base::Symlinks;
using mos::engine::examine_root;
using mos::engine::Finding;
using mos::engine::repair_root;
using mos::engine::Session;
using mos::engine::Severity;

namespace {

constexpr const char *state_folder = "var/lib/multios";

std::unique_ptr<mos::base::Directory> folder(const EngineBench &bench, const char *path) {
    return must(bench.twin.root()->open_directory(path, Symlinks::refuse));
}

void lose(const EngineBench &bench, const char *parent, const char *name) {
    must(mos::base::remove_tree(*folder(bench, parent), name));
}

void alter(const EngineBench &bench, const char *parent, const char *name, std::uint64_t offset) {
    must(must(folder(bench, parent)->open_file(name, OpenMode::write))
             ->write_at(offset, mos::base::as_bytes("altered by a test")));
}

// The kinds that are found, in order; looking must have changed nothing.
std::vector<std::string> kinds(const EngineBench &bench) {
    const auto before = must(scan(*bench.twin.root()));
    std::vector<std::string> found;
    for (const Finding &finding : must(examine_root(*bench.engine))) {
        found.push_back(finding.kind);
        CHECK_FALSE(finding.sentence.empty());
        CHECK(finding.sentence.find('\n') == std::string::npos);
    }
    const auto lock_aside = [](const TreeImage &image) {
        TreeImage rest = image;
        std::erase_if(rest.entries, [](const TreeEntry &entry) { return entry.path == "var/lib/multios/lock"; });
        return rest;
    };
    CHECK(difference(lock_aside(before), lock_aside(must(scan(*bench.twin.root()))), all_directory_times) == "");
    return found;
}

using Kinds = std::vector<std::string>;

std::string joined(const Kinds &kinds) {
    std::string text;
    for (const std::string &kind : kinds)
        text += kind + ' ';
    return text;
}

void install_versions(EngineBench &bench, int last) {
    for (int version = 1; version <= last; ++version)
        must(bench.install("p", std::to_string(version), simple(std::to_string(version))));
}

struct Files {
    mos::base::Bytes database;
    mos::base::Bytes log;
};
Files files_of(const EngineBench &bench) {
    return {must(mos::base::read_file(*folder(bench, state_folder), "state.db", 64U << 20U)),
            must(mos::base::read_file(*folder(bench, state_folder), "state.db-wal", 64U << 20U))};
}
void put_files(const EngineBench &bench, const char *path, const Files &files) {
    must(mos::base::replace_file(*folder(bench, path), "state.db", files.database, 0600));
    must(mos::base::replace_file(*folder(bench, path), "state.db-wal", files.log, 0600));
}

}  // namespace

TEST_CASE("a root where nothing was ever installed is healthy, and so is one in use") {
    EngineBench bench;
    CHECK(kinds(bench).empty());
    install_versions(bench, 3);
    CHECK(kinds(bench).empty());
    must(bench.roll_back());
    CHECK(kinds(bench).empty());
    CHECK(must(repair_root(*bench.engine, std::nullopt)).empty());
}

TEST_CASE("a database that is missing, damaged or behind is found and restored") {
    for (const std::string kind : {"database-missing", "database-damaged", "database-behind"}) {
        EngineBench bench;
        install_versions(bench, 2);
        if (kind == "database-missing")
            lose(bench, "var/lib", "multios");
        else if (kind == "database-damaged")
            alter(bench, state_folder, "state.db", 20);
        else
            alter(bench, state_folder, "state.db-wal", 5000);
        CHECK(kinds(bench) == Kinds{kind});
        const auto done = must(repair_root(*bench.engine, std::nullopt));
        REQUIRE(done.size() == 1);
        CHECK(done.front().kind == kind);
        const Kinds left = kinds(bench);
        CHECK(std::ranges::all_of(left, [](const std::string &one) { return one == "files-set-aside"; }));
        CHECK(must(bench.engine->history()).size() == 2);
    }
}

TEST_CASE("a database that has no copy to be restored from has no repair") {
    EngineBench bench;
    install_versions(bench, 2);
    lose(bench, ".multios-stage", "copy");
    alter(bench, state_folder, "state.db", 20);
    const auto found = must(examine_root(*bench.engine));
    REQUIRE(found.size() == 1);
    CHECK(found.front().kind == "database-damaged");
    CHECK(found.front().severity == Severity::error);
    CHECK(found.front().object == "var/lib/multios/state.db");
    CHECK(found.front().repair.empty());
    CHECK(must(repair_root(*bench.engine, std::nullopt)).empty());
}

TEST_CASE("a copy that is missing, damaged or behind is found and made anew") {
    for (const std::string kind : {"copy-missing", "copy-damaged", "copy-behind"}) {
        EngineBench bench;
        install_versions(bench, 2);
        const Files old = files_of(bench);
        must(bench.install("p", "3", simple("3")));
        if (kind == "copy-missing")
            lose(bench, ".multios-stage", "copy");
        else if (kind == "copy-damaged")
            alter(bench, ".multios-stage/copy", "state.db", 20);
        else
            put_files(bench, ".multios-stage/copy", old);
        CHECK(kinds(bench) == Kinds{kind});
        CHECK(must(repair_root(*bench.engine, kind)).size() == 1);
        CHECK(kinds(bench).empty());
    }
}

TEST_CASE("several lost transactions are taken back by their plans, newest first") {
    EngineBench bench;
    install_versions(bench, 2);
    const Files old = files_of(bench);
    must(bench.install("p", "3", simple("3")));
    must(bench.install("p", "4", simple("4")));
    put_files(bench, state_folder, old);
    put_files(bench, ".multios-stage/copy", old);
    CHECK(kinds(bench) == Kinds{"stage-unclear", "stage-unclear"});
    CHECK(refusal(repair_root(*bench.engine, "no-such-kind")) == Code::INVALID_ARGUMENT);
    CHECK(must(repair_root(*bench.engine, std::nullopt)).size() == 2);
    CHECK(kinds(bench).empty());
    CHECK(bench.content("p", "x") == "2");
    CHECK(must(bench.engine->installed("p"))->version == "2");
    must(bench.install("p", "5", simple("5")));
    CHECK(must(bench.engine->history()).front().id == 5);
}

TEST_CASE("a stage that nobody owns is found and deleted") {
    EngineBench bench;
    install_versions(bench, 1);
    must(folder(bench, ".multios-stage")->make_directory("7", 0700));
    CHECK(kinds(bench) == Kinds{"stage-unowned"});
    CHECK(must(repair_root(*bench.engine, std::nullopt)).size() == 1);
    CHECK(kinds(bench).empty());
    CHECK_FALSE(must(folder(bench, ".multios-stage")->find("7")).has_value());
}

TEST_CASE("a transaction that was cut short is found and completed") {
    EngineBench bench;
    install_versions(bench, 1);
    bench.twin = Twin{bench.cut_when_applying("p", "2", simple("2"))};
    bench.engine = bench.open();
    const Kinds found = kinds(bench);
    CHECK(std::ranges::count(found, "transaction-unfinished") == 1);
    must(repair_root(*bench.engine, std::nullopt));
    CHECK(kinds(bench).empty());
    CHECK(bench.content("p", "x") == "2");
}

TEST_CASE("a recovery point whose stage is gone is found and given up") {
    EngineBench bench;
    install_versions(bench, 3);
    lose(bench, ".multios-stage", "2");
    CHECK(kinds(bench) == Kinds{"recovery-point-incomplete"});
    const auto done = must(repair_root(*bench.engine, std::nullopt));
    REQUIRE(done.size() == 1);
    CHECK(done.front().object == "rp-2");
    CHECK(kinds(bench).empty());
    must(bench.roll_back());
    CHECK(bench.content("p", "x") == "2");
}

TEST_CASE("a recovery point that lacks a slot is told, and nothing of it is given up") {
    EngineBench bench;
    install_versions(bench, 3);
    for (const auto &entry : must(folder(bench, ".multios-stage/2")->list())) {
        if (entry.name != "plan")
            lose(bench, ".multios-stage/2", entry.name.c_str());
    }
    CHECK(kinds(bench) == Kinds{"recovery-point-incomplete"});
    CHECK(must(repair_root(*bench.engine, std::nullopt)).empty());
    CHECK(kinds(bench) == Kinds{"recovery-point-incomplete"});
    CHECK(must(folder(bench, ".multios-stage")->find("2")).has_value());
}

TEST_CASE("a removal that lacks what it put aside is told, and one that was taken back lacks nothing") {
    EngineBench bench;
    install_versions(bench, 1);
    const auto remove_p = [&] {
        mos::engine::Plan plan{bench.engine};
        must(plan.remove({.name = "p"}));
        must(EngineBench::run(plan));
    };
    remove_p();
    CHECK(kinds(bench).empty());
    must(bench.roll_back());
    CHECK(kinds(bench).empty());
    remove_p();
    for (const auto &entry : must(folder(bench, ".multios-stage/4")->list())) {
        const auto status = must(folder(bench, ".multios-stage/4")->find(entry.name));
        if (entry.name != "plan" && status->type == mos::base::FileType::regular)
            lose(bench, ".multios-stage/4", entry.name.c_str());
    }
    CHECK(kinds(bench) == Kinds{"recovery-point-incomplete"});
    CHECK(must(examine_root(*bench.engine)).front().object == "rp-4");
}

TEST_CASE("giving a point up says to which others there is no way back then, and they are called so") {
    EngineBench bench;
    install_versions(bench, 4);
    lose(bench, ".multios-stage", "3");
    const auto done = must(repair_root(*bench.engine, std::nullopt));
    REQUIRE(done.size() == 1);
    CHECK(done.front().object == "rp-3");
    CHECK(done.front().repair == "give this recovery point up, and with it the way back to rp-1, rp-2");
    must(bench.roll_back());
    const auto points = must(mos::engine::recovery_points(*bench.engine));
    REQUIRE(points.size() == 3);
    for (const auto &point : points) {
        CHECK(!point.can_go_back);
        CHECK(point.taken_back == (point.name == "rp-4"));
    }
}

TEST_CASE("a root of several volumes is healthy, and one whose volume lacks its part says which") {
    EngineBench bench;
    must(bench.twin.root()->make_directory("boot", 0755));
    bench.twin.mount("boot");
    must(bench.install("p", "1", ImageBuilder{}.directory("boot").file("boot/kernel", "one")));
    must(bench.install("p", "2", ImageBuilder{}.directory("boot").file("boot/kernel", "two")));
    CHECK(kinds(bench) == Kinds{});
    const auto parts = folder(bench, "boot/.multios-stage");
    must(parts->rename("2", *parts, "away", mos::base::RenameMode::keep_existing));
    CHECK(kinds(bench) == Kinds{"recovery-point-incomplete"});
    CHECK(must(examine_root(*bench.engine)).front().sentence.find("its part on 'boot' is missing") !=
          std::string::npos);
    must(parts->rename("away", *parts, "2", mos::base::RenameMode::keep_existing));
    CHECK(kinds(bench) == Kinds{});
}

TEST_CASE("a root on a read-only filesystem is refused in one sentence") {
    EngineBench bench;
    for (int time = 0; time < 2; ++time) {
        bench.twin.set_writable(Twin::Writable::no);
        const auto refused = bench.install("p", "1", ImageBuilder{}.file("x", "x"));
        CHECK(refusal(refused) == Code::READ_ONLY);
        CHECK(refused.error().full_message().find("mounted read-only: mount it writable") != std::string::npos);
        bench.twin.set_writable(Twin::Writable::yes);
        must(bench.install("q", std::to_string(time + 1), ImageBuilder{}.file("q", "q")));
    }
}

TEST_CASE("what is none of the engine's is named and left alone") {
    EngineBench bench;
    install_versions(bench, 1);
    must(folder(bench, ".multios-stage")->make_directory("mine", 0700));
    CHECK(kinds(bench) == Kinds{"foreign-entry"});
    CHECK(must(repair_root(*bench.engine, std::nullopt)).empty());
    CHECK(must(folder(bench, ".multios-stage")->find("mine")).has_value());
}

TEST_CASE("a root in use says by whom, a filesystem that was not tested and a missing trust folder are told") {
    EngineBench bench;
    install_versions(bench, 1);
    {
        const auto other = bench.open();
        const auto session = must(Session::open(*other, mos::base::silent_observer(), Session::Purpose::change));
        const auto found = must(examine_root(*bench.engine));
        REQUIRE(found.size() == 1);
        CHECK(found.front().kind == "root-locked");
        CHECK(found.front().sentence.find("process ") != std::string::npos);
    }
    bench.twin.set_filesystem_type("f2fs");
    CHECK(kinds(bench) == Kinds{"filesystem-untested"});
    bench.twin.set_filesystem_type("vfat");
    CHECK(kinds(bench) == Kinds{"filesystem-unsuitable"});
    bench.twin.set_filesystem_type("ext4");
    bench.twin.use_fast_commit();
    CHECK(kinds(bench) == Kinds{"filesystem-fast-commit"});
    lose(bench, "etc/multios", "trust");
    CHECK(kinds(bench) == Kinds{"filesystem-fast-commit", "trust-unreadable"});
}

TEST_CASE("a policy that can't be read and settings that have no effect are told") {
    EngineBench bench;
    install_versions(bench, 1);
    const auto put = [&](const char *name, std::string_view text) {
        must(mos::base::replace_file(*folder(bench, "etc/multios"), name, mos::base::as_bytes(text), 0644));
    };
    put("network.yml", "network:\n  timeout: 10MB\n");
    CHECK(kinds(bench) == Kinds{"settings-faulty"});
    const auto found = must(examine_root(*bench.engine));
    CHECK(found.front().object == "etc/multios/network.yml");
    CHECK(found.front().sentence.find("etc/multios/network.yml:2:3: network.timeout") != std::string::npos);
    put("security-policy.yml", "security_policy: [\n");
    CHECK(kinds(bench) == Kinds{"policy-unreadable", "settings-faulty"});
    CHECK(must(repair_root(*bench.engine, std::nullopt)).empty());  // it is for people to say what they meant
}

TEST_CASE("a health check that nobody will ask is a finding") {
    EngineBench bench;
    install_versions(bench, 1);
    const auto folder = must(mos::base::make_directories(*bench.twin.root(), mos::install::health_checks_path));
    must(mos::base::replace_file(*folder, "10-asked", mos::base::as_bytes("#!/bin/sh\n"), 0755));
    CHECK(kinds(bench).empty());
    must(mos::base::replace_file(*folder, "20-not", mos::base::as_bytes("#!/bin/sh\n"), 0644));
    CHECK(kinds(bench) == Kinds{"health-check-not-asked"});
    const auto found = must(examine_root(*bench.engine));
    CHECK(found.front().sentence.find("'etc/multios/health-checks/20-not'") != std::string::npos);
}

TEST_CASE("a cut at any call of a repair leaves a root that the same repair mends") {
    EngineBench bench;
    install_versions(bench, 2);
    const Files old = files_of(bench);
    must(bench.install("p", "3", simple("3")));
    must(bench.install("p", "4", simple("4")));
    put_files(bench, ".multios-stage/copy", old);
    lose(bench, "var/lib", "multios");
    must(must(bench.twin.root()->open_sync_point())->flush());
    std::vector<DiskState> states;
    bench.twin.on_mutation([&](std::uint64_t number, std::string_view) {
        for (const Selection &keep : {Selection::none(), Selection::all(), Selection::random(number)})
            states.push_back(bench.twin.crash(keep));
    });
    must(repair_root(*bench.engine, std::nullopt));
    bench.twin.on_mutation(nullptr);
    CHECK(kinds(bench).empty());
    CHECK(states.size() > 60);
    for (const DiskState &state : states) {
        EngineBench cut;
        cut.twin = Twin{state};
        cut.engine = cut.open();
        must(repair_root(*cut.engine, std::nullopt));
        Kinds left = kinds(cut);
        std::erase(left, "files-set-aside");  // of a restoration that began again
        CHECK(joined(left) == "");
        CHECK(cut.content("p", "x") == "2");
        CHECK(must(cut.engine->installed("p"))->version == "2");
    }
}
