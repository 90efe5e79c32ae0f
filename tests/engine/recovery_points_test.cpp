#include <mos/engine/recovery_points.hpp>

#include <mos/engine/doctor.hpp>

#include "engine_bench.hpp"

#include <algorithm>

using namespace mos::test;
using namespace mos::engine;
using mos::Code;
using mos::Result;

namespace {

// So many days after the still clock.
class LaterClock final : public mos::base::Clock {
  public:
    explicit LaterClock(std::int64_t days) : m_days(days) {}
    [[nodiscard]] std::int64_t now_unix_s() const override { return StillClock{}.now_unix_s() + m_days * 86'400; }
    [[nodiscard]] std::int64_t monotonic_ms() const override { return 0; }

  private:
    std::int64_t m_days;
};

void move_clock(EngineBench &bench, std::int64_t days) {
    bench.clock = std::make_shared<LaterClock>(days);
    bench.engine = bench.open();
}

Result<JobOutcome> run_to_end(Result<std::unique_ptr<Job>> made) {
    const auto job = must(std::move(made));
    must(job->run(nullptr));
    return *job->result();
}

std::vector<std::string> names(EngineBench &bench) {
    std::vector<std::string> all;
    for (const RecoveryPoint &point : must(recovery_points(*bench.engine)))
        all.push_back(point.name);
    return all;
}

std::string capture(EngineBench &bench, mos::snapshot::CaptureRequest request = {}) {
    return must(run_to_end(make_capture_job(bench.engine, std::move(request)))).recovery_point;
}

bool finds(EngineBench &bench, std::string_view kind) {
    const auto findings = must(examine_root(*bench.engine));
    return std::any_of(findings.begin(), findings.end(), [&](const Finding &finding) { return finding.kind == kind; });
}

}  // namespace

TEST_CASE("how many points of changes are kept is what the settings say, and captured ones stay") {
    EngineBench bench;
    const auto folder = must(mos::base::make_directories(*bench.twin.root(), "etc/multios"));
    must(mos::base::replace_file(*folder, "update-system.yml",
                                 mos::base::as_bytes("update_system:\n  rollback:\n    maximum_rollback_points: 2\n"),
                                 0644));
    must(bench.install("p", "1", simple("1")));
    const std::string captured = capture(bench);
    for (const char *version : {"2", "3", "4"})
        must(bench.install("p", version, simple(version)));
    CHECK(names(bench) == std::vector<std::string>{"rp-5", "rp-4", captured});
}

TEST_CASE("points that are too old go with the next change, but for the newest") {
    EngineBench bench;
    must(bench.install("p", "1", simple("1")));
    must(bench.install("p", "2", simple("2")));
    move_clock(bench, 31);
    must(bench.install("p", "3", simple("3")));
    CHECK(names(bench) == std::vector<std::string>{"rp-3"});
    move_clock(bench, 62);
    must(run_to_end(make_clean_up_job(bench.engine, {})));
    CHECK(names(bench) == std::vector<std::string>{"rp-3"});
}

TEST_CASE("a named point is cleaned up unless older ones lean on it") {
    EngineBench bench;
    for (const char *version : {"1", "2", "3"})
        must(bench.install("p", version, simple(version)));
    const std::string captured = capture(bench);
    CHECK(refusal(run_to_end(make_clean_up_job(bench.engine, {.name = "rp-2"}))) == Code::INVALID_ARGUMENT);
    CHECK(refusal(run_to_end(make_clean_up_job(bench.engine, {.name = "rp-9"}))) == Code::NOT_FOUND);
    must(run_to_end(make_clean_up_job(bench.engine, {.name = captured})));
    must(run_to_end(make_clean_up_job(bench.engine, {.name = "rp-1"})));
    must(run_to_end(make_clean_up_job(bench.engine, {.name = "rp-2"})));
    CHECK(names(bench) == std::vector<std::string>{"rp-3"});
}

TEST_CASE("the doctor names a damaged point, what was cut short and what nobody knows, and mends what can be") {
    EngineBench bench;
    must(bench.install("p", "1", simple("1")));
    const std::string captured = capture(bench);
    CHECK_FALSE(finds(bench, "point-damaged"));
    const auto points = must(bench.twin.root()->open_directory("var/lib/multios/points", mos::base::Symlinks::refuse));
    must(points->make_directory("77", 0700));
    CHECK(finds(bench, "point-unknown"));
    must(points->make_directory("78.new", 0700));
    CHECK(finds(bench, "point-unfinished"));
    must(mos::base::remove_tree(*points, captured.substr(3)));
    CHECK(finds(bench, "point-damaged"));
    must(repair_root(*bench.engine, std::nullopt));
    CHECK_FALSE(finds(bench, "point-damaged"));
    CHECK_FALSE(finds(bench, "point-unfinished"));
    CHECK(finds(bench, "point-unknown"));
    CHECK(names(bench) == std::vector<std::string>{"rp-1"});
}

TEST_CASE("events tell that a point was made and cleaned up") {
    std::vector<std::string> told;
    EngineBench bench{
        {.listener = [&told](const mos::base::Event &event) { told.push_back(event.type + " " + event.subject); }}};
    must(bench.install("p", "1", simple("1")));
    const std::string captured = capture(bench);
    must(run_to_end(make_clean_up_job(bench.engine, {.name = captured})));
    CHECK(std::count(told.begin(), told.end(), "recovery_point_created " + captured) == 1);
    CHECK(std::count(told.begin(), told.end(), "recovery_point_removed " + captured) == 1);
}
