#include "rollback_plan.hpp"

#include "automatic_rollback.hpp"
#include "merge_source.hpp"
#include "notice_collector.hpp"
#include "rollback_hooks.hpp"
#include "way_back_risks.hpp"

#include <mos/crypto/field_digest.hpp>
#include <mos/engine/recovery_points.hpp>
#include <mos/snapshot/change_source.hpp>
#include <mos/transaction/apply.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace mos::engine {

using install::shown_version;
using snapshot::PackageStep;
using snapshot::recovery_point_name;
using state::InstalledPackage;

namespace {

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
        totals.attributes += operation.before == operation.after ? 0U : 1U;
        break;
    }
}

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

Plan::Step rollback_step(const state::Transaction &first) {
    return {.action = Plan::Step::Action::roll_back,
            .name = recovery_point_name(first.id),
            .version = {},
            .old_version = first.summary,
            .signer = {}};
}

std::string shown(const std::optional<InstalledPackage> &package) {
    return package ? shown_version(package->version, package->release) : std::string{};
}

// What becomes of a package: it is lost, comes back, or is another version.
Plan::Step package_step(const PackageStep &step) {
    using Action = Plan::Step::Action;
    Plan::Step shown_step{.action = Action::downgrade,
                          .name = step.name,
                          .version = shown(step.before),
                          .old_version = shown(step.now),
                          .signer = step.before ? step.before->signer : std::string{}};
    if (!step.before)
        shown_step.action = Action::remove;
    else if (!step.now)
        shown_step.action = Action::install;
    else if (shown_step.version == shown_step.old_version)
        shown_step.action = Action::reinstall;
    return shown_step;
}

// A change in place moves what it replaced back; anything else needs a restoration.
bool may_be_in_place(const RollbackStep &step, const RollbackTarget &target) {
    return target.is_newest_alone && step.scope == RollbackScope::everything &&
           (step.merge == MergeRule::usual || step.merge == MergeRule::keep) && !step.keep_way_forward;
}

Error plan_changed(std::string_view point) {
    return Error{
        Code::PLAN_CHANGED,
        fmt::format("the root was changed since the plan was made: going back to {} would do something else", point)};
}

// The configuration files of a package that is there or was.
Result<std::set<std::string, std::less<>>>
configuration_of(transaction::Site &site, const std::vector<PackageStep> &steps, const std::string &component) {
    std::vector<std::uint64_t> rows;
    MOS_TRY(const auto installed, state::Packages{site.database}.list());
    for (const InstalledPackage &one : installed)
        if (component.empty() || one.name == component)
            rows.push_back(one.id);
    for (const PackageStep &step : steps)
        if (step.before && (component.empty() || step.name == component))
            rows.push_back(step.before->id);
    std::set<std::string, std::less<>> paths;
    MOS_TRY(auto files, state::InstalledFileCursor::open(site.database, rows));
    for (;;) {
        MOS_TRY(const auto file, files.next());
        if (!file)
            return paths;
        if (file->role == state::FileRole::configuration)
            paths.insert(file->path);
    }
}

std::string what_goes_back(const RollbackStep &step, const state::Transaction &first, bool is_newest_alone) {
    const std::string point = recovery_point_name(first.id);
    switch (step.scope) {
    case RollbackScope::package:
        return fmt::format("roll back package {} to before {}", step.name, point);
    case RollbackScope::configuration:
        return fmt::format("roll back configuration{}{} to before {}", step.name.empty() ? "" : " of ", step.name,
                           point);
    case RollbackScope::everything:
        break;
    }
    return is_newest_alone ? fmt::format("roll back {} ({})", point, first.summary)
                           : fmt::format("roll back to before {} ({})", point, first.summary);
}

// A restoration's source with what the step asks of it.
struct Restoration {
    std::unique_ptr<MergeSource> source;
    snapshot::RestoreOptions options;
};

Result<Restoration> open_restoration(transaction::Site &site, const RollbackStep &step, const RollbackTarget &target) {
    MOS_TRY(auto changes, snapshot::open_source(site, target.first.id));
    Restoration restoration;
    // Without a word a captured point comes back whole.
    const auto edits = target.is_captured && step.merge != MergeRule::usual ? MergeSource::Edits::told
                                                                            : MergeSource::Edits::as_the_source_says;
    restoration.source = std::make_unique<MergeSource>(site.root, std::move(changes), step.merge, edits);
    restoration.options.decide = [&source = *restoration.source](const snapshot::RestoreFinding &finding) {
        return source.decide(finding);
    };
    if (step.scope == RollbackScope::package) {
        if (step.merge == MergeRule::keep_both)
            return Error{Code::UNSUPPORTED, "both files can be kept by a rollback of everything or of configuration, "
                                            "not of one package"};
        restoration.options.packages = {step.name};
    } else if (step.scope == RollbackScope::configuration) {
        restoration.options.rows = snapshot::RestoreOptions::Rows::stay;
        MOS_TRY(const auto steps, restoration.source->packages());
        MOS_TRY(auto paths, configuration_of(site, steps, step.name));
        restoration.options.wanted = [paths = std::move(paths),
                                      component = step.name](const snapshot::PastPath &past) -> Result<bool> {
            const bool is_folder_above =
                past.entry && past.entry->type == base::FileType::directory && !is_component_path(past.path, component);
            return !is_folder_above && (paths.contains(past.path) || is_component_path(past.path, component));
        };
    }
    return restoration;
}

}  // namespace

