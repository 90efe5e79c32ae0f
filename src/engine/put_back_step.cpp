#include "put_back_step.hpp"

#include "automatic_rollback.hpp"

#include <mos/base/path.hpp>

#include <fmt/format.h>

namespace mos::engine {

using snapshot::NewerAnswer;

namespace {

constexpr const char *keep = "keep";
constexpr const char *replace = "replace";
constexpr const char *stop = "stop";

snapshot::NewerAsker asker(const Job::Ask &ask) {
    return [&ask](const std::string &path) -> Result<NewerAnswer> {
        MOS_TRY(const std::string answer,
                ask({.id = 0,
                     .text = fmt::format("{} is newer than the backup's: keep it, or replace it by the backup's (it "
                                         "then goes into the recovery point)?",
                                         base::in_quotes(path)),
                     .object = path,
                     .choices = {keep, replace, stop},
                     .fallback = keep}));
        if (answer == keep)
            return NewerAnswer::keep;
        return answer == replace ? NewerAnswer::replace : NewerAnswer::stop;
    };
}

std::string what_it_holds(const snapshot::BackupAbout &about) {
    if (about.paths.empty())
        return {};
    const std::string first = base::printable(about.paths.front());
    return about.paths.size() == 1 ? first : fmt::format("{} and {} more", first, about.paths.size() - 1);
}

}  // namespace

Result<std::shared_ptr<PutBackStep>> PutBackStep::open(Engine &engine, RestoreStep step) {
    MOS_TRY(snapshot::OpenedBackup backup, open_chosen(engine, step.from));
    step.options.name = shown_backup(backup);
    step.options.destination = base::without_outer_slashes(step.options.destination);
    return std::shared_ptr<PutBackStep>{new PutBackStep{std::move(backup), std::move(step.options)}};
}

Result<Plan::View> PutBackStep::resolve(Engine &engine, Session &session) {
    transaction::Site &site = session.site();
    m_plan.reset();
    MOS_CHECK(snapshot::check_archive(m_backup, site.observer));
    MOS_TRY(m_plan, snapshot::plan_put_back(site, *m_backup.source, m_options));
    const bool keeps = m_options.on_newer == snapshot::NewerRule::keep;
    Plan::View view;
    view.digest = m_plan->digest;
    view.totals.added = m_plan->added;
    view.totals.replaced = m_plan->replaced + (keeps ? 0 : m_plan->newer);
    view.totals.attributes = m_plan->attributes;
    view.totals.unchanged = m_plan->unchanged;
    view.totals.kept = keeps ? m_plan->newer : 0;
    view.totals.write_bytes = m_plan->write_bytes;
    view.notices = m_plan->notices;
    MOS_TRY(const auto health, health_hook(session, engine, {}, HealthPrograms::stay));
    if (health)
        view.notices.emplace_back(install::health_notice);
    view.steps.push_back({.action = Plan::Step::Action::restore,
                          .name = m_options.name,
                          .version = {},
                          .old_version = what_it_holds(m_plan->about),
                          .signer = {}});
    return view;
}

Result<JobOutcome> PutBackStep::perform(Engine &engine, Session &session, const Job::Ask &ask,
                                        const std::string &reason) {
    transaction::Site &site = session.site();
    snapshot::PutBackOptions options = m_options;
    options.reason = reason;
    MOS_TRY(const auto health, health_hook(session, engine, {}, HealthPrograms::stay));
    if (health)
        options.hooks = {*health};
    MOS_TRY(const snapshot::PutBack done, snapshot::put_back(site, *m_backup.source, *m_plan, options, asker(ask)));
    return JobOutcome{.recovery_point =
                          done.transaction == 0 ? std::string{} : snapshot::recovery_point_name(done.transaction),
                      .changed_paths = done.changed_paths,
                      .written_bytes = done.written_bytes,
                      .notices = {}};
}

base::Event PutBackStep::event(const JobOutcome &outcome, const std::string &job) const {
    base::Event event =
        base::make_event(base::EventType::backup_restored, outcome.recovery_point,
                         outcome.recovery_point.empty() ? fmt::format("everything is as in {}", m_options.name)
                                                        : fmt::format("files of {} were put back; {} takes it back",
                                                                      m_options.name, outcome.recovery_point));
    event.cause = job;
    event.payload = {{"backup", m_options.name}, {"changed_paths", static_cast<std::int64_t>(outcome.changed_paths)}};
    return event;
}

}  // namespace mos::engine
