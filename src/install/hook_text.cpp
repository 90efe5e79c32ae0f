#include "hook_text.hpp"

#include <mos/base/json.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

namespace mos::install {

using nlohmann::json;

namespace {

constexpr std::string_view script_kind = "script";
constexpr std::string_view service_kind = "service";
constexpr std::string_view health_kind = "health";
constexpr std::int64_t most_health_seconds = std::int64_t{24} * 3600;
constexpr std::int64_t hundred_percent = 100;
constexpr std::size_t max_text_bytes = 64U << 10U;

Error damaged(const state::Hook &hook) {
    return Error{Code::DATABASE_DAMAGED, fmt::format("the database holds a hook {} of the kind {} that can't be read",
                                                     hook.rank, base::in_quotes(hook.kind))};
}

void put(json &object, const Script &script) {
    object["name"] = script.name;
    object["folder"] = script.folder;
    object["mode"] = static_cast<int>(script.mode);
    object["package"] = script.package;
    object["action"] = script.action;
    object["version"] = script.version;
    object["old_version"] = script.old_version;
    object["time_limit_ms"] = script.time_limit.count();
    if (script.may_fail)
        object["may_fail"] = true;
}

bool get(const json &object, const char *key, std::string &value) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string())
        return false;
    value = found->get<std::string>();
    return true;
}

bool get(const json &object, const char *key, bool &value) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_boolean())
        return false;
    value = found->get<bool>();
    return true;
}

// Absent in what most record.
bool may_fail(const json &object) {
    bool value = false;
    return get(object, "may_fail", value) && value;
}

std::optional<std::int64_t> get_number(const json &object, const char *key, std::int64_t largest) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_integer() || *found < 0 || *found > largest)
        return std::nullopt;
    return found->get<std::int64_t>();
}

std::optional<Call> script_of(const json &object) {
    Script script;
    const bool texts = get(object, "name", script.name) && get(object, "folder", script.folder) &&
                       get(object, "package", script.package) && get(object, "action", script.action) &&
                       get(object, "version", script.version) && get(object, "old_version", script.old_version);
    const auto mode = get_number(object, "mode", static_cast<int>(ScriptMode::act));
    const auto limit = get_number(object, "time_limit_ms", std::chrono::milliseconds{std::chrono::hours{24}}.count());
    if (!texts || !mode || !limit)
        return std::nullopt;
    script.mode = static_cast<ScriptMode>(*mode);
    script.time_limit = std::chrono::milliseconds{*limit};
    script.may_fail = may_fail(object);
    return script;
}

void put(json &object, const ServiceCall &call) {
    object["action"] = static_cast<int>(call.action);
    object["unit"] = call.unit;
    if (call.may_fail)
        object["may_fail"] = true;
}

void put(json &object, const HealthCall &call) {
    object["time_limit_s"] = call.rules.time_limit.count();
    object["failure_threshold"] = call.rules.failure_threshold;
    object["on_failure"] = call.rules.on_failure;
    object["on_timeout"] = call.rules.on_timeout;
    object["check_dependencies"] = call.rules.check_dependencies;
    object["check_content"] = call.rules.check_content;
    object["packages"] = call.packages;
    object["known_unmet"] = call.known_unmet;
}

bool get(const json &object, const char *key, std::vector<std::string> &values) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_array())
        return false;
    for (const json &one : *found) {
        if (!one.is_string())
            return false;
        values.push_back(one.get<std::string>());
    }
    return true;
}

std::optional<Call> health_of(const json &object) {
    HealthCall call;
    HealthRules &rules = call.rules;
    const auto limit = get_number(object, "time_limit_s", most_health_seconds);
    const auto threshold = get_number(object, "failure_threshold", hundred_percent);
    const bool others = get(object, "on_failure", rules.on_failure) && get(object, "on_timeout", rules.on_timeout) &&
                        get(object, "check_dependencies", rules.check_dependencies) &&
                        get(object, "check_content", rules.check_content) && get(object, "packages", call.packages) &&
                        get(object, "known_unmet", call.known_unmet);
    if (!limit || !threshold || !others)
        return std::nullopt;
    rules.time_limit = std::chrono::seconds{*limit};
    rules.failure_threshold = static_cast<unsigned>(*threshold);
    return call;
}

std::optional<Call> service_of(const json &object) {
    ServiceCall call;
    const auto action = get_number(object, "action", static_cast<int>(ServiceAction::reload_manager));
    if (!get(object, "unit", call.unit) || !action)
        return std::nullopt;
    call.action = static_cast<ServiceAction>(*action);
    call.may_fail = may_fail(object);
    return call;
}

}  // namespace

state::Hook write_hook(state::Hook::Moment moment, const Call &call) {
    const base::JsonTree text = base::json_object();
    state::Hook hook;
    hook.moment = moment;
    constexpr std::array kinds = {script_kind, service_kind, health_kind};  // as in Call
    hook.kind = kinds[call.index()];
    std::visit([&](const auto &one) { put(*text, one); }, call);
    hook.text = text->dump();
    return hook;
}

Result<Call> read_hook(const state::Hook &hook) {
    auto parsed = base::parse_json(hook.text, {.bytes = max_text_bytes, .depth = 3});
    if (!parsed || !(*parsed)->is_object())
        return damaged(hook);
    const json &object = **parsed;
    std::optional<Call> call;
    if (hook.kind == script_kind)
        call = script_of(object);
    else if (hook.kind == service_kind)
        call = service_of(object);
    else if (hook.kind == health_kind)
        call = health_of(object);
    if (!call)
        return damaged(hook);
    return std::move(*call);
}

}  // namespace mos::install