Result<RollbackPlan> RollbackPlan::make(Engine &engine, Session &session, const RollbackStep &step) {
    RollbackPlan plan{step};
    MOS_CHECK(plan.work_out(engine, session, Occasion::planning));
    return plan;
}

Result<void> RollbackPlan::work_out(Engine &engine, Session &session, Occasion occasion) {
    transaction::Site &site = session.site();
    MOS_TRY(m_target, find_target(site, m_step));
    m_view = {};
    if (m_step.only_newest && !m_target->is_newest_alone)
        return snapshot::find_rollback(site, recovery_point_name(m_target->first.id)).error();
    m_in_place = may_be_in_place(m_step, *m_target);
    if (!m_in_place)
        return survey_restoration(engine, session);
    Result<void> surveyed = survey_change(engine, site, occasion);
    if (surveyed || surveyed.error().code() != Code::CONFLICT)
        return surveyed;
    // A folder that goes with what somebody has put into it, or changed in it: a restoration goes round that.
    m_in_place = false;
    m_view.notices.push_back(surveyed.error().message() +
                             ": all else goes back by a change of its own, which can be taken back itself");
    return survey_restoration(engine, session);
}

snapshot::PutAside RollbackPlan::put_aside_rule() const noexcept {
    return m_step.is_emergency ? snapshot::PutAside::may_lack : snapshot::PutAside::must_be_whole;
}

Result<void> RollbackPlan::judge(Engine &engine, transaction::Site &site, const std::vector<InstalledPackage> &leaving,
                                 const std::vector<InstalledPackage> &returning,
                                 const std::set<std::uint32_t> &owners) {
    NoticeCollector collector;
    transaction::Site heard{site.root, site.database, site.clock, collector};
    auto judged = judge_return(engine, heard, returning);
    if (!judged)
        engine.events().tell([&] {
            base::Event event = base::make_event(base::EventType::rollback_refused,
                                                 recovery_point_name(m_target->first.id), judged.error().message());
            event.cause = error_number(judged.error());
            event.payload = error_fields(judged.error());
            return event;
        });
    MOS_TRY(m_exemptions, std::move(judged));
    MOS_TRY(m_risks, way_back_risks(heard, leaving, owners));
    std::ranges::move(notices_of(m_exemptions), std::back_inserter(m_view.notices));
    for (const std::string &risk : m_risks)
        m_view.notices.push_back(risk + "; it is asked about before anything is changed");
    std::ranges::move(collector.notices, std::back_inserter(m_view.notices));
    return {};
}

Result<void> RollbackPlan::survey_change(Engine &engine, transaction::Site &site, Occasion occasion) {
    const std::string point = recovery_point_name(m_target->first.id);
    MOS_TRY(const state::Transaction owner, snapshot::find_rollback(site, point));
    MOS_TRY(transaction::Stages stages, transaction::Stages::open(site, owner));
    NoticeCollector collector;
    transaction::Site surveyed{site.root, site.database, site.clock, collector};
    // Once is enough where it may only refuse, which costs a look at each file.
    if (m_step.is_emergency || occasion == Occasion::performing)
        MOS_CHECK(
            snapshot::check_put_aside(occasion == Occasion::performing ? site : surveyed, owner, put_aside_rule()));
    transaction::Surveyor surveyor{surveyed, stages, state::Direction::backward};
    RollbackDigest digest{point};
    MOS_CHECK(state::Transactions{site.database}.for_each_operation(
        owner.id, state::Direction::backward, [&](const state::Operation &recorded) -> Result<void> {
            MOS_TRY(const state::Operation operation, surveyor.survey(recorded));
            digest.add(operation);
            count(m_view.totals, operation);
            return {};
        }));
    m_view.digest = digest.finish();
    m_view.steps.push_back(rollback_step(owner));
    state::Packages packages{site.database};
    MOS_TRY(const auto leaving, packages.brought_by(owner.id));
    MOS_TRY(const auto returning, packages.taken_away_by(owner.id));
    MOS_CHECK(judge(engine, site, leaving, returning, surveyor.returning_owners()));
    std::ranges::move(collector.notices, std::back_inserter(m_view.notices));
    return {};
}

// In an emergency nobody is asked: that is the way out of a system that is not well whatever is done.
Result<void> RollbackPlan::find_health(Engine &engine, Session &session, const snapshot::RestorePlan &plan) {
    m_health.reset();
    if (m_step.is_emergency)
        return {};
    std::vector<std::string> packages;
    for (const PackageStep &step : plan.packages)
        if (step.before)
            packages.push_back(step.name);
    const bool brings = std::ranges::any_of(plan.items, [](const snapshot::RestoreItem &item) {
        return item.past.entry && install::is_health_check_path(item.past.path);
    });
    MOS_TRY(m_health,
            health_hook(session, engine, std::move(packages), brings ? HealthPrograms::come : HealthPrograms::stay));
    if (m_health)
        m_view.notices.emplace_back(install::health_notice);
    return {};
}

