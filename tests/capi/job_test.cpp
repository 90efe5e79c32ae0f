// What the C API promises about jobs, and about roots and packages given by descriptor.
#include "capi_bench.hpp"

#include <fcntl.h>
#include <thread>
#include <unistd.h>

using namespace mos::test::capi;

TEST_CASE("the outcome is pending before the end, and the same however often it is asked for") {
    const Bench bench;
    const Plan plan = bench.plan();
    must(mos_plan_install_path(plan.get(), bench.pack("1", "one").c_str(), nullptr, nullptr), nullptr);
    const Job job = Bench::job_of(plan);
    const mos_outcome *outcome = nullptr;
    CHECK(mos_job_outcome(job.get(), &outcome, nullptr) == MOS_PENDING);
    CHECK(outcome == nullptr);
    must(mos_job_start(job.get(), nullptr), nullptr);
    CHECK(mos_job_wait(job.get(), -1) == MOS_OK);
    CHECK(mos_job_outcome(job.get(), &outcome, nullptr) == MOS_OK);
    const mos_outcome *again = nullptr;
    CHECK(mos_job_outcome(job.get(), &again, nullptr) == MOS_OK);
    CHECK(again == outcome);
    CHECK(std::string{mos_outcome_recovery_point(outcome)} == "rp-1");
    CHECK(mos_outcome_changed_paths(outcome) == 2);
    CHECK(mos_outcome_written_bytes(outcome) == 3);
    CHECK(mos_outcome_notice_count(outcome) == 0);
    CHECK(std::string{mos_outcome_notice_at(outcome, 0)}.empty());
    CHECK(mos_job_start(job.get(), nullptr) == MOS_E_INVALID_ARGUMENT);
    mos_progress progress = MOS_PROGRESS_INIT;
    CHECK(mos_job_progress(job.get(), &progress) == MOS_OK);
    CHECK(progress.state == MOS_JOB_ENDED);
    mos_question question = MOS_QUESTION_INIT;
    CHECK(mos_job_question(job.get(), &question) == MOS_END);
}

TEST_CASE("a job that failed gives a copy of its error each time") {
    const Bench bench;
    const Plan plan = bench.plan();
    must(mos_plan_remove(plan.get(), "app", nullptr, nullptr), nullptr);
    const Job job = Bench::job_of(plan);
    const auto run = failure_of([&](auto error) { return mos_job_run(job.get(), nullptr, nullptr, error); });
    CHECK(run.code == MOS_E_NOT_INSTALLED);
    for (int i = 0; i < 2; ++i) {
        const auto outcome = failure_of([&](auto error) { return mos_job_outcome(job.get(), nullptr, error); });
        CHECK(outcome.code == MOS_E_NOT_INSTALLED);
        CHECK(outcome.error != run.error);
    }
}

TEST_CASE("root and package by descriptor are duplicated: the caller may close his at once") {
    const Bench bench;
    const int root = ::open(bench.root.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.flags = MOS_ENGINE_ROOT_DESCRIPTOR;
    options.root_descriptor = root;
    const auto engine = made_by<Engine>(
        [&](auto out, auto error) { return mos_engine_open(bench.context.get(), &options, out, error); });
    ::close(root);
    const int package = ::open(bench.pack("1", "one").c_str(), O_RDONLY | O_CLOEXEC);
    const auto plan = made_by<Plan>([&](auto out, auto error) { return mos_plan_create(engine.get(), out, error); });
    must(mos_plan_install_descriptor(plan.get(), package, "by descriptor", nullptr, nullptr), nullptr);
    ::close(package);
    must(mos_job_run(Bench::job_of(plan).get(), nullptr, nullptr, nullptr), nullptr);
    CHECK(bench.root.read("app/file") == "one");
    options.root_descriptor = -1;
    mos_engine *none = nullptr;
    CHECK(mos_engine_open(bench.context.get(), &options, &none, nullptr) < 0);
    CHECK(mos_plan_install_descriptor(bench.plan().get(), -1, "none", nullptr, nullptr) < 0);
}

TEST_CASE("the installed version is told, with the ways in which it can't be") {
    const Bench bench;
    char version[256] = "untouched";
    CHECK(mos_engine_installed_version(bench.engine.get(), "app", version, sizeof version, nullptr) == MOS_END);
    CHECK(std::string{version} == "untouched");
    bench.install(bench.pack("1.0", "one"));
    CHECK(mos_engine_installed_version(bench.engine.get(), "app", version, 3, nullptr) == MOS_E_LIMIT);
    CHECK(std::string{version} == "untouched");
    CHECK(mos_engine_installed_version(bench.engine.get(), "app", version, 4, nullptr) == MOS_OK);
    CHECK(std::string{version} == "1.0");
}

TEST_CASE("a package that is no file, and a root that is no folder, are refused") {
    const Bench bench;
    mos_package *package = nullptr;
    CHECK(mos_package_open_path(bench.context.get(), bench.root.path().c_str(), &package, nullptr) ==
          MOS_E_UNSUPPORTED);
    bench.work.put("file", "f");
    const std::string file = bench.work.at("file");
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.root_path = file.c_str();
    mos_engine *engine = nullptr;
    CHECK(mos_engine_open(bench.context.get(), &options, &engine, nullptr) < 0);
    CHECK(mos_package_open_path(bench.context.get(), file.c_str(), &package, nullptr) < 0);
    CHECK(package == nullptr);
}

TEST_CASE("nobody waits for a job that was not started") {
    const Bench bench;
    const Plan plan = bench.plan();
    must(mos_plan_install_path(plan.get(), bench.pack("1", "one").c_str(), nullptr, nullptr), nullptr);
    const Job job = Bench::job_of(plan);
    CHECK(mos_job_wait(job.get(), -1) == MOS_E_INVALID_ARGUMENT);
    CHECK(mos_job_run(job.get(), nullptr, nullptr, nullptr) == MOS_OK);
    CHECK(mos_job_wait(job.get(), -1) == MOS_OK);
}

TEST_CASE("a job that another thread runs is freed when that has left it") {
    const Bench bench;
    const std::string path = bench.pack("1", "one");
    for (int round = 0; round < 50; ++round) {
        const Plan plan = bench.plan();
        must(mos_plan_install_path(plan.get(), path.c_str(), nullptr, nullptr), nullptr);
        Job job = Bench::job_of(plan);
        mos_job *const raw = job.get();
        std::thread runner{[raw] { mos_job_run(raw, nullptr, nullptr, nullptr); }};
        mos_progress progress = MOS_PROGRESS_INIT;
        while (mos_job_progress(raw, &progress) == MOS_OK && progress.state == MOS_JOB_READY)
            std::this_thread::yield();
        job.reset();
        runner.join();
    }
}
