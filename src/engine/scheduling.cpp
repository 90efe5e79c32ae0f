#include "scheduling.hpp"

#include "usage.hpp"

#include <mos/engine/recovery_mode.hpp>
#include <mos/engine/root_settings.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <unistd.h>

namespace mos::engine {

namespace {

// How often somebody who waits is asked whether he still wants to.
constexpr std::int64_t patience_ms = 20;
constexpr std::size_t max_device_bytes = 256;

std::string device_of(base::Directory &root) {
    if (const auto folder = root.open_directory("etc", base::Symlinks::follow_in_root)) {
        if (const auto content = base::read_file(**folder, "machine-id", max_device_bytes)) {
            const std::string_view text = base::as_text(*content);
            if (const std::string_view id = text.substr(0, text.find('\n')); !id.empty())
                return std::string{id};
        }
    }
    std::string name(max_device_bytes, '\0');
    if (::gethostname(name.data(), name.size() - 1) != 0)
        return {};
    name.resize(std::min(name.find('\0'), name.size()));
    return name;
}

NoticeChannels channels_of(const config::Settings &settings) {
    const auto is_on = [&](std::string_view channel) {
        const auto setting = settings.find(fmt::format("update_system.notifications.{}.enabled", channel));
        return !setting || setting->value.number.value_or(1) != 0;
    };
    return {.wall = is_on("wall"), .desktop = is_on("desktop")};
}

}  // namespace

Result<SchedulingRules> load_rules(Engine &engine) {
    MOS_TRY(const config::LoadedSettings loaded, load_root_settings(engine, {}));
    auto policy = schedule::read_policy(loaded.settings);
    if (!policy)
        return in_context(std::move(policy).error(), "the scheduling policy can't be followed");
    SchedulingRules rules{.policy = std::move(policy).value(), .retries = {}};
    auto retries = schedule::read_retry_policy(loaded.settings);
    if (!retries)
        return in_context(std::move(retries).error(), "the retry policy can't be followed");
    rules.retries = std::move(retries).value();
    rules.notices = schedule::read_notice_rules(loaded.settings);
    rules.channels = channels_of(loaded.settings);
    MOS_TRY(const auto mode, recovery_mode(engine.root()));
    rules.policy.recovery_mode = mode.has_value();
    return rules;
}

Result<Situation> look_around(Engine &engine, schedule::FactsPort &facts, const schedule::Pause &pause) {
    Situation situation;
    MOS_TRY(situation.facts, facts.read(pause));
    situation.device = device_of(engine.root());
    situation.quiet_times = [usage = load_usage(engine)](std::int64_t from_s, std::int64_t until_s,
                                                         std::int64_t estimated_s) -> std::optional<std::int64_t> {
        const auto quiet = usage.find_optimal_window(from_s, until_s, estimated_s);
        return quiet ? std::optional{quiet->start_s} : std::nullopt;
    };
    return situation;
}

schedule::Pause pause_of(base::Observer &observer) {
    return [&observer](std::int64_t ms) -> Result<void> {
        for (std::int64_t slept = 0; slept < ms; slept += patience_ms) {
            MOS_CHECK(observer.check_cancelled());
            std::this_thread::sleep_for(std::chrono::milliseconds{std::min(patience_ms, ms - slept)});
        }
        return observer.check_cancelled();
    };
}

schedule::Deed deed_of(Engine &engine, std::string reason) {
    return {.now_s = engine.effective_now_unix_s(), .actor = engine.actor(), .reason = std::move(reason)};
}

void tell(Engine &engine, schedule::Queue &queue) noexcept {
    std::vector<base::Event> events = queue.take_events();
    if (!events.empty())
        engine.events().tell([&] { return std::move(events); });
}

Result<bool> has_work(Engine &engine) {
    MOS_TRY(const auto database, look(engine));
    state::Queue rows{*database};
    MOS_TRY(const std::uint64_t open, rows.count(state::open_states));
    if (open > 0)
        return true;
    MOS_TRY(const auto leased, rows.leased());
    return !leased.empty();
}

}  // namespace mos::engine
