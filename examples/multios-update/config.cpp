// config: what the settings are, where they come from, and what is wrong with them.
#include "commands.hpp"
#include "setting_rows.hpp"

#include "frame/settings.hpp"
#include "frame/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

// ---- show and get ----

void put_line_of(std::string_view name, std::string_view value) {
    constexpr std::size_t width = 10;
    if (!value.empty())
        put_line(Stream::out, {{Style::dim, padded(name, width)}, {Style::plain, value}});
}

// All that is known of one setting: a stranger needs no second command.
void put_one(const SettingRow &row) {
    put_line(Stream::out, {{Style::bold, row.path}});
    put_line_of("value", row.text.empty() ? "(not set)" : row.text);
    put_line_of("from", origin_text(row));
    put_line_of("built-in", row.built_in);
    put_line_of("kind", row.allowed.empty() ? row.kind : fmt::format("{}: {}", row.kind, row.allowed));
    put_line_of("steers", row.meaning);
    put_line_of("since", row.since);
    if (!row.is_in_effect)
        put_line_of("note", "understood, not in effect yet: what it steers is not in this version");
}

ordered_json to_json(const SettingRow &row, const std::vector<SettingProblem> &problems) {
    ordered_json object = json_object(setting_columns(Origins::shown), row);
    object["built_in"] = row.built_in;
    object["kind"] = row.kind;
    object["allowed"] = row.allowed;
    object["meaning"] = row.meaning;
    object["since"] = row.since;
    object["problems"] = frame::to_json(problems);
    return object;
}

bool is_set(const SettingRow &row) { return row.layer != MOS_SETTINGS_BUILT_IN; }

// Of a section all; else what somebody has set, and with --all everything.
std::vector<SettingRow> chosen(const Session &session, std::vector<SettingRow> rows, const std::string &section) {
    const bool all = session.values.flag("all");
    std::erase_if(rows, [&](const SettingRow &row) {
        return section.empty() ? !all && !is_set(row) : !is_below(row.path, section);
    });
    return rows;
}

// What keeps a value from holding that somebody wrote for what was asked.
Result<std::vector<SettingProblem>> problems_of(const Settings &settings, const std::vector<std::string> &asked) {
    FRAME_TRY(std::vector<SettingProblem> problems, frame::problems_of(settings));
    std::erase_if(problems, [&](const SettingProblem &problem) {
        return !problem.path.empty() && !asked.empty() &&
               std::none_of(asked.begin(), asked.end(), [&](const std::string &path) {
                   return is_below(problem.path, path) || is_below(path, problem.path);
               });
    });
    put_warnings(problems);
    return problems;
}

void put_rows(const Session &session, const std::vector<SettingRow> &rows, std::size_t known,
              const std::vector<SettingProblem> &problems) {
    const auto &columns = setting_columns(session.values.flag("origin") ? Origins::shown : Origins::hidden);
    put_listing(
        session, columns, rows,
        [&](const ordered_json &list) {
            return ordered_json{{"settings", list}, {"problems", frame::to_json(problems)}};
        },
        [&] {
            if (!rows.empty())
                put_table(table_of(columns, rows));
            if (rows.size() < known)
                put_line(Stream::out, {{Style::dim, fmt::format("{} are as they are built in; --all shows them too",
                                                                counted(known - rows.size(), "setting"))}});
        });
}

Result<ExitCode> show(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const Settings settings, load_settings(session, engine));
    FRAME_TRY(const std::vector<SettingRow> all, rows_of(settings));
    const std::string path = session.values.operands().empty() ? "" : session.values.operands().front();
    const std::vector<SettingRow> rows = chosen(session, all, path);
    FRAME_TRY(const std::vector<SettingProblem> problems, problems_of(settings, session.values.operands()));
    if (path.empty() || rows.size() > 1 || (rows.size() == 1 && rows.front().path != path)) {
        put_rows(session, rows, path.empty() ? all.size() : rows.size(), problems);
        return ExitCode::done;
    }
    FRAME_TRY(const SettingRow row, find_row(settings, path));
    if (session.format == Format::csv)
        put_csv(setting_columns(Origins::shown), std::vector{row});
    else
        session.json() ? put_json(to_json(row, problems)) : put_one(row);
    return ExitCode::done;
}

