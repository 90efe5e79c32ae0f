#include <mos/engine/plan.hpp>

#include "automatic_rollback.hpp"
#include "bundles.hpp"
#include "job_events.hpp"
#include "notice_collector.hpp"
#include "put_back_step.hpp"
#include "rollback_plan.hpp"
#include "time_floor.hpp"

#include <mos/base/check_line.hpp>
#include <mos/base/remembered_source.hpp>
#include <mos/engine/recovery_mode.hpp>
#include <mos/engine/recovery_points.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace mos::engine {

namespace {

// Of a package that is to be spared: room for its head and index, which are read several times.
constexpr std::size_t remembered_bytes = 4U << 20U;

constexpr const char *keep = "keep";
constexpr const char *replace = "replace";
constexpr const char *stop = "stop";

}  // namespace

struct Plan::State {
    std::shared_ptr<Engine> engine;
    install::Steps steps;      // that were asked for, and what they bundle
    install::Steps effective;  // those of them that there is something to do for
    std::optional<RollbackStep> rollback;
    std::optional<RollbackPlan> way_back;  // of it, once it was resolved
    std::shared_ptr<PutBackStep> put_back;
    std::optional<install::Resolution> resolution;  // of the steps
    std::optional<install::HealthRules> health;     // by which they are judged when they are in place
    std::optional<View> view;
    std::vector<Exemption> exemptions;  // of what was resolved
    std::vector<std::string> notices;   // that were given with the steps
    std::vector<std::string> mended;    // what opening the root for the planning has mended, as a lost database
    bool has_job = false;

    // INVALID_ARGUMENT once the plan has its job, which has a copy of it.
    [[nodiscard]] Result<void> check_open() const;
    // The same where it has a step beside which there is no other.
    [[nodiscard]] Result<void> check_further_step() const;
    [[nodiscard]] Result<void> resolve(Session &session);
    [[nodiscard]] Result<JobOutcome> perform(base::Observer &observer, const Job::Ask &ask, const PlanRun &how);
    [[nodiscard]] Result<JobOutcome> perform_with(Session &session, JobEvents &events, const Job::Ask &ask,
                                                  const PlanRun &how);
    [[nodiscard]] std::string kind_of(const PlanRun &how) const {
        if (!how.kind.empty())
            return how.kind;
        if (put_back != nullptr)
            return "restore";
        return rollback ? "rollback" : "update";
    }
    void add_heard(NoticeCollector &heard);

  private:
    [[nodiscard]] Result<JobOutcome> perform_in(Session &session, const Job::Ask &ask, const PlanRun &how);
    void tell_done(const JobOutcome &outcome, const std::string &reason, const std::string &job) noexcept;
    [[nodiscard]] Result<void> judge_again(const std::string &job);
    [[nodiscard]] Result<JobOutcome> perform_put_back(Session &session, const Job::Ask &ask, const std::string &reason);
};

namespace {

Plan::Step step_of(const install::StepSummary &summary) {
    return {.action = static_cast<Plan::Step::Action>(summary.action),
            .name = summary.name,
            .version = summary.version,
            .old_version = summary.old_version,
            .signer = summary.signer};
}

// Of names that share a file, the first can't stay alone: the others would have nothing to be links of.
Question question_about(const install::Change &change) {
    const bool shared = change.wanted != nullptr && change.wanted->first_of_links;
    const std::string_view keeping = shared ? "" : "keep it, or ";
    std::vector<std::string> choices{replace, stop};
    if (!shared)
        choices.insert(choices.begin(), keep);
    return {.id = 0,
            .text = fmt::format("{} {}: {}replace it by the package's (it then goes into the recovery point)?",
                                base::in_quotes(change.path), change.note, keeping),
            .object = std::string{change.path},
            .choices = std::move(choices),
            .fallback = stop};
}

install::Asker asker(const Job::Ask &ask) {
    return [&ask](const install::Change &change) -> Result<install::Answer> {
        MOS_TRY(const std::string answer, ask(question_about(change)));
        if (answer == keep)
            return install::Answer::keep;
        return answer == replace ? install::Answer::replace : install::Answer::stop;
    };
}

}  // namespace

Result<void> Plan::State::resolve(Session &session) {
    transaction::Site &site = session.site();
    view.reset();
    if (rollback) {
        MOS_TRY(way_back, RollbackPlan::make(*engine, session, *rollback));
        exemptions = way_back->exemptions();
        view = way_back->view();
        return {};
    }
    if (put_back != nullptr) {
        MOS_TRY(view, put_back->resolve(*engine, session));
        return {};
    }
    MOS_TRY(effective, install::drop_satisfied(site, steps));
    MOS_CHECK(apply_downgrade_policy(*engine, site, effective));
    MOS_TRY(health, health_rules(session, *engine));
    MOS_TRY(resolution, install::resolve(site, effective, &session.services(), &*health));
    View resolved{.digest = resolution->digest, .steps = {}, .totals = resolution->totals, .notices = notices};
    std::ranges::copy(resolution->cautions, std::back_inserter(resolved.notices));
    MOS_TRY(exemptions, judge_installs(*engine, site, effective.installs));
    std::ranges::move(notices_of(exemptions), std::back_inserter(resolved.notices));
    std::ranges::copy(resolution->notices, std::back_inserter(resolved.notices));
    for (const install::StepSummary &summary : resolution->steps)
        resolved.steps.push_back(step_of(summary));
    if (!effective.installs.empty())
        if (const auto taken = check_takes_updates(engine->root()); !taken)
            resolved.notices.push_back(fmt::format("it will be refused: {}", taken.error().full_message()));
    view = std::move(resolved);
    return {};
}

