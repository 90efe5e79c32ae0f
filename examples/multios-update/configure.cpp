// Shorter ways to settings: network, log, and what a user wants.
#include "commands.hpp"
#include "setting_rows.hpp"

#include "frame/terminal.hpp"

#include <fmt/format.h>

#include <array>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

// An option, and the setting that it changes.
struct Shortcut {
    std::string_view option;
    std::string_view path;
};

constexpr std::array network_settings = {
    Shortcut{"timeout", "network.timeout"},
    Shortcut{"retry-count", "network.retry_count"},
    Shortcut{"proxy-url", "network.proxy_url"},
    Shortcut{"bandwidth-limit", "network.bandwidth_limit"},
    Shortcut{"concurrent-downloads", "network.concurrent_downloads"},
};

constexpr std::array log_settings = {
    Shortcut{"level", "logging.root_level"},
    Shortcut{"file", "logging.handlers.file.path"},
    Shortcut{"max-size", "logging.handlers.file.rotation.max_size"},
    Shortcut{"max-files", "logging.handlers.file.rotation.max_files"},
    Shortcut{"console-output", "logging.handlers.console.enabled"},
    Shortcut{"console-level", "logging.handlers.console.level"},
    Shortcut{"syslog-output", "logging.handlers.syslog.enabled"},
    Shortcut{"compress", "logging.handlers.file.rotation.compress"},
};

constexpr std::array automatic_rollback_settings = {
    Shortcut{"on-failure", "update_system.rollback.auto_rollback_on_failure"},
    Shortcut{"on-timeout", "update_system.rollback.on_timeout"},
    Shortcut{"on-installation-error", "update_system.rollback.on_installation_error"},
};

constexpr std::array criteria_settings = {
    Shortcut{"failure-threshold", "update_system.rollback.failure_threshold"},
    Shortcut{"timeout-threshold", "update_system.rollback.timeout_threshold"},
    Shortcut{"error-categories", "update_system.rollback.error_categories"},
};

constexpr std::array user_settings = {
    Shortcut{"auto-install-security", "user_preferences.auto_install_security"},
    Shortcut{"auto-install-important", "user_preferences.auto_install_important"},
    Shortcut{"notification-level", "user_preferences.notification_level"},
    Shortcut{"backup-required", "user_preferences.backup_required"},
    Shortcut{"maintenance-window", "user_preferences.maintenance_window"},
    Shortcut{"language", "user_preferences.language"},
};

template <class Shortcuts>
Result<std::vector<Assignment>> given(const Session &session, const Shortcuts &shortcuts) {
    std::vector<Assignment> assignments;
    for (const Shortcut &shortcut : shortcuts)
        if (const auto value = session.values.text(shortcut.option))
            assignments.emplace_back(shortcut.path, *value);
    if (assignments.empty())
        return usage_failure("there is nothing to configure", "give an option with its value; --help lists them");
    return assignments;
}

Result<ExitCode> configure_network(Session &session) {
    FRAME_TRY(const std::vector<Assignment> assignments, given(session, network_settings));
    return change_settings(session, MOS_SETTINGS_OF_SYSTEM, "", assignments);
}

Result<ExitCode> enable_automatic_rollback(Session &session) {
    FRAME_TRY(const std::vector<Assignment> assignments, given(session, automatic_rollback_settings));
    return change_settings(session, MOS_SETTINGS_OF_SYSTEM, "", assignments);
}

Result<ExitCode> set_criteria(Session &session) {
    FRAME_TRY(std::vector<Assignment> assignments, given(session, criteria_settings));
    for (auto &[path, value] : assignments)
        if (path == "update_system.rollback.error_categories")
            value = fmt::format("[{}]", value);
    return change_settings(session, MOS_SETTINGS_OF_SYSTEM, "", assignments);
}

// A handler that is made here must say what it is; the table's usual type is a file.
Result<ExitCode> configure_log(Session &session) {
    FRAME_TRY(std::vector<Assignment> assignments, given(session, log_settings));
    for (const std::string_view handler : {"file", "console", "syslog"}) {
        const std::string prefix = fmt::format("logging.handlers.{}.", handler);
        for (const auto &[path, value] : assignments)
            if (path.starts_with(prefix)) {
                assignments.emplace_back(prefix + "type", handler);
                break;
            }
    }
    return change_settings(session, MOS_SETTINGS_OF_SYSTEM, "", assignments);
}

std::string user_of(const Session &session) { return session.values.text_or("user", ""); }

Result<ExitCode> set_user(Session &session) {
    FRAME_TRY(const std::vector<Assignment> assignments, given(session, user_settings));
    return change_settings(session, MOS_SETTINGS_OF_USER, user_of(session), assignments);
}

Result<ExitCode> get_user(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const Settings settings, load_settings(session, engine));
    FRAME_TRY(std::vector<SettingRow> rows, rows_of(settings));
    std::erase_if(rows, [](const SettingRow &row) { return !is_below(row.path, "user_preferences"); });
    const auto &columns = setting_columns(Origins::shown);
    put_listing(
        session, columns, rows,
        [&](const ordered_json &list) {
            return ordered_json{{"user", user_of(session)}, {"settings", list}};
        },
        [&] { put_table(table_of(columns, rows)); });
    return ExitCode::done;
}

