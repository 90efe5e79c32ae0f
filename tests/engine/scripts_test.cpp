// Scripts of packages, run for real: a root with busybox, the helper of the build tree, and an engine on both.
#include "refusals.hpp"
#include "script_bench.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::engine::Plan;

namespace {

struct ScriptedBench {
    ScriptedBench() {
        const auto folder = must(mos::base::make_directories(*root(), mos::engine::trust_path));
        must(mos::base::replace_file(*folder, "publisher.pub", mos::base::as_bytes(publisher.public_pem()), 0644));
        must(mos::base::remove_tree(*root(), ".multios-stage"));
        engine = std::make_shared<mos::engine::Engine>(
            root(), mos::engine::Settings{.scripts = scripts.settings}, std::make_shared<StillClock>(),
            [this](mos::engine::LogLevel /*level*/, const std::string &line) { log.push_back(line); });
    }
    [[nodiscard]] std::unique_ptr<mos::base::Directory> root() const {
        return must(mos::base::open_root(scripts.root_path()));
    }

    // A package with one file and these scripts, by name; all may write etc/output.
    [[nodiscard]] Parts package(const std::string &version, const std::map<std::string, std::string> &texts) const {
        Parts parts{.manifest = manifest_of("w", version)};
        parts.manifest.scripts.outputs = {"etc/output"};
        parts.manifest.scripts.timeout_s = 20;
        ImageBuilder files;
        files.directory("opt").file("opt/w", version);
        parts.files = files.image();
        ImageBuilder script_files;
        for (const auto &[name, text] : texts)
            script_files.file(name, "#!/bin/sh\n" + text + "\n", 0755);
        parts.scripts = script_files.image();
        return parts;
    }
    [[nodiscard]] Result<mos::engine::JobOutcome> install(const Parts &parts) const {
        Plan plan{engine};
        MOS_CHECK(plan.install(mos::base::make_memory_source(make_package(parts, {publisher.signer()}), "w.mos"), {}));
        return EngineBench::run(plan);
    }
    [[nodiscard]] Result<mos::engine::JobOutcome> remove() const {
        Plan plan{engine};
        MOS_CHECK(plan.remove({.name = "w"}));
        return EngineBench::run(plan);
    }
    [[nodiscard]] Result<mos::engine::JobOutcome> roll_back() const {
        Plan plan{engine};
        MOS_CHECK(plan.roll_back({}));
        return EngineBench::run(plan);
    }
    [[nodiscard]] std::string read(const std::string &path) const { return scripts.read(path); }
    [[nodiscard]] bool was_logged(std::string_view words) const {
        return std::ranges::any_of(log, [&](const std::string &line) { return line.find(words) != std::string::npos; });
    }

    ScriptBench scripts;
    PinnedSigner publisher;
    std::vector<std::string> log;
    std::shared_ptr<mos::engine::Engine> engine;
};

}  // namespace

TEST_CASE("scripts see the tree as it is at their moment, and what they are called for") {
    if (!can_run_scripts())
        return;
    ScriptedBench bench;
    const std::string tell = "echo $0 $* at $(test ! -e /opt/w || cat /opt/w) >&2";
    must(bench.install(
        bench.package("1", {{"pre-install", tell}, {"post-install.sh", tell + "; echo 1 > /etc/output"}})));
    CHECK(bench.was_logged("pre-install install 1 at"));
    CHECK(bench.was_logged("post-install install 1 at 1"));
    CHECK(bench.read("etc/output") == "1\n");
    must(bench.install(bench.package("2", {{"pre-install", tell}, {"post-install", tell + "; echo 2 > /etc/output"}})));
    CHECK(bench.was_logged("pre-install update 2 1 at 1"));
    CHECK(bench.was_logged("post-install update 2 1 at 2"));
    CHECK(bench.read("etc/output") == "2\n");

    // What the scripts wrote goes back with the rest.
    must(bench.roll_back());
    CHECK(bench.read("etc/output") == "1\n");
    CHECK(bench.read("opt/w") == "1");
    must(bench.roll_back());
    CHECK_FALSE(bench.scripts.has("etc/output"));
    CHECK_FALSE(bench.scripts.has("opt/w"));
}

