#include "automatic_rollback.hpp"

#include <mos/engine/root_settings.hpp>
#include <mos/install/package_hooks.hpp>

#include <algorithm>

namespace mos::engine {

namespace {

std::string path_of(std::string_view name) { return "update_system.rollback." + std::string{name}; }

std::int64_t number(const config::Settings &settings, std::string_view name) {
    const auto setting = settings.find(path_of(name));
    return setting && setting->value.number ? *setting->value.number : 0;
}

bool is_on(const config::Settings &settings, std::string_view name) { return number(settings, name) != 0; }

bool counts(const config::Settings &settings, std::string_view category) {
    const auto setting = settings.find(path_of("error_categories"));
    return setting && std::ranges::find(setting->value.words, category) != setting->value.words.end();
}

}  // namespace

Result<install::HealthRules> health_rules(Session &session, Engine &engine) {
    MOS_TRY(const config::LoadedSettings loaded, load_root_settings(engine, {}));
    const config::Settings &settings = loaded.settings;
    install::HealthRules rules{.time_limit = std::chrono::seconds{number(settings, "timeout_threshold")},
                               .failure_threshold = static_cast<unsigned>(number(settings, "failure_threshold")),
                               .on_failure = is_on(settings, "auto_rollback_on_failure"),
                               .on_timeout = is_on(settings, "on_timeout"),
                               .check_dependencies = counts(settings, "dependency"),
                               .check_content = counts(settings, "signature")};
    MOS_TRY(const bool any, session.health().any(session.site().observer));
    rules.anybody = any || rules.check_dependencies || rules.check_content;
    return rules;
}

Result<std::optional<state::Hook>> health_hook(Session &session, Engine &engine, std::vector<std::string> packages,
                                               HealthPrograms programs) {
    MOS_TRY(const install::HealthRules rules, health_rules(session, engine));
    if (!rules.anybody && programs == HealthPrograms::stay)
        return std::optional<state::Hook>{};
    MOS_TRY(const install::HealthCall call, install::health_call(session.site().database, rules, std::move(packages)));
    return std::optional{install::health_hook(call)};
}

bool takes_back(Engine &engine, const Error &failure) {
    const auto loaded = load_root_settings(engine, {});
    if (!loaded)
        return true;
    const config::Settings &settings = loaded->settings;
    if (failure.code() == Code::SCRIPT_TIMEOUT)
        return is_on(settings, "on_timeout");
    return is_on(settings, "on_installation_error") && counts(settings, "installation");
}

}  // namespace mos::engine
