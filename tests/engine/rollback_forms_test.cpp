// Rollback in its forms: to a point, to a version, of one package, of configuration, and what becomes of what somebody
// has changed since.
#include "refusals.hpp"

#include <mos/engine/recovery_points.hpp>

#include <algorithm>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::engine::JobOutcome;
using mos::engine::MergeRule;
using mos::engine::Plan;
using mos::engine::RiskRule;
using mos::engine::RollbackScope;
using mos::engine::RollbackStep;

namespace {

bool is_any_about(const std::vector<std::string> &notices, std::string_view words) {
    return std::ranges::any_of(notices,
                               [&](const std::string &notice) { return notice.find(words) != std::string::npos; });
}

// kernel 1, 2, 3 and tool 1 between them; each kernel has a file and a configuration file.
struct Ground {
    EngineBench bench;

    Ground() {
        must(install("kernel", "1"));
        must(install("kernel", "2"));
        must(install("tool", "1"));
        must(install("kernel", "3"));
    }
    Result<JobOutcome> install(const std::string &name, const std::string &version, bool may_go_back = true) {
        auto manifest = manifest_of(name, version);
        manifest.installation.rollback_support = may_go_back;
        const Parts parts{.manifest = manifest,
                          .files = ImageBuilder{}
                                       .directory("etc")
                                       .directory("usr")
                                       .file("etc/" + name + ".conf", name + " conf " + version)
                                       .file("usr/" + name, name + " " + version)
                                       .image()};
        return install_bytes(bench, make_package(parts, {bench.publisher.signer()}));
    }
    Result<JobOutcome> go_back(const RollbackStep &step, const std::string &answer = "") {
        Plan plan{bench.engine};
        MOS_CHECK(plan.roll_back(step));
        MOS_CHECK(plan.resolve());
        view = *plan.view();
        MOS_TRY(const auto job, plan.make_job(std::nullopt, ""));
        MOS_CHECK(job->run([&](const mos::engine::Question &question) {
            questions.push_back(question.text);
            return answer;
        }));
        return *job->result();
    }
    [[nodiscard]] std::string version(const std::string &name) const {
        const auto found = must(bench.engine->installed(name));
        return found ? found->version : "none";
    }
    [[nodiscard]] std::string file(const std::string &name) const { return bench.content("usr", name); }
    [[nodiscard]] std::string conf(const std::string &name) const { return bench.content("etc", name); }
    // Written by somebody at that time.
    void write(const std::string &folder, const std::string &name, const std::string &text, std::int64_t time) const {
        const auto opened = must(mos::base::make_directories(*bench.twin.root(), folder));
        must(mos::base::replace_file(*opened, name, mos::base::as_bytes(text), 0644));
        must(must(opened->open_file(name, mos::base::OpenMode::write))->set_modified({time, 0}));
    }
    // What a change has put aside.
    template <class Each>
    void each_slot(int change, const Each &each) const {
        const auto stage = must(
            bench.twin.root()->open_directory(".multios-stage/" + std::to_string(change), mos::base::Symlinks::refuse));
        for (const auto &entry : must(stage->list()))
            if (entry.type == mos::base::FileType::regular &&
                entry.name.find_first_not_of("0123456789") == std::string::npos)
                each(*stage, entry.name);
    }
    [[nodiscard]] bool is_noticed(std::string_view words) const { return is_any_about(view.notices, words); }

    Plan::View view;  // of the last rollback
    std::vector<std::string> questions;
};

}  // namespace

TEST_CASE("going back to a point takes all changes since back, in one transaction that can be taken back itself") {
    Ground ground;
    const auto outcome = must(ground.go_back({.recovery_point = "rp-2"}));
    CHECK(ground.version("kernel") == "1");
    CHECK(ground.version("tool") == "none");
    CHECK(ground.file("kernel") == "kernel 1");
    CHECK(ground.file("tool").empty());
    REQUIRE(ground.view.steps.size() == 3);
    CHECK(ground.view.steps[0].name == "rp-2");
    CHECK(ground.view.steps[1].name == "kernel");
    CHECK(ground.view.steps[1].version == "1");
    CHECK(ground.view.steps[2].action == Plan::Step::Action::remove);
    CHECK(outcome.recovery_point == "rp-5");
    must(ground.go_back({}));
    CHECK(ground.version("kernel") == "3");
    CHECK(ground.version("tool") == "1");
    CHECK(ground.file("kernel") == "kernel 3");
}

