// Recovery points through the C API: captured, listed, looked at, verified, cleaned up.
#include "capi_bench.hpp"

#include <utility>
#include <vector>

using namespace mos::test::capi;

namespace {

using List = std::unique_ptr<mos_recovery_list, Freer<mos_recovery_list_free>>;
using Report = std::unique_ptr<mos_report, Freer<mos_report_free>>;

struct Row {
    std::string kind, package, object;
    friend bool operator==(const Row &, const Row &) = default;
};

// Runs it to its end; the rows of its outcome.
struct Ended {
    explicit Ended(Job running) : job(std::move(running)) {
        mos_error *error = nullptr;
        must(mos_job_run(job.get(), nullptr, nullptr, &error), error);
        must(mos_job_outcome(job.get(), &outcome, &error), error);
        for (std::size_t i = 0; i < mos_outcome_row_count(outcome); ++i) {
            mos_report_row row = MOS_REPORT_ROW_INIT;
            must(mos_outcome_row_at(outcome, i, &row, &error), error);
            rows.push_back({row.kind, row.package, row.object});
        }
    }
    Job job;
    const mos_outcome *outcome = nullptr;
    std::vector<Row> rows;
};

Job create_job(const Bench &bench, const mos_recovery_create_options &options) {
    return made_by<Job>(
        [&](auto out, auto error) { return mos_recovery_create_job(bench.engine.get(), &options, out, error); });
}

Job details_job(const Bench &bench, const std::string &name) {
    return made_by<Job>(
        [&](auto out, auto error) { return mos_recovery_details_job(bench.engine.get(), name.c_str(), out, error); });
}

Job verify_job(const Bench &bench, const char *name) {
    return made_by<Job>(
        [&](auto out, auto error) { return mos_recovery_verify_job(bench.engine.get(), name, out, error); });
}

Job cleanup_job(const Bench &bench, const mos_recovery_cleanup_options &options) {
    return made_by<Job>(
        [&](auto out, auto error) { return mos_recovery_cleanup_job(bench.engine.get(), &options, out, error); });
}

std::vector<mos_recovery_point> points_of(const List &list) {
    std::vector<mos_recovery_point> points;
    for (;;) {
        mos_recovery_point point = MOS_RECOVERY_POINT_INIT;
        mos_error *error = nullptr;
        const int code = mos_recovery_list_next(list.get(), &point, &error);
        if (code == MOS_END)
            return points;
        must(code, error);
        points.push_back(point);
    }
}

List list_of(const Bench &bench) {
    return made_by<List>([&](auto out, auto error) { return mos_recovery_list_open(bench.engine.get(), out, error); });
}

}  // namespace

TEST_CASE("a recovery point that was captured is listed first, with what it was given") {
    const Bench bench;
    bench.install(bench.pack("1", "one"));
    const char *const tags[] = {"manual", "test"};
    mos_recovery_create_options options = MOS_RECOVERY_CREATE_OPTIONS_INIT;
    options.description = "before it all";
    options.tags = tags;
    options.tag_count = 2;
    const Ended created{create_job(bench, options)};
    CHECK(std::string{mos_outcome_recovery_point(created.outcome)} == "rp-2");
    const List list = list_of(bench);
    const auto points = points_of(list);
    REQUIRE(points.size() == 2);
    CHECK(std::string{points[0].name} == "rp-2");
    CHECK(points[0].scope == MOS_RECOVERY_FULL_SYSTEM);
    CHECK(std::string{points[0].description} == "before it all");
    CHECK(std::string{points[0].tags} == "manual,test");
    CHECK(points[0].content_bytes > 0);
    CHECK(points[0].can_go_back);
    CHECK(std::string{points[1].name} == "rp-1");
    CHECK(points[1].scope == MOS_RECOVERY_CHANGE);
    CHECK(points[1].can_go_back);
    CHECK_FALSE(points[1].taken_back);
}

TEST_CASE("details tell what going back would do, and a verification that all is there") {
    const Bench bench;
    bench.install(bench.pack("1", "one"));
    bench.install(bench.pack("2", "two"));
    const Ended details{details_job(bench, "rp-2")};
    CHECK(details.rows == std::vector<Row>{{"package", "app", "2 -> 1"}, {"replace", "", "app/file"}});
    CHECK(mos_outcome_written_bytes(details.outcome) == 3);
    CHECK(Ended{verify_job(bench, nullptr)}.rows.empty());
    CHECK(Ended{verify_job(bench, "rp-2")}.rows.empty());
}

TEST_CASE("a clean-up says first what would go") {
    const Bench bench;
    bench.install(bench.pack("1", "one"));
    bench.install(bench.pack("2", "two"));
    mos_recovery_cleanup_options options = MOS_RECOVERY_CLEANUP_OPTIONS_INIT;
    options.keep = 1;
    options.flags = MOS_RECOVERY_SIMULATE;
    CHECK(Ended{cleanup_job(bench, options)}.rows == std::vector<Row>{{"would-remove", "", "rp-1"}});
    CHECK(points_of(list_of(bench)).size() == 2);
    options.flags = 0;
    CHECK(Ended{cleanup_job(bench, options)}.rows == std::vector<Row>{{"removed", "", "rp-1"}});
    CHECK(points_of(list_of(bench)).size() == 1);
}

