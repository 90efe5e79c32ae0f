#include <mos/snapshot/backup_restore.hpp>

#include "backup_place.hpp"
#include "restored_files.hpp"

#include <mos/base/path.hpp>
#include <mos/base/sparse_writer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace mos::snapshot {

using base::FileStatus;
using base::FileType;
using base::in_quotes;
using transaction::Stage;

namespace {

constexpr std::size_t block_bytes = 256U << 10U;

Error changed_since(const std::string &place) {
    return Error{Code::PLAN_CHANGED,
                 fmt::format("{} is not what it was when the restoration was planned", in_quotes(place))}
        .about(place);
}

class Restorer {
  public:
    Restorer(transaction::Site &site, const PutBackPlan &plan, const PutBackOptions &options, const NewerAsker &ask,
             Stage &stage, BackupReader &reader)
        : m_site(site), m_plan(plan), m_options(options), m_ask(ask), m_stage(stage), m_reader(reader),
          m_paths(plan.about, options.destination), m_buffer(block_bytes) {
        m_progress.total_bytes = plan.write_bytes;
        m_progress.total_entries = plan.steps.size();
    }

    [[nodiscard]] Result<void> run() {
        for (std::size_t index = 0;; ++index) {
            MOS_CHECK(m_site.observer.checkpoint());
            MOS_TRY(const BackupEntry *const entry, m_reader.next());
            if ((entry == nullptr) != (index == m_plan.steps.size()))
                return Error{Code::CHANGED_MEANWHILE, "the backup is not what it was when the restoration was planned"};
            if (entry == nullptr)
                return m_brought.put_aside(m_stage);
            m_progress.done_entries = index + 1;
            m_site.observer.report(m_progress);
            MOS_CHECK(take(*entry, m_plan.steps[index]));
        }
    }

    [[nodiscard]] std::uint64_t changed_paths() const noexcept { return m_changed_paths; }
    [[nodiscard]] std::uint64_t written_bytes() const noexcept { return m_progress.done_bytes; }

  private:
    [[nodiscard]] Result<void> take(const BackupEntry &entry, const PutBackPlan::Step &step) {
        const Verdict verdict = step.verdict;
        const bool shared = m_plan.shared.contains(entry.path);
        MOS_TRY(const std::string place, m_paths.place_of(entry.path));
        auto looked = look_above(m_site.root, place);
        if (!looked && looked.error().code() == Code::CONFLICT)
            return changed_since(place);  // it was not there, or the plan would have refused
        MOS_TRY(const Above above, std::move(looked));
        if (std::ranges::find(m_plan.about.paths, entry.path) != m_plan.about.paths.end())
            MOS_CHECK(put_above(above));
        MOS_TRY(const auto there, look(place, above));
        if (witness_of(there) != step.witness)
            return changed_since(place);  // nobody was asked about what stands there now
        if (verdict == Verdict::newer) {
            MOS_TRY(const bool replaced, may_replace(place, shared));
            if (!replaced) {
                m_kept.insert(entry.path);
                return {};
            }
        }
        const state::Attributes wanted = attributes_in_place(entry, m_options.permissions, above.lowest);
        if (verdict == Verdict::unchanged && !shared)
            return {};
        if (verdict == Verdict::attributes && !shared) {
            ++m_changed_paths;
            return m_stage.set_attributes(place, managed_only(wanted));
        }
        if (verdict == Verdict::directory)
            return put_present_directory(place, wanted, *there);
        ++m_changed_paths;
        return put(entry, place, wanted, shared, there.has_value());
    }

    // What no entry brings, once.
    [[nodiscard]] Result<void> put_above(const Above &above) {
        for (const std::string &missing : above.missing) {
            if (!m_implied.insert(missing).second)
                continue;
            const state::Attributes attributes = implied_folder(above.lowest, m_site.clock);
            m_brought.add(missing, FileType::directory, 0, {});
            ++m_changed_paths;
            m_stage.expect_nothing();
            MOS_CHECK(m_stage.put_directory(missing, attributes));
        }
        return {};
    }

    [[nodiscard]] Result<std::optional<FileStatus>> look(const std::string &place, const Above &above) {
        if (!above.missing.empty())
            return std::optional<FileStatus>{};
        const base::SplitPath split = base::split_path(place);
        MOS_TRY(const auto parent, m_site.root.open_directory(split.parent, base::Symlinks::refuse));
        return parent->find(split.name);
    }

    // Of names that share a file, the first can't stay alone: the others would have nothing to be links of.
    [[nodiscard]] Result<bool> may_replace(const std::string &place, bool shared) {
        switch (m_options.on_newer) {
        case NewerRule::replace:
            return true;
        case NewerRule::keep:
            m_site.observer.notice_kept(place, "is kept: it is newer than the backup's");
            if (shared)
                m_site.observer.notice(
                    fmt::format("other names of {} in the backup are left out with it", in_quotes(place)));
            return false;
        case NewerRule::ask:
            break;
        case NewerRule::refuse:
            return Error{Code::NEWER_IN_PLACE, fmt::format("{} is newer than the backup's", in_quotes(place))}.about(
                place);
        }
        MOS_TRY(const NewerAnswer answer, m_ask(place));
        if (answer == NewerAnswer::stop)
            return Error{Code::CANCELLED, fmt::format("stopped at {}; nothing was changed", in_quotes(place))}.about(
                place);
        return answer == NewerAnswer::replace;
    }

