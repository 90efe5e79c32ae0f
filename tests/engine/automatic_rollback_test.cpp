// Health checks after a change, and what the settings say of changes that go back by themselves.
#include "refusals.hpp"

#include <mos/engine/history.hpp>
#include <mos/engine/protection.hpp>
#include <mos/engine/recovery_points.hpp>
#include <mos/install/health.hpp>

#include <algorithm>

using namespace mos::test;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::engine::JobOutcome;
using mos::engine::WentBack;

namespace {

// An engine whose embedder is asked about the system's health.
struct Ground {
    EngineBench bench;
    bool is_well = true;
    std::size_t asked = 0;
    std::string found;  // what stood at p/x when it was asked

    Ground() { bench.engine = open(); }
    std::shared_ptr<mos::engine::Engine> open() {
        return bench.open({.health = [this](std::chrono::milliseconds) -> Result<void> {
            ++asked;
            found = bench.content("p", "x");
            return is_well ? Result<void>{} : Result<void>{Error{Code::HEALTH_CHECK_FAILED, "no network"}};
        }});
    }
    void settings(const std::string &lines) const {
        const auto place = must(mos::base::make_directories(*bench.twin.root(), "etc/multios"));
        must(mos::base::replace_file(*place, "update-system.yml",
                                     mos::base::as_bytes("update_system:\n  rollback:\n" + lines), 0644));
    }
    [[nodiscard]] std::string events() const {
        auto reader = bench.engine->read_events(0);
        std::string types;
        for (auto event = must(reader.next()); event; event = must(reader.next()))
            types += event->type + " ";
        return types;
    }
};

bool is_noticed(const Result<JobOutcome> &outcome, std::string_view words) {
    return std::ranges::any_of(must(outcome).notices,
                               [&](const std::string &notice) { return notice.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("a change stays when the system is well with it; it is asked when everything is in place") {
    Ground ground;
    must(ground.bench.install("w", "1", simple("one")));
    CHECK(ground.asked == 1);
    CHECK(ground.found == "one");
    CHECK(ground.bench.content("p", "x") == "one");
    must(ground.bench.roll_back());
    INFO("a rollback is the way out, and asks nobody");
    CHECK(ground.asked == 1);
}

TEST_CASE("a health check that says no takes the change back, and history and events tell why") {
    Ground ground;
    must(ground.bench.install("w", "1", simple("one")));
    ground.is_well = false;
    const auto failed = ground.bench.install("w", "2", simple("two"));
    CHECK(refusal(failed) == Code::REVERTED);
    CHECK(failed.error().cause()->code() == Code::HEALTH_CHECK_FAILED);
    says(failed.error(), "no network");
    CHECK(ground.bench.content("p", "x") == "one");
    CHECK(must(ground.bench.engine->installed("w"))->version == "1");
    const auto history = mos::engine::explain_history(must(ground.bench.engine->history()));
    CHECK(history.front().why == WentBack::failed_health_check);
    CHECK(history.front().cause.find("no network") != std::string::npos);
    CHECK(ground.events().ends_with("job_started health_check_failed update_reverted job_failed "));
    INFO("what failed is no obstacle for the next");
    ground.is_well = true;
    must(ground.bench.install("w", "2", simple("two")));
}

TEST_CASE("a plan says that health is checked, and its digest holds it") {
    Ground ground;
    mos::engine::Plan checked{ground.bench.engine};
    must(checked.install(ground.bench.source("w", "1", simple("one")), {}));
    must(checked.resolve());
    const auto &notices = checked.view()->notices;
    CHECK(std::ranges::any_of(notices, [](const std::string &one) { return one.find("health") != std::string::npos; }));
    mos::engine::Plan unchecked{ground.bench.open()};
    must(unchecked.install(ground.bench.source("w", "1", simple("one")), {}));
    must(unchecked.resolve());
    CHECK(unchecked.view()->digest != checked.view()->digest);
}

TEST_CASE("a cut while health is checked: recovery asks again, and its answer holds") {
    Ground ground;
    must(ground.bench.install("w", "1", simple("one")));
    std::optional<DiskState> cut;
    const auto at_check = ground.bench.open({.health = [&](std::chrono::milliseconds) -> Result<void> {
        if (!cut)
            cut = ground.bench.twin.crash(Selection::none());
        return {};
    }});
    mos::engine::Plan plan{at_check};
    must(plan.install(ground.bench.source("w", "2", simple("two")), {}));
    must(EngineBench::run(plan));
    REQUIRE(cut.has_value());
    ground.bench.twin = Twin{*cut};
    ground.bench.engine = ground.open();
    ground.asked = 0;
    SUBCASE("well") { must(ground.bench.engine->recover()); }
    SUBCASE("unwell") {
        ground.is_well = false;
        must(ground.bench.engine->recover());
    }
    CHECK(ground.asked == 1);
    CHECK(ground.bench.content("p", "x") == (ground.is_well ? "two" : "one"));
    const auto history = mos::engine::explain_history(must(ground.bench.engine->history()));
    CHECK(history.front().why == (ground.is_well ? WentBack::no : WentBack::failed_health_check));
}

TEST_CASE("a restoration is asked about when it is in place, and a no takes it back; in an emergency nobody is asked") {
    Ground ground;
    for (const char *version : {"1", "2", "3"})
        must(ground.bench.install("w", version, simple(version)));
    ground.asked = 0;
    const auto go_back = [&](const mos::engine::RollbackStep &step) {
        mos::engine::Plan plan{ground.bench.engine};
        must(plan.roll_back(step));
        must(plan.resolve());
        CHECK(std::ranges::count(plan.view()->notices, mos::install::health_notice) == (step.is_emergency ? 0 : 1));
        return EngineBench::perform(plan);
    };
    ground.is_well = false;
    const auto failed = go_back({.recovery_point = "rp-2"});
    CHECK(refusal(failed) == Code::REVERTED);
    CHECK(failed.error().cause()->code() == Code::HEALTH_CHECK_FAILED);
    CHECK(ground.asked == 1);
    CHECK(ground.found == "1");
    CHECK(ground.bench.content("p", "x") == "3");
    CHECK(must(ground.bench.engine->installed("w"))->version == "3");
    CHECK(ground.events().ends_with("health_check_failed update_reverted job_failed "));
    must(go_back({.is_emergency = true}));
    CHECK(ground.bench.content("p", "x") == "2");
    CHECK(ground.asked == 1);
    ground.is_well = true;
    must(ground.bench.install("w", "3", simple("3")));
    must(go_back({.recovery_point = "rp-2"}));
    CHECK(ground.bench.content("p", "x") == "1");
    CHECK(ground.asked == 3);
    must(ground.bench.roll_back());
    CHECK(ground.bench.content("p", "x") == "3");
    CHECK(ground.asked == 3);
}

TEST_CASE("going back to a captured point and putting files of a backup back are restorations that are asked about") {
    Ground ground;
    must(ground.bench.install("w", "1", simple("one")));
    const auto run = [](const std::unique_ptr<mos::engine::Job> &job) {
        must(job->run(nullptr));
        return must(*job->result());
    };
    const auto captured = run(must(
        mos::engine::make_capture_job(ground.bench.engine, {.scope = mos::state::PointScope::paths, .names = {"p"}})));
    run(must(mos::engine::make_backup_job(ground.bench.engine,
                                          {.paths = {"/p"}, .folder = mos::snapshot::BackupFolder{"backups"}})));
    const auto folder = must(ground.bench.twin.root()->open_directory("p", mos::base::Symlinks::refuse));
    must(mos::base::replace_file(*folder, "x", mos::base::as_bytes("edited"), 0644));
    ground.asked = 0;
    bool of_backup = false;
    SUBCASE("a captured point") {}
    SUBCASE("a backup") { of_backup = true; }
    for (const bool is_well : {false, true}) {
        ground.is_well = is_well;
        mos::engine::Plan plan{ground.bench.engine};
        if (of_backup)
            must(plan.restore(
                {.from = {.number = 1, .place = {}}, .options = {.on_newer = mos::snapshot::NewerRule::replace}}));
        else
            must(plan.roll_back({.recovery_point = captured.recovery_point}));
        const auto outcome = EngineBench::run(plan);
        CHECK(outcome.ok() == is_well);
        CHECK(ground.found == "one");
        CHECK(ground.bench.content("p", "x") == (is_well ? "one" : "edited"));
    }
    CHECK(ground.asked == 2);
}

#if defined(MOS_HAVE_YAML)

TEST_CASE("with auto_rollback_on_failure off a failed check is told, and the change stays") {
    Ground ground;
    ground.settings("    auto_rollback_on_failure: false\n");
    ground.is_well = false;
    const auto outcome = ground.bench.install("w", "1", simple("one"));
    CHECK(is_noticed(outcome, "no network"));
    CHECK(ground.bench.content("p", "x") == "one");
}

TEST_CASE("a dependency that a change breaks takes it back where the criteria say so, and one broken before does not") {
    Ground ground;
    const auto needing = [&](const std::string &name, const std::string &needs) {
        auto manifest = manifest_of(name, "1");
        manifest.dependencies.depends = {needs};
        return make_package({.manifest = manifest, .files = ImageBuilder{}.directory(name).image()},
                            {ground.bench.publisher.signer()});
    };
    must(install_bytes(ground.bench, needing("old", "missing")));
    ground.settings("    error_categories: [dependency]\n");
    must(ground.bench.install("lib", "1", simple("one")));
    must(install_bytes(ground.bench, needing("app", "lib")));
    mos::engine::Plan plan{ground.bench.engine};
    must(plan.remove({.name = "lib"}));
    const auto failed = EngineBench::run(plan);
    CHECK(refusal(failed) == Code::REVERTED);
    says(failed.error(), "app depends on 'lib'");
    CHECK(ground.bench.content("p", "x") == "one");
}

TEST_CASE("the threshold is the part of all checks that must fail") {
    Ground ground;
    ground.settings("    failure_threshold: 100\n    error_categories: [dependency]\n");
    ground.is_well = false;
    const auto outcome = ground.bench.install("w", "1", simple("one"));
    CHECK(is_noticed(outcome, "1 of 2 health checks failed"));
    CHECK(ground.bench.content("p", "x") == "one");
    ground.settings("    failure_threshold: 50\n    error_categories: [dependency]\n");
    CHECK(refusal(ground.bench.install("w", "2", simple("two"))) == Code::REVERTED);
}

#endif

TEST_CASE("a health check that may not be asked is told in the plan, the outcome and an event, once each") {
    EngineBench bench;
    const auto folder = must(mos::base::make_directories(*bench.twin.root(), mos::install::health_checks_path));
    must(mos::base::replace_file(*folder, "10-no", mos::base::as_bytes("#!/bin/sh\nexit 1\n"), 0644));
    must(mos::base::replace_file(*folder, "20-open", mos::base::as_bytes("#!/bin/sh\nexit 1\n"), 0777));
    const auto count = [](const std::vector<std::string> &notices, std::string_view words) {
        return std::ranges::count_if(
            notices, [&](const std::string &notice) { return notice.find(words) != std::string::npos; });
    };
    mos::engine::Plan plan{bench.engine};
    must(plan.install(bench.source("p", "1", simple("1")), {}));
    must(plan.resolve());
    must(plan.resolve());
    CHECK(count(plan.view()->notices, "10-no' may not be executed, so it is not asked") == 1);
    const auto outcome = must(EngineBench::perform(plan));
    CHECK(count(outcome.notices, "10-no' may not be executed, so it is not asked") == 1);
    CHECK(count(outcome.notices, "20-open' may be written by others") == 1);
    std::vector<std::string> events;
    auto journal = bench.engine->read_events(0);
    for (auto event = must(journal.next()); event; event = must(journal.next()))
        events.push_back(event->type + " " + event->message);
    CHECK(count(events, "notice 'etc/multios/health-checks/10-no' may not be executed") == 1);
    CHECK(count(events, "notice 'etc/multios/health-checks/20-open' may be written by others") == 1);
}
