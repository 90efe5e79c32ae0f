#include "usage.hpp"

#include "local_zone.hpp"
#include "restore.hpp"

#include <mos/engine/scheduler.hpp>
#include <mos/state/database_files.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::engine {

namespace {

constexpr const char *usage_name = "usage";
constexpr std::uint32_t usage_mode = 0644;
constexpr std::int64_t interval_s = 600;
// What was seen now says nothing of longer ago: the device may have been off.
constexpr std::int64_t longest_s = 1800;
constexpr std::int64_t a_day = 86400;
constexpr double percent = 100;

Result<schedule::UsagePattern> read_usage(base::Directory &folder, const schedule::TimeZone &zone) {
    auto content = base::read_file(folder, usage_name, schedule::max_usage_bytes);
    if (!content && content.error().code() == Code::NOT_FOUND)
        return schedule::UsagePattern{zone};
    MOS_TRY(const base::Bytes bytes, std::move(content));
    return schedule::UsagePattern::from_text(base::as_text(bytes), zone);
}

std::optional<double> busy_part(const schedule::Facts &facts) {
    if (facts.active_sessions && *facts.active_sessions > 0)
        return 1;
    if (!facts.cpu_usage)
        return facts.active_sessions ? std::optional<double>{0} : std::nullopt;
    return std::clamp(static_cast<double>(*facts.cpu_usage) / percent, 0.0, 1.0);
}

void warn(Engine &engine, const char *what, const Error &why) {
    write_log(engine.log(), LogLevel::warning, fmt::format("{}: {}", what, why.full_message()));
}

}  // namespace

schedule::UsagePattern load_usage(Engine &engine) {
    const schedule::TimeZone zone = local_zone(engine.root());
    const auto folder = open_state_folder(engine.root());
    if (!folder || *folder == nullptr)
        return schedule::UsagePattern{zone};
    auto usage = read_usage(**folder, zone);
    if (!usage) {
        warn(engine, "when this device is used has to be learnt anew", usage.error());
        return schedule::UsagePattern{zone};
    }
    return std::move(usage).value();
}

Result<void> learn_usage(Engine &engine, schedule::FactsPort &facts, const schedule::Pause &pause) {
    const auto folder = open_state_folder(engine.root());
    if (!folder || *folder == nullptr)
        return {};
    const auto database = (*folder)->find(state::database_name);
    if (!database || !*database)
        return {};
    schedule::UsagePattern usage = load_usage(engine);
    const std::int64_t now_s = engine.effective_now_unix_s();
    const std::optional<std::int64_t> last_s = usage.last_observation_s();
    if (last_s && *last_s - now_s > a_day)  // the clock was far ahead: what is kept would be so for as long
        usage = schedule::UsagePattern{local_zone(engine.root())};
    else if (last_s && now_s - *last_s < interval_s)
        return {};
    MOS_TRY(const schedule::Facts seen, facts.read(pause));
    const std::optional<double> busy = busy_part(seen);
    if (!busy || now_s <= longest_s)
        return {};
    const std::int64_t since_s = usage.last_observation_s().value_or(now_s - interval_s);
    usage.observe(now_s, std::min(now_s - since_s, longest_s), *busy);
    const auto kept = base::replace_file(**folder, usage_name, base::as_bytes(usage.to_text()), usage_mode);
    if (!kept)
        warn(engine, "when this device is used can't be remembered", kept.error());
    return {};
}

}  // namespace mos::engine
