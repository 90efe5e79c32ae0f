#include <mos/engine/root_settings.hpp>

#include <mos/policy/security_policy.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::engine {

namespace {

// The table knows what a value may be; what values together make is the policy's own matter.
Result<void> check_policy_file(std::string_view path, std::string_view text) {
    if (path != policy::security_policy_path)
        return {};
    MOS_CHECK(policy::parse_security_policy(text, path));
    return {};
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
    MOS_TRY(config::LoadedSettings loaded, config::load_settings(engine.root(), options));
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
    MOS_TRY(std::vector<std::string> files,
            config::change_settings(engine.root(), target, assignments, check_policy_file));
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
