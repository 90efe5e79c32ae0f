#include "files.hpp"
#include "guard.hpp"

#include <mos/base/bytes.hpp>
#include <mos/engine/event_log.hpp>
#include <mos/observe/open_log.hpp>

#include <fmt/format.h>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::observe::HandlerSettings;
using mos::observe::LoggingSettings;

namespace {

// An update does not fail for what is wrong in the root's settings.
Result<std::optional<LoggingSettings>> root_settings(mos::engine::Engine &engine) {
    MOS_TRY(auto found, mos::engine::log_settings(engine));
    for (const mos::config::Problem &problem : found.problems)
        mos::engine::write_log(engine.log(), mos::engine::LogLevel::warning,
                               fmt::format("what can't be followed of the log's settings: {}", describe(problem)));
    return std::move(found.logging);
}

Result<std::optional<LoggingSettings>> settings_of_path(const char *path) {
    MOS_TRY(const auto loaded, read_settings_path(path));
    auto found = mos::engine::log_settings(loaded);
    if (!found.problems.empty())
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("the settings of the log can't be followed: {}", describe(found.problems.front()))};
    if (!found.logging)
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} says nothing of logs", mos::base::in_quotes(path))};
    return std::move(found.logging);
}

Result<mos::observe::Rotation> read_rotation(const mos_log_file_options &given) {
    using namespace mos::observe;
    const std::size_t files = given.max_files != 0 ? given.max_files : Rotation{}.max_files;
    if (given.max_bytes != 0 && given.max_bytes < least_log_bytes)
        return Error{Code::INVALID_ARGUMENT, fmt::format("max_bytes must be 0, or at least {}", least_log_bytes)};
    if (files > max_log_files)
        return Error{Code::INVALID_ARGUMENT, fmt::format("max_files must be at most {}", max_log_files)};
    return Rotation{.max_bytes = given.max_bytes, .max_files = files, .compress = given.compress};
}

Result<HandlerSettings> read_handler(const mos_log_file_options &given, const std::string &path) {
    if (given.level < MOS_EVENT_DEBUG || given.level > MOS_EVENT_ERROR)
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no level of an event", given.level)};
    HandlerSettings handler{.name = path};
    handler.level = static_cast<mos::base::EventLevel>(given.level);
    if (given.format != nullptr) {
        MOS_TRY(handler.format, mos::observe::LineFormat::parse(given.format));
    }
    MOS_TRY(handler.rotation, read_rotation(given));
    MOS_TRY(const NamedPlace place, open_place(path));
    handler.path = place.name;
    return handler;
}

}  // namespace

int mos_engine_log_configured(mos_engine *engine, const char *path, mos_error **error) {
    return guard(error, [&]() -> Result<int> {
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const auto settings, path == nullptr ? root_settings(*engine->engine) : settings_of_path(path));
        if (!settings)
            return MOS_END;
        MOS_CHECK(mos::engine::write_events(*engine->engine, *settings));
        return MOS_OK;
    });
}

int mos_engine_log_file(mos_engine *engine, const mos_log_file_options *options, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const mos_log_file_options given, read_options(options));
        MOS_TRY(const std::string path, required_text(given.path, "the log file's path"));
        MOS_TRY(const HandlerSettings handler, read_handler(given, path));
        const std::size_t slash = path.rfind('/');
        return mos::engine::write_events(*engine->engine, handler,
                                         slash == std::string::npos ? "." : path.substr(0, slash + 1));
    });
}