TEST_CASE("a script that may only check says no, and nothing has changed") {
    if (!can_run_scripts())
        return;
    ScriptedBench bench;
    const auto refused = bench.install(bench.package("1", {{"pre-install", "echo not today; exit 3"}}));
    CHECK(refusal(refused) == Code::SCRIPT_FAILED);
    CHECK(refused.error().message() == "'pre-install' of 'w' 1 exited with 3: not today");
    CHECK_FALSE(bench.scripts.has("opt/w"));
    CHECK(must(bench.engine->history()).empty());
    CHECK(refusal(bench.install(bench.package("1", {{"pre-install", "echo x > /etc/untouched"}}))) ==
          Code::SCRIPT_FAILED);
    CHECK(bench.read("etc/untouched") == "as it was\n");
}

TEST_CASE("a script that fails when everything is in place takes the whole change back, and undoes first") {
    if (!can_run_scripts())
        return;
    ScriptedBench bench;
    bench.scripts.write("etc/output", "before\n");
    const std::string undo = "echo undone at $(cat /opt/w) >> /etc/undone";
    SUBCASE("failed") {
        const auto failed = bench.install(
            bench.package("1", {{"post-install", "echo half > /etc/output; echo no luck; exit 1"}, {"undo", undo}}));
        CHECK(refusal(failed) == Code::REVERTED);
        CHECK(failed.error().full_message().find("'post-install' of 'w' 1 exited with 1: no luck") !=
              std::string::npos);
    }
    SUBCASE("hung") {
        Parts parts = bench.package("1", {{"post-install", "echo half > /etc/output; sleep 1000"}, {"undo", undo}});
        parts.manifest.scripts.timeout_s = 1;
        const auto failed = bench.install(parts);
        CHECK(refusal(failed) == Code::REVERTED);
        CHECK(failed.error().object() == "w");
        CHECK(failed.error().cause()->code() == Code::SCRIPT_TIMEOUT);
        CHECK(says(failed.error(), "'post-install' of 'w' 1 took longer than 1 s and was stopped"));
    }
    CHECK(bench.read("etc/output") == "before\n");
    CHECK(bench.read("etc/undone") == "undone at 1\n");
    CHECK_FALSE(bench.scripts.has("opt/w"));
    CHECK(must(bench.engine->history()).front().state == mos::state::TransactionState::reverted);
    must(bench.install(bench.package("2", {})));  // and the next one works
    CHECK(bench.read("opt/w") == "2");
}

TEST_CASE("what a failed script has done to the package's own files goes with them") {
    if (!can_run_scripts())
        return;
    ScriptedBench bench;
    must(bench.install(bench.package("1", {})));
    Parts parts = bench.package("2", {{"post-install", "echo edited >> /opt/w; echo edited >> /opt/added; exit 1"}});
    ImageBuilder files;
    files.directory("opt").file("opt/added", "2").file("opt/w", "2");
    parts.files = files.image();
    CHECK(refusal(bench.install(parts)) == Code::REVERTED);
    CHECK(bench.read("opt/w") == "1");
    CHECK_FALSE(bench.scripts.has("opt/added"));
}

TEST_CASE("of several packages the last is undone first") {
    if (!can_run_scripts())
        return;
    ScriptedBench bench;
    Plan plan{bench.engine};
    for (const std::string name : {"a", "b", "c"}) {
        Parts parts = bench.package("1", {{"undo", "echo " + name + " >> /etc/undone"}});
        parts.manifest.package_info.name = name;
        parts.manifest.scripts.outputs.clear();
        ImageBuilder files;
        files.directory("opt").file("opt/" + name, "1");
        parts.files = files.image();
        must(plan.install(mos::base::make_memory_source(make_package(parts, {bench.publisher.signer()}), name), {}));
    }
    must(EngineBench::run(plan));
    must(bench.roll_back());
    CHECK(bench.read("etc/undone") == "c\nb\na\n");
}

TEST_CASE("a script can't reach stages and recovery points") {
    if (!can_run_scripts())
        return;
    ScriptedBench bench;
    must(bench.install(bench.package("1", {})));
    must(bench.install(bench.package(
        "2", {{"post-install", "rm -rf /.multios-stage/* 2>/dev/null; echo x > /.multios-stage/y; exit 0"}})));
    must(bench.roll_back());
    CHECK(bench.read("opt/w") == "1");
}

TEST_CASE("a script that removes the database has not reached it, and the change stands and can be taken back") {
    if (!can_hide())
        return;
    ScriptedBench bench;
    must(bench.install(bench.package("1", {})));
    must(bench.install(
        bench.package("2", {{"post-install", "rm -f /var/lib/multios/state.db*; rm -rf /var/lib/multios; exit 0"}})));
    CHECK(must(bench.engine->history()).size() == 2);
    must(bench.roll_back());
    CHECK(bench.read("opt/w") == "1");
}

