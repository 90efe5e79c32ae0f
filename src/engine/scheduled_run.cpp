// The job that runs what is due.
#include "scheduling.hpp"
#include "usage.hpp"
#include "user_notices.hpp"

#include <mos/base/timestamp.hpp>
#include <mos/engine/plan.hpp>
#include <mos/engine/report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>

namespace mos::engine {

namespace {

using state::QueueEntry;

std::string names_of(const QueueEntry &entry) {
    std::string names;
    for (const state::QueuedPackage &package : entry.packages)
        names += (names.empty() ? "" : " ") + package.name;
    return names;
}

Result<void> check_same(const state::QueuedPackage &queued, const package::Statement &statement, bool fetch_anew) {
    const bool is_same = statement.content_digest == queued.content_digest;
    const bool is_same_version =
        statement.name == queued.name && statement.version == queued.version && statement.release == queued.release;
    if (is_same || (fetch_anew && is_same_version))
        return {};
    return Error{Code::DIGEST_MISMATCH,
                 fmt::format("the file {} is another than the one that was scheduled", base::in_quotes(queued.path))}
        .about(queued.path)
        .with_remedy("schedule the new file, or let it count: 'multios-update retry --force-download'");
}

// The update is in place, and something after it could not be written.
Error not_recorded(std::uint64_t id) {
    return Error{Code::IO, fmt::format("what became of {} can't be recorded; the next run finds out",
                                       state::queue_entry_name(id))}
        .about(state::queue_entry_name(id));
}

// One run: a session of its own from its first look at the queue to its last, so that whoever finds a lease with the
// root's lock in his hand knows that its run is over.
class DueRun {
  public:
    DueRun(std::shared_ptr<Engine> engine, const SchedulerPorts &ports, SchedulingRules rules, Session &session,
           base::Observer &observer, const Job::Ask &ask)
        : m_engine(std::move(engine)), m_ports(ports), m_rules(std::move(rules)), m_session(session),
          m_observer(observer), m_ask(ask), m_queue(session.site().database),
          m_notices(*m_engine, m_rules, m_session.observer()) {}
    DueRun(const DueRun &) = delete;
    DueRun &operator=(const DueRun &) = delete;
    ~DueRun() { tell(); }  // also of what an error has cut short

    [[nodiscard]] Result<JobOutcome> run();

  private:
    [[nodiscard]] Result<void> begin();
    [[nodiscard]] Result<void> take_over();
    [[nodiscard]] Result<Situation> look() { return look_around(*m_engine, *m_ports.facts, pause_of(m_observer)); }
    [[nodiscard]] Result<void> cancel_timed_out(const std::vector<std::uint64_t> &ids);
    [[nodiscard]] Result<bool> may_run(std::uint64_t id, const Situation &now);
    [[nodiscard]] Result<void> run_entry(std::uint64_t id);
    [[nodiscard]] Result<JobOutcome> attempt(const QueueEntry &entry);
    [[nodiscard]] Result<std::string> reason_of(const QueueEntry &entry);
    [[nodiscard]] Result<void> add_packages(Plan &plan, const QueueEntry &entry);
    [[nodiscard]] Result<void> add_next_wakeup();
    void add_row(const QueueEntry &entry);
    void tell() noexcept { engine::tell(*m_engine, m_queue); }