TEST_CASE("the newest change goes back by a change of its own where the way forward is to be kept") {
    Ground ground;
    must(ground.go_back({.keep_way_forward = true}));
    CHECK(ground.version("kernel") == "2");
    CHECK(ground.file("kernel") == "kernel 2");
    CHECK(ground.conf("kernel.conf") == "kernel conf 2");
    must(ground.go_back({.keep_way_forward = true}));
    CHECK(ground.version("kernel") == "3");
    CHECK(ground.file("kernel") == "kernel 3");
    CHECK(ground.conf("kernel.conf") == "kernel conf 3");
    must(ground.go_back({}));
    CHECK(ground.version("kernel") == "2");
    Plan plan{ground.bench.engine};
    CHECK(refusal(plan.roll_back({.is_emergency = true, .keep_way_forward = true})) == Code::INVALID_ARGUMENT);
}

TEST_CASE("a point that was captured by hand is gone back to like that of a change") {
    Ground ground;
    const auto job = must(mos::engine::make_capture_job(ground.bench.engine, {.description = "before the fair"}));
    must(job->run(nullptr));
    const std::string point = must(*job->result()).recovery_point;
    must(ground.install("kernel", "4"));
    must(ground.install("tool", "2"));
    must(ground.go_back({.recovery_point = point}));
    CHECK(ground.version("kernel") == "3");
    CHECK(ground.version("tool") == "1");
    CHECK(ground.file("kernel") == "kernel 3");
}

TEST_CASE("going back to a version finds the newest change that took it away") {
    Ground ground;
    must(ground.go_back({.target_version = "2"}));
    CHECK(ground.version("kernel") == "2");
    CHECK(ground.version("tool") == "1");
    INFO("the version that is there is no way back, nor is one that never was");
    CHECK(refusal(ground.go_back({.target_version = "9"})) == Code::NOTHING_TO_ROLL_BACK);
}

TEST_CASE("a point that does not bring the version is refused, and names no guess") {
    Ground ground;
    CHECK(refusal(ground.go_back({.recovery_point = "rp-2", .target_version = "2"})) == Code::NOTHING_TO_ROLL_BACK);
    CHECK(ground.version("kernel") == "3");
    must(ground.go_back({.recovery_point = "rp-2", .target_version = "1"}));
    CHECK(ground.version("kernel") == "1");
}

TEST_CASE("a version that several packages had is asked about") {
    Ground ground;
    must(ground.install("tool", "2"));
    const auto refused = ground.go_back({.target_version = "1"});
    CHECK(refusal(refused) == Code::NEEDS_ANSWER);
    says(refused.error(), "kernel, tool");
    must(ground.go_back({.target_version = "1", .scope = RollbackScope::package, .name = "tool"}));
    CHECK(ground.version("tool") == "1");
    CHECK(ground.version("kernel") == "3");
}

TEST_CASE("one package goes back, and nothing else does") {
    Ground ground;
    must(ground.go_back({.target_version = "1", .scope = RollbackScope::package, .name = "kernel"}));
    CHECK(ground.version("kernel") == "1");
    CHECK(ground.file("kernel") == "kernel 1");
    CHECK(ground.version("tool") == "1");
    CHECK(ground.file("tool") == "tool 1");
    CHECK(refusal(ground.go_back({.scope = RollbackScope::package, .name = "absent"})) == Code::NOTHING_TO_ROLL_BACK);
    CHECK(refusal(ground.go_back({.scope = RollbackScope::package})) == Code::INVALID_ARGUMENT);
}

