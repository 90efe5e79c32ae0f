#include <mos/schedule/decision.hpp>

#include <algorithm>

namespace mos::schedule {

namespace {

constexpr std::int64_t an_hour = 3600;
// A deadline is near in the last eighth of its time, at least a quarter of an hour and at most six hours before.
constexpr std::int64_t part_that_is_near = 8;
constexpr std::int64_t least_near = an_hour / 4;
constexpr std::int64_t most_near = 6 * an_hour;

// One decision: asks the rules in their order; the first that is in the way decides.
class Judge {
  public:
    Judge(const Entry &entry, const Policy &policy, const Circumstances &circumstances, std::int64_t now)
        : m_entry(entry), m_policy(policy), m_rule(policy.rule(entry.priority)), m_circumstances(circumstances),
          m_now(now), m_need{entry.estimated_s, entry.priority, circumstances.device},
          m_urgency(urgency_of(entry, m_rule, now)) {}

    [[nodiscard]] Decision decide();

  private:
    using Obstacle = std::optional<Decision>;

    [[nodiscard]] std::int64_t near_before_blackouts() const;
    [[nodiscard]] Obstacle person() const;
    [[nodiscard]] Obstacle time() const;
    [[nodiscard]] Obstacle blackout() const;
    [[nodiscard]] Obstacle rollout();
    [[nodiscard]] Obstacle window();
    [[nodiscard]] static Obstacle required_window(const std::optional<Chance> &chance);
    [[nodiscard]] Obstacle preferred_window(const std::optional<Chance> &chance);
    [[nodiscard]] std::optional<std::int64_t> known(const Condition &condition) const;
    [[nodiscard]] Obstacle conditions() const;
    [[nodiscard]] Obstacle load() const;
    [[nodiscard]] Obstacle threshold(Subject subject, std::optional<std::int64_t> value, std::int64_t limit) const;

    [[nodiscard]] bool is_near() const {
        return m_urgency && (m_now >= m_urgency->near_s || m_now >= near_before_blackouts());
    }
    [[nodiscard]] bool needs_window() const {
        return m_rule.require_window ||
               std::any_of(m_entry.conditions.begin(), m_entry.conditions.end(),
                           [](const Condition &condition) { return condition.subject == Subject::maintenance_window; });
    }
    [[nodiscard]] static Decision ended(Verdict verdict, Rule rule) {
        Decision decision;
        decision.verdict = verdict;
        decision.rule = rule;
        return decision;
    }
    [[nodiscard]] static Decision wait(Rule rule, std::optional<std::int64_t> until) {
        Decision decision = ended(Verdict::wait, rule);
        decision.at_s = until;
        return decision;
    }
    // What changes by itself is looked at again after a while; a preference also when it is dropped.
    [[nodiscard]] std::int64_t next_check() const {
        return m_now + std::max<std::int64_t>(m_policy.check_interval_s, 1);
    }
    [[nodiscard]] std::optional<std::int64_t> quiet_time() const;
    [[nodiscard]] std::int64_t next_look() const {
        const std::int64_t look = next_check();
        if (!m_urgency || is_near())
            return look;
        return std::min(look, near_before_blackouts());
    }
    // A wait never lasts beyond the time-out, at which there is another decision.
    [[nodiscard]] Decision bounded(Decision decision) const;