    std::shared_ptr<Engine> m_engine;
    const SchedulerPorts &m_ports;
    SchedulingRules m_rules;
    Session &m_session;
    base::Observer &m_observer;
    const Job::Ask &m_ask;
    schedule::Queue m_queue;
    UserNotices m_notices;
    JobOutcome m_outcome;
};

Result<void> DueRun::begin() {
    const base::Clock &clock = m_engine->clock();
    MOS_TRY(const std::int64_t jump,
            m_queue.notice_clock(
                {.wall_s = clock.now_unix_s(), .monotonic_ms = clock.monotonic_ms(), .boot = clock.boot_id()}));
    static_cast<void>(jump);  // told; every decision is by the new time
    return take_over();
}

// What has ended without its runner has ended for its users too.
Result<void> DueRun::take_over() {
    MOS_TRY(const std::vector<std::uint64_t> left, m_queue.rows().leased());
    MOS_CHECK(m_queue.take_over(deed_of(*m_engine), m_rules.retries, *m_ports.random));
    for (const std::uint64_t id : left) {
        MOS_TRY(const auto entry, m_queue.rows().find(id));
        if (entry)
            m_notices.tell_end(*entry, false);
    }
    return {};
}

Result<void> DueRun::cancel_timed_out(const std::vector<std::uint64_t> &ids) {
    for (const std::uint64_t id : ids) {
        MOS_TRY(const auto announced, schedule::last_announcement(m_queue.rows(), id));
        MOS_CHECK(m_queue.cancel(id, deed_of(*m_engine, "it has waited for as long as it was to")));
        MOS_TRY(const auto entry, m_queue.rows().find(id));
        if (entry)
            add_row(*entry);
        if (entry && announced)
            m_notices.tell_end(*entry, false);
    }
    return {};
}

// What was due may not be any more: the one before it took its time, a window is over, the load has risen.
Result<bool> DueRun::may_run(std::uint64_t id, const Situation &now) {
    MOS_TRY(const schedule::Explanation told,
            m_queue.explain(id, m_rules.policy, now.circumstances(), m_engine->effective_now_unix_s()));
    return told.verdict == schedule::name_of(schedule::Verdict::run);
}

Result<void> DueRun::add_packages(Plan &plan, const QueueEntry &entry) {
    MOS_TRY(const ScheduledOptions options, read_scheduled_options(entry.options));
    install::InstallOptions how;
    how.downgrade = options.allow_downgrade ? install::Downgrade::allowed : install::Downgrade::refused;
    how.reinstall = options.allow_reinstall ? install::Reinstall::allowed : install::Reinstall::refused;
    for (const state::QueuedPackage &queued : entry.packages) {
        MOS_TRY(auto source, m_ports.open_package(queued.path));
        MOS_CHECK(plan.install(std::move(source), how));
        MOS_CHECK(check_same(queued, plan.newest_statement(), entry.fetch_anew));
    }
    return {};
}

// Why it was submitted, for the history.
Result<std::string> DueRun::reason_of(const QueueEntry &entry) {
    std::string reason = fmt::format("scheduled as {}", state::queue_entry_name(entry.id));
    MOS_TRY(const auto notes, m_queue.rows().notes(entry.id));
    if (!notes.empty() && notes.front().number == 1 && !notes.front().reason.empty())
        reason += ": " + notes.front().reason;
    return reason;
}

Result<JobOutcome> DueRun::attempt(const QueueEntry &entry) {
    Plan plan{m_engine};
    MOS_CHECK(add_packages(plan, entry));
    PlanRun how;
    how.kind = "scheduled";
    MOS_TRY(how.reason, reason_of(entry));
    how.record = [&](std::uint64_t transaction) {
        return m_queue.rows().record_decision(entry.id, entry.attempts, transaction);
    };
    return plan.run_in(m_session, m_ask, how);
}

void DueRun::add_row(const QueueEntry &entry) {
    if (m_outcome.rows.size() < max_report_rows)
        m_outcome.rows.push_back({.kind = std::string{state::state_name(entry.state)},
                                  .package = names_of(entry),
                                  .object = state::queue_entry_name(entry.id),
                                  .sentence = entry.reason});
}

Result<void> DueRun::run_entry(std::uint64_t id) {
    const std::string holder = fmt::format("process {}", ::getpid());
    MOS_TRY(QueueEntry entry, m_queue.begin(id, holder, m_engine->clock().boot_id(), deed_of(*m_engine)));
    tell();
    m_notices.tell_begun(entry);
    const Result<JobOutcome> outcome = attempt(entry);
    if (outcome) {
        m_outcome.recovery_point = outcome->recovery_point;
        m_outcome.changed_paths += outcome->changed_paths;
        m_outcome.written_bytes += outcome->written_bytes;
        if (!outcome->reboot.empty())
            m_outcome.reboot += (m_outcome.reboot.empty() ? "" : " ") + outcome->reboot;
    }
    if (m_session.site().database.failed())  // it is not known what became of it; whoever comes next finds out
        return outcome ? not_recorded(id) : outcome.error();
    const std::optional<Error> failure = outcome ? std::nullopt : std::optional{outcome.error()};
    MOS_TRY(entry, m_queue.finish({.id = id, .number = entry.attempts, .failure = failure}, deed_of(*m_engine),
                                  m_rules.retries, *m_ports.random));
    add_row(entry);
    m_notices.tell_end(entry, outcome && !outcome->reboot.empty());
    // What could be neither completed nor undone stands in everybody's way, and a cancelled job is over.
    if (failure && (failure->code() == Code::RECOVERY_FAILED || failure->code() == Code::CANCELLED))
        return *failure;
    return {};
}

Result<void> DueRun::add_next_wakeup() {
    MOS_TRY(const std::uint64_t open, m_queue.rows().count(state::open_states));
    if (open == 0)
        return {};
    MOS_TRY(const Situation now, look());
    MOS_TRY(const auto next, next_look(*m_engine, m_queue, m_rules, now));
    if (next)
        m_outcome.rows.push_back({.kind = "next",
                                  .package = {},
                                  .object = base::write_timestamp(std::max<std::int64_t>(*next, 0)),
                                  .sentence = "the queue is to be looked at again then, at the latest"});
    return {};
}

Result<JobOutcome> DueRun::run() {
    MOS_CHECK(begin());
    tell();
    MOS_TRY(Situation now, look());
    MOS_TRY(const schedule::Agenda agenda,
            m_queue.agenda(m_rules.policy, now.circumstances(), m_engine->effective_now_unix_s()));
    MOS_CHECK(cancel_timed_out(agenda.timed_out));
    tell();
    m_notices.announce(m_queue, now);
    for (const std::uint64_t id : agenda.due) {
        MOS_CHECK(m_observer.checkpoint());
        if (id != agenda.due.front()) {
            MOS_TRY(now, look());
        }
        MOS_TRY(const bool may, may_run(id, now));
        if (!may)
            continue;
        const Result<void> ran = run_entry(id);
        m_session.keep_copy();
        tell();
        MOS_CHECK(ran);
    }
    m_notices.tell_rest();
    MOS_CHECK(add_next_wakeup());
    return std::move(m_outcome);
}

}  // namespace

Result<JobOutcome> run_due_work(const std::shared_ptr<Engine> &engine, const SchedulerPorts &ports,
                                base::Observer &observer, const Job::Ask &ask) {
    MOS_CHECK(learn_usage(*engine, *ports.facts, pause_of(observer)));
    MOS_TRY(const bool anything, has_work(*engine));
    if (!anything)
        return JobOutcome{};
    MOS_TRY(Session session, Session::open(*engine, observer, Session::Purpose::change));
    MOS_TRY(SchedulingRules rules, load_rules(*engine));  // from here on nobody changes them
    session.observer().set_cause({});                     // what recovery had to tell is told
    Result<JobOutcome> outcome = DueRun{engine, ports, std::move(rules), session, observer, ask}.run();
    session.keep_copy();
    return outcome;
}

}  // namespace mos::engine