TEST_CASE("configuration goes back without the programs, and versions stay") {
    Ground ground;
    must(ground.go_back({.recovery_point = "rp-2", .scope = RollbackScope::configuration, .name = "kernel"}));
    CHECK(ground.conf("kernel.conf") == "kernel conf 1");
    CHECK(ground.file("kernel") == "kernel 3");
    CHECK(ground.version("kernel") == "3");
    CHECK(ground.conf("tool.conf") == "tool conf 1");
    INFO("without a point it is the newest change that touched the component");
    must(ground.go_back({}));
    must(ground.go_back({.scope = RollbackScope::configuration, .name = "kernel"}));
    CHECK(ground.conf("kernel.conf") == "kernel conf 2");
    CHECK(refusal(ground.go_back({.scope = RollbackScope::configuration, .name = "absent"})) ==
          Code::NOTHING_TO_ROLL_BACK);
}

TEST_CASE("what somebody has changed since is kept, given up, or put beside, as the rule says") {
    Ground ground;
    constexpr std::int64_t later = 2'000'000'000;
    constexpr std::int64_t earlier = 1'000'000;
    const auto back = [&](MergeRule rule) { return ground.go_back({.recovery_point = "rp-4", .merge = rule}, "past"); };
    SUBCASE("keep") {
        ground.write("usr", "kernel", "mine", later);
        must(back(MergeRule::keep));
        CHECK(ground.file("kernel") == "mine");
        CHECK(ground.version("kernel") == "2");
    }
    SUBCASE("refuse") {
        ground.write("usr", "kernel", "mine", later);
        CHECK(refusal(back(MergeRule::refuse)) == Code::CONFLICT);
        CHECK(ground.version("kernel") == "3");
        CHECK(ground.file("kernel") == "mine");
    }
    SUBCASE("past") {
        ground.write("usr", "kernel", "mine", later);
        must(back(MergeRule::past));
        CHECK(ground.file("kernel") == "kernel 2");
        INFO("it lies in the new recovery point, and comes back from there");
        must(ground.go_back({}));
        CHECK(ground.file("kernel") == "mine");
    }
    SUBCASE("newer") {
        ground.write("usr", "kernel", "mine", later);
        must(back(MergeRule::prefer_newer));
        CHECK(ground.file("kernel") == "mine");
    }
    SUBCASE("newer, and the point's is") {
        ground.write("usr", "kernel", "mine", earlier);
        must(back(MergeRule::prefer_newer));
        CHECK(ground.file("kernel") == "kernel 2");
    }
    SUBCASE("older") {
        ground.write("usr", "kernel", "mine", later);
        must(back(MergeRule::prefer_older));
        CHECK(ground.file("kernel") == "kernel 2");
    }
    SUBCASE("both") {
        ground.write("usr", "kernel", "mine", later);
        must(back(MergeRule::keep_both));
        CHECK(ground.file("kernel") == "mine");
        CHECK(ground.file("kernel.rp-4") == "kernel 2");
    }
    SUBCASE("ask") {
        ground.write("usr", "kernel", "mine", later);
        must(back(MergeRule::ask));
        CHECK(ground.questions.size() == 1);
        CHECK(ground.file("kernel") == "kernel 2");
    }
    CHECK(ground.conf("tool.conf") == "tool conf 1");
}

TEST_CASE("a package that says it can't go back, and a user who is gone, are asked about, never guessed") {
    Ground ground;
    must(ground.install("kernel", "4", false));
    const auto refused = ground.go_back({});
    CHECK(refusal(refused) == Code::NEEDS_ANSWER);
    says(refused.error(), "'kernel' 4 says that it can't be rolled back");
    CHECK(ground.is_noticed("asked about before anything is changed"));
    CHECK(ground.version("kernel") == "4");
    SUBCASE("answered") { must(ground.go_back({}, "go-on")); }
    SUBCASE("known") {
        must(ground.go_back({.risks = RiskRule::accept}));
        CHECK(ground.questions.size() == 1);
    }
    CHECK(ground.version("kernel") == "3");
}