TEST_CASE("nor those on another volume of the root") {
    if (!can_run_scripts())
        return;
    ScriptedBench bench;
    const std::string data = bench.scripts.path("data");
    std::filesystem::create_directory(data);
    if (::mount("none", data.c_str(), "tmpfs", 0, nullptr) != 0) {
        MESSAGE("nothing can be mounted here, so this is not tested");
        return;
    }
    struct Unmount {
        const std::string &path;
        ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
    };
    const Unmount unmount{data};
    const auto release = [&](const std::string &version, const std::map<std::string, std::string> &texts) {
        Parts parts = bench.package(version, texts);
        ImageBuilder files;
        files.directory("data").file("data/x", version).directory("opt").file("opt/w", version);
        parts.files = files.image();
        return parts;
    };
    must(bench.install(release("1", {})));
    must(bench.install(release("2", {{"post-install", "rm -rf /data/.multios-stage/*; touch /data/.multios-stage/y; "
                                                      "exit 0"}})));
    CHECK(bench.read("data/x") == "2");
    must(bench.roll_back());
    CHECK(bench.read("data/x") == "1");
    CHECK(bench.read("opt/w") == "1");
    CHECK_FALSE(bench.scripts.has("data/.multios-stage/y"));
}

TEST_CASE("a script that removes the shell takes itself back, and the tree is whole") {
    if (!can_run_scripts())
        return;
    ScriptedBench bench;
    Parts parts = bench.package("1", {{"post-install", "rm /bin/sh /bin/rm; exit 1"}, {"undo", "exit 0"}});
    parts.manifest.scripts.outputs = {"bin/rm", "bin/sh"};
    CHECK(refusal(bench.install(parts)) == Code::REVERTED);
    CHECK_FALSE(bench.scripts.has("opt/w"));
    CHECK(::access(bench.scripts.path("bin/sh").c_str(), X_OK) == 0);  // it was declared, so it is back
}

TEST_CASE("a removal asks the package's own script, and calls another when it is gone") {
    if (!can_run_scripts())
        return;
    ScriptedBench bench;
    must(bench.install(bench.package("1", {{"pre-remove", "test -e /etc/allowed || { echo still needed; exit 1; }"},
                                           {"post-remove", "echo $1 $2 > /etc/gone"}})));
    CHECK(bench.scripts.has("var/lib/multios/packages/w/scripts/pre-remove"));
    const auto refused = bench.remove();
    CHECK(refusal(refused) == Code::SCRIPT_FAILED);
    CHECK(refused.error().message() == "'pre-remove' of 'w' 1 exited with 1: still needed");
    CHECK(bench.read("opt/w") == "1");
    bench.scripts.write("etc/allowed", "");
    SUBCASE("removed") {
        must(bench.remove());
        CHECK(bench.read("etc/gone") == "remove 1\n");
        CHECK_FALSE(bench.scripts.has("opt/w"));
        CHECK_FALSE(bench.scripts.has("var/lib/multios/packages/w"));
    }
    SUBCASE("its plan says which scripts run") {
        Plan plan{bench.engine};
        must(plan.remove({.name = "w"}));
        must(plan.resolve());
        CHECK(std::ranges::count(plan.view()->notices, "'w' runs scripts: pre-remove, post-remove") == 1);
    }
    SUBCASE("a kept script that was altered is never run") {
        bench.scripts.write("var/lib/multios/packages/w/scripts/post-remove", "#!/bin/sh\necho evil > /etc/gone\n");
        CHECK(refusal(bench.remove()) == Code::CONFLICT);
        CHECK_FALSE(bench.scripts.has("etc/gone"));
        CHECK(bench.read("opt/w") == "1");
    }
}

