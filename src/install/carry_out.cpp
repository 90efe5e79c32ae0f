#include <mos/install/plan.hpp>

#include "change_digest.hpp"
#include "sparse_writer.hpp"
#include "walk.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace mos::install {

using base::FileType;

namespace {

// Paths that a package wants and that somebody else keeps: what is recorded is what is there.
using LeftOut = std::set<std::string, std::less<>>;

// Stages each change as the walk gives it.
class Stager final : public ChangeSink {
  public:
    Stager(transaction::Site &site, transaction::Stage &stage, const Steps &steps, const Resolution &resolution,
           const Asker &ask)
        : m_site(site), m_stage(stage), m_steps(steps), m_ask(ask), m_digest(resolution.steps, steps) {
        m_progress.phase = base::Phase::staging;
        m_progress.total_bytes = resolution.totals.write_bytes;
        m_progress.total_entries = resolution.totals.changed();
    }

    [[nodiscard]] Result<void> take(const Change &change) override;

    [[nodiscard]] std::string digest() { return m_digest.finish(); }
    [[nodiscard]] const LeftOut &left_out() const noexcept { return m_left_out; }
    [[nodiscard]] const std::vector<std::string> &swept_directories() const noexcept { return m_swept; }
    [[nodiscard]] std::uint64_t changed_paths() const noexcept { return m_changed_paths; }
    [[nodiscard]] std::uint64_t written_bytes() const noexcept { return m_progress.done_bytes; }

  private:
    [[nodiscard]] Result<void> ask(const Change &change);
    [[nodiscard]] Result<void> put(const WantedEntry &wanted);
    [[nodiscard]] Result<void> write_content(const WantedEntry &wanted, base::File &file);

