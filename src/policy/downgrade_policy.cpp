#include <mos/policy/downgrade_policy.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace mos::policy {

namespace {

constexpr std::string_view enterprise = "enterprise_policies.";
constexpr std::string_view default_policy = "default_policy";
constexpr std::size_t max_inheritance = 16;

// What a file says; nothing where the built-in value holds.
std::optional<config::Setting> said(const config::Settings &settings, const std::string &path) {
    std::optional<config::Setting> found = settings.find(path);
    if (found && found->origin.layer == config::Layer::built_in)
        found.reset();
    return found;
}

std::string section_of(std::string_view policy) {
    return policy == default_policy ? fmt::format("{}{}", enterprise, policy)
                                    : fmt::format("{}environment_policies.{}", enterprise, policy);
}

// Of the policy, or of the nearest that it inherits from.
Result<std::optional<config::Setting>> inherited(const config::Settings &settings, std::string policy) {
    for (std::size_t steps = 0; steps < max_inheritance; ++steps) {
        if (auto own = said(settings, section_of(policy) + ".allow_downgrade"))
            return own;
        const auto parent = said(settings, section_of(policy) + ".inherit_from");
        if (!parent || parent->value.words.empty())
            return std::optional<config::Setting>{};
        policy = parent->value.words.front();
    }
    return Error{Code::POLICY_UNREADABLE,
                 fmt::format("the policies of {}* inherit from each other in a circle", enterprise)};
}

Result<std::optional<config::Setting>> enterprise_setting(const config::LoadedSettings &loaded) {
    const bool has_own = !loaded.settings.said(section_of(loaded.environment)).empty();
    return inherited(loaded.settings, has_own ? loaded.environment : std::string{default_policy});
}

bool may_hide(const config::Problem &problem) {
    return problem.path.empty() || problem.path.ends_with("allow_downgrade") || problem.path.ends_with("inherit_from");
}

}  // namespace

Result<DowngradePolicy> downgrade_policy(const config::LoadedSettings &loaded) {
    const auto hiding = std::ranges::find_if(loaded.problems, may_hide);
    if (hiding != loaded.problems.end())
        return Error{Code::POLICY_UNREADABLE, fmt::format("whether an older version may be installed can't be told: {}",
                                                          config::describe(*hiding))}
            .about(hiding->file);
    MOS_TRY(const std::optional<config::Setting> of_enterprise, enterprise_setting(loaded));
    DowngradePolicy policy;
    for (const auto &setting : {of_enterprise, said(loaded.settings, "update_system.allow_downgrade")}) {
        if (!setting || policy.rule == DowngradeRule::refused)
            continue;
        policy.rule = setting->value.number == 1 ? DowngradeRule::allowed : DowngradeRule::refused;
        policy.said_by = fmt::format("{} in {}", setting->path, setting->origin.file);
    }
    return policy;
}

}  // namespace mos::policy
