#include <mos/engine/scheduler.hpp>

#include "scheduling.hpp"
#include "usage.hpp"
#include "user_notices.hpp"

#include <mos/package/version.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::engine {

namespace {

// What an update takes, as long as nothing is known of earlier ones: so much a second, and what every one takes.
constexpr std::int64_t bytes_a_second = 10'000'000;
constexpr std::int64_t least_s = 60;
constexpr std::size_t newest_durations = 100;
constexpr std::int64_t most_bytes = std::int64_t{1} << 62;

bool is_older(const state::QueuedPackage &older, const state::QueuedPackage &newer) {
    return std::is_lt(package::compare_versions(package::Released{older.version, older.release},
                                                package::Released{newer.version, newer.release}));
}

state::QueuedPackage row_of(const std::string &path, const package::Statement &statement) {
    return {.path = path,
            .name = statement.name,
            .version = statement.version,
            .release = statement.release,
            .content_digest = statement.content_digest};
}

// Read to its end: what is submitted takes the place of what waits, so it must be able to. What is damaged later on its
// disk is found at its turn.
Result<package::Statement> read_whole(Engine &engine, std::unique_ptr<base::Source> source, const std::string &path) {
    MOS_TRY(package::Package package, engine.authenticate(std::move(source)));
    if (Result<void> verified = package.verify_content(base::silent_observer()); !verified)
        return base::in_context(std::move(verified).error(), fmt::format("{} is not scheduled", base::in_quotes(path)));
    return package.statement();
}

std::int64_t added(std::int64_t sum, std::uint64_t bytes) {
    return static_cast<std::int64_t>(std::min<std::uint64_t>(bytes, static_cast<std::uint64_t>(most_bytes - sum))) +
           sum;
}

schedule::Submission submission_of(const UpdateRequest &request) {
    schedule::Submission submission;
    submission.key = request.key;
    submission.options = write_scheduled_options(request.options);
    submission.priority = request.priority;
    submission.start_s = request.start_s;
    submission.deadline_s = request.deadline_s;
    submission.timeout_s = request.timeout_s;
    submission.cancel_on_timeout = request.cancel_on_timeout;
    submission.by_hand = request.by_hand;
    submission.conditions = request.conditions;
    return submission;
}

// One change of the queue, with the root's lock, and its events after it.
template <class Body>
Result<void> change_queue(Engine &engine, Session::Purpose purpose, const Body &body) {
    MOS_TRY(Session session, Session::open(engine, base::silent_observer(), purpose));
    schedule::Queue queue{session.site().database};
    Result<void> changed = body(queue);
    session.keep_copy();
    tell(engine, queue);
    return changed;
}

// By how long earlier updates of the same packages took, else by their size.
Result<std::int64_t> estimate(schedule::Queue &queue, const schedule::Submission &submission) {
    std::int64_t longest = 0;
    for (const state::QueuedPackage &package : submission.packages) {
        MOS_TRY(std::vector<std::int64_t> durations, queue.rows().durations(package.name, newest_durations));
        const auto usual = schedule::usual_duration_s(std::move(durations));
        if (!usual)
            return least_s + submission.needed_bytes / bytes_a_second;
        longest = std::max(longest, *usual);
    }
    return longest;
}

Error no_such_entry(std::uint64_t id) {
    return Error{Code::NOT_FOUND, fmt::format("there is no '{}' in the queue", state::queue_entry_name(id))}.about(
        state::queue_entry_name(id));
}

bool is_anybody_there(Engine &engine, const Result<SchedulingRules> &rules) {
    return rules && find_notifier(engine, rules->channels) != nullptr;
}

// By a policy that can't be followed nothing runs, and that is why.
schedule::Explanation told(Engine &engine, state::QueueEntry entry, const Result<SchedulingRules> &rules,
                           const Situation &now, bool is_anybody_there) {
    if (rules) {
        const std::int64_t now_s = engine.effective_now_unix_s();
        schedule::Explanation told =
            schedule::explain_entry(std::move(entry), rules->policy, now.circumstances(), now_s);
        NoticesTold notices = describe_notices(told.entry, *rules, now, is_anybody_there, now_s);
        told.notices = std::move(notices.sentence);
        told.notice_s = notices.next_s;
        return told;
    }
    schedule::Explanation told = schedule::explain_entry(entry, {}, now.circumstances(), entry.submitted_s);
    if (entry.waits())
        told = {.entry = std::move(entry),
                .verdict = std::string{schedule::name_of(schedule::Verdict::refuse)},
                .rule = "policy",
                .sentence = "does not run: " + rules.error().full_message(),
                .at_s = {}};
    return told;
}

Result<void> do_to(schedule::Queue &queue, std::uint64_t id, QueueAction action, const schedule::Deed &deed) {
    switch (action) {
    case QueueAction::approve:
        return queue.approve(id, schedule::Approval::supervisor, deed);
    case QueueAction::approve_as_manager:
        return queue.approve(id, schedule::Approval::manager, deed);
    case QueueAction::reject:
        return queue.reject(id, deed);
    case QueueAction::cancel:
        return queue.cancel(id, deed);
    case QueueAction::cancel_retry:
        return queue.cancel_retry(id, deed);
    }
    return Error{Code::INVALID_ARGUMENT, "there is no such action on a scheduled update"};
}

// Whether users expect it to begin.
Result<bool> is_announced(schedule::Queue &queue, std::uint64_t id, std::int64_t now_s) {
    MOS_TRY(const auto entry, queue.rows().find(id));
    if (!entry || !entry->waits() || entry->rejected)
        return false;
    MOS_TRY(const auto announced, schedule::last_announcement(queue.rows(), id));
    return announced && announced->start_s > now_s;
}

void tell_called_off(Engine &engine, const state::QueueEntry &entry) {
    const Result<SchedulingRules> rules = load_rules(engine);
    if (!rules)
        return;
    LoggingObserver observer{base::silent_observer(), engine.log(), engine.events()};
    UserNotices{engine, *rules, observer}.tell_end(entry, false);
}

void fill_ports(Engine &engine, SchedulerPorts &ports) {
    if (ports.facts == nullptr)
        if (auto system = base::open_root("/"))
            ports.facts = std::make_shared<schedule::SystemFacts>(std::move(system).value(), engine.root(),
                                                                  base::system_processes());
    if (ports.random == nullptr)
        ports.random = std::make_shared<schedule::SystemRandom>();
    if (!ports.open_package)
        ports.open_package = base::open_file_source;
}

}  // namespace