    transaction::Site &m_site;
    transaction::Stage &m_stage;
    const Steps &m_steps;
    const Asker &m_ask;
    ChangeDigest m_digest;
    LeftOut m_left_out;
    std::vector<std::string> m_swept;
    std::uint64_t m_changed_paths = 0;
    base::Progress m_progress;
};

Result<void> Stager::take(const Change &change) {
    m_digest.add(change);
    switch (change.kind) {
    case ChangeKind::unchanged:
        return {};
    case ChangeKind::foreign_directory:
        m_left_out.emplace(change.path);
        [[fallthrough]];
    case ChangeKind::same_directory:
        return m_stage.set_attributes(change.path, change.wanted->attributes);
    case ChangeKind::leave_out:
        m_left_out.emplace(change.path);
        [[fallthrough]];
    case ChangeKind::keep:
        m_site.observer.notice(fmt::format("{} {}", base::in_quotes(change.path), change.note));
        return {};
    default:
        break;
    }
    MOS_CHECK(m_site.observer.checkpoint());
    if (change.sweep == Sweep::directory)
        m_swept.emplace_back(change.path);
    ++m_progress.done_entries;
    ++m_changed_paths;
    m_site.observer.report(m_progress);
    if (!change.note.empty() && change.kind != ChangeKind::ask)
        m_site.observer.notice(fmt::format("{} {}", base::in_quotes(change.path), change.note));
    switch (change.kind) {
    case ChangeKind::remove:
        return m_stage.remove(change.path);
    case ChangeKind::set_attributes:
        return m_stage.set_attributes(change.path, change.wanted->attributes);
    case ChangeKind::ask:
        return ask(change);
    default:
        if (change.kind == ChangeKind::add)
            m_stage.expect_nothing();
        return put(*change.wanted);
    }
}

Result<void> Stager::ask(const Change &change) {
    MOS_TRY(const Answer answer, m_ask(change));
    switch (answer) {
    case Answer::stop:
        return Error{Code::CONFLICT, fmt::format("{} is in the way, and stays", base::in_quotes(change.path))}.about(
            std::string{change.path});
    case Answer::keep:
        if (change.wanted->first_of_links)
            return Error{Code::CONFLICT, fmt::format("{} is the first name of several that share a file, and can't be "
                                                     "left out alone",
                                                     base::in_quotes(change.path))}
                .about(std::string{change.path});
        m_left_out.emplace(change.path);
        --m_changed_paths;
        m_site.observer.notice(fmt::format("{} is kept, as you answered", base::in_quotes(change.path)));
        return {};
    case Answer::replace:
        break;
    }
    return put(*change.wanted);
}

Result<void> Stager::put(const WantedEntry &wanted) {
    switch (wanted.type) {
    case FileType::directory:
        return m_stage.put_directory(wanted.path, wanted.attributes);
    case FileType::symlink:
        return m_stage.put_symlink(wanted.path, wanted.attributes, wanted.entry->target);
    default:
        break;
    }
    if (!wanted.link_first.empty())
        return m_stage.put_link(wanted.path, wanted.link_first);
    if (wanted.first_of_links)
        m_stage.share();
    return m_stage.put_file(wanted.path, wanted.attributes,
                            [&](base::File &file) { return write_content(wanted, file); });
}

Result<void> Stager::write_content(const WantedEntry &wanted, base::File &file) {
    SparseWriter writer{file};
    MOS_CHECK(
        m_steps.installs[wanted.step].package->read_content(*wanted.entry, [&](base::ByteView bytes) -> Result<void> {
            MOS_CHECK(m_site.observer.checkpoint());
            MOS_CHECK(writer.write(bytes));
            m_progress.done_bytes += bytes.size();
            m_site.observer.report(m_progress);
            return {};
        }));
    return writer.finish();
}

state::InstalledFile installed_file(const WantedEntry &wanted, std::uint64_t package,
                                    const std::map<std::string, package::Entry, std::less<>> &firsts) {
    state::InstalledFile file;
    file.package = package;
    file.path = wanted.path;
    file.type = wanted.type;
    file.attributes = wanted.attributes;
    const package::Entry *content = wanted.entry;
    if (!wanted.link_first.empty()) {
        file.link_group = wanted.link_first;
        content = &firsts.find(wanted.link_first)->second;
    } else if (wanted.first_of_links) {
        file.link_group = wanted.path;
    }
    if (wanted.type == FileType::regular) {
        file.size = content->size;
        file.digest = content->sha256;
    } else if (wanted.type == FileType::symlink) {
        file.link_target = wanted.entry->target;
    }
    return file;
}

// Reads the index once more: what is recorded is what was authenticated, and no list of it had to be kept.
Result<void> record_files(state::Packages &packages, package::Package &package, const Resolution &resolution,
                          std::size_t step, std::uint64_t id, const LeftOut &left_out) {
    std::map<std::string, package::Entry, std::less<>> firsts;  // of link groups
    MOS_TRY(WantedStream stream, WantedStream::open(package, step, resolution.implied_folders[step]));
    while (const WantedEntry *wanted = stream.current()) {
        if (wanted->first_of_links)
            firsts.emplace(wanted->path, *wanted->entry);
        if (!left_out.contains(wanted->path))
            MOS_CHECK(packages.insert_file(installed_file(*wanted, id, firsts)));
        MOS_CHECK(stream.advance());
    }
    return {};
}

Result<void> record(transaction::Site &site, const Steps &steps, const Resolution &resolution, const LeftOut &left_out,
                    std::uint64_t transaction) {
    state::Packages packages{site.database};
    for (std::size_t i = 0; i < resolution.steps.size(); ++i) {
        const StepSummary &summary = resolution.steps[i];
        if (summary.old_package != 0)
            MOS_CHECK(packages.mark_removed(summary.old_package, transaction));
        if (i >= steps.installs.size())
            continue;
        package::Package &package = *steps.installs[i].package;
        const package::Statement &statement = package.statement();
        MOS_TRY(const package::Manifest manifest, package.manifest());
        MOS_TRY(const std::uint64_t id, packages.insert({.id = 0,
                                                         .name = statement.name,
                                                         .version = statement.version,
                                                         .release = statement.release,
                                                         .architecture = statement.architecture,
                                                         .type = statement.type,
                                                         .content_digest = statement.content_digest,
                                                         .signer = summary.signer,
                                                         .manifest = package::write_manifest(manifest),
                                                         .prefix = {},
                                                         .template_values = {},
                                                         .automatic = false},
                                                        transaction));
        MOS_CHECK(record_files(packages, package, resolution, i, id, left_out));
    }
    return {};
}

Error plan_changed() {
    return Error{Code::PLAN_CHANGED, "the root has changed since the plan was made; it would do something else now"};
}

// What the steps are about is what it was: the rows that leave are still the ones in force.
Result<void> check_still_true(transaction::Site &site, const Steps &steps, const Resolution &resolution) {
    auto summaries = summarize(site, steps);
    if (!summaries)
        return plan_changed().caused_by(std::move(summaries).error());
    return *summaries == resolution.steps ? Result<void>{} : plan_changed();
}

}  // namespace

Result<Outcome> carry_out(transaction::Site &site, const Steps &steps, const Resolution &resolution, const Asker &ask,
                          const std::string &reason) {
    MOS_CHECK(check_still_true(site, steps, resolution));
    MOS_TRY(transaction::Stage stage, transaction::Stage::begin(site));
    Stager stager{site, stage, steps, resolution, ask};
    MOS_CHECK(walk(site, steps, resolution, stager));
    if (stager.digest() != resolution.digest)
        return plan_changed();
    MOS_TRY(transaction::Staged staged, stage.finish());
    // Staging may have taken long, and what came into such a directory since would go with it.
    for (const std::string &path : stager.swept_directories())
        MOS_CHECK(check_swept_directory(site, resolution, path, summary_of(resolution.steps)));
    const Outcome outcome{
        .transaction = staged.id(), .changed_paths = stager.changed_paths(), .written_bytes = stager.written_bytes()};
    MOS_TRY(transaction::Decided decided,
            transaction::decide(
                site, std::move(staged),
                {.summary = summary_of(resolution.steps), .reason = reason, .changed_paths = stager.changed_paths()},
                [&](std::uint64_t transaction) {
                    return record(site, steps, resolution, stager.left_out(), transaction);
                }));
    MOS_CHECK(transaction::carry_through(site, std::move(decided)));
    return outcome;
}

}  // namespace mos::install
