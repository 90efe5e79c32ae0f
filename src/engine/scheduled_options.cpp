#include <mos/engine/scheduler.hpp>

#include <mos/base/json.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mos::engine {

namespace {

constexpr const char *allow_downgrade = "allow_downgrade";
constexpr const char *allow_reinstall = "allow_reinstall";
constexpr const char *backup_required = "backup_required";
constexpr const char *notification = "notification";

bool flag(const nlohmann::json &tree, const char *key) {
    const auto found = tree.find(key);
    return found != tree.end() && found->is_boolean() && found->get<bool>();
}

}  // namespace

std::string write_scheduled_options(const ScheduledOptions &options) {
    const base::JsonTree tree = base::json_object();
    if (options.allow_downgrade)
        (*tree)[allow_downgrade] = true;
    if (options.allow_reinstall)
        (*tree)[allow_reinstall] = true;
    if (options.backup_required)
        (*tree)[backup_required] = true;
    if (!options.notification.empty())
        (*tree)[notification] = options.notification;
    return tree->dump();
}

Result<ScheduledOptions> read_scheduled_options(std::string_view text) {
    ScheduledOptions options;
    if (text.empty())
        return options;
    MOS_TRY(const base::JsonTree tree, base::parse_json(text, {.bytes = schedule::max_options_bytes}));
    if (!tree->is_object())
        return Error{Code::FORMAT, "the options of a scheduled update are no JSON object"};
    options.allow_downgrade = flag(*tree, allow_downgrade);
    options.allow_reinstall = flag(*tree, allow_reinstall);
    options.backup_required = flag(*tree, backup_required);
    if (const auto found = tree->find(notification); found != tree->end() && found->is_string())
        options.notification = found->get_ref<const std::string &>();
    return options;
}

}  // namespace mos::engine