TEST_CASE("a user who is gone is asked about") {
    EngineBench bench;
    const auto by = [&](const std::string &version, std::uint32_t owner) {
        ImageBuilder image;
        image.directory("srv").file("srv/data", version);
        auto tree = image.image();
        for (auto &entry : tree.entries)
            if (entry.path == "srv/data")
                entry.owner = owner;
        return make_package("data", version, tree, "", {bench.publisher.signer()});
    };
    must(install_bytes(bench, by("1", 1001)));
    must(install_bytes(bench, by("2", 0)));
    const auto etc = must(mos::base::make_directories(*bench.twin.root(), "etc"));
    const auto users = [&](std::string_view text) {
        must(mos::base::replace_file(*etc, "passwd", mos::base::as_bytes(text), 0644));
    };
    users("root:x:0:0:root:/root:/bin/sh\n");
    const auto refused = bench.roll_back();
    CHECK(refusal(refused) == Code::NEEDS_ANSWER);
    says(refused.error(), "user 1001");
    users("root:x:0:0:root:/root:/bin/sh\ndata:x:1001:1001::/srv:/bin/false\n");
    must(bench.roll_back());
}

TEST_CASE("an emergency goes round what is in the way of the newest change, and leaves it there") {
    Ground ground;
    must(ground.bench.install("w", "1", ImageBuilder{}.directory("w").file("w/x", "one")));
    ground.write("w", "mine", "mine", 5);
    must(ground.go_back({.is_emergency = true}));
    CHECK(ground.bench.content("w", "mine") == "mine");
    CHECK(ground.bench.content("w", "x").empty());
    CHECK(ground.version("w") == "none");
}