Scheduler::Scheduler(std::shared_ptr<Engine> engine, SchedulerPorts ports)
    : m_engine(std::move(engine)), m_ports(std::move(ports)) {
    fill_ports(*m_engine, m_ports);
}

Result<schedule::Submitted> Scheduler::submit(const UpdateRequest &request) {
    schedule::Submission submission = submission_of(request);
    if (request.packages.size() > state::max_queued_packages)
        return Error{Code::LIMIT, "too many packages for one update"};
    for (const std::string &path : request.packages) {
        if (!path.starts_with('/'))
            return Error{Code::INVALID_ARGUMENT,
                         fmt::format("{} is no absolute path, and is to be found later", base::in_quotes(path))}
                .about(path);
        MOS_TRY(auto source, m_ports.open_package(path));
        MOS_TRY(const package::Statement statement, read_whole(*m_engine, std::move(source), path));
        submission.packages.push_back(row_of(path, statement));
        submission.made_s = std::max(submission.made_s, statement.created_unix_s);
        submission.needed_bytes = added(submission.needed_bytes, statement.payload_plain_bytes);
    }
    std::optional<schedule::Submitted> submitted;
    MOS_CHECK(change_queue(*m_engine, Session::Purpose::change, [&](schedule::Queue &queue) -> Result<void> {
        MOS_TRY(submission.estimated_s, estimate(queue, submission));
        MOS_TRY(submitted, queue.submit(submission, deed_of(*m_engine, request.reason), is_older));
        return {};
    }));
    return *std::move(submitted);
}