TEST_CASE("requests for recovery points that can't be are refused at once") {
    const Bench bench;
    bench.install(bench.pack("1", "one"));
    mos_job *job = nullptr;
    mos_recovery_create_options create = MOS_RECOVERY_CREATE_OPTIONS_INIT;
    create.scope = 9;
    CHECK(failure_of([&](auto error) {
              return mos_recovery_create_job(bench.engine.get(), &create, &job, error);
          }).code == MOS_E_INVALID_ARGUMENT);
    create.scope = MOS_RECOVERY_PATHS;
    create.name_count = 1;
    CHECK(failure_of([&](auto error) {
              return mos_recovery_create_job(bench.engine.get(), &create, &job, error);
          }).code == MOS_E_INVALID_ARGUMENT);
    const char *const trees[] = {"etc"};
    create = MOS_RECOVERY_CREATE_OPTIONS_INIT;
    create.scope = MOS_RECOVERY_CONFIGURATION;
    create.excluded = trees;
    create.excluded_count = 1;
    const auto refused =
        failure_of([&](auto error) { return mos_recovery_create_job(bench.engine.get(), &create, &job, error); });
    CHECK(std::string{mos_error_message(refused.error.get())}.find("full-system alone") != std::string::npos);
    CHECK(failure_of([&](auto error) {
              return mos_recovery_details_job(bench.engine.get(), nullptr, &job, error);
          }).code == MOS_E_INVALID_ARGUMENT);
    mos_recovery_cleanup_options cleanup = MOS_RECOVERY_CLEANUP_OPTIONS_INIT;
    cleanup.name = "rp-1";
    cleanup.keep = 1;
    CHECK(failure_of([&](auto error) {
              return mos_recovery_cleanup_job(bench.engine.get(), &cleanup, &job, error);
          }).code == MOS_E_INVALID_ARGUMENT);
    const auto details = details_job(bench, "no point");
    CHECK(failure_of([&](auto error) { return mos_job_run(details.get(), nullptr, nullptr, error); }).code ==
          MOS_E_INVALID_ARGUMENT);
    mos_recovery_list_free(nullptr);
}

TEST_CASE("a reason for recovery mode that no line can hold is refused at once") {
    const Bench bench;
    mos_recovery_mode_options options = MOS_RECOVERY_MODE_OPTIONS_INIT;
    options.wish = MOS_RECOVERY_MODE_BEGIN;
    mos_job *job = nullptr;
    const auto begin = [&] { return mos_recovery_mode_job(bench.engine.get(), &options, &job, nullptr); };
    for (const char *reason : {"\xff", "two\nlines", "\x1b[31mred"}) {
        options.reason = reason;
        CHECK(begin() == MOS_E_INVALID_ARGUMENT);
    }
    const std::string longer(1001, 'a');
    options.reason = longer.c_str();
    CHECK(begin() == MOS_E_LIMIT);
    CHECK(job == nullptr);
}

TEST_CASE("recovery mode is begun, reported and ended, and an install in it is refused by its code") {
    const Bench bench;
    bench.install(bench.pack("1", "one"));
    const auto mode = [&] {
        return made_by<Report>(
            [&](auto out, auto error) { return mos_engine_recovery_mode(bench.engine.get(), out, error); });
    };
    const auto change = [&](const mos_recovery_mode_options &options) {
        return Ended{made_by<Job>(
            [&](auto out, auto error) { return mos_recovery_mode_job(bench.engine.get(), &options, out, error); })};
    };
    mos_report_row row = MOS_REPORT_ROW_INIT;
    CHECK(mos_report_next(mode().get(), &row, nullptr) == MOS_END);

    mos_recovery_mode_options options = MOS_RECOVERY_MODE_OPTIONS_INIT;
    CHECK(failure_of([&](auto error) {
              mos_job *job = nullptr;
              return mos_recovery_mode_job(bench.engine.get(), &options, &job, error);
          }).code == MOS_E_INVALID_ARGUMENT);
    options.wish = MOS_RECOVERY_MODE_BEGIN;
    options.validate_only = true;
    CHECK(change(options).rows == std::vector<Row>{{"way-back", "", "rp-1"}});
    CHECK(mos_report_next(mode().get(), &row, nullptr) == MOS_END);

    options.validate_only = false;
    options.reason = "the disk is failing";
    CHECK(change(options).rows.empty());
    const Report begun = mode();
    REQUIRE(mos_report_next(begun.get(), &row, nullptr) == MOS_OK);
    CHECK(std::string{row.kind} == "recovery-mode");
    CHECK(std::string{row.sentence}.find("the disk is failing") != std::string::npos);
    REQUIRE(mos_report_next(begun.get(), &row, nullptr) == MOS_OK);
    CHECK(std::string{row.kind} == "reason");
    CHECK(mos_report_next(begun.get(), &row, nullptr) == MOS_END);
    const Plan newer = bench.plan();
    mos_error *error = nullptr;
    must(mos_plan_install_path(newer.get(), bench.pack("2", "two").c_str(), nullptr, &error), error);
    const Job job = Bench::job_of(newer);
    CHECK(failure_of([&](auto out) { return mos_job_run(job.get(), nullptr, nullptr, out); }).code ==
          MOS_E_RECOVERY_MODE);

    options = MOS_RECOVERY_MODE_OPTIONS_INIT;
    options.wish = MOS_RECOVERY_MODE_END;
    CHECK(change(options).rows.empty());
    CHECK(mos_report_next(mode().get(), &row, nullptr) == MOS_END);
    bench.install(bench.pack("2", "two"));
}