Result<ExitCode> reset_user(Session &session) {
    const std::string user = user_of(session);
    if (!session.values.flag("confirm")) {
        Failure asked =
            failure(MOS_E_NEEDS_ANSWER, fmt::format("all settings of {} would be removed", in_quotes(user)), user);
        asked.remedy = "give --confirm if that is meant";
        return asked;
    }
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_CHECK(check([&](auto error) {
        return mos_engine_settings_remove(engine.get(), MOS_SETTINGS_OF_USER, user.c_str(), error);
    }));
    session.json()
        ? put_json({{"user", user}, {"removed", true}})
        : put_line(Stream::out, {{Style::good, "removed"},
                                 {Style::plain, fmt::format("  the settings of {}: the system's hold", user)}});
    return ExitCode::done;
}

Option user_option() {
    return required(text("user", "NAME", "whose preferences; etc/multios/users/NAME.yml has them"));
}

}  // namespace

Command network_configure_command() {
    return {
        "network configure",
        "change how the network is used",
        "multios-update network configure --timeout=300s --bandwidth-limit=10MB/s",
        Effect::writes_files,
        configure_network,
        {},
        {
            text("timeout", "TIME", "how long a server may be silent: 300s, 5m"),
            text("retry-count", "N", "how often a transfer that failed is tried again"),
            text("proxy-url", "URL", "the proxy for all transfers"),
            text("bandwidth-limit", "RATE", "the most that transfers may take: 10MB/s"),
            text("concurrent-downloads", "N", "transfers at a time"),
            root_option(),
        },
    };
}

Command log_configure_command() {
    return {
        "log configure",
        "change what is logged, and where",
        "multios-update log configure --level=info --file=/var/log/multios/update.log --max-size=100MB",
        Effect::writes_files,
        configure_log,
        {},
        {
            text("level", "LEVEL", "the least level that is logged: debug, info, warn, error"),
            text("file", "FILE", "the log file, below the root"),
            text("max-size", "SIZE", "a file that has grown so large is put aside"),
            text("max-files", "N", "how many files are kept"),
            choice("compress", "true|false", "whether files that were put aside are compressed"),
            choice("console-output", "true|false", "whether standard error gets lines too"),
            text("console-level", "LEVEL", "the least level that standard error gets"),
            choice("syslog-output", "true|false", "whether the system log gets lines too"),
            root_option(),
        },
    };
}

Command rollback_auto_enable_command() {
    constexpr std::string_view yes_no = "true|false";
    return {
        "rollback auto-enable",
        "say for what a change is taken back by itself",
        "multios-update rollback auto-enable --on-failure=true --on-timeout=true",
        Effect::writes_files,
        enable_automatic_rollback,
        {},
        {
            choice("on-failure", yes_no, "a health check that fails when the change is in place"),
            choice("on-timeout", yes_no, "a health check or a script that takes too long"),
            choice("on-installation-error", yes_no, "a script or a service that fails; with false the change stays"),
            root_option(),
        },
    };
}

Command rollback_criteria_command() {
    return {
        "rollback criteria",
        "say how much must fail for a change to be taken back by itself",
        "multios-update rollback criteria --failure-threshold=50 --timeout-threshold=3600s",
        Effect::writes_files,
        set_criteria,
        {},
        {
            text("failure-threshold", "PERCENT", "the part of the health checks that must fail; 0: one is enough"),
            text("timeout-threshold", "TIME", "how long all health checks together may take: 300s, 1h"),
            text("error-categories", "NAMES",
                 "what counts besides: installation (scripts and services that fail), dependency (what it breaks), "
                 "signature (files that are not what was signed), separated by commas"),
            root_option(),
        },
    };
}

Command user_config_set_command() {
    return {
        "user-config set",
        "change what one user prefers",
        "multios-update user-config set --user=john --notification-level=normal",
        Effect::writes_files,
        set_user,
        {},
        {
            user_option(),
            choice("auto-install-security", "true|false", "whether security updates install themselves"),
            choice("auto-install-important", "true|false", "whether important updates install themselves"),
            choice("notification-level", "none|low|normal|high", "how much this user is told"),
            choice("backup-required", "true|false", "whether this user's data is backed up before an update"),
            text("maintenance-window", "WINDOW", "when updates may run: 22:00-06:00"),
            text("language", "TAG", "of notifications: de, pt-BR"),
            root_option(),
        },
    };
}

Command user_config_get_command() {
    return with_csv(
        {
            "user-config get",
            "show what one user prefers, and where it comes from",
            "multios-update user-config get --user=john",
            Effect::reads,
            get_user,
            {},
            {user_option(), root_option()},
        },
        setting_columns(Origins::shown));
}

Command user_config_reset_command() {
    return {
        "user-config reset",
        "forget what one user prefers; the system's settings hold",
        "multios-update user-config reset --user=john --confirm",
        Effect::writes_files,
        reset_user,
        {},
        {user_option(), flag("confirm", "it is meant"), root_option()},
    };
}

}  // namespace update_tool
