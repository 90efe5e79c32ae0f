#include "guard.hpp"

#include <mos/engine/recovery_mode.hpp>
#include <mos/engine/recovery_points.hpp>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::state::PointScope;

namespace {

std::string joined(const std::vector<std::string> &texts, char between) {
    std::string all;
    for (const std::string &text : texts) {
        if (!all.empty())
            all += between;
        all += text;
    }
    return all;
}

mos_recovery_list::Shown shown(mos::engine::RecoveryPoint point) {
    mos_recovery_list::Shown all;
    all.tags = joined(point.tags, ',');
    all.names = joined(point.names, '\n');
    const auto scope = mos::state::scope_named(point.scope);
    all.scope = scope ? static_cast<mos_recovery_scope>(*scope) : MOS_RECOVERY_CHANGE;
    all.point = std::move(point);
    return all;
}

template <class Make>
int make_job(mos_engine *engine, mos_job **job, mos_error **error, Make make) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(engine);
        auto handle = std::make_unique<mos_job>();
        MOS_TRY(handle->job, make(engine->engine));
        handle->context = engine->context;
        *job = handle.release();
        return {};
    });
}

Result<std::vector<std::string>> texts_of(const char *const *texts, std::size_t count, std::string_view what) {
    std::vector<std::string> all;
    if (texts == nullptr && count != 0)
        return Error{Code::INVALID_ARGUMENT, std::string{what} + " are missing"};
    if (count > mos::snapshot::max_scope_names)
        return Error{Code::INVALID_ARGUMENT, std::string{what} + " are too many"};
    all.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        MOS_TRY(std::string text, required_text(texts[i], what));
        all.push_back(std::move(text));
    }
    return all;
}

Result<mos::snapshot::CaptureRequest> request_of(const mos_recovery_create_options *options) {
    MOS_TRY(const mos_recovery_create_options given, read_options(options));
    mos::snapshot::CaptureRequest request;
    request.description = text_or(given.description, "");
    if (given.scope < MOS_RECOVERY_CHANGE || given.scope > MOS_RECOVERY_PATHS)
        return Error{Code::INVALID_ARGUMENT, "the scope of a recovery point is none of those that there are"};
    if (given.scope != MOS_RECOVERY_CHANGE)
        request.scope = static_cast<PointScope>(given.scope);
    MOS_TRY(request.names, texts_of(given.names, given.name_count, "names"));
    MOS_TRY(request.tags, texts_of(given.tags, given.tag_count, "tags"));
    if (given.excluded != nullptr || given.excluded_count != 0) {
        if (request.scope != PointScope::full_system)
            return Error{Code::INVALID_ARGUMENT, "trees can be left out of the scope full-system alone"};
        MOS_TRY(request.excluded, texts_of(given.excluded, given.excluded_count, "excluded trees"));
    }
    return request;
}

Result<mos::engine::CleanUp> clean_up_of(const mos_recovery_cleanup_options *options) {
    MOS_TRY(const mos_recovery_cleanup_options given, read_options(options));
    if ((given.flags & ~static_cast<std::uint32_t>(MOS_RECOVERY_SIMULATE)) != 0)
        return Error{Code::INVALID_ARGUMENT, "the options of the clean-up have an unknown flag"};
    if (given.older_than_s < 0)
        return Error{Code::INVALID_ARGUMENT, "an age is not negative"};
    mos::engine::CleanUp request;
    if (given.name != nullptr)
        request.name = given.name;
    if (given.older_than_s != 0)
        request.older_than_s = static_cast<std::uint64_t>(given.older_than_s);
    if (given.keep != 0)
        request.keep = given.keep;
    if (request.name && (request.older_than_s || request.keep || given.keep_minimum != 0))
        return Error{Code::INVALID_ARGUMENT, "a clean-up is of one named point, or by age and number"};
    request.keep_minimum = given.keep_minimum;
    request.simulate = (given.flags & static_cast<std::uint32_t>(MOS_RECOVERY_SIMULATE)) != 0;
    return request;
}

}  // namespace

