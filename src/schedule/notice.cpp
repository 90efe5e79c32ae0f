#include <mos/schedule/notice.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::schedule {

namespace {

constexpr std::int64_t a_minute = 60;
constexpr std::int64_t an_hour = 3600;
// Times of a start that lie no further apart are one.
constexpr std::int64_t same_start_s = a_minute;
// What becomes due so soon after a late announcement is told with it.
constexpr std::int64_t told_together_s = 2 * a_minute;
constexpr std::int64_t least_between_s = 5 * a_minute;
// Through how many waits a start is followed: a person's time, then a blackout, then a window.
constexpr int most_waits = 4;

// The longest first; levels below take a part of it.
constexpr std::array<std::int64_t, 3> urgent_leads = {an_hour, 15 * a_minute, 5 * a_minute};
constexpr std::array<std::int64_t, 1> important_leads = {15 * a_minute};

constexpr std::array<std::string_view, 5> level_names = {"none", "info", "standard", "important", "urgent"};
constexpr std::array<std::string_view, notice_kind_count> kind_names = {"announced", "begun",  "done",
                                                                        "retrying",  "failed", "called_off"};
constexpr std::array<std::string_view, 4> user_level_names = {"none", "low", "normal", "high"};

template <class Enum, std::size_t count>
std::optional<Enum> named(const std::array<std::string_view, count> &names, std::string_view name) {
    for (std::size_t i = 0; i < count; ++i)
        if (names[i] == name)
            return static_cast<Enum>(i);
    return std::nullopt;
}

bool is_end(NoticeKind kind) { return kind == NoticeKind::done || kind == NoticeKind::failed; }

bool flag(const config::Settings &settings, std::string_view path) {
    const auto setting = settings.find(path);
    return !setting || setting->value.number.value_or(1) != 0;
}

Circumstances calm(Circumstances circumstances) {
    Facts &facts = circumstances.facts;
    for (std::optional<std::int64_t> *load :
         {&facts.cpu_usage, &facts.memory_usage, &facts.disk_usage, &facts.cpu_pressure, &facts.memory_pressure,
          &facts.io_pressure, &facts.active_sessions})
        *load = 0;
    return circumstances;
}

bool is_foreseen(Rule rule) {
    switch (rule) {
    case Rule::start_time:
    case Rule::retry_time:
    case Rule::end_of_blackout:
    case Rule::rollout:
    case Rule::window:
    case Rule::quiet_time:
        return true;
    default:
        return false;
    }
}

// The shortest of the leads that have come at a time, of those shorter than what is settled.
std::optional<std::int64_t> due_lead(std::span<const std::int64_t> leads, std::int64_t settled, std::int64_t start_s,
                                     std::int64_t at_s) {
    std::optional<std::int64_t> due;
    for (const std::int64_t lead : leads)
        if (lead < settled && at_s >= start_s - lead)
            due = lead;
    return due;
}

std::optional<std::int64_t> next_lead_at(std::span<const std::int64_t> leads, std::int64_t settled,
                                         std::int64_t start_s) {
    for (const std::int64_t lead : leads)
        if (lead < settled)
            return start_s - lead;
    return std::nullopt;
}

}  // namespace

std::string_view name_of(NoticeLevel level) noexcept { return level_names[static_cast<std::size_t>(level)]; }
std::string_view name_of(NoticeKind kind) noexcept { return kind_names[static_cast<std::size_t>(kind)]; }

std::optional<NoticeLevel> notice_level_named(std::string_view name) noexcept {
    return named<NoticeLevel>(level_names, name);
}
std::optional<UserNoticeLevel> user_notice_level_named(std::string_view name) noexcept {
    return named<UserNoticeLevel>(user_level_names, name);
}

bool is_told(NoticeLevel level, NoticeKind kind) noexcept {
    if (kind == NoticeKind::announced)
        return level >= NoticeLevel::important;
    return level >= (is_end(kind) ? NoticeLevel::info : NoticeLevel::standard);
}

bool is_told(UserNoticeLevel level, NoticeKind kind) noexcept {
    return level >= UserNoticeLevel::normal || (level == UserNoticeLevel::low && is_end(kind));
}

std::span<const std::int64_t> leads_of(NoticeLevel level) noexcept {
    if (level == NoticeLevel::urgent)
        return urgent_leads;
    if (level == NoticeLevel::important)
        return important_leads;
    return {};
}

NoticeRules read_notice_rules(const config::Settings &settings) {
    NoticeRules rules;
    rules.enabled = flag(settings, "update_system.features.user_notifications") &&
                    flag(settings, "update_system.notifications.enabled");
    for (std::size_t i = 0; i < priority_count; ++i) {
        const auto setting =
            settings.find(fmt::format("scheduling_policy.priority_handling.{}.notification_level", priority_names[i]));
        if (setting && setting->origin.layer != config::Layer::built_in && !setting->value.words.empty())
            rules.levels[i] = notice_level_named(setting->value.words.front()).value_or(rules.levels[i]);
    }
    return rules;
}

std::optional<Foreseen> foresee(const Entry &entry, const Policy &policy, const Circumstances &circumstances,
                                std::int64_t now_s) {
    Decision decision = decide(entry, policy, circumstances, now_s);
    if (decision.verdict == Verdict::wait && (decision.rule == Rule::load || decision.rule == Rule::sessions)) {
        const auto urgency = urgency_of(entry, policy.rule(entry.priority), now_s);
        if (urgency && urgency->near_s > now_s &&
            decide(entry, policy, circumstances, urgency->near_s).verdict == Verdict::run)
            return Foreseen{.start_s = urgency->near_s, .at_the_latest = true};
        return std::nullopt;
    }
    const Circumstances then = calm(circumstances);
    for (int waits = 0; waits < most_waits; ++waits) {
        if (decision.verdict != Verdict::wait || !decision.at_s || !is_foreseen(decision.rule))
            return std::nullopt;
        const std::int64_t at_s = *decision.at_s;
        decision = decide(entry, policy, then, at_s);
        if (decision.verdict == Verdict::run)
            return Foreseen{.start_s = at_s, .at_the_latest = false};
    }
    return std::nullopt;
}

bool is_same_start(std::int64_t one_s, std::int64_t other_s) noexcept {
    return one_s >= other_s - same_start_s && one_s <= other_s + same_start_s;
}

AnnouncementTimes announcement_times(NoticeLevel level, std::int64_t start_s, const std::optional<Announced> &before,
                                     std::int64_t now_s) {
    if (now_s >= start_s)
        return {};
    const std::span<const std::int64_t> leads = leads_of(level);
    const bool is_same = before && is_same_start(before->start_s, start_s);
    const std::int64_t settled = is_same ? before->lead_s : most_time_s;
    if (!due_lead(leads, settled, start_s, now_s))
        return {.is_due = false, .lead_s = 0, .next_s = next_lead_at(leads, settled, start_s)};
    if (before && !is_same && now_s >= before->at_s && now_s - before->at_s < least_between_s) {
        const std::int64_t later = before->at_s + least_between_s;
        return {.is_due = false, .lead_s = 0, .next_s = later < start_s ? std::optional{later} : std::nullopt};
    }
    const std::int64_t lead = due_lead(leads, settled, start_s, now_s + told_together_s).value_or(0);
    return {.is_due = true, .lead_s = lead, .next_s = next_lead_at(leads, lead, start_s)};
}

}  // namespace mos::schedule