Result<void> RollbackPlan::survey_restoration(Engine &engine, Session &session) {
    transaction::Site &site = session.site();
    MOS_TRY(Restoration restoration, open_restoration(site, m_step, *m_target));
    MOS_TRY(const snapshot::RestorePlan plan, snapshot::plan_restore(site, *restoration.source, restoration.options));
    if (plan.empty())
        return Error{Code::NOTHING_TO_ROLL_BACK, fmt::format("everything is as it was at {} already", plan.point)};
    m_view.digest = plan.digest;
    m_view.totals.added = plan.created;
    m_view.totals.replaced = plan.replaced;
    m_view.totals.attributes = plan.attributes;
    m_view.totals.removed = plan.removed;
    m_view.totals.write_bytes = plan.content_bytes;
    m_view.steps.push_back(rollback_step(m_target->first));
    std::vector<InstalledPackage> leaving;
    std::vector<InstalledPackage> returning;
    for (const PackageStep &step : plan.packages) {
        m_view.steps.push_back(package_step(step));
        if (step.now)
            leaving.push_back(*step.now);
        if (step.before)
            returning.push_back(*step.before);
    }
    std::set<std::uint32_t> owners;
    for (const snapshot::RestoreItem &item : plan.items)
        if (item.past.entry)
            owners.insert(item.past.entry->attributes.owner);
    MOS_CHECK(judge(engine, site, leaving, returning, owners));
    for (std::size_t i = 0; i < plan.findings.size() && m_view.notices.size() < install::max_notices; ++i) {
        const bool stays = plan.choices[i] == snapshot::RestoreChoice::keep;
        m_view.totals.kept += stays ? 1U : 0U;
        m_view.notices.push_back(
            fmt::format("{}, and {}", plan.findings[i].sentence, stays ? "stays" : "goes into the new recovery point"));
    }
    return find_health(engine, session, plan);
}

Result<JobOutcome> RollbackPlan::perform(Engine &engine, Session &session, const Job::Ask &ask,
                                         const std::string &reason) {
    transaction::Site &site = session.site();
    const std::string digest = m_view.digest;
    const std::string point = m_view.steps.front().name;
    MOS_CHECK(work_out(engine, session, Occasion::performing));
    if (m_view.steps.front().name != point)
        return Error{Code::PLAN_CHANGED, fmt::format("the newest change is {} by now, the plan takes back {}",
                                                     m_view.steps.front().name, point)};
    if (m_view.digest != digest)
        return plan_changed(point);
    MOS_CHECK(check_reason(m_exemptions, reason));
    MOS_CHECK(settle_risks(m_risks, m_step.risks, ask));
    return m_in_place ? take_change_back(site, reason) : restore(engine, session, ask, reason);
}

Result<JobOutcome> RollbackPlan::take_change_back(transaction::Site &site, const std::string &reason) {
    MOS_TRY(const state::Transaction owner, snapshot::find_rollback(site, recovery_point_name(m_target->first.id)));
    transaction::Description description{.summary = what_goes_back(m_step, owner, true), .reason = reason};
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

Result<JobOutcome> RollbackPlan::restore(Engine &engine, Session &session, const Job::Ask &ask,
                                         const std::string &reason) {
    transaction::Site &site = session.site();
    MOS_TRY(Restoration restoration, open_restoration(site, m_step, *m_target));
    restoration.source->ask_by(ask);
    snapshot::RestoreJob job;
    job.description = {.summary = what_goes_back(m_step, m_target->first, m_target->is_newest_alone), .reason = reason};
    job.description.boot = site.clock.boot_id();
    // Answers may make it another plan than the one in which everything changed stays.
    if (m_step.merge != MergeRule::ask)
        job.expected_digest = m_view.digest;
    if (m_step.scope != RollbackScope::configuration) {
        const std::string package = m_step.scope == RollbackScope::package ? m_step.name : std::string{};
        MOS_TRY(job.description.hooks, hooks_of_way_back(site, m_target->first.id, package));
    }
    if (m_health) {
        m_health->rank = job.description.hooks.size();  // the last: services run again by then
        job.description.hooks.push_back(*m_health);
    }
    MOS_TRY(job.description.reboot, reboots_of_way_back(site, m_target->first.id));
    MOS_TRY(const snapshot::RestoreOutcome outcome,
            snapshot::restore(site, *restoration.source, restoration.options, job));
    JobOutcome result{.recovery_point = recovery_point_name(outcome.transaction),
                      .changed_paths = outcome.changed_paths,
                      .written_bytes = outcome.copied_bytes,
                      .reboot = job.description.reboot,
                      .notices = {}};
    retain_points(session, engine);
    return result;
}

}  // namespace mos::engine