Result<void> Scheduler::act(std::uint64_t id, QueueAction action, const std::string &reason) {
    std::optional<state::QueueEntry> called_off;
    MOS_CHECK(change_queue(*m_engine, Session::Purpose::mend, [&](schedule::Queue &queue) -> Result<void> {
        MOS_TRY(const bool was_announced, is_announced(queue, id, m_engine->effective_now_unix_s()));
        MOS_CHECK(do_to(queue, id, action, deed_of(*m_engine, reason)));
        if (was_announced && (action == QueueAction::cancel || action == QueueAction::reject)) {
            MOS_TRY(called_off, queue.rows().find(id));
        }
        return {};
    }));
    if (called_off)
        tell_called_off(*m_engine, *called_off);
    return {};
}

Result<void> Scheduler::set_priority(std::uint64_t id, schedule::Priority priority, const std::string &reason) {
    return change_queue(*m_engine, Session::Purpose::mend, [&](schedule::Queue &queue) {
        return queue.set_priority(id, priority, deed_of(*m_engine, reason));
    });
}

Result<void> Scheduler::retry(std::uint64_t id, const schedule::RetryRequest &request, const std::string &reason) {
    return change_queue(*m_engine, Session::Purpose::mend,
                        [&](schedule::Queue &queue) { return queue.retry(id, request, deed_of(*m_engine, reason)); });
}

Result<std::unique_ptr<Job>> Scheduler::run_due() {
    return Job::create([engine = m_engine, ports = m_ports](base::Observer &observer, const Job::Ask &ask) {
        return run_due_work(engine, ports, observer, ask);
    });
}

Result<std::optional<std::int64_t>> Scheduler::next_wakeup() {
    MOS_TRY(const bool anything, has_work(*m_engine));
    if (!anything)
        return std::optional<std::int64_t>{};
    MOS_TRY(const SchedulingRules rules, load_rules(*m_engine));
    MOS_TRY(const Situation now, look_around(*m_engine, *m_ports.facts, pause_of(base::silent_observer())));
    MOS_TRY(const auto database, look(*m_engine));
    MOS_TRY(const auto left, state::Queue{*database}.leased());
    if (!left.empty())
        return std::optional{m_engine->effective_now_unix_s()};
    schedule::Queue queue{*database};
    return next_look(*m_engine, queue, rules, now);
}

Result<schedule::Explanation> Scheduler::explain(std::uint64_t id) {
    const Result<SchedulingRules> rules = load_rules(*m_engine);
    MOS_TRY(const Situation now, look_around(*m_engine, *m_ports.facts, pause_of(base::silent_observer())));
    MOS_TRY(const auto database, look(*m_engine));
    MOS_TRY(auto entry, state::Queue{*database}.find(id));
    if (!entry)
        return no_such_entry(id);
    return told(*m_engine, *std::move(entry), rules, now, is_anybody_there(*m_engine, rules));
}

Result<std::vector<schedule::Explanation>> Scheduler::list(state::QueueStates states, std::uint64_t after,
                                                           std::size_t limit) {
    const Result<SchedulingRules> rules = load_rules(*m_engine);
    Situation now;
    MOS_TRY(const bool anything, has_work(*m_engine));
    if (anything) {
        MOS_TRY(now, look_around(*m_engine, *m_ports.facts, pause_of(base::silent_observer())));
    }
    MOS_TRY(const auto database, look(*m_engine));
    MOS_TRY(std::vector<state::QueueEntry> rows, state::Queue{*database}.list(states, after, limit));
    std::vector<schedule::Explanation> found;
    found.reserve(rows.size());
    const bool is_there = is_anybody_there(*m_engine, rules);
    for (state::QueueEntry &row : rows)
        found.push_back(told(*m_engine, std::move(row), rules, now, is_there));
    return found;
}

schedule::UsagePattern Scheduler::usage() { return load_usage(*m_engine); }

Result<std::string> Scheduler::timer_unit() {
    MOS_TRY(const SchedulingRules rules, load_rules(*m_engine));
    return schedule::timer_unit(rules.policy);
}

Result<std::vector<state::QueueNote>> Scheduler::notes(std::uint64_t id) {
    MOS_TRY(const auto database, look(*m_engine));
    MOS_TRY(const auto entry, state::Queue{*database}.find(id));
    if (!entry)
        return no_such_entry(id);
    return state::Queue{*database}.notes(id);
}

}  // namespace mos::engine
