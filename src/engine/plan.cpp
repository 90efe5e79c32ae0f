#include <mos/engine/plan.hpp>

#include "bundles.hpp"
#include "job_events.hpp"
#include "time_floor.hpp"

#include <mos/crypto/field_digest.hpp>
#include <mos/engine/recovery_points.hpp>
#include <mos/transaction/apply.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace mos::engine {

namespace {

constexpr const char *keep = "keep";
constexpr const char *replace = "replace";
constexpr const char *stop = "stop";

}  // namespace

struct Plan::State {
    std::shared_ptr<Engine> engine;
    install::Steps steps;      // that were asked for, and what they bundle
    install::Steps effective;  // those of them that there is something to do for
    std::optional<RollbackStep> rollback;
    std::optional<install::Resolution> resolution;  // of the steps
    std::optional<View> view;
    bool has_job = false;

    // INVALID_ARGUMENT once the plan has its job, which has a copy of it.
    [[nodiscard]] Result<void> check_open() const;
    [[nodiscard]] Result<void> resolve(Session &session);
    [[nodiscard]] Result<JobOutcome> perform(base::Observer &observer, const Job::Ask &ask, const PlanRun &how);
    [[nodiscard]] Result<JobOutcome> perform_with(Session &session, JobEvents &events, const Job::Ask &ask,
                                                  const PlanRun &how);
    [[nodiscard]] std::string kind_of(const PlanRun &how) const {
        return how.kind.empty() ? rollback ? "rollback" : "update" : how.kind;
    }

  private:
    [[nodiscard]] Result<JobOutcome> perform_in(Session &session, const Job::Ask &ask, const PlanRun &how);
    void tell_done(const JobOutcome &outcome, const std::string &job) noexcept;
    [[nodiscard]] Result<void> judge_again(const std::string &job);
    [[nodiscard]] Result<void> resolve_rollback(transaction::Site &site);
    [[nodiscard]] Result<JobOutcome> perform_rollback(transaction::Site &site, const std::string &reason);
};

