#include <mos/snapshot/restore.hpp>

#include "content.hpp"

#include <mos/base/path.hpp>

#include <fmt/format.h>

#include <map>

namespace mos::snapshot {

using base::FileType;
using Action = RestoreItem::Action;

namespace {

class Restorer {
  public:
    Restorer(transaction::Site &site, RestorationSource &source, transaction::Stage &stage, const RestorePlan &plan)
        : m_site(site), m_source(source), m_stage(stage) {
        m_progress.phase = base::Phase::staging;
        m_progress.total_bytes = plan.content_bytes;
        m_progress.total_entries = plan.items.size();
    }

    [[nodiscard]] Result<void> stage(const RestoreItem &item);
    [[nodiscard]] const RestoreOutcome &outcome() const noexcept { return m_outcome; }

  private:
    [[nodiscard]] Result<void> put(const PastPath &past);
    [[nodiscard]] Result<void> put_file(const PastPath &past);
    [[nodiscard]] Result<void> fill(const PastPath &past, base::File &file);

    transaction::Site &m_site;
    RestorationSource &m_source;
    transaction::Stage &m_stage;
    std::map<std::uint64_t, std::string> m_firsts;  // names of one file: the first path of each
    base::Progress m_progress;
    RestoreOutcome m_outcome;
};

Error is_another(const PastPath &past, std::string_view point) {
    return Error{Code::POINT_DAMAGED,
                 fmt::format("{} is not what it was: what {} keeps of it has another content than was recorded",
                             base::in_quotes(past.path), point)}
        .about(past.path);
}

Result<void> Restorer::fill(const PastPath &past, base::File &file) {
    const PastEntry &entry = *past.entry;
    if (entry.size == 0)
        return {};  // as a new file is; of nothing nothing was kept
    const bool is_vouched_for = entry.digest && entry.content == PastEntry::Content::kept;
    MOS_TRY(const auto from, m_source.open_content(past));
    MOS_TRY(const Filled filled,
            fill_from(file, *from, is_vouched_for ? Digest::needed : Digest::not_needed, m_site.observer));
    if (filled.bytes != entry.size || (is_vouched_for && filled.digest != entry.digest))
        return is_another(past, m_source.name());
    (filled.shared ? m_outcome.shared_bytes : m_outcome.copied_bytes) += filled.bytes;
    m_progress.done_bytes += filled.bytes;
    return {};
}

Result<void> Restorer::put_file(const PastPath &past) {
    if (past.entry->file != 0) {
        const auto [first, is_first] = m_firsts.try_emplace(past.entry->file, past.path);
        if (!is_first)
            return m_stage.put_link(past.path, first->second);
        m_stage.share();
    }
    return m_stage.put_file(past.path, past.entry->attributes, [&](base::File &file) { return fill(past, file); });
}

Result<void> Restorer::put(const PastPath &past) {
    switch (past.entry->type) {
    case FileType::directory:
        return m_stage.put_directory(past.path, past.entry->attributes);
    case FileType::symlink:
        return m_stage.put_symlink(past.path, past.entry->attributes, past.entry->link_target);
    default:
        return put_file(past);
    }
}

Result<void> Restorer::stage(const RestoreItem &item) {
    MOS_CHECK(m_site.observer.checkpoint());
    switch (item.action) {
    case Action::create:
        m_stage.expect_nothing();
        MOS_CHECK(put(item.past));
        break;
    case Action::replace:
        MOS_CHECK(put(item.past));
        break;
    case Action::attributes:
        MOS_CHECK(m_stage.set_attributes(item.past.path, item.past.entry->attributes));
        break;
    case Action::remove:
        MOS_CHECK(m_stage.remove(item.past.path));
        break;
    case Action::remove_tree:
        MOS_CHECK(m_stage.remove_tree(item.past.path));
        break;
    }
    ++m_progress.done_entries;
    m_site.observer.report(m_progress);
    return {};
}

Result<void> record_packages(transaction::Site &site, const RestorePlan &plan, std::uint64_t transaction) {
    state::Packages packages{site.database};
    for (const PackageStep &step : plan.packages) {
        if (step.now)
            MOS_CHECK(packages.mark_removed(step.now->id, transaction));
        if (!step.before)
            continue;
        MOS_TRY(const std::uint64_t row, packages.bring_back(step.before->id, transaction));
        static_cast<void>(row);
    }
    return {};
}

Error plan_changed(const RestorePlan &plan) {
    return Error{Code::PLAN_CHANGED,
                 fmt::format("the root was changed since the plan was made: going back to {} would do something else",
                             plan.point)};
}

void tell(transaction::Site &site, const RestorePlan &plan) {
    for (std::size_t i = 0; i < plan.findings.size(); ++i) {
        if (plan.choices[i] == RestoreChoice::keep)
            site.observer.notice(plan.findings[i].sentence + ", and stays");
    }
}

}  // namespace

Result<RestoreOutcome> restore(transaction::Site &site, RestorationSource &source, const RestoreOptions &options,
                               const RestoreJob &job) {
    MOS_TRY(const RestorePlan plan, plan_restore(site, source, options));
    if (!job.expected_digest.empty() && job.expected_digest != plan.digest)
        return plan_changed(plan);
    if (plan.empty())
        return Error{Code::NOTHING_TO_ROLL_BACK, fmt::format("everything is as it was at {}", plan.point)};
    tell(site, plan);
    MOS_TRY(transaction::Stage stage, transaction::Stage::begin(site));
    if (job.prepare)
        MOS_CHECK(job.prepare(stage));
    Restorer restorer{site, source, stage, plan};
    for (const RestoreItem &item : plan.items)
        MOS_CHECK(restorer.stage(item));
    if (!job.description.hooks.empty())
        MOS_CHECK(stage.reserve_room());
    MOS_TRY(transaction::Staged staged, stage.finish());
    RestoreOutcome outcome = restorer.outcome();
    outcome.transaction = staged.id();
    outcome.changed_paths = plan.changed_paths();
    transaction::Description description = job.description;
    description.changed_paths = outcome.changed_paths;
    MOS_TRY(transaction::Decided decided,
            transaction::decide(site, std::move(staged), description, [&](std::uint64_t id) -> Result<void> {
                MOS_CHECK(record_packages(site, plan, id));
                return job.record ? job.record(id) : Result<void>{};
            }));
    MOS_CHECK(transaction::carry_through(site, std::move(decided)));
    return outcome;
}

}  // namespace mos::snapshot
