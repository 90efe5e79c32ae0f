#include <mos/engine/root_settings.hpp>

#include <mos/observe/logging.hpp>
#include <mos/policy/security_policy.hpp>
#include <mos/schedule/policy.hpp>
#include <mos/schedule/retry.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace mos::engine {

namespace {

// The settings of all files, as they would be.
config::Settings settings_after(const config::LoadedSettings &before, const config::EditedFile &edited) {
    config::Settings after;
    after.lay(edited.says.settings);
    std::vector<config::Setting> others = before.settings.said();
    std::erase_if(others, [&](const config::Setting &setting) { return setting.origin.file == edited.path; });
    after.lay(std::move(others));
    return after;
}

// The first file that says anything of these.
std::string file_of(const config::Settings &settings, const std::vector<std::string> &sections) {
    for (const std::string &section : sections)
        for (const config::Setting &setting : settings.said(section))
            if (!setting.origin.file.empty())
                return setting.origin.file;
    return {};
}

// What each value may be, and all together can't: nothing is logged, or runs, by it.
std::vector<config::Problem> problems_together(const config::Settings &settings) {
    std::vector<config::Problem> problems = observe::logging_problems(settings);
    const auto add = [&](const auto &read, const std::vector<std::string> &sections) {
        if (!read)
            problems.push_back({file_of(settings, sections), {}, sections.front(), read.error().full_message()});
    };
    add(schedule::read_policy(settings), {"scheduling_policy", "update_system.scheduling"});
    add(schedule::read_retry_policy(settings), {"retry_policy"});
    return problems;
}

// What somebody else has got wrong already is no reason to refuse a change.
Result<void> check_together(const config::LoadedSettings &before, const config::EditedFile &edited) {
    const std::vector<config::Problem> old = problems_together(before.settings);
    for (const config::Problem &problem : problems_together(settings_after(before, edited)))
        if (std::ranges::find(old, problem.path, &config::Problem::path) == old.end())
            return Error{Code::INVALID_ARGUMENT, fmt::format("{} would not be valid any more: {}",
                                                             base::in_quotes(edited.path), config::describe(problem))}
                .about(edited.path);
    return {};
}

// The table knows what a value may be; what values together make is the matter of those who read them.
Result<void> check_file(const config::LoadedSettings &before, const config::EditedFile &edited) {
    if (edited.path == policy::security_policy_path)
        MOS_CHECK(policy::parse_security_policy(edited.text, edited.path));
    return check_together(before, edited);
}

std::string shown_value(const config::Assignment &assignment) {
    const auto node = config::find_node(assignment.path);
    const bool is_shown =
        node && node->declaration != nullptr && config::may_be_logged(*node->declaration, assignment.value);
    return is_shown ? assignment.value : "(not shown)";
}

base::Event settings_event(const config::SettingsTarget &target, std::span<const config::Assignment> assignments) {
    const bool is_policy =
        std::any_of(assignments.begin(), assignments.end(), [](const config::Assignment &assignment) {
            return assignment.path.starts_with("security_policy.");
        });
    std::string message;
    base::Event event =
        base::make_event(is_policy ? base::EventType::policy_changed : base::EventType::setting_changed,
                         assignments.size() == 1 ? assignments.front().path : std::string{target.name}, {});
    for (const config::Assignment &assignment : assignments) {
        const std::string value = shown_value(assignment);
        message += fmt::format("{}{} is {} now", message.empty() ? "" : ", ", assignment.path, value);
        event.payload.push_back({assignment.path, value});
    }
    event.message = std::move(message);
    return event;
}

base::Event removal_event(const config::SettingsTarget &target, const std::string &file) {
    base::Event event = base::make_event(base::EventType::setting_changed, target.name,
                                         fmt::format("the settings of {} were removed", target.name));
    event.payload.push_back({"file", file});
    return event;
}

}  // namespace

Result<config::LoadedSettings> load_root_settings(Engine &engine, const config::LoadOptions &options) {
    config::LoadOptions asked = options;
    if (asked.environment.empty())
        asked.environment = engine.settings().environment;
    MOS_TRY(config::LoadedSettings loaded, config::load_settings(engine.root(), asked));
    std::ranges::move(problems_together(loaded.settings), std::back_inserter(loaded.problems));
    const bool is_told =
        std::any_of(loaded.problems.begin(), loaded.problems.end(),
                    [](const config::Problem &problem) { return problem.file == policy::security_policy_path; });
    if (const auto policy = policy::load_security_policy(engine.root()); !policy && !is_told)
        loaded.problems.push_back({policy::security_policy_path, {}, {}, policy.error().full_message()});
    return loaded;
}

Result<std::vector<std::string>> change_root_settings(Engine &engine, const config::SettingsTarget &target,
                                                      std::span<const config::Assignment> assignments) {
    MOS_TRY(const RootLock lock, RootLock::take(engine));
    MOS_TRY(std::vector<std::string> files, config::change_settings(engine.root(), target, assignments, check_file));
    if (!files.empty())
        engine.events().tell([&] { return settings_event(target, assignments); });
    return files;
}

Result<std::string> remove_root_settings(Engine &engine, const config::SettingsTarget &target) {
    MOS_TRY(const RootLock lock, RootLock::take(engine));
    MOS_TRY(std::string file, config::remove_settings(engine.root(), target));
    engine.events().tell([&] { return removal_event(target, file); });
    return file;
}

}  // namespace mos::engine