namespace {

Plan::Step step_of(const install::StepSummary &summary) {
    return {.action = static_cast<Plan::Step::Action>(summary.action),
            .name = summary.name,
            .version = summary.version,
            .old_version = summary.old_version,
            .signer = summary.signer};
}

void count(install::Totals &totals, const state::Operation &operation) {
    if (!operation.active) {
        ++totals.kept;
        return;
    }
    switch (operation.kind) {
    case state::OperationKind::exchange:
    case state::OperationKind::output:
        ++totals.replaced;
        break;
    case state::OperationKind::add:  // what was added goes
        ++totals.removed;
        break;
    case state::OperationKind::remove:
    case state::OperationKind::remove_directory:
        ++totals.added;
        break;
    case state::OperationKind::set_attributes:
        ++totals.attributes;
        break;
    }
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

// What a survey has to say, for the plan's view; nobody waits for it or cancels it.
class Collector final : public base::Observer {
  public:
    void report(const base::Progress & /*progress*/) override {}
    [[nodiscard]] Result<void> checkpoint() override { return {}; }
    void notice(std::string_view message) override {
        if (notices.size() < install::max_notices)
            notices.emplace_back(message);
        else if (notices.size() == install::max_notices)
            notices.emplace_back("… and more of the kind");
    }

    std::vector<std::string> notices;
};

// Everything that a rollback would do on the root as it is, in a form of which no two have the same bytes.
class RollbackDigest {
  public:
    explicit RollbackDigest(std::string_view recovery_point) {
        m_digest.text("multiosupdate rollback plan 2");
        m_digest.text(recovery_point);
    }
    void add(const state::Operation &operation) {
        m_digest.number(operation.slot);
        m_digest.text(operation.path);
        m_digest.number(static_cast<std::uint64_t>(operation.kind));
        m_digest.number(operation.active ? 1 : 0);
        m_digest.number(operation.leaving_inode);
    }
    [[nodiscard]] std::string finish() { return m_digest.finish(); }

  private:
    crypto::FieldDigest m_digest;
};

// Works out what taking back `owner` comes to; writes nothing.
Result<Plan::View> survey_rollback(transaction::Site &site, const state::Transaction &owner) {
    const std::string point = snapshot::recovery_point_name(owner.id);
    MOS_TRY(transaction::Stages stages, transaction::Stages::open(site, owner));
    Collector collector;
    transaction::Site surveyed{site.root, site.database, site.clock, collector};
    transaction::Surveyor surveyor{surveyed, stages, state::Direction::backward};
    RollbackDigest digest{point};
    Plan::View view;
    MOS_CHECK(state::Transactions{site.database}.for_each_operation(
        owner.id, state::Direction::backward, [&](const state::Operation &recorded) -> Result<void> {
            MOS_TRY(const state::Operation operation, surveyor.survey(recorded));
            digest.add(operation);
            count(view.totals, operation);
            return {};
        }));
    view.digest = digest.finish();
    view.notices = std::move(collector.notices);
    view.steps.push_back({.action = Plan::Step::Action::roll_back,
                          .name = point,
                          .version = {},
                          .old_version = owner.summary,
                          .signer = {}});
    return view;
}

}  // namespace

Result<void> Plan::State::resolve(Session &session) {
    transaction::Site &site = session.site();
    view.reset();
    if (rollback)
        return resolve_rollback(site);
    MOS_TRY(effective, install::drop_satisfied(site, steps));
    MOS_TRY(resolution, install::resolve(site, effective, &session.services()));
    View resolved{
        .digest = resolution->digest, .steps = {}, .totals = resolution->totals, .notices = resolution->cautions};
    std::ranges::copy(resolution->notices, std::back_inserter(resolved.notices));
    for (const install::StepSummary &summary : resolution->steps)
        resolved.steps.push_back(step_of(summary));
    view = std::move(resolved);
    return {};
}

Result<void> Plan::State::check_open() const {
    if (has_job)
        return Error{Code::INVALID_ARGUMENT, "the plan has been given to a job; a plan runs once"};
    return {};
}

Result<void> Plan::State::resolve_rollback(transaction::Site &site) {
    MOS_TRY(const state::Transaction owner, snapshot::find_rollback(site, rollback->recovery_point));
    MOS_TRY(view, survey_rollback(site, owner));
    return {};
}

Result<JobOutcome> Plan::State::perform_rollback(transaction::Site &site, const std::string &reason) {
    MOS_TRY(const state::Transaction owner, snapshot::find_rollback(site, rollback->recovery_point));
    MOS_TRY(const View now, survey_rollback(site, owner));
    const std::string &point = now.steps.front().name;
    if (view->steps.front().name != point)
        return Error{Code::PLAN_CHANGED, fmt::format("the newest change is {} by now, the plan takes back {}", point,
                                                     view->steps.front().name)};
    if (view->digest != now.digest)
        return Error{
            Code::PLAN_CHANGED,
            fmt::format("the root was changed since the plan was made: taking back {} would do something else", point)};
    transaction::Description description{.summary = fmt::format("roll back {} ({})", point, owner.summary),
                                         .reason = reason};
    // What no boot has used yet needs none to go away.
    description.boot = site.clock.boot_id();
    if (owner.boot != description.boot)
        description.reboot = owner.reboot;
    MOS_TRY(const state::Transaction done, transaction::roll_back(site, owner, description));
    return JobOutcome{.recovery_point = {},
                      .changed_paths = done.changed_paths,
                      .written_bytes = 0,
                      .reboot = done.reboot,
                      .notices = {}};
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
    return perform_with(session, events, ask, how);
}

Result<JobOutcome> Plan::State::perform_with(Session &session, JobEvents &events, const Job::Ask &ask,
                                             const PlanRun &how) {
    events.begin();
    session.observer().set_cause(events.name());
    Result<JobOutcome> outcome = perform_in(session, ask, how);
    session.keep_copy();
    session.observer().tell_events();
    if (outcome)
        tell_done(*outcome, events.name());
    events.end(outcome);
    return outcome;
}

void Plan::State::tell_done(const JobOutcome &outcome, const std::string &job) noexcept {
    engine->events().tell([&] { return events_of(*view, outcome, job); });
}

// A plan may have waited while somebody took trust back or changed the policy.
Result<void> Plan::State::judge_again(const std::string &job) {
    if (effective.installs.empty())
        return {};
    MOS_TRY(const Admission admission, engine->admission());
    for (const install::InstallStep &step : effective.installs) {
        auto judged = engine::judge_again(*step.package, admission);
        if (judged)
            continue;
        engine->tell_refused(step.package->name(), judged.error(), job);
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
    if (rollback)
        return perform_rollback(session.site(), how.reason);
    MOS_CHECK(judge_again(session.observer().cause()));
    MOS_TRY(const install::Outcome outcome,
            install::carry_out(
                session.site(), effective, *resolution,
                {.ask = asker(ask), .reason = how.reason, .services = &session.services(), .record = how.record}));
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

Plan::~Plan() = default;

Plan::Plan(std::shared_ptr<Engine> engine) : m_state(std::make_unique<State>()) { m_state->engine = std::move(engine); }

Result<void> Plan::install(std::unique_ptr<base::Source> source, const install::InstallOptions &options) {
    MOS_CHECK(m_state->check_open());
    if (m_state->rollback)
        return Error{Code::INVALID_ARGUMENT, "the plan is a rollback, which is the only step of its plan"};
    m_state->view.reset();
    return Bundles{*m_state->engine, m_state->steps}.add(std::move(source), options);
}

Result<void> Plan::remove(install::RemoveStep step) {
    MOS_CHECK(m_state->check_open());
    if (m_state->rollback)
        return Error{Code::INVALID_ARGUMENT, "the plan is a rollback, which is the only step of its plan"};
    m_state->steps.removals.push_back(std::move(step));
    m_state->view.reset();
    return {};
}

Result<void> Plan::roll_back(RollbackStep step) {
    MOS_CHECK(m_state->check_open());
    if (!m_state->steps.empty() || m_state->rollback)
        return Error{Code::INVALID_ARGUMENT, "a rollback is the only step of its plan"};
    m_state->rollback = std::move(step);
    m_state->view.reset();
    return {};
}

Result<void> Plan::resolve() {
    MOS_CHECK(m_state->check_open());
    MOS_TRY(Session session, Session::open(*m_state->engine, base::silent_observer(), Session::Purpose::mend));
    return m_state->resolve(session);
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
