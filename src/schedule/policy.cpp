#include <mos/schedule/policy.hpp>

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace mos::schedule {

using base::in_quotes;

namespace {

constexpr std::int64_t an_hour = 3600;
constexpr std::int64_t a_day = 24 * an_hour;
constexpr std::int64_t a_week = 7 * a_day;
constexpr std::int64_t a_month = 30 * a_day;
constexpr std::size_t max_windows = 100;
constexpr std::size_t max_stages = 100;

// What holds for a path of the table; each has a built-in value, so that none is missing.
class Values {
  public:
    explicit Values(const config::Settings &settings) : m_settings(settings) {}

    [[nodiscard]] std::int64_t number(std::string_view path) const {
        const auto setting = m_settings.find(path);
        return setting ? setting->value.number.value_or(0) : 0;
    }
    [[nodiscard]] bool flag(std::string_view path) const { return number(path) != 0; }
    [[nodiscard]] std::string word(std::string_view path) const {
        const auto setting = m_settings.find(path);
        return setting && !setting->value.words.empty() ? setting->value.words.front() : "";
    }
    [[nodiscard]] std::vector<std::string> words(std::string_view path) const {
        const auto setting = m_settings.find(path);
        return setting ? setting->value.words : std::vector<std::string>{};
    }
    [[nodiscard]] bool said(std::string_view path) const {
        const auto setting = m_settings.find(path);
        return setting && setting->origin.layer != config::Layer::built_in;
    }
    [[nodiscard]] bool said_below(std::string_view section) const { return !m_settings.said(section).empty(); }

  private:
    const config::Settings &m_settings;
};

std::uint8_t weekdays_of(const std::vector<std::string> &days) {
    constexpr std::array<std::string_view, 7> names = {"monday", "tuesday",  "wednesday", "thursday",
                                                       "friday", "saturday", "sunday"};
    std::uint8_t bits = 0;
    for (const std::string &day : days)
        if (const auto *const found = std::find(names.begin(), names.end(), day); found != names.end())
            bits = static_cast<std::uint8_t>(bits | 1U << static_cast<unsigned>(found - names.begin()));
    return days.empty() ? 0x7f : bits;
}

Priorities priorities_of(const std::vector<std::string> &names) {
    Priorities bits = 0;
    for (const std::string &name : names)
        if (const auto priority = priority_named(name))
            bits = static_cast<Priorities>(bits | only(*priority));
    return names.empty() ? all_priorities : bits;
}

Result<Period> read_window(const Values &values, const std::string &name, const std::string &section) {
    MOS_TRY(const TimeZone zone, TimeZone::find(values.word(section + ".timezone")));
    MOS_TRY(Period window, daily_period(name,
                                        {values.number(section + ".start_time"), values.number(section + ".end_time"),
                                         weekdays_of(values.words(section + ".days"))},
                                        zone));
    window.priorities = priorities_of(values.words(section + ".allowed_update_types"));
    window.cutoff_s = values.number(section + ".cutoff");
    window.splay_s = values.number(section + ".splay");
    return window;
}

Result<Period> read_blackout(const Values &values, std::string name, const std::string &section) {
    const std::string begins = values.word(section + ".begins");
    if (begins.empty())
        return Error{Code::INVALID_ARGUMENT, fmt::format("the blackout {} has no beginning: give 'begins', such as "
                                                         "'*-12-20 00:00'",
                                                         in_quotes(name))};
    MOS_TRY(const TimeZone zone, TimeZone::find(values.word(section + ".timezone")));
    MOS_TRY(Timetable opening, Timetable::read(begins, zone));
    Period blackout;
    blackout.name = std::move(name);
    blackout.openings.push_back(std::move(opening));
    blackout.length_s = values.number(section + ".lasts");
    return blackout;
}

Result<std::vector<Period>> read_blackouts(const Values &values) {
    std::vector<Period> blackouts;
    for (std::size_t i = 0;; ++i) {
        const std::string section = fmt::format("scheduling_policy.blackouts[{}]", i);
        if (!values.said_below(section))
            return blackouts;
        if (i == max_windows)
            return Error{Code::LIMIT, fmt::format("more than {} blackouts are given", max_windows)};
        const std::string given = values.word(section + ".name");
        MOS_TRY(Period blackout,
                read_blackout(values, given.empty() ? fmt::format("blackout {}", i + 1) : given, section));
        blackouts.push_back(std::move(blackout));
    }
}

Result<std::vector<Period>> read_windows(const Values &values) {
    std::vector<Period> windows;
    for (std::size_t i = 0;; ++i) {
        const std::string section = fmt::format("scheduling_policy.maintenance_windows[{}]", i);
        if (!values.said_below(section))
            break;
        if (i == max_windows)
            return Error{Code::LIMIT, fmt::format("more than {} maintenance windows are given", max_windows)};
        const std::string given = values.word(section + ".name");
        MOS_TRY(Period window, read_window(values, given.empty() ? fmt::format("window {}", i + 1) : given, section));
        windows.push_back(std::move(window));
    }
    if (!windows.empty())
        return windows;
    const std::string section = "update_system.scheduling.maintenance_window";
    MOS_TRY(const TimeZone zone, TimeZone::find(values.word(section + ".timezone")));
    MOS_TRY(Period window, daily_period("maintenance",
                                        {values.number(section + ".start"), values.number(section + ".end"),
                                         weekdays_of(values.words(section + ".allowed_days"))},
                                        zone));
    windows.push_back(std::move(window));
    return windows;
}

Result<Rollout> read_rollout(const Values &values) {
    Rollout rollout;
    rollout.group = values.word("scheduling_policy.rollout.group");
    for (std::size_t i = 0;; ++i) {
        const std::string section = fmt::format("scheduling_policy.rollout.stages[{}]", i);
        if (!values.said_below(section))
            return rollout;
        if (i == max_stages)
            return Error{Code::LIMIT, fmt::format("more than {} stages of a rollout are given", max_stages)};
        rollout.stages.push_back({.group = values.word(section + ".group"),
                                  .percentage = values.number(section + ".percentage"),
                                  .after_s = values.number(section + ".after")});
    }
}

// update_system.scheduling.priority_handling: one word a priority.
void take_word(PriorityRule &rule, std::string_view word) {
    rule.immediately = word == "immediate";
    rule.approval = word == "manual" ? Approval::supervisor : Approval::none;
    if (word == "within_24h")
        rule.within_s = a_day;
    else if (word == "within_week")
        rule.within_s = a_week;
    else if (word == "within_month")
        rule.within_s = a_month;
}

// scheduling_policy.priority_handling, which says more.
void take_section(PriorityRule &rule, const Values &values, const std::string &section) {
    const auto take = [&](bool &value, std::string_view key) {
        const std::string path = fmt::format("{}.{}", section, key);
        if (values.said(path))
            value = values.flag(path);
    };
    take(rule.immediately, "schedule_immediately");
    take(rule.override_constraints, "override_constraints");
    take(rule.use_window, "allow_maintenance_window");
    take(rule.require_window, "require_maintenance_window");
    take(rule.require_low_load, "require_low_system_load");
    if (const std::string path = section + ".schedule_within"; values.said(path))
        rule.within_s = values.number(path);
}

// Who has to agree, where somebody has said it of all updates.
void take_approval(Policy &policy, const Values &values) {
    const std::string required = "scheduling_policy.auto_scheduling.user_approval_required";
    if (!values.said(required))
        return;
    const bool is_required = values.flag(required);
    const bool spares_security = values.flag("scheduling_policy.auto_scheduling.auto_approval_security");
    for (std::size_t i = 0; i < priority_count; ++i) {
        const auto priority = static_cast<Priority>(i);
        const bool is_spared = priority == Priority::critical || (priority == Priority::security && spares_security);
        policy.rules[i].approval = is_required && !is_spared ? Approval::supervisor : Approval::none;
    }
}

Result<void> check_rule(const Policy &policy, Priority priority) {
    const PriorityRule &rule = policy.rule(priority);
    const auto wrong = [&](std::string_view what) {
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("the policy for {} updates contradicts itself: {}", name_of(priority), what)};
    };
    if (rule.immediately && rule.require_window)
        return wrong("they run at once, and in a maintenance window alone");
    if (rule.require_window && !rule.use_window)
        return wrong("they need a maintenance window, and may not use one");
    if (rule.require_window && !policy.windows.has_window_for(priority))
        return wrong("they need a maintenance window, and none is for them");
    if (rule.override_constraints && rule.require_low_load)
        return wrong("they need a low load, and pay no heed to it");
    return {};
}

}  // namespace

