#include "guard.hpp"
#include "plan_options.hpp"
#include "sources.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::engine::Plan;

namespace {

Result<void> add_install(mos_plan *plan, Result<std::unique_ptr<mos::base::Source>> opened,
                         const mos_install_options *options) {
    MOS_TRY(const mos::install::InstallOptions given, install_options(options));
    MOS_TRY(std::unique_ptr<mos::base::Source> source, std::move(opened));
    std::unique_ptr<mos::base::Source> full;
    if (const char *const path = known_options(options).full_package_path; path != nullptr) {
        MOS_TRY(full, mos::base::open_file_source(path));
    }
    return plan->plan->install(std::move(source), given, std::move(full));
}

}  // namespace

int mos_plan_create(mos_engine *engine, mos_plan **plan, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(plan);
        MOS_CHECK_HANDLE(engine);
        auto handle = std::make_unique<mos_plan>();
        handle->plan = std::make_unique<Plan>(engine->engine);
        handle->context = engine->context;
        *plan = handle.release();
        return {};
    });
}

void mos_plan_free(mos_plan *plan) {
    if (is_live(plan))
        delete plan;
}

int mos_plan_install_path(mos_plan *plan, const char *path, const mos_install_options *options, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(plan);
        MOS_TRY(const std::string where, required_text(path, "the package's path"));
        return add_install(plan, mos::base::open_file_source(where), options);
    });
}

int mos_plan_install_descriptor(mos_plan *plan, int32_t descriptor, const char *name,
                                const mos_install_options *options, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(plan);
        return add_install(plan, mos::base::open_descriptor_source(descriptor, text_or(name, "package")), options);
    });
}

// NOLINTNEXTLINE(readability-function-size): its parameters are the C API's
int mos_plan_install_source(mos_plan *plan, uint64_t size, const char *name, const mos_install_options *options,
                            mos_read_at_callback read_at, void *user_data, mos_destroy_callback destroy,
                            mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        auto source = open_callback_source(size, name, read_at, user_data, destroy);
        MOS_CHECK_HANDLE(plan);
        return add_install(plan, std::move(source), options);
    });
}

int mos_plan_remove(mos_plan *plan, const char *name, const mos_remove_options *options, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(plan);
        MOS_TRY(const mos_remove_options given, read_options(options));
        using mos::install::Kept;
        mos::install::RemoveStep step;
        MOS_TRY(step.name, required_text(name, "the package's name"));
        step.configuration = given.remove_config ? Kept::removed : Kept::kept;
        step.data = given.remove_data ? Kept::removed : Kept::kept;
        step.backup_data = given.backup_data;
        return plan->plan->remove(std::move(step));
    });
}

int mos_plan_rollback(mos_plan *plan, const char *recovery_point, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(plan);
        mos::engine::RollbackStep step;
        step.only_newest = true;
        if (recovery_point != nullptr)
            step.recovery_point = recovery_point;
        return plan->plan->roll_back(std::move(step));
    });
}

namespace {

Result<mos::engine::RollbackStep> rollback_step(const mos_rollback_options *options) {
    MOS_TRY(const mos_rollback_options given, read_options(options));
    if (given.scope < MOS_ROLLBACK_EVERYTHING || given.scope > MOS_ROLLBACK_CONFIGURATION)
        return Error{Code::INVALID_ARGUMENT, "scope is no mos_rollback_scope"};
    if (given.merge < MOS_MERGE_USUAL || given.merge > MOS_MERGE_PAST)
        return Error{Code::INVALID_ARGUMENT, "merge is no mos_merge_rule"};
    const std::string name = text_or(given.name, "");
    if (!name.empty() && given.scope == MOS_ROLLBACK_EVERYTHING)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("a rollback of everything is not of {} alone", mos::base::in_quotes(name))}
            .about(name)
            .with_remedy("set scope to what name is of: a package, or configuration");
    mos::engine::RollbackStep step;
    if (given.recovery_point != nullptr)
        step.recovery_point = given.recovery_point;
    step.target_version = text_or(given.target_version, "");
    step.scope = static_cast<mos::engine::RollbackScope>(given.scope);
    step.name = name;
    step.merge = static_cast<mos::engine::MergeRule>(given.merge);
    step.risks = given.accept_risks ? mos::engine::RiskRule::accept : mos::engine::RiskRule::ask;
    step.is_emergency = given.emergency;
    step.keep_way_forward = given.keep_way_forward;
    return step;
}

}  // namespace