    [[nodiscard]] Result<void> put_present_directory(const std::string &place, const state::Attributes &wanted,
                                                     const FileStatus &there) {
        if (m_options.permissions == Permissions::as_in_place)
            return {};
        const state::Attributes managed = managed_only(wanted);
        if (managed.mode != there.mode || managed.owner != there.owner || managed.group != there.group)
            ++m_changed_paths;
        return m_stage.put_directory(place, managed);
    }

    [[nodiscard]] Result<void> put(const BackupEntry &entry, const std::string &place, const state::Attributes &wanted,
                                   bool shared, bool replaces) {
        if (!entry.hard_link_to.empty())
            return put_link(entry, place, replaces);
        if (!replaces)
            note_brought(place, entry.type, entry.size, wanted.modified);
        switch (entry.type) {
        case FileType::directory:
            return m_stage.put_directory(place, wanted);
        case FileType::symlink:
            return m_stage.put_symlink(place, wanted, entry.symlink_target);
        default:
            break;
        }
        if (shared) {
            m_stage.share();
            m_shared.emplace(entry.path, File{place, entry.size, wanted.modified});
        }
        return m_stage.put_file(place, wanted, [this](base::File &file) { return write_content(file); });
    }

    [[nodiscard]] Result<void> put_link(const BackupEntry &entry, const std::string &place, bool replaces) {
        if (m_kept.contains(entry.hard_link_to)) {
            m_site.observer.notice_kept(place, "is left as it is: the file that it is a link to is kept");
            --m_changed_paths;
            return {};
        }
        const auto first = m_shared.find(entry.hard_link_to);
        if (first == m_shared.end())
            return Error{Code::BACKUP_DAMAGED, fmt::format("{} is a link to {}, which is no file of the backup",
                                                           in_quotes(entry.path), in_quotes(entry.hard_link_to))}
                .about(entry.path);
        if (!replaces)
            note_brought(place, FileType::regular, first->second.size, first->second.modified);
        return m_stage.put_link(place, first->second.place);
    }

    void note_brought(const std::string &place, FileType type, std::uint64_t size, base::FileTime modified) {
        m_stage.expect_nothing();
        m_brought.add(place, type, size, modified);
    }

    [[nodiscard]] Result<void> write_content(base::File &file) {
        base::SparseWriter writer{file};
        for (;;) {
            MOS_CHECK(m_site.observer.checkpoint());
            MOS_TRY(const std::size_t count, m_reader.read(m_buffer));
            if (count == 0)
                return writer.finish();
            MOS_CHECK(writer.write(base::ByteView{m_buffer}.first(count)));
            m_progress.done_bytes += count;
            m_site.observer.report(m_progress);
        }
    }

    struct File {
        std::string place;
        std::uint64_t size = 0;
        base::FileTime modified;
    };

    transaction::Site &m_site;
    const PutBackPlan &m_plan;
    const PutBackOptions &m_options;
    const NewerAsker &m_ask;
    Stage &m_stage;
    BackupReader &m_reader;
    PutBackPaths m_paths;
    base::Bytes m_buffer;
    base::Progress m_progress{.phase = base::Phase::staging};
    std::uint64_t m_changed_paths = 0;
    std::set<std::string> m_implied;
    std::set<std::string, std::less<>> m_kept;          // in the backup, of files that are newer
    std::map<std::string, File, std::less<>> m_shared;  // by the path in the backup
    RestoredFiles m_brought;
};

std::string summary_of(const PutBackPlan &plan, const PutBackOptions &options) {
    std::string what;
    if (plan.about.paths.size() == 1)
        what = fmt::format(" ({})", base::printable(plan.about.paths.front()));
    else if (!plan.about.paths.empty())
        what = fmt::format(" ({} and {} more)", base::printable(plan.about.paths.front()), plan.about.paths.size() - 1);
    return fmt::format("restore {}{}", options.name, what);
}

Result<void> check_newer(const PutBackPlan &plan, const PutBackOptions &options) {
    if (options.on_newer != NewerRule::refuse || plan.newer == 0)
        return {};
    const std::string &first = plan.newer_paths.front();
    return Error{Code::NEWER_IN_PLACE,
                 plan.newer == 1
                     ? fmt::format("{} was changed after the backup's", in_quotes(first))
                     : fmt::format("{} and {} more were changed after the backup's", in_quotes(first), plan.newer - 1)}
        .about(first);
}

}  // namespace

Result<PutBack> put_back(transaction::Site &site, base::Source &source, const PutBackPlan &plan,
                         const PutBackOptions &options, const NewerAsker &ask) {
    MOS_CHECK(check_newer(plan, options));
    MOS_TRY(BackupReader reader, BackupReader::open(source, options.limits));
    MOS_TRY(Stage stage, Stage::begin(site));
    Restorer restorer{site, plan, options, ask, stage, reader};
    MOS_CHECK(restorer.run());
    if (restorer.changed_paths() == 0)
        return PutBack{};
    if (!options.hooks.empty())
        MOS_CHECK(stage.reserve_room());
    MOS_TRY(transaction::Staged staged, stage.finish());
    const PutBack done{.transaction = staged.id(),
                       .changed_paths = restorer.changed_paths(),
                       .written_bytes = restorer.written_bytes()};
    MOS_TRY(transaction::Decided decided, transaction::decide(site, std::move(staged),
                                                              {.summary = summary_of(plan, options),
                                                               .reason = options.reason,
                                                               .changed_paths = done.changed_paths,
                                                               .boot = site.clock.boot_id(),
                                                               .hooks = options.hooks},
                                                              [](std::uint64_t) { return Result<void>{}; }));
    MOS_CHECK(transaction::carry_through(site, std::move(decided)));
    return done;
}

}  // namespace mos::snapshot
