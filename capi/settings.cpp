#include "files.hpp"
#include "guard.hpp"

#include <mos/engine/root_settings.hpp>
#include <mos/observe/logging.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::config::Assignment;
using mos::config::Declaration;
using mos::config::FileKind;
using mos::config::SettingsTarget;

namespace {

Result<SettingsTarget> target_of(mos_settings_files files, const char *name) {
    switch (files) {
    case MOS_SETTINGS_OF_SYSTEM:
        return SettingsTarget{FileKind::system, {}};
    case MOS_SETTINGS_OF_ENVIRONMENT:
    case MOS_SETTINGS_OF_USER:
    case MOS_SETTINGS_OF_POLICY: {
        MOS_TRY(std::string text, required_text(name, "the name of an environment, a user or a template"));
        const FileKind kind = files == MOS_SETTINGS_OF_ENVIRONMENT ? FileKind::environment
                              : files == MOS_SETTINGS_OF_USER      ? FileKind::user
                                                                   : FileKind::policy;
        return SettingsTarget{kind, std::move(text)};
    }
    default:
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no kind of files of settings", files)};
    }
}

Result<std::vector<Assignment>> assignments_of(const char *const *paths, const char *const *values, size_t count) {
    if (count > 0 && (paths == nullptr || values == nullptr))
        return Error{Code::INVALID_ARGUMENT, "there are no paths or no values"};
    std::vector<Assignment> assignments;
    for (std::size_t i = 0; i < count; ++i) {
        MOS_TRY(std::string path, required_text(paths[i], "the path of a setting"));
        if (values[i] == nullptr)
            return Error{Code::INVALID_ARGUMENT, fmt::format("there is no value for '{}'", path)};
        assignments.push_back({std::move(path), values[i]});
    }
    return assignments;
}

void declare(const Declaration &declaration, mos_setting &setting) {
    // The table's texts are literals, each with a NUL behind it.
    setting.path = declaration.path.data();
    setting.value = "";
    setting.text = "";
    setting.built_in = declaration.default_value.data();
    setting.kind = mos::config::kind_name(declaration.kind).data();
    setting.allowed = declaration.allowed.data();
    setting.meaning = declaration.meaning.data();
    setting.since = declaration.since.data();
    setting.file = "";
    setting.is_in_effect = declaration.standing == mos::config::Standing::works ? 1 : 0;
}

// `text` holds what mos::config has as a list of words.
mos_setting shown(const mos::config::Setting &setting, const std::string &text) {
    mos_setting filled = MOS_SETTING_INIT;
    declare(*setting.declaration, filled);
    filled.layer = static_cast<mos_settings_layer>(setting.origin.layer);
    filled.path = setting.path.c_str();
    filled.value = setting.value.text.c_str();
    filled.text = text.c_str();
    filled.file = setting.origin.file.c_str();
    filled.line = setting.origin.place.line;
    filled.column = setting.origin.place.column;
    filled.has_number = setting.value.number ? 1 : 0;
    filled.number = setting.value.number.value_or(0);
    return filled;
}

mos_settings::Shown with_text(mos::config::Setting setting) {
    std::string text = fmt::format("{}", fmt::join(setting.value.words, ","));
    return {std::move(setting), std::move(text)};
}

std::unique_ptr<mos_settings> handle_of(mos::config::LoadedSettings loaded,
                                        std::vector<mos::config::Setting> settings) {
    auto handle = std::make_unique<mos_settings>();
    handle->loaded = std::move(loaded);
    for (mos::config::Setting &setting : settings)
        handle->settings.push_back(with_text(std::move(setting)));
    return handle;
}

// A setting that there is, and that nobody has set.
mos::config::Setting unset(const Declaration &declaration, std::string path) {
    return {std::move(path), {}, &declaration, {}};
}

}  // namespace

int mos_engine_settings_load(mos_engine *engine, const mos_settings_options *options, mos_settings **settings,
                             mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(settings);
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const auto known, read_options(options));
        MOS_TRY(auto command_line, assignments_of(known.paths, known.values, known.count));
        MOS_TRY(auto loaded,
                mos::engine::load_root_settings(*engine->engine, {.environment = text_or(known.environment, ""),
                                                                  .user = text_or(known.user, ""),
                                                                  .command_line = std::move(command_line)}));
        std::vector<mos::config::Setting> all = loaded.settings.list();
        *settings = handle_of(std::move(loaded), std::move(all)).release();
        return {};
    });
}

int mos_engine_settings_of(mos_engine *engine, mos_settings_files files, const char *name, mos_settings **settings,
                           mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(settings);
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const SettingsTarget target, target_of(files, name));
        if (target.kind == FileKind::system)
            return Error{Code::INVALID_ARGUMENT, "the system's settings are in several files; load them all"};
        MOS_TRY(auto loaded, mos::config::load_target(engine->engine->root(), target));
        std::vector<mos::config::Setting> said = loaded.settings.said();
        *settings = handle_of(std::move(loaded), std::move(said)).release();
        return {};
    });
}

