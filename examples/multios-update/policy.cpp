// policy: templates of a system's update policy.
#include "commands.hpp"
#include "setting_rows.hpp"

#include "frame/suggest.hpp"
#include "frame/terminal.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>

#include <fnmatch.h>
#include <unistd.h>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

struct Builtin {
    std::string_view name;
    std::string_view description;
    std::array<std::string_view, 5> values;  // of template_keys
};

constexpr std::array<std::string_view, 5> template_keys = {"auto_install_security", "auto_install_important",
                                                           "require_approval", "maintenance_window", "backup_required"};

constexpr std::array builtins = {
    Builtin{"desktop",
            "Desktops: security updates at night, the rest when somebody agrees",
            {"true", "false", "true", "02:00-06:00", "true"}},
    Builtin{"server",
            "Servers: nothing without approval, in a short window",
            {"false", "false", "true", "03:00-04:00", "true"}},
    Builtin{"kiosk",
            "Devices without anybody to ask: all updates at night",
            {"true", "true", "false", "01:00-05:00", "true"}},
};

const Builtin *find_builtin(std::string_view name) {
    for (const Builtin &builtin : builtins)
        if (builtin.name == name)
            return &builtin;
    return nullptr;
}

Result<std::vector<ReportRow>> names_of_files(const Engine &engine) {
    return report_of([&](auto out, auto error) {
        return mos_engine_settings_names(engine.get(), MOS_SETTINGS_OF_POLICY, out, error);
    });
}

// ---- create ----

Result<ExitCode> create(Session &session) {
    const std::string name = session.values.text_or("name", "");
    if (find_builtin(name) != nullptr)
        return failure(MOS_E_EXISTS, fmt::format("{} is a template that is built in", in_quotes(name)), name);
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::vector<ReportRow> names, names_of_files(engine));
    for (const ReportRow &row : names)
        if (row.object == name && !session.values.flag("replace"))
            return failure(MOS_E_EXISTS,
                           fmt::format("there is a template {} already; --replace changes it", in_quotes(name)), name);
    std::vector<Assignment> assignments = {{"policy_template.name", name}};
    if (const auto description = session.values.text("description"))
        assignments.emplace_back("policy_template.description", *description);
    for (const auto &[option, key] : std::array<std::pair<std::string_view, std::string_view>, 7>{
             {{"auto-install-security", "auto_install_security"},
              {"auto-install-important", "auto_install_important"},
              {"require-approval", "require_approval"},
              {"maintenance-window", "maintenance_window"},
              {"allow-downgrade", "allow_downgrade"},
              {"backup-required", "backup_required"},
              {"allow-testing-packages", "allow_testing_packages"}}})
        if (const auto value = session.values.text(option))
            assignments.emplace_back(fmt::format("policy_template.{}", key), *value);
    return change_settings(session, MOS_SETTINGS_OF_POLICY, name, assignments);
}

// ---- apply ----

// With the nearest template, of the built-in ones too.
Failure no_template(const Engine &engine, Failure failure, const std::string &name) {
    const Result<std::vector<ReportRow>> files = names_of_files(engine);
    std::vector<std::string_view> names;
    names.reserve(builtins.size() + (files ? files->size() : 0));
    for (const Builtin &builtin : builtins)
        names.push_back(builtin.name);
    for (std::size_t i = 0; files && i < files->size(); ++i)
        names.push_back((*files)[i].object);
    failure.message = fmt::format("there is no template {}{}", in_quotes(name), suggestion(name, names));
    failure.causes.clear();
    failure.remedy = fmt::format("take one of {}; 'multios-update policy list-templates' tells what they say",
                                 fmt::join(names, ", "));
    return failure;
}

Result<std::vector<Assignment>> values_of_file(const Engine &engine, const std::string &name) {
    Result<Settings> found = make<Settings>([&](auto out, auto error) {
        return mos_engine_settings_of(engine.get(), MOS_SETTINGS_OF_POLICY, name.c_str(), out, error);
    });
    if (!found && found.failure().code == MOS_E_NOT_FOUND)
        return no_template(engine, std::move(found).failure(), name);
    FRAME_TRY(const Settings settings, std::move(found));
    if (mos_settings_problem_count(settings.get()) > 0)
        return failure(MOS_E_INVALID_ARGUMENT,
                       fmt::format("the template {} has faults; 'multios-update config validate "
                                   "etc/multios/policies/{}.yml' tells them",
                                   in_quotes(name), printable(name)),
                       name);
    FRAME_TRY(const std::vector<SettingRow> rows, rows_of(settings));
    std::vector<Assignment> values;
    for (const SettingRow &row : rows) {
        const std::string key = row.path.substr(row.path.find('.') + 1);
        if (key != "name" && key != "description")
            values.emplace_back("enterprise_policies.default_policy." + key, row.text);
    }
    return values;
}

Result<std::vector<Assignment>> values_of(const Engine &engine, const std::string &name) {
    const Builtin *const builtin = find_builtin(name);
    if (builtin == nullptr)
        return values_of_file(engine, name);
    std::vector<Assignment> values;
    for (std::size_t i = 0; i < template_keys.size(); ++i)
        values.emplace_back(fmt::format("enterprise_policies.default_policy.{}", template_keys[i]), builtin->values[i]);
    return values;
}

