#include <mos/snapshot/backup_restore.hpp>

#include "backup_place.hpp"
#include "named_path.hpp"

#include <mos/base/path.hpp>
#include <mos/base/sparse_writer.hpp>
#include <mos/crypto/field_digest.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace mos::snapshot {

using base::FileStatus;
using base::FileType;
using base::in_quotes;
using transaction::Place;
using transaction::Touch;

namespace {

constexpr std::size_t block_bytes = 256U << 10U;
constexpr std::size_t most_newer_paths = 20;
constexpr std::size_t max_link_bytes = 256U << 20U;  // of names that other names are links to

class Planner {
  public:
    Planner(transaction::Site &site, BackupReader &reader, const PutBackOptions &options)
        : m_site(site), m_reader(reader), m_options(options), m_paths(reader.about(), options.destination),
          m_preflight(site.root), m_buffer(block_bytes) {
        m_plan.about = reader.about();
        m_digest.text("multiosupdate restore plan 1");
        m_digest.number(static_cast<std::uint64_t>(options.on_newer));
        m_digest.number(static_cast<std::uint64_t>(options.permissions));
    }

    [[nodiscard]] Result<PutBackPlan> run() {
        MOS_CHECK(m_preflight.check_root());
        for (;;) {
            MOS_CHECK(m_site.observer.checkpoint());
            MOS_TRY(const BackupEntry *const entry, m_reader.next());
            if (entry == nullptr)
                break;
            MOS_CHECK(take(*entry));
            ++m_progress.done_entries;
        }
        MOS_CHECK(m_preflight.check_space());
        tell_newer();
        m_plan.digest = m_digest.finish();
        return std::move(m_plan);
    }

  private:
    [[nodiscard]] Result<void> take(const BackupEntry &entry) {
        MOS_TRY(const std::string place, m_paths.place_of(entry.path));
        MOS_TRY(const std::optional<FileStatus> there, look(place));
        if (std::ranges::find(m_plan.about.paths, entry.path) != m_plan.about.paths.end())
            MOS_CHECK(plan_above());
        MOS_TRY(const std::uint64_t dense, read_content());
        MOS_TRY(const Verdict verdict, judge(entry, place, there));
        MOS_CHECK(count(place, verdict, dense));
        m_digest.text(place);
        m_digest.number(static_cast<std::uint64_t>(verdict));
        m_digest.number(witness_of(there));
        m_digest.text(base::as_text(m_reader.content_digest()));
        m_plan.steps.push_back({verdict, witness_of(there)});
        return share(entry);
    }

    [[nodiscard]] Result<void> share(const BackupEntry &entry) {
        if (entry.hard_link_to.empty() || !m_plan.shared.insert(entry.hard_link_to).second)
            return {};
        m_link_bytes += entry.hard_link_to.size();
        if (m_link_bytes > max_link_bytes)
            return Error{Code::LIMIT,
                         fmt::format("the backup has more hard links than fit in {} bytes", max_link_bytes)};
        return {};
    }

    // Nothing where the folder is not there either.
    [[nodiscard]] Result<std::optional<FileStatus>> look(const std::string &place) {
        const std::string_view parent = base::split_path(place).parent;
        if (!m_folder || m_folder->first != parent) {
            MOS_TRY(Above above, look_above(m_site.root, place));
            m_folder.emplace(parent, std::move(above));
        }
        if (!m_folder->second.missing.empty())
            return std::optional<FileStatus>{};
        MOS_TRY(const Place found, m_preflight.look(place));
        return found.there;
    }

    // The folders that no entry brings and that one needs.
    [[nodiscard]] Result<void> plan_above() {
        for (const std::string &missing : m_folder->second.missing) {
            if (!m_implied.insert(missing).second)
                continue;
            MOS_TRY([[maybe_unused]] const std::string volume, m_preflight.plan(missing, Touch::arrive, 0));
            ++m_plan.added;
        }
        return {};
    }

    // The size of the content without its holes.
    [[nodiscard]] Result<std::uint64_t> read_content() {
        std::uint64_t dense = 0;
        for (;;) {
            m_site.observer.report(m_progress);
            MOS_TRY(const std::size_t count, m_reader.read(m_buffer));
            if (count == 0)
                return dense;
            MOS_CHECK(m_site.observer.checkpoint());
            dense += base::dense_bytes(base::ByteView{m_buffer}.first(count));
            m_progress.done_bytes += count;
        }
    }

    [[nodiscard]] Result<Verdict> judge(const BackupEntry &entry, const std::string &place,
                                        const std::optional<FileStatus> &there) {
        const bool directory = entry.hard_link_to.empty() && entry.type == FileType::directory;
        if (!there)
            return Verdict::add;
        if (directory)
            return there->type == FileType::directory ? Result<Verdict>{Verdict::directory}
                                                      : in_the_way(place, *there, "folder");
        if (there->type != FileType::regular && there->type != FileType::symlink)
            return in_the_way(place, *there, "file");
        MOS_TRY(const bool same, is_same_content(entry, place, *there));
        if (same)
            return judge_attributes(entry, place, *there);
        return is_newer(*there, entry, m_plan.about) ? Verdict::newer : Verdict::replace;
    }