TEST_CASE("programs in the folder of health checks are asked in order, read-only, and a no takes the change back") {
    if (!can_hide())
        return;
    ScriptedBench bench;
    const auto check = [&](const std::string &name, const std::string &text, mode_t mode = 0755) {
        std::filesystem::create_directories(bench.scripts.root_path() + "/etc/multios/health-checks");
        const std::string path = "etc/multios/health-checks/" + name;
        bench.scripts.write(path, "#!/bin/sh\n" + text + "\n");
        REQUIRE(::chmod((bench.scripts.root_path() + "/" + path).c_str(), mode) == 0);
    };
    check("20-second", "echo second $1 $(cat /opt/w)");
    check("10-first", "echo first; ! echo x > /etc/untouched");
    check("30-open-to-all", "exit 1", 0777);
    check("40-notes.txt", "exit 1", 0644);
    const auto installed = bench.install(bench.package("1", {}));
    must(installed);
    CHECK(bench.was_logged("first"));
    CHECK(bench.was_logged("second health-check 1"));
    CHECK(bench.read("etc/untouched") == "as it was\n");
    CHECK(std::ranges::any_of(installed->notices, [](const std::string &notice) {
        return notice.find("30-open-to-all' may be written by others") != std::string::npos;
    }));
    SUBCASE("it says no") {
        check("15-strict", "echo the web does not answer; exit 1");
        const auto failed = bench.install(bench.package("2", {}));
        CHECK(refusal(failed) == Code::REVERTED);
        CHECK(failed.error().cause()->code() == Code::HEALTH_CHECK_FAILED);
        says(failed.error(), "health check '15-strict' exited with 1: the web does not answer");
    }
    SUBCASE("it takes too long") {
        bench.scripts.write("etc/multios/update-system.yml",
                            "update_system:\n  rollback:\n    timeout_threshold: 1s\n");
        check("15-slow", "sleep 1000");
        const auto failed = bench.install(bench.package("2", {}));
        CHECK(refusal(failed) == Code::REVERTED);
        CHECK(failed.error().cause()->code() == Code::HEALTH_CHECK_TIMEOUT);
    }
    SUBCASE("it takes too long, and that is no reason") {
        bench.scripts.write("etc/multios/update-system.yml",
                            "update_system:\n  rollback:\n    timeout_threshold: 1s\n    on_timeout: false\n");
        check("15-slow", "sleep 1000");
        must(bench.install(bench.package("2", {})));
        CHECK(bench.read("opt/w") == "2");
        return;
    }
    CHECK(bench.read("opt/w") == "1");
}

TEST_CASE("a health check that comes with an update is asked about that update already") {
    if (!can_hide())
        return;
    ScriptedBench bench;
    must(bench.install(bench.package("1", {})));
    const auto with_check = [&](const std::string &version, const std::string &text) {
        Parts parts = bench.package(version, {});
        const TreeImage checks = ImageBuilder{}
                                     .directory("etc")
                                     .directory("etc/multios")
                                     .directory("etc/multios/health-checks")
                                     .file("etc/multios/health-checks/web", "#!/bin/sh\n" + text + "\n", 0755)
                                     .image();
        parts.files.entries.insert(parts.files.entries.begin(), checks.entries.begin(), checks.entries.end());
        return parts;
    };
    const auto failed = bench.install(with_check("2", "echo the web does not answer; exit 1"));
    CHECK(refusal(failed) == Code::REVERTED);
    CHECK(failed.error().cause()->code() == Code::HEALTH_CHECK_FAILED);
    CHECK(bench.read("opt/w") == "1");
    CHECK_FALSE(bench.scripts.has("etc/multios/health-checks/web"));
    must(bench.install(with_check("2", "echo asked about $(cat /opt/w)")));
    CHECK(bench.was_logged("asked about 2"));
}

TEST_CASE("where the settings say so a script that fails after a change leaves it, with a notice") {
    if (!can_run_scripts())
        return;
    ScriptedBench bench;
    std::filesystem::create_directories(bench.scripts.root_path() + "/etc/multios");
    const std::string rollback = "update_system:\n  rollback:\n";
    bench.scripts.write("etc/multios/update-system.yml", rollback + "    on_installation_error: false\n");
    const auto outcome = bench.install(bench.package("1", {{"post-install", "echo no luck; exit 1"}}));
    must(outcome);
    CHECK(std::ranges::any_of(outcome->notices, [](const std::string &notice) {
        return notice.find("exited with 1: no luck") != std::string::npos;
    }));
    CHECK(bench.read("opt/w") == "1");
    INFO("one that takes too long is another matter");
    Parts slow = bench.package("2", {{"post-install", "sleep 1000"}});
    slow.manifest.scripts.timeout_s = 1;
    CHECK(refusal(bench.install(slow)) == Code::REVERTED);
    bench.scripts.write("etc/multios/update-system.yml", rollback + "    on_timeout: false\n");
    must(bench.install(slow));
    CHECK(bench.read("opt/w") == "2");
}