int mos_recovery_list_open(mos_engine *engine, mos_recovery_list **list, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(list);
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(std::vector<mos::engine::RecoveryPoint> points, mos::engine::recovery_points(*engine->engine));
        auto handle = std::make_unique<mos_recovery_list>();
        handle->points.reserve(points.size());
        for (mos::engine::RecoveryPoint &point : points)
            handle->points.push_back(shown(std::move(point)));
        *list = handle.release();
        return {};
    });
}

int mos_recovery_list_next(mos_recovery_list *list, mos_recovery_point *point, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(list);
        if (list->next >= list->points.size())
            return MOS_END;
        const mos_recovery_list::Shown &shown = list->points[list->next];
        mos_recovery_point filled{};
        filled.scope = shown.scope;
        filled.name = shown.point.name.c_str();
        filled.description = shown.point.description.c_str();
        filled.reason = shown.point.reason.c_str();
        filled.tags = shown.tags.c_str();
        filled.names = shown.names.c_str();
        filled.time_unix_s = shown.point.time_unix_s;
        filled.paths = shown.point.paths;
        filled.content_bytes = shown.point.content_bytes;
        filled.can_go_back = shown.point.can_go_back;
        filled.taken_back = shown.point.taken_back;
        MOS_CHECK(write_output(point, "point", filled));
        ++list->next;
        return MOS_OK;
    });
}

void mos_recovery_list_free(mos_recovery_list *list) {
    if (is_live(list))
        delete list;
}

int mos_recovery_details_job(mos_engine *engine, const char *name, mos_job **job, mos_error **error) {
    return make_job(engine, job, error, [&](const auto &opened) -> Result<std::unique_ptr<mos::engine::Job>> {
        MOS_TRY(std::string wanted, required_text(name, "the recovery point's name"));
        return mos::engine::make_point_details_job(opened, std::move(wanted));
    });
}

int mos_recovery_create_job(mos_engine *engine, const mos_recovery_create_options *options, mos_job **job,
                            mos_error **error) {
    return make_job(engine, job, error, [&](const auto &opened) -> Result<std::unique_ptr<mos::engine::Job>> {
        MOS_TRY(mos::snapshot::CaptureRequest request, request_of(options));
        return mos::engine::make_capture_job(opened, std::move(request));
    });
}

int mos_recovery_verify_job(mos_engine *engine, const char *name, mos_job **job, mos_error **error) {
    return make_job(engine, job, error, [&](const auto &opened) {
        return mos::engine::make_point_verify_job(opened,
                                                  name == nullptr ? std::nullopt : std::optional<std::string>{name});
    });
}

int mos_recovery_cleanup_job(mos_engine *engine, const mos_recovery_cleanup_options *options, mos_job **job,
                             mos_error **error) {
    return make_job(engine, job, error, [&](const auto &opened) -> Result<std::unique_ptr<mos::engine::Job>> {
        MOS_TRY(mos::engine::CleanUp request, clean_up_of(options));
        return mos::engine::make_clean_up_job(opened, std::move(request));
    });
}

int mos_recovery_mode_job(mos_engine *engine, const mos_recovery_mode_options *options, mos_job **job,
                          mos_error **error) {
    return make_job(engine, job, error, [&](const auto &opened) -> Result<std::unique_ptr<mos::engine::Job>> {
        MOS_TRY(const mos_recovery_mode_options given, read_options(options));
        using Order = mos::engine::RecoveryModeOrder;
        if (given.wish != MOS_RECOVERY_MODE_BEGIN && given.wish != MOS_RECOVERY_MODE_END)
            return Error{Code::INVALID_ARGUMENT, "whether recovery mode is to be begun or ended is not said"};
        return mos::engine::make_recovery_mode_job(
            opened, {.wish = given.wish == MOS_RECOVERY_MODE_END ? Order::Wish::end : Order::Wish::begin,
                     .stop_services = given.stop_services,
                     .validate_only = given.validate_only,
                     .reason = text_or(given.reason, "")});
    });
}
