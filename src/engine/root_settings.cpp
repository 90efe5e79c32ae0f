#include <mos/engine/root_settings.hpp>

#include <mos/policy/security_policy.hpp>

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
    return config::change_settings(engine.root(), target, assignments, check_policy_file);
}

Result<std::string> remove_root_settings(Engine &engine, const config::SettingsTarget &target) {
    MOS_TRY(const RootLock lock, RootLock::take(engine));
    return config::remove_settings(engine.root(), target);
}

}  // namespace mos::engine