Result<void> Plan::State::check_open() const {
    if (has_job)
        return Error{Code::INVALID_ARGUMENT, "the plan has been given to a job; a plan runs once"};
    return {};
}

Result<void> Plan::State::check_further_step() const {
    MOS_CHECK(check_open());
    if (rollback)
        return Error{Code::INVALID_ARGUMENT, "the plan is a rollback, which is the only step of its plan"};
    if (put_back != nullptr)
        return Error{Code::INVALID_ARGUMENT, "the plan is a restoration, which is the only step of its plan"};
    return {};
}

// Nothing is told between the decision of the transaction and its end: what happens then is told when all is done.
Result<JobOutcome> Plan::State::perform(base::Observer &observer, const Job::Ask &ask, const PlanRun &how) {
    JobEvents events{*engine, kind_of(how)};
    auto opened = Session::open(*engine, observer, Session::Purpose::change);
    if (!opened) {
        events.end(opened.error());
        return std::move(opened).error();
    }
    Session session = std::move(opened).value();
    for (const std::string &notice : std::exchange(mended, {}))
        observer.notice(notice);  // which is an event already
    return perform_with(session, events, ask, how);
}

// What planning was told beside what is in the view already.
void Plan::State::add_heard(NoticeCollector &heard) {
    std::vector<std::string> told = mended;
    std::ranges::move(heard.take(), std::back_inserter(told));
    for (std::string &notice : told)
        if (std::ranges::find(view->notices, notice) == view->notices.end())
            view->notices.push_back(std::move(notice));
}

Result<JobOutcome> Plan::State::perform_with(Session &session, JobEvents &events, const Job::Ask &ask,
                                             const PlanRun &how) {
    events.begin();
    session.observer().set_cause(events.name());
    Result<JobOutcome> outcome = perform_in(session, ask, how);
    session.keep_copy();
    session.observer().tell_events();
    if (outcome)
        tell_done(*outcome, how.reason, events.name());
    events.end(outcome);
    return outcome;
}

void Plan::State::tell_done(const JobOutcome &outcome, const std::string &reason, const std::string &job) noexcept {
    if (put_back != nullptr) {
        engine->events().tell([&] { return put_back->event(outcome, job); });
        return;
    }
    engine->events().tell([&] {
        std::vector<base::Event> events = events_of(*view, outcome, job);
        std::ranges::move(events_of(exemptions, reason, job), std::back_inserter(events));
        return events;
    });
}

// A plan may have waited while somebody took trust back or changed the policy.
Result<void> Plan::State::judge_again(const std::string &job) {
    if (effective.installs.empty())
        return {};
    MOS_TRY(const Admission admission, engine->admission());
    for (const install::InstallStep &step : effective.installs)
        for (const package::Package *const package : {step.package.get(), step.options.full_package.get()}) {
            if (package == nullptr)
                continue;
            auto judged = engine::judge_again(*package, admission);
            if (judged)
                continue;
            engine->tell_refused(package->name(), judged.error(), job);
            return judged;
        }
    return {};
}

Result<JobOutcome> Plan::State::perform_in(Session &session, const Job::Ask &ask, const PlanRun &how) {
    if (!view)
        MOS_CHECK(resolve(session));
    if (how.expected_digest && *how.expected_digest != view->digest)
        return Error{Code::PLAN_CHANGED, fmt::format("the plan to run has the digest {}, {} was expected", view->digest,
                                                     base::in_quotes(*how.expected_digest))};
    if (rollback) {
        MOS_TRY(JobOutcome outcome, way_back->perform(*engine, session, ask, how.reason));
        exemptions = way_back->exemptions();
        return outcome;
    }
    if (put_back != nullptr)
        return perform_put_back(session, ask, how.reason);
    if (!effective.installs.empty())
        MOS_CHECK(check_takes_updates(engine->root()));
    MOS_CHECK(judge_again(session.observer().cause()));
    MOS_TRY(exemptions, judge_installs(*engine, session.site(), effective.installs));
    MOS_CHECK(check_reason(exemptions, how.reason));
    for (const std::string &notice : notices)
        session.site().observer.notice(notice);
    // Who is not asked is told also where nobody is; the plan was perhaps made in another session.
    MOS_TRY(const bool anybody, session.health().any(session.site().observer));
    static_cast<void>(anybody);
    MOS_TRY(const install::Outcome outcome, install::carry_out(session.site(), effective, *resolution,
                                                               {.ask = asker(ask),
                                                                .reason = how.reason,
                                                                .services = &session.services(),
                                                                .health = &*health,
                                                                .record = how.record}));
    for (const install::InstallStep &step : effective.installs)
        if (const auto raised = raise_time_floor(engine->root(), *step.package, engine->clock()); !raised)
            session.site().observer.notice(
                fmt::format("the time that the package tells was not kept: {}", raised.error().full_message()));
    JobOutcome result{.recovery_point = snapshot::recovery_point_name(outcome.transaction),
                      .changed_paths = outcome.changed_paths,
                      .written_bytes = outcome.written_bytes,
                      .reboot = fmt::format("{}", fmt::join(resolution->reboot, " ")),
                      .notices = {}};
    // The update is done and durable; old recovery points that can't be cleaned up now are cleaned up next time.
    retain_points(session, *engine);
    return result;
}