int mos_plan_rollback_to(mos_plan *plan, const mos_rollback_options *options, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(plan);
        MOS_TRY(mos::engine::RollbackStep step, rollback_step(options));
        return plan->plan->roll_back(std::move(step));
    });
}

int mos_plan_resolve(mos_plan *plan, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(plan);
        return plan->plan->resolve();
    });
}

namespace {

const Plan::View *view_of(const mos_plan *plan) { return is_live(plan) ? plan->plan->view() : nullptr; }

Result<const Plan::View *> resolved_view(const mos_plan *plan) {
    MOS_CHECK_HANDLE(plan);
    const Plan::View *view = plan->plan->view();
    if (view == nullptr)
        return Error{Code::INVALID_ARGUMENT, "the plan has not been resolved"};
    return view;
}

}  // namespace

const char *mos_plan_digest(const mos_plan *plan) {
    const Plan::View *view = view_of(plan);
    return view != nullptr ? view->digest.c_str() : "";
}

size_t mos_plan_step_count(const mos_plan *plan) {
    const Plan::View *view = view_of(plan);
    return view != nullptr ? view->steps.size() : 0;
}

int mos_plan_step_at(const mos_plan *plan, size_t index, mos_step *step, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_TRY(const Plan::View *const view, resolved_view(plan));
        if (index >= view->steps.size())
            return Error{Code::INVALID_ARGUMENT, "the plan has no such step"};
        const Plan::Step &found = view->steps[index];
        mos_step filled{};
        filled.action = static_cast<mos_step_action>(found.action);
        filled.name = found.name.c_str();
        filled.version = found.version.c_str();
        filled.old_version = found.old_version.c_str();
        filled.signer = found.signer.c_str();
        return write_output(step, "step", filled);
    });
}

int mos_plan_totals_get(const mos_plan *plan, mos_plan_totals *totals, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_TRY(const Plan::View *const view, resolved_view(plan));
        mos_plan_totals filled{};
        filled.added = view->totals.added;
        filled.replaced = view->totals.replaced;
        filled.removed = view->totals.removed;
        filled.attributes = view->totals.attributes;
        filled.unchanged = view->totals.unchanged;
        filled.kept = view->totals.kept;
        filled.write_bytes = view->totals.write_bytes;
        filled.read_bytes = view->totals.read_bytes;
        filled.package_bytes = view->totals.package_bytes;
        return write_output(totals, "totals", filled);
    });
}

size_t mos_plan_notice_count(const mos_plan *plan) {
    const Plan::View *view = view_of(plan);
    return view != nullptr ? view->notices.size() : 0;
}

const char *mos_plan_notice_at(const mos_plan *plan, size_t index) {
    const Plan::View *view = view_of(plan);
    return view != nullptr && index < view->notices.size() ? view->notices[index].c_str() : "";
}

int mos_plan_job(mos_plan *plan, const mos_plan_job_options *options, mos_job **job, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(plan);
        MOS_TRY(const mos_plan_job_options given, read_options(options));
        std::optional<std::string> expected;
        if (given.expected_digest != nullptr)
            expected = given.expected_digest;
        auto handle = std::make_unique<mos_job>();
        handle->context = plan->context;
        MOS_TRY(handle->job, plan->plan->make_job(std::move(expected), text_or(given.reason, "")));
        *job = handle.release();
        return {};
    });
}
