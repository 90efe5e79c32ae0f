#include <mos/schedule/decision.hpp>

#include <mos/base/bytes.hpp>
#include <mos/base/timestamp.hpp>

#include <fmt/format.h>

#include <array>

namespace mos::schedule {

using base::in_quotes;

namespace {

std::string_view subject_name(Subject subject) {
    switch (subject) {
    case Subject::memory_usage:
        return "memory in use";
    case Subject::disk_io:
        return "the disks' use";
    default:
        return "the processors' use";
    }
}

std::string period_name(const Decision &decision) {
    return decision.period == nullptr ? std::string{"''"} : in_quotes(decision.period->name);
}

bool is_yes_or_no(Subject subject) {
    return subject == Subject::on_mains || subject == Subject::not_metered || subject == Subject::feature;
}

std::string condition_reason(const Decision &decision) {
    const std::string text = decision.condition == nullptr ? std::string{} : text_of(*decision.condition);
    if (!decision.value)
        return fmt::format("the condition {} can't be told: nothing is known of it{}", in_quotes(text),
                           decision.condition != nullptr && decision.condition->subject == Subject::not_metered
                               ? "; the setting scheduling_policy.metered_network tells it where no NetworkManager does"
                               : "");
    if (decision.condition != nullptr && is_yes_or_no(decision.condition->subject))
        return fmt::format("the condition {} does not hold", in_quotes(text));
    return fmt::format("the condition {} does not hold: it is {}", in_quotes(text), *decision.value);
}

std::string reason(const Decision &decision) {
    const std::int64_t value = decision.value.value_or(0);
    switch (decision.rule) {
    case Rule::immediate:
        return "updates of its priority run at once";
    case Rule::in_window:
        return fmt::format("the maintenance window {} is open", period_name(decision));
    case Rule::deadline:
        return "its deadline is near, and beats windows, the rollout, load and sessions";
    case Rule::no_window_in_time:
        return "no maintenance window that it fits into comes before its deadline, and the load is low";
    case Rule::unhindered:
        return "nothing is in the way";
    case Rule::recovery_mode:
        return "the system is in recovery mode, and takes nothing new until 'multios-update recovery mode "
               "--safe-mode=false' ends it";
    case Rule::approval:
        return fmt::format("a {} has to approve it", decision.approval == Approval::manager ? "manager" : "supervisor");
    case Rule::start_time:
        return "it was scheduled for that time";
    case Rule::retry_time:
        return "it has failed, and is tried again then";
    case Rule::end_of_blackout:
        return fmt::format("the blackout {} is on, or begins before it would end", period_name(decision));
    case Rule::rollout:
        return "the rollout reaches this device then";
    case Rule::window:
        return fmt::format("the maintenance window {} is the next that it fits into", period_name(decision));
    case Rule::quiet_time:
        return "no maintenance window that it fits into comes before its deadline; the device is used less then";
    case Rule::condition:
        return condition_reason(decision);
    case Rule::free_space:
        return fmt::format("it needs {} bytes of free space, and there are {}", decision.limit, value);
    case Rule::load:
        return fmt::format("{} is {} %, and more than {} %", subject_name(decision.subject), value, decision.limit);
    case Rule::sessions:
        return fmt::format("{} sessions are active, more than {}", value, decision.limit);
    case Rule::rejected:
        return "somebody said no to it";
    case Rule::not_automatic:
        return "updates do not run by themselves here (scheduling_policy.auto_scheduling.enabled)";
    case Rule::timed_out:
        return "it has waited for as long as it was to";
    case Rule::no_window:
        return decision.period == nullptr
                   ? "no maintenance window in sight is long enough for it and free of blackouts; make one longer, or "
                     "do not require one"
                   : fmt::format("the blackout {} leaves no room for it", period_name(decision));
    }
    return {};
}

std::string explain_wait(const Decision &decision) {
    const std::optional<std::int64_t> until = decision.cut_short ? decision.cut_short->awaited_s : decision.at_s;
    std::string text = until ? fmt::format("waits until {}: {}", base::write_timestamp(*until), reason(decision))
                             : fmt::format("waits: {}", reason(decision));
    if (decision.cut_short)
        text += fmt::format("; its time-out is over at {}, and it {} then",
                            base::write_timestamp(decision.cut_short->end_s),
                            decision.cut_short->cancels ? "is cancelled" : "does not run any more");
    return text;
}

}  // namespace

std::string_view name_of(Verdict verdict) noexcept {
    constexpr std::array<std::string_view, 4> names = {"run", "wait", "refuse", "cancel"};
    return names[static_cast<std::size_t>(verdict)];
}

std::string_view name_of(Rule rule) noexcept {
    constexpr std::array<std::string_view, 21> names = {
        "immediate",     "in_window", "deadline",   "no_window_in_time", "unhindered",
        "recovery_mode", "approval",  "start_time", "retry_time",        "end_of_blackout",
        "rollout",       "window",    "quiet_time", "condition",         "free_space",
        "load",          "sessions",  "rejected",   "not_automatic",     "timed_out",
        "no_window"};
    return names[static_cast<std::size_t>(rule)];
}

std::string explain(const Decision &decision) {
    switch (decision.verdict) {
    case Verdict::run:
        return fmt::format("runs now: {}", reason(decision));
    case Verdict::wait:
        return explain_wait(decision);
    case Verdict::refuse:
        return fmt::format("does not run: {}", reason(decision));
    case Verdict::cancel:
        return fmt::format("is cancelled: {}", reason(decision));
    }
    return {};
}

}  // namespace mos::schedule
