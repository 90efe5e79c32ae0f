#include "guard.hpp"

#include <mos/engine/recovery_mode.hpp>
#include <mos/engine/report.hpp>
#include <mos/engine/system_check.hpp>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using Rows = std::vector<mos::engine::ReportRow>;

namespace {

mos_report_row row_of(const mos::engine::ReportRow &row) {
    mos_report_row filled{};
    filled.kind = row.kind.c_str();
    filled.package = row.package.c_str();
    filled.object = row.object.c_str();
    filled.sentence = row.sentence.c_str();
    return filled;
}

template <class Make>
int make_report(mos_engine *engine, mos_report **report, mos_error **error, Make make) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(report);
        MOS_CHECK_HANDLE(engine);
        auto handle = std::make_unique<mos_report>();
        MOS_TRY(handle->rows, make(*engine->engine));
        *report = handle.release();
        return {};
    });
}

}  // namespace

int mos_report_next(mos_report *report, mos_report_row *row, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(report);
        if (report->next >= report->rows.size())
            return MOS_END;
        MOS_CHECK(write_output(row, "row", row_of(report->rows[report->next])));
        ++report->next;
        return MOS_OK;
    });
}

void mos_report_free(mos_report *report) {
    if (is_live(report))
        delete report;
}

int mos_engine_installed_packages(mos_engine *engine, mos_report **report, mos_error **error) {
    return make_report(engine, report, error, mos::engine::installed_packages);
}

int mos_engine_orphans(mos_engine *engine, mos_report **report, mos_error **error) {
    return make_report(engine, report, error, mos::engine::orphans);
}

int mos_engine_pending_reboots(mos_engine *engine, mos_report **report, mos_error **error) {
    return make_report(engine, report, error, mos::engine::pending_reboots);
}

int mos_engine_recovery_mode(mos_engine *engine, mos_report **report, mos_error **error) {
    return make_report(engine, report, error, mos::engine::recovery_mode_report);
}

int mos_engine_check_dependencies(mos_engine *engine, mos_package *package, mos_report **report, mos_error **error) {
    return make_report(engine, report, error, [&](mos::engine::Engine &looked_at) -> Result<Rows> {
        MOS_CHECK_HANDLE(package);
        MOS_TRY(const auto opened, package_for_reading(package));
        MOS_TRY(const mos::package::Manifest manifest, opened->manifest());
        return mos::engine::check_dependencies(looked_at, manifest);
    });
}

int mos_engine_verify_job(mos_engine *engine, const char *name, mos_job **job, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(engine);
        auto handle = std::make_unique<mos_job>();
        MOS_TRY(handle->job, mos::engine::make_verify_job(
                                 engine->engine, name == nullptr ? std::nullopt : std::optional<std::string>{name}));
        handle->context = engine->context;
        *job = handle.release();
        return {};
    });
}

int mos_engine_system_check_job(mos_engine *engine, const mos_system_check_options *options, mos_job **job,
                                mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const mos_system_check_options given, read_options(options));
        auto handle = std::make_unique<mos_job>();
        MOS_TRY(handle->job, mos::engine::make_system_check_job(engine->engine, {.content = !given.skip_content,
                                                                                 .dependencies = given.dependencies,
                                                                                 .signatures = given.signatures,
                                                                                 .health = given.health}));
        handle->context = engine->context;
        *job = handle.release();
        return {};
    });
}

size_t mos_outcome_row_count(const mos_outcome *outcome) { return is_live(outcome) ? outcome->outcome.rows.size() : 0; }

int mos_outcome_row_at(const mos_outcome *outcome, size_t index, mos_report_row *row, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(outcome);
        if (index >= outcome->outcome.rows.size())
            return Error{Code::INVALID_ARGUMENT, "the outcome has no such row"};
        return write_output(row, "row", row_of(outcome->outcome.rows[index]));
    });
}
