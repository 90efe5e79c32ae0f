#include "setting_rows.hpp"

#include "frame/settings.hpp"
#include "frame/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

// As C takes them; the texts are the assignments' own.
struct CArrays {
    explicit CArrays(const std::vector<Assignment> &assignments) {
        for (const auto &[path, value] : assignments) {
            paths.push_back(path.c_str());
            values.push_back(value.c_str());
        }
    }
    std::vector<const char *> paths;
    std::vector<const char *> values;
};

SettingRow row_of(const mos_setting &setting) {
    SettingRow row;
    row.path = setting.path;
    row.value = setting.value;
    row.text = setting.text;
    row.built_in = setting.built_in;
    row.kind = setting.kind;
    row.allowed = setting.allowed;
    row.meaning = setting.meaning;
    row.since = setting.since;
    row.file = setting.file;
    row.layer = setting.layer;
    row.line = setting.line;
    row.column = setting.column;
    row.is_in_effect = setting.is_in_effect != 0;
    return row;
}

std::string_view layer_name(mos_settings_layer layer) {
    switch (layer) {
    case MOS_SETTINGS_SYSTEM:
        return "system";
    case MOS_SETTINGS_ENVIRONMENT:
        return "environment";
    case MOS_SETTINGS_USER:
        return "user";
    case MOS_SETTINGS_COMMAND_LINE:
        return "command line";
    default:
        return "built-in";
    }
}

Result<std::vector<SettingRow>> declared() {
    std::vector<SettingRow> rows;
    for (std::size_t i = 0; i < mos_settings_declared_count(); ++i) {
        mos_setting setting = MOS_SETTING_INIT;
        FRAME_CHECK(check([&](auto error) { return mos_settings_declared_at(i, &setting, error); }));
        rows.push_back(row_of(setting));
    }
    return rows;
}

// No name of the user's, and no element of a list, is in its path.
bool is_single(const SettingRow &row) { return row.path.find_first_of("*[") == std::string::npos; }

std::string_view last_key(std::string_view path) { return path.substr(path.rfind('.') + 1); }

Failure unknown_section(std::string_view section, const std::vector<SettingRow> &rows) {
    std::vector<std::string_view> sections;
    sections.reserve(rows.size());
    for (const SettingRow &row : rows)
        sections.push_back(std::string_view{row.path}.substr(0, row.path.find_first_of(".[")));
    return usage_failure(fmt::format("there is no section '{}'{}", printable(section), suggestion(section, sections)),
                         "'multios-update config show --all' lists the sections");
}

Failure unknown_setting(std::string_view option, std::string_view section, const std::vector<SettingRow> &rows) {
    std::vector<std::string> names;
    for (const SettingRow &row : rows)
        if (is_single(row) && (section.empty() || is_below(row.path, section))) {
            names.emplace_back(last_key(row.path));
            std::replace(names.back().begin(), names.back().end(), '_', '-');
        }
    if (names.empty())
        return unknown_section(section, rows);
    const std::vector<std::string_view> views(names.begin(), names.end());
    return usage_failure(fmt::format("'--{}' is no setting{}{}", printable(option),
                                     section.empty() ? "" : fmt::format(" of {}", section),
                                     suggestion(option, views, "--")),
                         "'multios-update config show --all' lists the settings");
}

struct Written {
    SettingRow before;
    SettingRow after;
};

// What was set and has no effect.
void put_note(const std::vector<Written> &changes) {
    const auto idle = static_cast<std::size_t>(std::count_if(
        changes.begin(), changes.end(), [](const Written &change) { return !change.after.is_in_effect; }));
    if (idle == 0)
        return;
    const std::string subject = idle == changes.size() ? (idle == 1 ? "this is" : "these are")
                                                       : fmt::format("{} of {} are", idle, changes.size());
    put_line(
        Stream::out,
        {{Style::caution, "note"},
         {Style::plain, fmt::format("  {} understood, not in effect yet: this version has nothing that {} would steer",
                                    subject, idle == 1 ? "it" : "they")}});
}