Result<std::string> host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0)
        return system_failure(errno, "read the name of", "this system");
    return std::string{name.data()};
}

// One of several patterns with commas between them.
bool matches_any(std::string_view patterns, const std::string &host) {
    while (!patterns.empty()) {
        const std::size_t end = std::min(patterns.find(','), patterns.size());
        if (::fnmatch(std::string{patterns.substr(0, end)}.c_str(), host.c_str(), 0) == 0)
            return true;
        patterns.remove_prefix(std::min(end + 1, patterns.size()));
    }
    return false;
}

Result<ExitCode> apply(Session &session) {
    const std::string name = session.values.text_or("template", "");
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::vector<Assignment> values, values_of(engine, name));
    FRAME_TRY(const std::string host, host_name());
    const std::string targets = session.values.text_or("target-systems", "*");
    const std::string system = session.values.text_or("system-name", host);
    if (matches_any(targets, system))
        return change_settings(session, MOS_SETTINGS_OF_SYSTEM, "", values);
    session.json()
        ? put_json({{"changed", ordered_json::array()}, {"files", ordered_json::array()}, {"system", system}})
        : put_line(Stream::out,
                   fmt::format("nothing changed: this system is called '{}', which is none of '{}'", system, targets));
    return ExitCode::done;
}

// ---- list ----

struct Template {
    std::string name, description, file;
};

const Columns<Template> &template_columns() {
    static const Columns<Template> columns{
        {{For::everyone, "template", "template"}, [](const Template &row) -> Cell { return row.name; }},
        {{For::everyone, "description", "description"}, [](const Template &row) -> Cell { return row.description; }},
        {{For::people, "", "from"},
         [](const Template &row) -> Cell { return row.file.empty() ? std::string{"built-in"} : row.file; }},
        {{For::programs, "file", ""}, [](const Template &row) -> Cell { return row.file; }},
    };
    return columns;
}

Result<ExitCode> list(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    std::vector<Template> rows;
    rows.reserve(builtins.size());
    for (const Builtin &builtin : builtins)
        rows.push_back({std::string{builtin.name}, std::string{builtin.description}, ""});
    FRAME_TRY(const std::vector<ReportRow> names, names_of_files(engine));
    for (const ReportRow &row : names) {
        FRAME_TRY(const Settings settings, make<Settings>([&](auto out, auto error) {
                      return mos_engine_settings_of(engine.get(), MOS_SETTINGS_OF_POLICY, row.object.c_str(), out,
                                                    error);
                  }));
        FRAME_TRY(const SettingRow description, find_row(settings, "policy_template.description"));
        const char *const file = mos_settings_file_at(settings.get(), 0);
        rows.push_back({row.object, description.text, file != nullptr ? file : ""});
    }
    put_listing(
        session, template_columns(), rows,
        [](const ordered_json &all) {
            return ordered_json{{"templates", all}};
        },
        [&] { put_table(table_of(template_columns(), rows)); });
    return ExitCode::done;
}

}  // namespace

Command policy_create_command() {
    constexpr std::string_view yes_no = "true|false";
    return {
        "policy create",
        "make a template of an update policy",
        "multios-update policy create --name=office-environment --maintenance-window=18:00-08:00",
        Effect::writes_files,
        create,
        {},
        {
            required(text("name", "NAME", "the template's; etc/multios/policies/NAME.yml has it")),
            text("description", "TEXT", "what it is for"),
            choice("auto-install-security", yes_no, "whether security updates install themselves"),
            choice("auto-install-important", yes_no, "whether important updates install themselves"),
            choice("require-approval", yes_no, "whether somebody must approve an update"),
            text("maintenance-window", "WINDOW", "when updates may run: 18:00-08:00"),
            choice("allow-downgrade", yes_no, "whether an older version may take the place of a newer one"),
            choice("backup-required", yes_no, "whether a recovery point is made first"),
            choice("allow-testing-packages", yes_no, "whether packages from testing components are offered"),
            flag("replace", "change a template that is there already"),
            root_option(),
        },
    };
}

Command policy_apply_command() {
    return {
        "policy apply",
        "make a template's values this system's, in enterprise_policies.default_policy",
        "multios-update policy apply --template=office-environment --target-systems=desktop-*",
        Effect::writes_files,
        apply,
        {},
        {
            required(text("template", "NAME", "see 'policy list-templates'")),
            text("target-systems", "PATTERNS", "only where the system's name is one of these: desktop-*,laptop-*"),
            text("system-name", "NAME", "the system's name, for a root that is not the running system"),
            root_option(),
        },
    };
}

Command policy_list_templates_command() {
    return with_csv(
        {
            "policy list-templates",
            "list the templates: built-in ones, and the root's own",
            "multios-update policy list-templates --format=json",
            Effect::reads,
            list,
            {},
            {root_option()},
        },
        template_columns());
}

}  // namespace update_tool