Result<ExitCode> get(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const Settings settings, load_settings(session, engine));
    std::vector<SettingRow> rows;
    for (const std::string &path : session.values.operands()) {
        FRAME_TRY(SettingRow row, find_row(settings, path));
        rows.push_back(std::move(row));
    }
    FRAME_TRY(const std::vector<SettingProblem> problems, problems_of(settings, session.values.operands()));
    put_listing(
        session, setting_columns(Origins::hidden), rows,
        [&](const ordered_json &list) {
            return ordered_json{{"settings", list}, {"problems", frame::to_json(problems)}};
        },
        [&] {
            for (const SettingRow &row : rows)
                put_line(Stream::out, row.text);
        });
    return ExitCode::done;
}

// ---- set ----

Result<std::vector<Assignment>> assignments_of(const Session &session) {
    std::vector<Assignment> assignments;
    for (const std::string &operand : session.values.operands()) {
        FRAME_TRY(Assignment assignment, split_assignment(operand));
        assignments.push_back(std::move(assignment));
    }
    const std::string section = session.values.text_or("section", "");
    for (const auto &[option, value] : session.values.others()) {
        FRAME_TRY(std::string path, path_of_option(option, section));
        assignments.emplace_back(std::move(path), value);
    }
    if (assignments.empty())
        return usage_failure("there is nothing to set", "give PATH=VALUE, or --name=value");
    return assignments;
}

Result<ExitCode> set(Session &session) {
    FRAME_TRY(const std::vector<Assignment> assignments, assignments_of(session));
    const auto environment = session.values.text("environment");
    return change_settings(session, environment ? MOS_SETTINGS_OF_ENVIRONMENT : MOS_SETTINGS_OF_SYSTEM,
                           environment.value_or(""), assignments);
}

// ---- validate ----

struct Checked {
    std::string file;
    std::size_t settings = 0;
    std::vector<SettingProblem> problems;
    std::vector<std::string> not_in_effect;
};

// What the settings that come from `file` are.
Checked checked_file(const std::vector<SettingProblem> &problems, const std::vector<SettingRow> &rows,
                     std::string file) {
    Checked checked;
    for (const SettingRow &row : rows) {
        if (row.file != file)
            continue;
        ++checked.settings;
        if (!row.is_in_effect)
            checked.not_in_effect.push_back(row.path);
    }
    std::copy_if(problems.begin(), problems.end(), std::back_inserter(checked.problems),
                 [&](const SettingProblem &problem) { return problem.file == file; });
    checked.file = std::move(file);
    return checked;
}

Result<std::vector<Checked>> checked_files(const Settings &settings) {
    FRAME_TRY(const std::vector<SettingRow> rows, rows_of(settings));
    FRAME_TRY(const std::vector<SettingProblem> problems, problems_of(settings));
    std::vector<std::string> files;
    for (std::size_t i = 0; i < mos_settings_file_count(settings.get()); ++i)
        files.emplace_back(mos_settings_file_at(settings.get(), i));
    for (const SettingProblem &problem : problems)  // a folder that can't be read
        if (std::find(files.begin(), files.end(), problem.file) == files.end())
            files.push_back(problem.file);
    std::vector<Checked> all;
    all.reserve(files.size());
    for (std::string &file : files)
        all.push_back(checked_file(problems, rows, std::move(file)));
    return all;
}

ordered_json to_json(const Checked &checked) {
    return {{"file", checked.file},
            {"settings", checked.settings},
            {"problems", frame::to_json(checked.problems)},
            {"not_in_effect", checked.not_in_effect}};
}

void put_checked(const Session &session, const Checked &checked) {
    const bool good = checked.problems.empty();
    put_line(Stream::out, {{good ? Style::good : Style::bad, good ? "good   " : "wrong  "},
                           {Style::plain, fmt::format("{}: {}{}", checked.file, counted(checked.settings, "setting"),
                                                      checked.not_in_effect.empty()
                                                          ? ""
                                                          : fmt::format(", {} of them understood, not in effect yet",
                                                                        checked.not_in_effect.size()))}});
    for (const SettingProblem &problem : checked.problems)
        put_line(Stream::out, "  " + problem_text(problem));
    if (session.verbosity != Verbosity::quiet)
        for (const std::string &path : checked.not_in_effect)
            put_line(Stream::out, {{Style::dim, fmt::format("  {}: understood, not in effect yet", path)}});
}