std::optional<Priority> priority_named(std::string_view name) noexcept {
    const auto *const found = std::find(priority_names.begin(), priority_names.end(), name);
    if (found == priority_names.end())
        return std::nullopt;
    return static_cast<Priority>(found - priority_names.begin());
}

Policy default_policy() {
    Policy policy;
    const auto rule = [&](Priority priority) -> PriorityRule & {
        return policy.rules[static_cast<std::size_t>(priority)];
    };
    rule(Priority::critical).immediately = true;
    rule(Priority::critical).override_constraints = true;
    rule(Priority::security).within_s = a_day;
    rule(Priority::important).within_s = a_week;
    rule(Priority::optional).within_s = a_month;
    rule(Priority::optional).require_low_load = true;
    rule(Priority::optional).approval = Approval::supervisor;
    rule(Priority::low).require_low_load = true;
    return policy;
}

Result<Policy> read_policy(const config::Settings &settings) {
    const Values values{settings};
    Policy policy = default_policy();
    policy.enabled = values.flag("scheduling_policy.auto_scheduling.enabled") ||
                     values.flag("update_system.scheduling.auto_install");
    policy.respect_user_activity = values.flag("scheduling_policy.auto_scheduling.respect_user_activity");
    policy.consider_load = values.flag("scheduling_policy.auto_scheduling.consider_system_load");
    policy.prefer_windows = values.flag("scheduling_policy.auto_scheduling.prefer_maintenance_windows");
    policy.thresholds = {values.number("scheduling_policy.resource_awareness.cpu_threshold"),
                         values.number("scheduling_policy.resource_awareness.memory_threshold"),
                         values.number("scheduling_policy.resource_awareness.disk_io_threshold"),
                         values.number("scheduling_policy.resource_awareness.active_sessions_threshold")};
    policy.check_interval_s = values.number("update_system.services.scheduler.check_interval");
    for (std::size_t i = 0; i < priority_count; ++i) {
        const std::string name{priority_names[i]};
        if (const std::string path = "update_system.scheduling.priority_handling." + name; values.said(path))
            take_word(policy.rules[i], values.word(path));
        take_section(policy.rules[i], values, "scheduling_policy.priority_handling." + name);
    }
    take_approval(policy, values);
    MOS_TRY(policy.windows.windows, read_windows(values));
    MOS_TRY(policy.windows.blackouts, read_blackouts(values));
    MOS_TRY(policy.rollout, read_rollout(values));
    if (const std::string metered = values.word("scheduling_policy.metered_network"); metered != "auto")
        policy.is_metered = metered == "always";
    MOS_CHECK(check_policy(policy));
    return policy;
}

Result<void> check_policy(const Policy &policy) {
    std::set<std::string_view> names;
    for (const Period &window : policy.windows.windows) {
        MOS_CHECK(check_period(window, longest_window_s));
        if (!names.insert(window.name).second)
            return Error{Code::INVALID_ARGUMENT,
                         fmt::format("two maintenance windows are called {}", in_quotes(window.name))};
    }
    for (const Period &blackout : policy.windows.blackouts)
        MOS_CHECK(check_period(blackout, longest_blackout_s));
    for (std::size_t i = 0; i < priority_count; ++i)
        MOS_CHECK(check_rule(policy, static_cast<Priority>(i)));
    return check_rollout(policy.rollout);
}

}  // namespace mos::schedule
