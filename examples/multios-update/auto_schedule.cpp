// auto-schedule: whether and when updates run by themselves; shorter ways to settings.
#include "commands.hpp"
#include "setting_rows.hpp"

#include <fmt/format.h>

using namespace frame;

namespace update_tool {

namespace {

constexpr std::string_view enabled = "scheduling_policy.auto_scheduling.enabled";
constexpr std::string_view window = "update_system.scheduling.maintenance_window.";

Result<ExitCode> enable(Session &session) {
    const std::string policy = session.values.text_or("policy", "default");
    if (policy != "default")
        return usage_failure(fmt::format("there is no scheduling policy '{}'; there is 'default'", policy),
                             "etc/multios/scheduling-policy.yml says what differs from it");
    std::vector<Assignment> assignments = {{std::string{enabled}, "true"}};
    if (const auto most = session.values.number("max-concurrent-updates"))
        assignments.emplace_back("update_system.services.update_manager.max_concurrent_updates",
                                 fmt::format("{}", *most));
    return change_settings(session, MOS_SETTINGS_OF_SYSTEM, "", assignments);
}

Result<ExitCode> disable(Session &session) {
    return change_settings(session, MOS_SETTINGS_OF_SYSTEM, "", {{std::string{enabled}, "false"}});
}

// "02:00-06:00" as the two times that it is.
Result<void> add_window(const Session &session, std::vector<Assignment> &assignments) {
    const auto given = session.values.text("maintenance-window");
    if (!given)
        return {};
    const std::size_t dash = given->find('-');
    if (dash == std::string::npos)
        return usage_failure(fmt::format("'{}' is no window, as '02:00-06:00' is", *given));
    assignments.emplace_back(std::string{window} + "start", given->substr(0, dash));
    assignments.emplace_back(std::string{window} + "end", given->substr(dash + 1));
    return {};
}

Result<ExitCode> configure(Session &session) {
    std::vector<Assignment> assignments;
    FRAME_CHECK(add_window(session, assignments));
    const std::pair<std::string_view, std::string> shortcuts[] = {
        {"preferred-days", std::string{window} + "allowed_days"},
        {"timezone", std::string{window} + "timezone"},
        {"user-approval-required", "scheduling_policy.auto_scheduling.user_approval_required"},
        {"auto-approval-security", "scheduling_policy.auto_scheduling.auto_approval_security"},
    };
    for (const auto &[option, path] : shortcuts)
        if (const auto value = session.values.text(option))
            assignments.emplace_back(path, *value);
    if (assignments.empty())
        return usage_failure("there is nothing to configure", "give an option with its value; --help lists them");
    return change_settings(session, MOS_SETTINGS_OF_SYSTEM, "", assignments);
}

}  // namespace

Command auto_schedule_enable_command() {
    return {
        "auto-schedule enable",
        "let updates run by themselves when they are due",
        "multios-update auto-schedule enable --policy=default",
        Effect::writes_files,
        enable,
        {},
        {text("policy", "NAME", "default: what the scheduling policy says"),
         number("max-concurrent-updates", 1, 64, "updates at a time; one root takes one"), root_option()},
    };
}

Command auto_schedule_disable_command() {
    return {
        "auto-schedule disable",
        "let only updates run that a person has scheduled",
        "multios-update auto-schedule disable",
        Effect::writes_files,
        disable,
        {},
        {root_option()},
    };
}

Command auto_schedule_configure_command() {
    return {
        "auto-schedule configure",
        "change when updates run, and who has to agree",
        "multios-update auto-schedule configure --maintenance-window=02:00-06:00 --preferred-days=sunday,wednesday",
        Effect::writes_files,
        configure,
        {},
        {text("maintenance-window", "WINDOW", "when updates may run: 22:00-06:00"),
         text("preferred-days", "DAY,DAY", "the days on which the window opens"),
         text("timezone", "ZONE", "of the window's times: Europe/Berlin"),
         choice("user-approval-required", "true|false", "whether a supervisor has to agree to every update"),
         choice("auto-approval-security", "true|false", "whether security updates need no approval then"),
         root_option()},
    };
}

}  // namespace update_tool
