#include "admission.hpp"
#include "guard.hpp"
#include "sources.hpp"

#include <mos/engine/trust_change.hpp>
#include <mos/engine/validation.hpp>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;

namespace {

std::vector<mos::engine::ReportRow> rows_of(const mos::engine::Validation &validation) {
    std::vector<mos::engine::ReportRow> rows;
    for (const mos::engine::StepResult &step : validation.steps)
        rows.push_back({.kind = std::string{mos::engine::step_name(step.step)},
                        .package = validation.package,
                        .object = std::string{mos::engine::outcome_name(step.outcome)},
                        .sentence = step.detail});
    return rows;
}

Result<mos_job *> make_validation(const mos_engine &engine, std::shared_ptr<mos::base::Source> source,
                                  std::uint32_t flags) {
    if ((flags & ~static_cast<std::uint32_t>(MOS_VALIDATE_STRICT)) != 0)
        return Error{Code::INVALID_ARGUMENT, "there is no such flag of a validation"};
    const auto strictness = flags != 0 ? mos::engine::Strictness::strict : mos::engine::Strictness::usual;
    MOS_TRY(mos::engine::Admission opened, engine.engine->admission());
    auto admission = std::make_shared<mos::engine::Admission>(std::move(opened));
    auto handle = std::make_unique<mos_job>();
    handle->context = engine.context;
    const auto run = [source = std::move(source), admission = std::move(admission), strictness](
                         mos::base::Observer &observer, const auto & /*ask*/) -> Result<mos::engine::JobOutcome> {
        MOS_TRY(const mos::engine::Validation validation,
                mos::engine::validate(share(source), *admission, strictness, observer));
        mos::engine::JobOutcome outcome;
        outcome.rows = rows_of(validation);
        return outcome;
    };
    MOS_TRY(handle->job, mos::engine::Job::create(run));
    return handle.release();
}

}  // namespace

int mos_engine_policy_report(mos_engine *engine, mos_report **report, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(report);
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const mos::policy::SecurityPolicy policy, mos::policy::load_security_policy(engine->engine->root()));
        auto handle = std::make_unique<mos_report>();
        for (mos::policy::PolicyKey &key : mos::policy::list_keys(policy))
            handle->rows.push_back({.kind = "policy",
                                    .package = std::move(key.value),
                                    .object = std::move(key.path),
                                    .sentence = std::move(key.meaning)});
        *report = handle.release();
        return {};
    });
}

int mos_engine_policy_change(mos_engine *engine, const char *const *keys, const char *const *values, size_t count,
                             mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(engine);
        if (count > 0 && (keys == nullptr || values == nullptr))
            return Error{Code::INVALID_ARGUMENT, "there are no keys or no values"};
        std::vector<mos::policy::PolicyChange> changes;
        for (std::size_t i = 0; i < count; ++i) {
            MOS_TRY(std::string key, required_text(keys[i], "a key of the policy"));
            MOS_TRY(std::string value, required_text(values[i], "a value of the policy"));
            changes.push_back({std::move(key), std::move(value)});
        }
        MOS_CHECK(mos::engine::change_policy(*engine->engine, changes));
        return {};
    });
}

int mos_engine_validate_job(mos_engine *engine, mos_package *package, uint32_t flags, mos_job **job,
                            mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(engine);
        MOS_CHECK_HANDLE(package);
        MOS_TRY(*job, make_validation(*engine, package->source, flags));
        return {};
    });
}

int mos_engine_validate_path_job(mos_engine *engine, const char *path, uint32_t flags, mos_job **job,
                                 mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const std::string where, required_text(path, "the file's path"));
        MOS_TRY(std::shared_ptr<mos::base::Source> source, mos::base::open_file_source(where));
        MOS_TRY(*job, make_validation(*engine, std::move(source), flags));
        return {};
    });
}