int mos_settings_read_path(mos_context *context, const char *path, mos_settings **settings, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(settings);
        MOS_CHECK_HANDLE(context);
        MOS_TRY(const std::string name, required_text(path, "the path of a file of settings"));
        MOS_TRY(auto loaded, read_settings_path(name));
        std::ranges::move(mos::observe::logging_problems(loaded.settings), std::back_inserter(loaded.problems));
        std::vector<mos::config::Setting> said = loaded.settings.said();
        *settings = handle_of(std::move(loaded), std::move(said)).release();
        return {};
    });
}

void mos_settings_free(mos_settings *settings) {
    if (is_live(settings))
        delete settings;
}

size_t mos_settings_count(const mos_settings *settings) { return is_live(settings) ? settings->settings.size() : 0; }

int mos_settings_at(const mos_settings *settings, size_t index, mos_setting *setting, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(settings);
        if (index >= settings->settings.size())
            return Error{Code::INVALID_ARGUMENT, fmt::format("there is no setting {}", index)};
        const auto &at = settings->settings[index];
        return write_output(setting, "setting", shown(at.setting, at.text));
    });
}

int mos_settings_find(mos_settings *settings, const char *path, mos_setting *setting, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(settings);
        MOS_TRY(std::string wanted, required_text(path, "the path of a setting"));
        const auto node = mos::config::find_node(wanted);
        if (!node || node->declaration == nullptr)
            return mos::config::no_setting(wanted);
        auto found = settings->loaded.settings.find(wanted);
        auto [at, is_new] = settings->found.insert_or_assign(
            wanted, with_text(found ? std::move(*found) : unset(*node->declaration, wanted)));
        return write_output(setting, "setting", shown(at->second.setting, at->second.text));
    });
}

size_t mos_settings_problem_count(const mos_settings *settings) {
    return is_live(settings) ? settings->loaded.problems.size() : 0;
}

int mos_settings_problem_at(const mos_settings *settings, size_t index, mos_settings_problem *problem,
                            mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(settings);
        if (index >= settings->loaded.problems.size())
            return Error{Code::INVALID_ARGUMENT, fmt::format("there is no problem {}", index)};
        const mos::config::Problem &at = settings->loaded.problems[index];
        mos_settings_problem filled = MOS_SETTINGS_PROBLEM_INIT;
        filled.file = at.file.c_str();
        filled.path = at.path.c_str();
        filled.sentence = at.sentence.c_str();
        filled.line = at.place.line;
        filled.column = at.place.column;
        return write_output(problem, "problem", filled);
    });
}

size_t mos_settings_file_count(const mos_settings *settings) {
    return is_live(settings) ? settings->loaded.files.size() : 0;
}

const char *mos_settings_file_at(const mos_settings *settings, size_t index) {
    return index < mos_settings_file_count(settings) ? settings->loaded.files[index].c_str() : nullptr;
}

const char *mos_settings_environment(const mos_settings *settings) {
    return is_live(settings) ? settings->loaded.environment.c_str() : "";
}

int mos_engine_settings_change(mos_engine *engine, const mos_settings_change *change, mos_report **written,
                               mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        if (written != nullptr)
            *written = nullptr;
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const auto wanted, read_options(change));
        MOS_TRY(const SettingsTarget target, target_of(wanted.files, wanted.name));
        MOS_TRY(const auto assignments, assignments_of(wanted.paths, wanted.values, wanted.count));
        MOS_TRY(const auto changed, mos::engine::change_root_settings(*engine->engine, target, assignments));
        if (written == nullptr)
            return {};
        auto report = std::make_unique<mos_report>();
        for (const std::string &file : changed)
            report->rows.push_back({.kind = "file", .package = {}, .object = file, .sentence = file + " was written"});
        *written = report.release();
        return {};
    });
}

int mos_engine_settings_remove(mos_engine *engine, mos_settings_files files, const char *name, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const SettingsTarget target, target_of(files, name));
        if (target.kind == FileKind::system)
            return Error{Code::INVALID_ARGUMENT, "the system's settings are not removed as a whole"};
        MOS_CHECK(mos::engine::remove_root_settings(*engine->engine, target));
        return {};
    });
}

int mos_engine_settings_names(mos_engine *engine, mos_settings_files files, mos_report **report, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(report);
        MOS_CHECK_HANDLE(engine);
        MOS_TRY(const SettingsTarget target, target_of(files, "all"));
        if (target.kind == FileKind::system)
            return Error{Code::INVALID_ARGUMENT, "the system's files have no names of their own"};
        MOS_TRY(const auto names, mos::config::list_targets(engine->engine->root(), target.kind));
        auto handle = std::make_unique<mos_report>();
        for (const std::string &name : names)
            handle->rows.push_back({.kind = "name", .package = {}, .object = name, .sentence = name});
        *report = handle.release();
        return {};
    });
}

size_t mos_settings_declared_count(void) { return mos::config::declarations().size(); }

int mos_settings_declared_at(size_t index, mos_setting *setting, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        if (index >= mos::config::declarations().size())
            return Error{Code::INVALID_ARGUMENT, fmt::format("there is no setting {}", index)};
        mos_setting filled = MOS_SETTING_INIT;
        declare(mos::config::declarations()[index], filled);
        return write_output(setting, "setting", filled);
    });
}
