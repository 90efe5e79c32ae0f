#include <mos/engine/recovery_mode.hpp>

#include "recovery_mode_record.hpp"
#include "restore.hpp"

#include <mos/base/json.hpp>
#include <mos/base/timestamp.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mos::engine {

namespace {

constexpr std::uint64_t max_record_bytes = 1U << 20U;
constexpr std::uint32_t record_mode = 0644;

std::string text_in(const nlohmann::json &tree, const char *name) {
    const auto found = tree.find(name);
    return found != tree.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

RecoveryMode damaged() { return {.is_damaged = true}; }

RecoveryMode record_from_text(std::string_view text) {
    const auto tree = base::parse_json(text, {.bytes = max_record_bytes, .depth = 3, .values = 10'000});
    if (!tree || !(*tree)->is_object())
        return damaged();
    const nlohmann::json &record = **tree;
    const auto since = base::parse_timestamp(text_in(record, "since"));
    const auto units = record.find("stopped");
    if (!since || units == record.end() || !units->is_array())
        return damaged();
    RecoveryMode mode{.since_unix_s = *since, .actor = text_in(record, "actor"), .reason = text_in(record, "reason")};
    for (const nlohmann::json &unit : *units)
        if (unit.is_string())
            mode.stopped.push_back(unit.get<std::string>());
    return mode;
}

std::string record_to_text(const RecoveryMode &mode) {
    const base::JsonTree record = base::json_object();
    (*record)["since"] = base::write_timestamp(mode.since_unix_s);
    (*record)["actor"] = mode.actor;
    (*record)["reason"] = mode.reason;
    nlohmann::json &units = base::array_in(*record, "stopped");
    for (const std::string &unit : mode.stopped)
        units.push_back(unit);
    return record->dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string since_text(const RecoveryMode &mode) {
    return mode.is_damaged ? std::string{} : base::write_timestamp(mode.since_unix_s);
}

// What no record can be: it is in the way of one.
Result<void> remove_folder(base::Directory &folder) {
    MOS_TRY(const auto there, folder.find(recovery_mode_name));
    if (there && there->type == base::FileType::directory)
        return base::remove_tree(folder, recovery_mode_name);
    return {};
}

}  // namespace

Result<std::optional<RecoveryMode>> recovery_mode(base::Directory &root) {
    MOS_TRY(const auto folder, open_state_folder(root));
    if (folder == nullptr)
        return std::optional<RecoveryMode>{};
    MOS_TRY(const auto there, folder->find(recovery_mode_name));
    if (!there)
        return std::optional<RecoveryMode>{};
    if (there->type != base::FileType::regular)
        return std::optional{damaged()};
    const auto content = base::read_file(*folder, recovery_mode_name, max_record_bytes);
    if (content)
        return std::optional{record_from_text(base::as_text(*content))};
    if (base::is_system_failure(content.error()))
        return content.error();
    return std::optional{damaged()};
}

// The folder may be newer than the last flush of what it lies in, so all of the volume is flushed.
Result<void> keep_recovery_mode(base::Directory &root, const RecoveryMode &mode) {
    MOS_TRY(const auto folder, base::make_directories(root, state_path));
    MOS_TRY(const auto sync_point, folder->open_sync_point());
    MOS_CHECK(remove_folder(*folder));
    MOS_CHECK(base::replace_file(*folder, recovery_mode_name, base::as_bytes(record_to_text(mode)), record_mode));
    return sync_point->flush();
}

Result<void> forget_recovery_mode(base::Directory &root) {
    MOS_TRY(const auto folder, open_state_folder(root));
    if (folder == nullptr)
        return {};
    MOS_CHECK(remove_folder(*folder));
    MOS_TRY(const auto there, folder->find(recovery_mode_name));
    if (there)
        MOS_CHECK(folder->remove_file(recovery_mode_name));
    return folder->flush();
}

std::string describe(const RecoveryMode &mode) {
    if (mode.is_damaged)
        return fmt::format("recovery mode is on, and nobody knows since when or which services were stopped: "
                           "'{}/{}' is damaged",
                           state_path, recovery_mode_name);
    return fmt::format("recovery mode is on since {}, begun by {}{}{}", since_text(mode), base::printable(mode.actor),
                       mode.reason.empty() ? "" : ": ", base::printable(mode.reason));
}

Result<void> check_takes_updates(base::Directory &root) {
    MOS_TRY(const auto mode, recovery_mode(root));
    if (!mode)
        return {};
    return Error{Code::RECOVERY_MODE, fmt::format("nothing new is installed: {}", describe(*mode))};
}

Result<std::vector<ReportRow>> recovery_mode_report(Engine &engine) {
    std::vector<ReportRow> rows;
    MOS_TRY(const auto mode, recovery_mode(engine.root()));
    if (!mode)
        return rows;
    rows.push_back(
        {.kind = "recovery-mode", .package = mode->actor, .object = since_text(*mode), .sentence = describe(*mode)});
    if (!mode->reason.empty())
        rows.push_back({.kind = "reason",
                        .package = {},
                        .object = mode->reason,
                        .sentence = fmt::format("the reason that was given: {}", base::printable(mode->reason))});
    for (const std::string &unit : mode->stopped)
        rows.push_back({.kind = "stopped",
                        .package = {},
                        .object = unit,
                        .sentence = fmt::format("{} is stopped until the mode is ended", base::in_quotes(unit))});
    return rows;
}

}  // namespace mos::engine
