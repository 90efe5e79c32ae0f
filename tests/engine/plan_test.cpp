#include "engine_bench.hpp"

using namespace mos::test;
using mos::Code;
using mos::engine::JobState;
using mos::engine::Plan;
using mos::install::ConflictRule;

TEST_CASE("a plan says nothing before it is resolved, and again nothing when a step was added") {
    EngineBench bench;
    Plan plan{bench.engine};
    CHECK(plan.view() == nullptr);
    must(plan.install(bench.source("p", "1", simple("one")), {}));
    CHECK(plan.view() == nullptr);
    must(plan.resolve());
    REQUIRE(plan.view() != nullptr);
    CHECK(plan.view()->steps.front().action == Plan::Step::Action::install);
    CHECK(plan.view()->steps.front().signer == "publisher");
    CHECK(plan.view()->totals.added == 2);
    must(plan.remove({.name = "q"}));
    CHECK(plan.view() == nullptr);
    CHECK(refusal(plan.resolve()) == Code::NOT_INSTALLED);
}

TEST_CASE("a plan runs once, and its job may outlive it") {
    EngineBench bench;
    std::unique_ptr<mos::engine::Job> job;
    {
        Plan plan{bench.engine};
        must(plan.install(bench.source("p", "1", simple("one")), {}));
        job = must(plan.make_job(std::nullopt, "a reason"));
        CHECK(refusal(plan.make_job(std::nullopt, "")) == Code::INVALID_ARGUMENT);
        CHECK(refusal(plan.resolve()) == Code::INVALID_ARGUMENT);
        CHECK(refusal(plan.remove({.name = "q"})) == Code::INVALID_ARGUMENT);
        CHECK(refusal(plan.install(bench.source("q", "1", simple("one")), {})) == Code::INVALID_ARGUMENT);
    }
    must(job->run(nullptr));
    CHECK(must(*job->result()).recovery_point == "rp-1");
    CHECK(bench.content("p", "x") == "one");
    CHECK(must(bench.engine->history()).front().reason == "a reason");
}

TEST_CASE("a job refuses to run another plan than the one whose digest it was given") {
    EngineBench bench;
    Plan plan{bench.engine};
    must(plan.install(bench.source("p", "1", simple("one")), {}));
    must(plan.resolve());
    const auto wrong = must(plan.make_job(std::string(64, '0'), ""));
    must(wrong->run(nullptr));
    CHECK(refusal(*wrong->result()) == Code::PLAN_CHANGED);
    CHECK(bench.content("p", "x").empty());

    Plan again{bench.engine};
    must(again.install(bench.source("p", "1", simple("one")), {}));
    must(again.resolve());
    const auto right = must(again.make_job(again.view()->digest, ""));
    must(right->run(nullptr));
    must(*right->result());
}

TEST_CASE("of two plans for one package the second is void when the first has run") {
    EngineBench bench;
    Plan first{bench.engine};
    Plan second{bench.engine};
    must(first.install(bench.source("p", "1", simple("one")), {}));
    must(second.install(bench.source("p", "2", simple("two")), {}));
    must(first.resolve());
    must(second.resolve());
    const auto first_job = must(first.make_job(std::nullopt, ""));
    const auto second_job = must(second.make_job(std::nullopt, ""));
    must(first_job->run(nullptr));
    must(second_job->run(nullptr));
    must(*first_job->result());
    CHECK(refusal(*second_job->result()) == Code::PLAN_CHANGED);
    CHECK(bench.content("p", "x") == "one");
}

TEST_CASE("a rollback is the only step of its plan") {
    EngineBench bench;
    must(bench.install("p", "1", simple("one")));
    Plan rollback{bench.engine};
    must(rollback.roll_back({}));
    CHECK(refusal(rollback.remove({.name = "p"})) == Code::INVALID_ARGUMENT);
    CHECK(refusal(rollback.install(bench.source("p", "2", simple("two")), {})) == Code::INVALID_ARGUMENT);
    CHECK(refusal(rollback.roll_back({})) == Code::INVALID_ARGUMENT);
    Plan removal{bench.engine};
    must(removal.remove({.name = "p"}));
    CHECK(refusal(removal.roll_back({})) == Code::INVALID_ARGUMENT);
}

TEST_CASE("a rollback takes back the newest change, and its plan is void when that is another one by then") {
    EngineBench bench;
    must(bench.install("p", "1", simple("one")));
    Plan plan{bench.engine};
    must(plan.roll_back({}));
    must(plan.resolve());
    CHECK(plan.view()->steps.front().name == "rp-1");
    CHECK(plan.view()->steps.front().old_version == "install p 1");
    must(bench.install("p", "2", simple("two")));
    const auto job = must(plan.make_job(std::nullopt, ""));
    must(job->run(nullptr));
    CHECK(refusal(*job->result()) == Code::PLAN_CHANGED);
    must(bench.roll_back());
    CHECK(bench.content("p", "x") == "one");
    must(bench.roll_back("rp-1"));
    CHECK(bench.content("p", "x").empty());
    CHECK(refusal(bench.roll_back()) == Code::NOTHING_TO_ROLL_BACK);
}

