#include "hook_text.hpp"

#include <mos/base/json.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mos::install {

using nlohmann::json;

namespace {

constexpr std::string_view script_kind = "script";
constexpr std::string_view service_kind = "service";
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
}

bool get(const json &object, const char *key, std::string &value) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string())
        return false;
    value = found->get<std::string>();
    return true;
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
    return script;
}

std::optional<Call> service_of(const json &object) {
    ServiceCall call;
    const auto action = get_number(object, "action", static_cast<int>(ServiceAction::reload_manager));
    if (!get(object, "unit", call.unit) || !action)
        return std::nullopt;
    call.action = static_cast<ServiceAction>(*action);
    return call;
}

}  // namespace

state::Hook write_hook(state::Hook::Moment moment, const Call &call) {
    const base::JsonTree text = base::json_object();
    state::Hook hook;
    hook.moment = moment;
    if (const auto *const script = std::get_if<Script>(&call)) {
        hook.kind = script_kind;
        put(*text, *script);
    } else {
        const auto &service = std::get<ServiceCall>(call);
        hook.kind = service_kind;
        (*text)["action"] = static_cast<int>(service.action);
        (*text)["unit"] = service.unit;
    }
    hook.text = text->dump();
    return hook;
}

Result<Call> read_hook(const state::Hook &hook) {
    auto parsed = base::parse_json(hook.text, {.bytes = max_text_bytes, .depth = 2});
    if (!parsed || !(*parsed)->is_object())
        return damaged(hook);
    const json &object = **parsed;
    std::optional<Call> call;
    if (hook.kind == script_kind)
        call = script_of(object);
    else if (hook.kind == service_kind)
        call = service_of(object);
    if (!call)
        return damaged(hook);
    return std::move(*call);
}

}  // namespace mos::install