void put_written(const Session &session, const std::vector<Written> &changes, const std::vector<ReportRow> &files) {
    if (session.json()) {
        ordered_json list = ordered_json::array();
        for (const auto &[before, after] : changes)
            list.push_back({{"path", after.path},
                            {"before", before.text},
                            {"value", after.text},
                            {"in_effect", after.is_in_effect}});
        ordered_json paths = ordered_json::array();
        for (const ReportRow &file : files)
            paths.push_back(file.object);
        return put_json({{"changed", list}, {"files", paths}});
    }
    for (const auto &[before, after] : changes) {
        const std::string_view was = before.text.empty() ? "(not set)" : std::string_view{before.text};
        put_line(Stream::out, before.text == after.text
                                  ? fmt::format("{}: {}", after.path, after.text)
                                  : fmt::format("{}: {} {} {}", after.path, was, arrow(), after.text));
    }
    for (const ReportRow &file : files)
        put_line(Stream::out, {{Style::good, "written"}, {Style::plain, "  " + file.object}});
    if (files.empty())
        put_line(Stream::out, "Nothing was written: the files say so already.");
    put_note(changes);
}

// What the files say now, of the target's own layer alone where it has a name.
Result<std::vector<SettingRow>> present_rows(const Engine &engine, mos_settings_files files, const std::string &name,
                                             const std::vector<Assignment> &assignments) {
    mos_settings_options options = MOS_SETTINGS_OPTIONS_INIT;
    options.environment = files == MOS_SETTINGS_OF_ENVIRONMENT ? name.c_str() : nullptr;
    options.user = files == MOS_SETTINGS_OF_USER ? name.c_str() : nullptr;
    mos_settings *raw = nullptr;
    FRAME_CHECK(check([&](auto error) {
        return files == MOS_SETTINGS_OF_POLICY ? mos_engine_settings_of(engine.get(), files, name.c_str(), &raw, error)
                                               : mos_engine_settings_load(engine.get(), &options, &raw, error);
    }));
    const Settings settings{raw};
    std::vector<SettingRow> rows;
    for (const auto &[path, value] : assignments) {
        FRAME_TRY(SettingRow row, find_row(settings, path));
        rows.push_back(std::move(row));
    }
    return rows;
}

// What was wrong in the files before, and still is.
Result<std::vector<SettingProblem>> problems_in(const Engine &engine, const std::vector<ReportRow> &files) {
    FRAME_TRY(const Settings settings, make<Settings>([&](auto out, auto error) {
                  return mos_engine_settings_load(engine.get(), nullptr, out, error);
              }));
    FRAME_TRY(std::vector<SettingProblem> problems, problems_of(settings));
    std::erase_if(problems, [&](const SettingProblem &problem) {
        return std::none_of(files.begin(), files.end(),
                            [&](const ReportRow &file) { return file.object == problem.file; });
    });
    return problems;
}

// A template that is not there yet says nothing.
Result<std::vector<SettingRow>> rows_before(const Engine &engine, mos_settings_files files, const std::string &name,
                                            const std::vector<Assignment> &assignments) {
    Result<std::vector<SettingRow>> rows = present_rows(engine, files, name, assignments);
    if (rows || rows.failure().code != MOS_E_NOT_FOUND)
        return rows;
    if (files == MOS_SETTINGS_OF_ENVIRONMENT)  // a new one says what the system's files say
        return present_rows(engine, MOS_SETTINGS_OF_SYSTEM, {}, assignments);
    return std::vector<SettingRow>(assignments.size());
}

}  // namespace

std::string origin_text(const SettingRow &row) {
    if (row.file.empty())
        return std::string{layer_name(row.layer)};
    return row.column == 0 ? fmt::format("{}:{}", row.file, row.line)
                           : fmt::format("{}:{}:{}", row.file, row.line, row.column);
}

const Columns<SettingRow> &setting_columns(Origins origins) {
    static const Columns<SettingRow> brief{
        {{For::everyone, "setting", "setting"}, [](const SettingRow &row) -> Cell { return row.path; }},
        {{For::everyone, "value", "value"}, [](const SettingRow &row) -> Cell { return row.text; }},
        {{For::people, "", ""},
         [](const SettingRow &row) -> Cell { return std::string{row.is_in_effect ? "" : "not in effect yet"}; }},
        {{For::programs, "in_effect", ""}, [](const SettingRow &row) -> Cell { return row.is_in_effect; }},
        {{For::programs, "layer", ""},
         [](const SettingRow &row) -> Cell { return std::string{layer_name(row.layer)}; }},
        {{For::programs, "file", ""}, [](const SettingRow &row) -> Cell { return row.file; }},
        {{For::programs, "line", ""}, [](const SettingRow &row) -> Cell { return std::uint64_t{row.line}; }},
        {{For::programs, "column", ""}, [](const SettingRow &row) -> Cell { return std::uint64_t{row.column}; }},
    };
    static const Columns<SettingRow> with_origin = [] {
        Columns<SettingRow> columns = brief;
        columns.insert(columns.begin() + 2,
                       {{For::people, "", "from"}, [](const SettingRow &row) -> Cell { return origin_text(row); }});
        return columns;
    }();
    return origins == Origins::shown ? with_origin : brief;
}