TEST_CASE("in a folder that goes away, what somebody has changed follows the rule, and what is somebody's stays") {
    Ground ground;
    must(ground.bench.install("w", "1", ImageBuilder{}.directory("w").file("w/x", "one").file("w/y", "two")));
    ground.write("w", "mine", "mine", 5);
    ground.write("w", "x", "edited", 2'000'000'000);
    const auto back = [&](MergeRule rule) { return ground.go_back({.recovery_point = "rp-5", .merge = rule}, "past"); };
    const auto x = [&] { return ground.bench.content("w", "x"); };
    bool stays = true;
    SUBCASE("without a word") { must(ground.go_back({})); }
    SUBCASE("keep") { must(back(MergeRule::keep)); }
    SUBCASE("prefer newer") { must(back(MergeRule::prefer_newer)); }
    SUBCASE("prefer older") { must(back(MergeRule::prefer_older)); }
    SUBCASE("keep both") { must(back(MergeRule::keep_both)); }
    SUBCASE("refuse") {
        const auto refused = back(MergeRule::refuse);
        CHECK(refusal(refused) == Code::CONFLICT);
        CHECK(refused.error().object() == "w/x");
        CHECK(refused.error().remedy().find("--merge-strategy") != std::string_view::npos);
        CHECK(ground.version("w") == "1");
        CHECK(x() == "edited");
        return;
    }
    SUBCASE("past") {
        must(back(MergeRule::past));
        stays = false;
    }
    SUBCASE("ask") {
        must(back(MergeRule::ask));
        CHECK(ground.questions.size() == 1);
        stays = false;
    }
    CHECK(ground.version("w") == "none");
    CHECK(x() == (stays ? "edited" : ""));
    CHECK(ground.is_noticed("'w/mine' is in a folder that goes away, and stays"));
    CHECK((ground.is_noticed("'w/x' was changed since, in a folder that goes away, and stays") || !stays));
    CHECK(ground.bench.content("w", "mine") == "mine");
    CHECK(ground.bench.content("w", "y").empty());
    INFO("it is a change of its own, which can be taken back");
    must(ground.go_back({}));
    CHECK(ground.version("w") == "1");
    CHECK(x() == "edited");
    CHECK(ground.bench.content("w", "y") == "two");
    CHECK(ground.bench.content("w", "mine") == "mine");
}

TEST_CASE("a point of which something is lost is refused, and nothing is changed") {
    Ground ground;
    ground.each_slot(2, [](mos::base::Directory &stage, const std::string &name) { must(stage.remove_file(name)); });
    const TreeImage before = must(scan(*ground.bench.twin.root()));
    CHECK(refusal(ground.go_back({.recovery_point = "rp-2"})) == Code::POINT_DAMAGED);
    CHECK(ground.version("kernel") == "3");
    INFO("what does not need it goes back all the same");
    must(ground.go_back({.recovery_point = "rp-3"}));
    CHECK(ground.version("kernel") == "2");
}

TEST_CASE("the newest change is not taken back over what was lost or written to since, but for an emergency") {
    const auto lose = [](mos::base::Directory &stage, const std::string &name) { must(stage.remove_file(name)); };
    const auto alter = [](mos::base::Directory &stage, const std::string &name) {
        const auto file = must(stage.open_file(name, mos::base::OpenMode::write));
        must(file->write_at(0, mos::base::as_bytes("altered")));
        must(file->set_modified({1, 0}));
    };
    for (const bool is_lost : {false, true}) {
        Ground ground;
        is_lost ? ground.each_slot(4, lose) : ground.each_slot(4, alter);
        CHECK(refusal(ground.go_back({})) == Code::POINT_DAMAGED);
        CHECK(ground.version("kernel") == "3");
        CHECK(ground.file("kernel") == "kernel 3");
        Plan plan{ground.bench.engine};
        must(plan.roll_back({.is_emergency = true}));
        must(plan.resolve());
        const auto told = [&](const std::vector<std::string> &notices) {
            for (const char *path : {"etc/kernel.conf", "usr/kernel"})
                CHECK(is_any_about(notices, "what rp-4 keeps of '" + std::string{path} + "' " +
                                                (is_lost ? "is lost" : "was written to since")));
        };
        told(plan.view()->notices);
        told(must(ground.go_back({.is_emergency = true})).notices);
        CHECK(ground.version("kernel") == "2");
    }
}

TEST_CASE("a stage whose plan is damaged can't tell what it keeps, and goes back in an emergency alone") {
    Ground ground;
    const auto stage = must(ground.bench.twin.root()->open_directory(".multios-stage/4", mos::base::Symlinks::refuse));
    must(must(stage->open_file("plan", mos::base::OpenMode::write))->write_at(10, mos::base::as_bytes("?????")));
    CHECK(refusal(ground.go_back({})) == Code::POINT_DAMAGED);
    CHECK(ground.version("kernel") == "3");
    must(ground.go_back({.is_emergency = true}));
    CHECK(ground.version("kernel") == "2");
    CHECK(ground.file("kernel") == "kernel 2");
}

TEST_CASE("the plan of a rollback counts what it changes, and no folder that stays as it is") {
    Ground ground;
    must(ground.go_back({}));
    CHECK(ground.view.totals.replaced == 2);
    CHECK(ground.view.totals.attributes == 0);
}

TEST_CASE("a rule for what somebody has changed holds at a captured point too, which comes back whole without one") {
    for (const MergeRule rule : {MergeRule::usual, MergeRule::keep, MergeRule::past, MergeRule::refuse}) {
        Ground ground;
        const auto job = must(mos::engine::make_capture_job(ground.bench.engine, {}));
        must(job->run(nullptr));
        must(ground.install("tool", "2"));
        ground.write("etc", "kernel.conf", "mine", 1'764'000'100);
        const auto gone_back = ground.go_back({.recovery_point = must(*job->result()).recovery_point, .merge = rule});
        if (rule == MergeRule::refuse) {
            CHECK(refusal(gone_back) == Code::CONFLICT);
            CHECK(ground.version("tool") == "2");
            continue;
        }
        must(gone_back);
        CHECK(ground.version("tool") == "1");
        CHECK(ground.conf("kernel.conf") == (rule == MergeRule::keep ? "mine" : "kernel conf 3"));
        CHECK(ground.is_noticed("'etc/kernel.conf'") == (rule != MergeRule::usual));
    }
}

TEST_CASE("what was worked out is what runs, and a change in between is told") {
    Ground ground;
    Plan plan{ground.bench.engine};
    must(plan.roll_back({.recovery_point = "rp-2"}));
    must(plan.resolve());
    ground.write("usr", "kernel", "mine", 5);
    CHECK(refusal(EngineBench::perform(plan)) == Code::PLAN_CHANGED);
    CHECK(ground.version("kernel") == "3");
}