TEST_CASE("a rollback's plan tells what somebody changed since, and is void when more is changed after it") {
    EngineBench bench;
    const auto files = [](const std::string &content) {
        return ImageBuilder{}.directory("p").file("p/x", content).file("p/y", content);
    };
    must(bench.install("p", "1", files("one")));
    must(bench.install("p", "2", files("two")));
    const auto folder = must(bench.twin.root()->open_directory("p", mos::base::Symlinks::refuse));
    Plan untouched{bench.engine};
    must(untouched.roll_back({}));
    must(untouched.resolve());
    CHECK(untouched.view()->totals.replaced == 2);
    CHECK(untouched.view()->totals.kept == 0);
    CHECK(untouched.view()->notices.empty());

    must(mos::base::replace_file(*folder, "x", mos::base::as_bytes("mine"), 0644));
    Plan plan{bench.engine};
    must(plan.roll_back({}));
    must(plan.resolve());
    CHECK(plan.view()->totals.replaced == 1);
    CHECK(plan.view()->totals.kept == 1);
    CHECK(plan.view()->notices == std::vector<std::string>{"'p/x' is kept: it was changed since"});
    CHECK(plan.view()->digest != untouched.view()->digest);

    const auto changed_meanwhile = must(untouched.make_job(std::nullopt, ""));
    must(changed_meanwhile->run(nullptr));
    CHECK(refusal(*changed_meanwhile->result()) == Code::PLAN_CHANGED);
    CHECK(bench.content("p", "y") == "two");

    const auto job = must(plan.make_job(plan.view()->digest, ""));
    must(job->run(nullptr));
    must(*job->result());
    CHECK(bench.content("p", "x") == "mine");
    CHECK(bench.content("p", "y") == "one");
}

TEST_CASE("an update keeps as many recovery points as the engine is set to, the newest") {
    EngineBench bench{{.trust_folder = {}, .required_signatures = 1, .recovery_points = 2}};
    for (const char *version : {"1", "2", "3", "4"})
        must(bench.install("p", version, simple(version)));
    must(bench.roll_back());
    must(bench.install("p", "5", simple("5")));  // the one that was taken back does not take another's place
    must(bench.roll_back());
    must(bench.roll_back());
    CHECK(bench.content("p", "x") == "2");
    CHECK(refusal(bench.roll_back()) == Code::NOTHING_TO_ROLL_BACK);
}

TEST_CASE("a conflict is a question of the job's, whose answer decides") {
    for (const char *answer : {"keep", "replace", "stop", ""}) {
        EngineBench bench;
        const auto folder = must(mos::base::make_directories(*bench.twin.root(), "p"));
        must(mos::base::replace_file(*folder, "x", mos::base::as_bytes("mine"), 0644));
        Plan plan{bench.engine};
        must(plan.install(bench.source("p", "1", simple("one")), {.on_conflict = ConflictRule::ask}));
        const auto job = must(plan.make_job(std::nullopt, ""));
        must(job->run([answer](const mos::engine::Question &question) {
            CHECK(question.object == "p/x");
            CHECK(question.choices == std::vector<std::string>{"keep", "replace", "stop"});
            CHECK(question.fallback == "stop");
            return std::string{answer};
        }));
        const bool stops = *answer == '\0' || std::string{answer} == "stop";
        CHECK(job->result()->ok() != stops);
        CHECK(bench.content("p", "x") == (std::string{answer} == "replace" ? "one" : "mine"));
    }
}

TEST_CASE("of names that share a file the first can't be kept alone, and that is not offered") {
    EngineBench bench;
    const auto folder = must(mos::base::make_directories(*bench.twin.root(), "p"));
    must(mos::base::replace_file(*folder, "x", mos::base::as_bytes("mine"), 0644));
    Plan plan{bench.engine};
    must(plan.install(bench.source("p", "1", simple("one").link("p/y", "p/x")), {.on_conflict = ConflictRule::ask}));
    const auto job = must(plan.make_job(std::nullopt, ""));
    must(job->run([](const mos::engine::Question &question) {
        CHECK(question.choices == std::vector<std::string>{"replace", "stop"});
        CHECK(question.text.find("keep") == std::string::npos);
        return std::string{"replace"};
    }));
    must(*job->result());
    CHECK(bench.content("p", "y") == "one");
}

TEST_CASE("a job that is cancelled while it waits for an answer changes nothing and frees the root") {
    EngineBench bench;
    const auto folder = must(mos::base::make_directories(*bench.twin.root(), "p"));
    must(mos::base::replace_file(*folder, "x", mos::base::as_bytes("mine"), 0644));
    Plan plan{bench.engine};
    must(plan.install(bench.source("p", "1", simple("one")), {.on_conflict = ConflictRule::ask}));
    const auto job = must(plan.make_job(std::nullopt, ""));
    must(job->start());
    while (job->snapshot().state != JobState::asking)
        CHECK_FALSE(job->wait(1000));
    job->cancel();
    while (!job->wait(-1)) {
    }
    CHECK(refusal(*job->result()) == Code::CANCELLED);
    CHECK(bench.content("p", "x") == "mine");
    CHECK(must(bench.engine->history()).empty());
}