Result<JobOutcome> Plan::State::perform_put_back(Session &session, const Job::Ask &ask, const std::string &reason) {
    MOS_TRY(JobOutcome outcome, put_back->perform(*engine, session, ask, reason));
    retain_points(session, *engine);
    return outcome;
}

Plan::~Plan() = default;

Plan::Plan(std::shared_ptr<Engine> engine) : m_state(std::make_unique<State>()) { m_state->engine = std::move(engine); }

Result<void> Plan::install(std::unique_ptr<base::Source> source, const install::InstallOptions &options,
                           std::unique_ptr<base::Source> full_package) {
    MOS_CHECK(m_state->check_further_step());
    m_state->view.reset();
    install::InstallOptions with_full = options;
    if (full_package != nullptr) {
        MOS_TRY(package::Package full, m_state->engine->authenticate(std::move(full_package)));
        with_full.full_package = std::make_shared<package::Package>(std::move(full));
    }
    if (options.reuse == install::Reuse::installed)
        source = std::make_unique<base::RememberedSource>(std::move(source), remembered_bytes);
    return Bundles{*m_state->engine, m_state->steps}.add(std::move(source), with_full);
}

void Plan::add_notice(std::string notice) {
    m_state->notices.push_back(std::move(notice));
    m_state->view.reset();
}

Result<void> Plan::remove(install::RemoveStep step) {
    MOS_CHECK(m_state->check_further_step());
    m_state->steps.removals.push_back(std::move(step));
    m_state->view.reset();
    return {};
}

Result<void> Plan::roll_back(RollbackStep step) {
    MOS_CHECK(m_state->check_further_step());
    if (!m_state->steps.empty())
        return Error{Code::INVALID_ARGUMENT, "a rollback is the only step of its plan"};
    if (step.is_emergency && step.keep_way_forward)
        return Error{Code::INVALID_ARGUMENT,
                     "a rollback in an emergency takes the fewest steps, and keeps no way forward"};
    m_state->rollback = std::move(step);
    m_state->view.reset();
    return {};
}

Result<void> Plan::restore(RestoreStep step) {
    MOS_CHECK(m_state->check_further_step());
    if (!m_state->steps.empty())
        return Error{Code::INVALID_ARGUMENT, "a restoration is the only step of its plan"};
    MOS_TRY(m_state->put_back, PutBackStep::open(*m_state->engine, std::move(step)));
    m_state->view.reset();
    return {};
}

Result<void> Plan::resolve() {
    MOS_CHECK(m_state->check_open());
    NoticeCollector heard;
    MOS_TRY(Session session, Session::open(*m_state->engine, heard, Session::Purpose::mend));
    std::ranges::move(heard.take(), std::back_inserter(m_state->mended));
    MOS_CHECK(m_state->resolve(session));
    m_state->add_heard(heard);
    return {};
}

Result<JobOutcome> Plan::run_in(Session &session, const Job::Ask &ask, const PlanRun &how) {
    MOS_CHECK(m_state->check_open());
    m_state->has_job = true;
    JobEvents events{*m_state->engine, m_state->kind_of(how)};
    return m_state->perform_with(session, events, ask, how);
}

// A package comes after those that it carries.
const package::Statement &Plan::newest_statement() const { return m_state->steps.installs.back().package->statement(); }

const Plan::View *Plan::view() const noexcept { return m_state->view ? &*m_state->view : nullptr; }

Result<std::unique_ptr<Job>> Plan::make_job(std::optional<std::string> expected_digest, std::string reason) {
    MOS_CHECK(m_state->check_open());
    MOS_CHECK(base::check_line("reason", reason, base::max_reason_bytes));
    // The job has a state of its own: it may outlive the plan, and works on another thread.
    const PlanRun how{.expected_digest = std::move(expected_digest), .reason = std::move(reason)};
    MOS_TRY(auto job, Job::create([state = std::make_shared<State>(*m_state), how](base::Observer &observer,
                                                                                   const Job::Ask &ask) {
                return state->perform(observer, ask, how);
            }));
    m_state->has_job = true;
    return job;
}

}  // namespace mos::engine