    [[nodiscard]] Result<Verdict> judge_attributes(const BackupEntry &entry, const std::string &place,
                                                   const FileStatus &there) {
        MOS_TRY(base::Directory *const parent, m_preflight.directory_of(place));
        const std::string_view name = base::split_path(place).name;
        const state::Attributes wanted = attributes_in_place(entry, m_options.permissions, m_folder->second.lowest);
        MOS_TRY(state::Attributes present, transaction::read_attributes(*parent, name, there));
        MOS_TRY(const base::ExtendedAttributes all, parent->extended_attributes(name));
        // Lists of access are no part of what a transaction gives to a file that stays.
        const auto lists = [](const base::ExtendedAttributes &attributes) {
            base::ExtendedAttributes chosen;
            std::ranges::copy_if(attributes, std::back_inserter(chosen),
                                 [](const auto &one) { return one.name.starts_with("system.posix_acl"); });
            return chosen;
        };
        if (lists(all) != lists(wanted.extended))
            return Verdict::replace;
        const state::Attributes managed = managed_only(wanted);
        if (there.type == FileType::symlink)
            present.mode = managed.mode;
        if (present == managed)
            return Verdict::unchanged;
        return there.type == FileType::symlink ? Verdict::replace : Verdict::attributes;
    }

    [[nodiscard]] Result<bool> is_same_content(const BackupEntry &entry, const std::string &place,
                                               const FileStatus &there) {
        if (!entry.hard_link_to.empty() || there.type != entry.type)
            return false;
        MOS_TRY(base::Directory *const parent, m_preflight.directory_of(place));
        const std::string_view name = base::split_path(place).name;
        if (entry.type == FileType::symlink) {
            MOS_TRY(const std::string target, parent->read_symlink(name));
            return target == entry.symlink_target;
        }
        if (there.size != entry.size)
            return false;
        MOS_TRY(const auto file, parent->open_file(name, base::OpenMode::read));
        crypto::Sha256 hasher;
        for (std::uint64_t offset = 0;;) {
            MOS_CHECK(m_site.observer.checkpoint());
            MOS_TRY(const std::size_t count, file->read_at(offset, m_buffer));
            if (count == 0)
                break;
            hasher.update(base::ByteView{m_buffer}.first(count));
            offset += count;
        }
        return hasher.finish() == m_reader.content_digest();
    }

    [[nodiscard]] Result<void> count(const std::string &place, Verdict verdict, std::uint64_t dense) {
        const bool kept = verdict == Verdict::newer && m_options.on_newer == NewerRule::keep;
        switch (verdict) {
        case Verdict::add:
            ++m_plan.added;
            break;
        case Verdict::replace:
            ++m_plan.replaced;
            break;
        case Verdict::attributes:
            ++m_plan.attributes;
            break;
        case Verdict::unchanged:
        case Verdict::directory:
            ++m_plan.unchanged;
            return {};
        case Verdict::newer:
            ++m_plan.newer;
            if (m_plan.newer_paths.size() < most_newer_paths)
                m_plan.newer_paths.push_back(place);
            break;
        }
        if (kept)
            return {};
        const bool stays = verdict == Verdict::attributes;
        m_plan.write_bytes += stays ? 0 : dense;
        MOS_TRY([[maybe_unused]] const std::string volume,
                m_preflight.plan(place, stays ? Touch::attributes : Touch::arrive, stays ? 0 : dense));
        return {};
    }

    void tell_newer() {
        if (m_plan.newer == 0)
            return;
        constexpr std::string_view fates[] = {"the restoration is refused", "the job asks about each", "they stay",
                                              "they are replaced, and lie in the recovery point"};
        m_plan.notices.push_back(
            fmt::format("{} newer than in the backup, {} for instance: {}",
                        m_plan.newer == 1 ? "1 file is" : fmt::format("{} files are", m_plan.newer),
                        in_quotes(m_plan.newer_paths.front()), fates[static_cast<std::size_t>(m_options.on_newer)]));
    }

    transaction::Site &m_site;
    BackupReader &m_reader;
    const PutBackOptions &m_options;
    PutBackPaths m_paths;
    transaction::Preflight m_preflight;
    base::Bytes m_buffer;
    base::Progress m_progress{.phase = base::Phase::verifying};
    crypto::FieldDigest m_digest;
    std::optional<std::pair<std::string, Above>> m_folder;  // of the entry before
    std::set<std::string> m_implied;
    std::size_t m_link_bytes = 0;
    PutBackPlan m_plan;
};

}  // namespace

Result<PutBackPlan> plan_put_back(transaction::Site &site, base::Source &source, const PutBackOptions &options) {
    if (!options.destination.empty())
        MOS_CHECK(check_named_path(options.destination));
    MOS_TRY(BackupReader reader, BackupReader::open(source, options.limits));
    return Planner{site, reader, options}.run();
}

}  // namespace mos::snapshot