// The files of the environments that don't lie over the system's now, of users and of templates.
Result<void> add_named(const Engine &engine, std::string_view active, std::vector<Settings> &all) {
    for (const mos_settings_files files : {MOS_SETTINGS_OF_ENVIRONMENT, MOS_SETTINGS_OF_USER, MOS_SETTINGS_OF_POLICY}) {
        FRAME_TRY(const std::vector<ReportRow> names, report_of([&](auto out, auto error) {
                      return mos_engine_settings_names(engine.get(), files, out, error);
                  }));
        for (const ReportRow &row : names) {
            if (files == MOS_SETTINGS_OF_ENVIRONMENT && row.object == active)
                continue;
            FRAME_TRY(Settings settings, make<Settings>([&](auto out, auto error) {
                          return mos_engine_settings_of(engine.get(), files, row.object.c_str(), out, error);
                      }));
            all.push_back(std::move(settings));
        }
    }
    return {};
}

Result<std::vector<Settings>> settings_to_check(const Session &session) {
    std::vector<Settings> all;
    if (session.values.operands().empty()) {
        FRAME_TRY(const Engine engine, open_engine(session));
        FRAME_TRY(Settings settings, load_settings(session, engine));
        const std::string_view environment = mos_settings_environment(settings.get());
        FRAME_CHECK(add_named(engine, environment, all));
        all.insert(all.begin(), std::move(settings));
    }
    for (const std::string &path : session.values.operands()) {
        FRAME_TRY(Settings settings, make<Settings>([&](auto out, auto error) {
                      return mos_settings_read_path(session.context, path.c_str(), out, error);
                  }));
        all.push_back(std::move(settings));
    }
    return all;
}

Result<ExitCode> validate(Session &session) {
    FRAME_TRY(const std::vector<Settings> sources, settings_to_check(session));
    std::vector<Checked> all;
    for (const Settings &settings : sources) {
        FRAME_TRY(std::vector<Checked> more, checked_files(settings));
        std::move(more.begin(), more.end(), std::back_inserter(all));
    }
    ordered_json list = ordered_json::array();
    for (const Checked &checked : all)
        session.json() ? list.push_back(to_json(checked)) : put_checked(session, checked);
    if (session.json())
        put_json({{"files", list}});
    else if (all.empty())
        put_line(Stream::out, "There are no files of settings here: all is as it is built in.");
    const bool good = std::all_of(all.begin(), all.end(), [](const Checked &one) { return one.problems.empty(); });
    return good ? ExitCode::done : ExitCode::refused;
}

}  // namespace

Command config_show_command() {
    return with_csv(
        {
            "config show",
            "show what settings hold; of one setting everything that is known",
            "multios-update config show network --origin",
            Effect::reads,
            show,
            {"SECTION", 0, 1},
            joined({flag("origin", "where each value comes from"), flag("all", "also what is built in")},
                   joined(layer_options(), {root_option()})),
        },
        setting_columns(Origins::shown));
}

Command config_get_command() {
    return with_csv(
        {
            "config get",
            "print the values of settings, one a line",
            "multios-update config get network.retry_count",
            Effect::reads,
            get,
            {"PATH", 1, any_number},
            joined(layer_options(), {root_option()}),
        },
        setting_columns(Origins::hidden));
}

Command config_set_command() {
    return {
        "config set",
        "change settings; comments and order in their files stay",
        "multios-update config set --section=delta_updates --enable-delta=true --max-delta-size=500MB",
        Effect::writes_files,
        set,
        {"PATH=VALUE", 0, any_number},
        {
            any_name("NAME", "VALUE", "any setting: '-' for '_', in update_system or where its name is the only one"),
            text("section", "SECTION", "where the names are looked for"),
            text("environment", "NAME", "change the environment's file instead of the system's"),
            root_option(),
        },
    };
}

Command config_validate_command() {
    return {
        "config validate",
        "check the root's files of settings, or those that are named",
        "multios-update config validate /etc/multios/network.yml",
        Effect::reads,
        validate,
        {"FILE", 0, any_number},
        joined(joined(layer_options(), {root_option()}),
               {
                   not_built_text("nodes", "PATTERN", "this build updates one machine only"),
                   always_on("comprehensive", "every file is checked in full"),
               }),
    };
}

}  // namespace update_tool