bool is_below(std::string_view path, std::string_view section) {
    return path == section || (path.size() > section.size() && path.starts_with(section) &&
                               (path[section.size()] == '.' || path[section.size()] == '['));
}

Result<Settings> load_settings(const Session &session, const Engine &engine) {
    std::vector<Assignment> given;
    for (const std::string &text : session.values.texts("set")) {
        FRAME_TRY(Assignment assignment, split_assignment(text));
        given.push_back(std::move(assignment));
    }
    const CArrays arrays{given};
    mos_settings_options options = MOS_SETTINGS_OPTIONS_INIT;
    options.environment = session.values.c_text("environment");
    options.user = session.values.c_text("user");
    options.paths = arrays.paths.data();
    options.values = arrays.values.data();
    options.count = given.size();
    return make<Settings>(
        [&](auto out, auto error) { return mos_engine_settings_load(engine.get(), &options, out, error); });
}

std::vector<Option> layer_options() {
    return {
        text("environment", "NAME",
             "whose file lies over the system's; else $MULTIOS_ENVIRONMENT, else what "
             "update_system.environment says"),
        text("user", "NAME", "whose preferences lie over both"),
        repeatable(text("set", "PATH=VALUE", "as if a file said so, over all others")),
    };
}

Result<std::vector<SettingRow>> rows_of(const Settings &settings) {
    std::vector<SettingRow> rows;
    for (std::size_t i = 0; i < mos_settings_count(settings.get()); ++i) {
        mos_setting setting = MOS_SETTING_INIT;
        FRAME_CHECK(check([&](auto error) { return mos_settings_at(settings.get(), i, &setting, error); }));
        rows.push_back(row_of(setting));
    }
    return rows;
}

Result<SettingRow> find_row(const Settings &settings, const std::string &path) {
    mos_setting setting = MOS_SETTING_INIT;
    FRAME_CHECK(check([&](auto error) { return mos_settings_find(settings.get(), path.c_str(), &setting, error); }));
    return row_of(setting);
}

Result<Assignment> split_assignment(const std::string &text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        return usage_failure(fmt::format("'{}' is no PATH=VALUE", printable(text)),
                             "write it as in 'network.retry_count=5'");
    return Assignment{text.substr(0, equals), text.substr(equals + 1)};
}

Result<std::string> path_of_option(std::string_view option, std::string_view section) {
    std::string key{option};
    std::replace(key.begin(), key.end(), '-', '_');
    FRAME_TRY(const std::vector<SettingRow> rows, declared());
    std::vector<std::string> found;
    for (const SettingRow &row : rows) {
        const std::string_view wanted = section.empty() ? "update_system" : section;
        if (row.path == fmt::format("{}.{}", wanted, key))
            return row.path;
        if (is_single(row) && last_key(row.path) == key && (section.empty() || is_below(row.path, section)))
            found.push_back(row.path);
    }
    if (found.size() == 1)
        return found.front();
    if (found.empty())
        return unknown_setting(option, section, rows);
    return usage_failure(fmt::format("'--{}' can be {}", printable(option), fmt::join(found, ", ")),
                         "name the section by --section=SECTION, or the setting by PATH=VALUE");
}

Result<ExitCode> change_settings(Session &session, mos_settings_files files, const std::string &name,
                                 const std::vector<Assignment> &assignments) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::vector<SettingRow> before, rows_before(engine, files, name, assignments));
    const CArrays arrays{assignments};
    mos_settings_change change = MOS_SETTINGS_CHANGE_INIT;
    change.files = files;
    change.name = name.c_str();
    change.paths = arrays.paths.data();
    change.values = arrays.values.data();
    change.count = assignments.size();
    FRAME_TRY(const std::vector<ReportRow> written, report_of([&](auto out, auto error) {
                  return mos_engine_settings_change(engine.get(), &change, out, error);
              }));
    FRAME_TRY(const std::vector<SettingRow> after, present_rows(engine, files, name, assignments));
    std::vector<Written> changes;
    for (std::size_t i = 0; i < after.size(); ++i)
        changes.push_back({before[i], after[i]});
    put_written(session, changes, written);
    FRAME_TRY(const std::vector<SettingProblem> left, problems_in(engine, written));
    put_warnings(left);
    return ExitCode::done;
}

}  // namespace update_tool