    const Entry &m_entry;
    const Policy &m_policy;
    const PriorityRule &m_rule;
    const Circumstances &m_circumstances;
    std::int64_t m_now;
    Need m_need;
    std::optional<Urgency> m_urgency;
    Decision m_run;          // what is decided when nothing is in the way
    bool m_dropped = false;  // something would be, were the deadline not near
};

// A deadline that is near only while nothing may run is near before that, by as much as it is at least.
std::int64_t Judge::near_before_blackouts() const {
    Need need = m_need;
    need.estimated_s += least_near;
    return m_policy.windows.last_outside_blackouts(need, m_urgency->near_s);
}

Judge::Obstacle Judge::person() const {
    if (m_entry.rejected)
        return ended(Verdict::refuse, Rule::rejected);
    if (m_entry.timeout_s && m_now - m_entry.submitted_s >= *m_entry.timeout_s)
        return ended(m_entry.cancel_on_timeout ? Verdict::cancel : Verdict::refuse, Rule::timed_out);
    if (m_policy.recovery_mode)
        return wait(Rule::recovery_mode, std::nullopt);
    if (!m_policy.enabled && !m_entry.by_hand)
        return ended(Verdict::refuse, Rule::not_automatic);
    if (m_entry.approved < m_rule.approval) {
        Decision decision = wait(Rule::approval, std::nullopt);
        decision.approval = m_rule.approval;
        return decision;
    }
    return std::nullopt;
}

Judge::Obstacle Judge::time() const {
    if (m_entry.start_s && m_now < *m_entry.start_s)
        return wait(Rule::start_time, m_entry.start_s);
    if (m_entry.retry_s && m_now < *m_entry.retry_s)
        return wait(Rule::retry_time, m_entry.retry_s);
    return std::nullopt;
}

Judge::Obstacle Judge::blackout() const {
    const Period *met = m_policy.windows.blackout_met(m_need, m_now);
    if (met == nullptr)
        return std::nullopt;
    const std::optional<std::int64_t> end = m_policy.windows.next_outside_blackouts(m_need, m_now);
    Decision decision = wait(Rule::end_of_blackout, end);
    if (!end)
        decision = ended(Verdict::refuse, Rule::no_window);
    decision.period = met;
    return decision;
}

// A person who chose the time has chosen it for this device, and what runs at once waits for no others. By a clock that
// was put back the update lies in the future: nobody can tell then when the turn comes, so it is not waited for.
Judge::Obstacle Judge::rollout() {
    if (m_rule.immediately || m_entry.start_s || m_now < m_entry.made_s)
        return std::nullopt;
    const std::optional<std::int64_t> turn =
        rollout_turn(m_policy.rollout, m_circumstances.device, m_entry.update, m_entry.made_s);
    if (!turn || *turn <= m_now)
        return std::nullopt;
    if (is_near()) {
        m_dropped = true;
        return std::nullopt;
    }
    return wait(Rule::rollout, m_urgency ? std::min(*turn, near_before_blackouts()) : *turn);
}

Judge::Obstacle Judge::required_window(const std::optional<Chance> &chance) {
    if (!chance || chance->window == nullptr)
        return ended(Verdict::refuse, Rule::no_window);
    Decision decision = wait(Rule::window, chance->start);
    decision.period = chance->window;
    return decision;
}

// A window is waited for as long as one comes before the deadline. Where none does, nothing is won by waiting, unless
// the device's quiet time is known; and a device that is switched off meanwhile would be late.
Judge::Obstacle Judge::preferred_window(const std::optional<Chance> &chance) {
    if (!m_urgency || (chance && chance->start <= m_urgency->latest_start_s))
        return required_window(chance);
    const std::optional<std::int64_t> quiet = is_near() ? std::nullopt : quiet_time();
    if (quiet && *quiet > m_now)
        return wait(Rule::quiet_time, std::min(*quiet, near_before_blackouts()));
    m_run.rule = is_near() ? Rule::deadline : Rule::no_window_in_time;
    return std::nullopt;
}

std::optional<std::int64_t> Judge::quiet_time() const {
    if (!m_circumstances.quiet_times)
        return std::nullopt;
    return m_circumstances.quiet_times(m_now, m_urgency->latest_start_s + m_entry.estimated_s, m_entry.estimated_s);
}

Judge::Obstacle Judge::window() {
    const bool needed = needs_window();
    const bool preferred = m_policy.prefer_windows && m_rule.use_window && !m_rule.immediately && !m_entry.start_s &&
                           m_policy.windows.has_window_for(m_entry.priority);
    if (m_rule.immediately)
        m_run.rule = Rule::immediate;
    if (!needed && !preferred)
        return std::nullopt;
    const std::optional<Chance> chance = m_policy.windows.next_chance(m_need, m_now);
    if (chance && chance->window != nullptr && chance->start <= m_now) {
        m_run.rule = Rule::in_window;
        m_run.period = chance->window;
        return std::nullopt;
    }
    return needed ? required_window(chance) : preferred_window(chance);
}

std::optional<std::int64_t> Judge::known(const Condition &condition) const {
    if (condition.subject == Subject::not_metered && m_policy.is_metered)
        return *m_policy.is_metered ? 0 : 1;
    return measured(condition, m_circumstances.facts);
}

Judge::Obstacle Judge::conditions() const {
    if (const auto free = m_circumstances.facts.free_bytes; free && *free < m_entry.needed_bytes) {
        Decision decision = wait(Rule::free_space, next_check());
        decision.value = free;
        decision.limit = m_entry.needed_bytes;
        return decision;
    }
    for (const Condition &condition : m_entry.conditions) {
        if (condition.subject == Subject::maintenance_window)
            continue;  // has been asked
        const std::optional<std::int64_t> value = known(condition);
        if (holds(condition, value))
            continue;
        Decision decision = wait(Rule::condition, next_check());
        decision.condition = &condition;
        decision.value = value;
        return decision;
    }
    return std::nullopt;
}

// A threshold of the policy is a preference: what nobody could measure does not hold an update up.
Judge::Obstacle Judge::threshold(Subject subject, std::optional<std::int64_t> value, std::int64_t limit) const {
    if (!value || *value <= limit)
        return std::nullopt;
    Decision decision = wait(subject == Subject::active_sessions ? Rule::sessions : Rule::load, next_look());
    decision.subject = subject;
    decision.value = value;
    decision.limit = limit;
    return decision;
}

Judge::Obstacle Judge::load() const {
    const Facts &facts = m_circumstances.facts;
    const Thresholds &limits = m_policy.thresholds;
    if (m_rule.override_constraints || m_entry.start_s)
        return std::nullopt;
    if (m_policy.respect_user_activity)
        if (const auto busy = threshold(Subject::active_sessions, facts.active_sessions, limits.sessions))
            return busy;
    if (!m_policy.consider_load && !m_rule.require_low_load)
        return std::nullopt;
    if (const auto busy = threshold(Subject::cpu_usage, facts.cpu_usage, limits.cpu))
        return busy;
    if (const auto busy = threshold(Subject::memory_usage, facts.memory_usage, limits.memory))
        return busy;
    return threshold(Subject::disk_io, facts.disk_usage, limits.disk_io);
}

Decision Judge::bounded(Decision decision) const {
    if (decision.verdict != Verdict::wait || !m_entry.timeout_s)
        return decision;
    const std::int64_t end = m_entry.submitted_s + *m_entry.timeout_s;
    if (!decision.at_s || *decision.at_s > end)
        decision.cut_short = {.end_s = end, .awaited_s = decision.at_s, .cancels = m_entry.cancel_on_timeout};
    decision.at_s = std::min(decision.at_s.value_or(end), end);
    return decision;
}

Decision Judge::decide() {
    Obstacle obstacle = person();
    if (!obstacle)
        obstacle = time();
    if (!obstacle)
        obstacle = blackout();
    if (!obstacle)
        obstacle = rollout();
    if (!obstacle)
        obstacle = window();
    if (!obstacle)
        obstacle = conditions();
    if (obstacle)
        return bounded(*obstacle);
    if (const Obstacle busy = load()) {
        if (!is_near())
            return bounded(*busy);
        m_dropped = true;
    }
    if (m_dropped)
        m_run.rule = Rule::deadline;
    return m_run;
}

}  // namespace

// A clock that was put back leaves entries of the future: their time is then counted from now, so that no deadline is
// kept that lies years ahead.
std::optional<Urgency> urgency_of(const Entry &entry, const PriorityRule &rule, std::int64_t now_s) {
    const std::int64_t since = std::min(entry.submitted_s, now_s);
    std::optional<std::int64_t> deadline = entry.deadline_s;
    if (rule.within_s)
        deadline = std::min(deadline.value_or(since + *rule.within_s), since + *rule.within_s);
    if (!deadline)
        return std::nullopt;
    const std::int64_t latest_start = *deadline - entry.estimated_s;
    const std::int64_t margin = std::clamp((*deadline - since) / part_that_is_near, least_near, most_near);
    return Urgency{latest_start - margin, latest_start};
}

Decision decide(const Entry &entry, const Policy &policy, const Circumstances &circumstances, std::int64_t now_s) {
    return Judge{entry, policy, circumstances, now_s}.decide();
}

}  // namespace mos::schedule
