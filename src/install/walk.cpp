#include "walker.hpp"

#include "installed_data.hpp"

#include <mos/base/path.hpp>
#include <mos/snapshot/rollback.hpp>
#include <mos/transaction/site.hpp>
#include <mos/transaction/stage.hpp>
#include <mos/transaction/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::install {

using base::FileStatus;
using base::FileType;
using state::FileRole;
using state::InstalledFile;

namespace {

// Where the engine keeps its own things; no package may bring or take them.
bool is_reserved(std::string_view path) {
    constexpr std::string_view database = "var/lib/multios/state.db";
    return path == transaction::stages_name || base::is_below(path, transaction::stages_name) ||
           path.starts_with(database) || path == "var/lib/multios/lock" || path == "var/lib/multios/time-floor" ||
           path == "var/lib/multios/usage" || path == "etc/multios/security-policy.yml" ||
           path == "etc/multios/trust" || base::is_below(path, "etc/multios/trust") || path == kept_scripts_path ||
           base::is_below(path, kept_scripts_path);
}

// What a package must leave to the engine. The engine itself keeps scripts there, in folders that only they imply.
bool takes_reserved(const WantedEntry &wanted) {
    const bool is_engines = wanted.role == FileRole::script || wanted.entry == nullptr;
    return is_reserved(wanted.path) && !(is_engines && base::is_below(wanted.path, "var/lib/multios"));
}

Error refuse(Code code, std::string_view path, std::string message) {
    return Error{code, std::move(message)}.about(std::string{path});
}

}  // namespace

bool is_engine_folder(std::string_view path) { return path == "var" || path == "var/lib" || path == "var/lib/multios"; }

Result<void> Walker::open_streams() {
    for (std::size_t step = 0; step < m_steps.installs.size(); ++step) {
        MOS_TRY(WantedStream stream,
                WantedStream::open(*m_steps.installs[step].package, step, *m_resolution.brought[step]));
        m_streams.push_back(std::move(stream));
    }
    MOS_CHECK(open_data());
    std::vector<std::uint64_t> leaving;
    for (const StepSummary &summary : m_resolution.steps) {
        if (summary.old_package != 0)
            leaving.push_back(summary.old_package);
    }
    if (leaving.empty())
        return {};
    MOS_TRY(m_old_cursor, state::InstalledFileCursor::open(m_site.database, leaving));
    MOS_TRY(m_old_next, m_old_cursor->next());
    return {};
}

// What the packages that are removed call their data, where it goes along.
Result<void> Walker::open_data() {
    for (const RemoveStep &step : m_steps.removals) {
        if (step.data == Kept::kept)
            continue;
        MOS_TRY(const std::vector<std::string> paths, data_paths(m_packages, step.name));
        m_data.insert(paths.begin(), paths.end());
    }
    return {};
}

const RemoveStep *Walker::removal_of(std::uint64_t package) const {
    for (std::size_t i = 0; i < m_steps.removals.size(); ++i) {
        if (m_resolution.steps[m_steps.installs.size() + i].old_package == package)
            return &m_steps.removals[i];
    }
    return nullptr;
}

std::optional<std::string> Walker::lowest_path() const {
    std::optional<std::string_view> lowest;
    for (const WantedStream &stream : m_streams) {
        if (stream.current() != nullptr && (!lowest || stream.current()->path < *lowest))
            lowest = stream.current()->path;
    }
    const auto offer = [&](std::string_view path) {
        if (!lowest || path < *lowest)
            lowest = path;
    };
    if (m_old_next)
        offer(m_old_next->path);
    if (!m_besides.empty())
        offer(m_besides.begin()->first);
    if (!m_data.empty())
        offer(*m_data.begin());
    return lowest ? std::optional<std::string>{*lowest} : std::nullopt;
}

Result<void> Walker::run() {
    MOS_CHECK(open_streams());
    for (std::uint64_t count = 0;; ++count) {
        const std::optional<std::string> path = lowest_path();
        if (!path)
            return {};
        if (count % 64 == 0)
            MOS_CHECK(m_site.observer.checkpoint());
        m_old.clear();
        while (m_old_next && m_old_next->path == *path) {
            m_old.push_back(std::move(*m_old_next));
            MOS_TRY(m_old_next, m_old_cursor->next());
        }
        leave_covers(*path);
        MOS_CHECK(visit(*path));
        m_besides.erase(*path);
        m_data.erase(*path);
        for (WantedStream &stream : m_streams) {
            if (stream.current() != nullptr && stream.current()->path == *path)
                MOS_CHECK(stream.advance());
        }
    }
}

void Walker::leave_covers(std::string_view path) {
    while (!m_covers.empty() && !base::may_still_cover(m_covers.back().path, path))
        m_covers.pop_back();
}

const Walker::Cover *Walker::cover_of(std::string_view path) const {
    const auto cover = std::find_if(m_covers.rbegin(), m_covers.rend(),
                                    [&](const Cover &above) { return base::is_below(path, above.path); });
    return cover == m_covers.rend() ? nullptr : &*cover;
}

bool Walker::is_leaving(std::uint64_t package) const {
    return std::any_of(m_resolution.steps.begin(), m_resolution.steps.end(),
                       [&](const StepSummary &summary) { return summary.old_package == package; });
}

// Whether a package that stays owns the path too.
Result<bool> Walker::is_shared(std::string_view path) {
    MOS_TRY(const auto owners, m_packages.owners(path));
    return std::any_of(owners.begin(), owners.end(),
                       [&](const auto &owner) { return !is_leaving(owner.file.package); });
}

// Several packages may want the same directory, the one that says its attributes goes first; anything else only one.
Result<const WantedEntry *> Walker::choose_wanted(std::string_view path) {
    const WantedEntry *chosen = nullptr;
    for (const WantedStream &stream : m_streams) {
        const WantedEntry *const wanted = stream.current();
        if (wanted == nullptr || wanted->path != path)
            continue;
        const bool may_share = chosen == nullptr ||
                               (chosen->type == FileType::directory && wanted->type == FileType::directory) ||
                               (chosen->role == FileRole::output && wanted->role == FileRole::output);
        if (!may_share)
            return refuse(
                Code::CONFLICT, path,
                fmt::format("{} is in both '{}' and '{}'", base::in_quotes(path), name_of(*chosen), name_of(*wanted)));
        if (chosen == nullptr || (chosen->entry == nullptr && wanted->entry != nullptr))
            chosen = wanted;
    }
    return chosen;
}

Result<void> Walker::visit(const std::string &path) {
    MOS_TRY(const WantedEntry *const wanted, choose_wanted(path));
    if (wanted != nullptr)
        return visit_wanted(*wanted);
    if (const auto beside = m_besides.find(path); beside != m_besides.end())
        return visit_wanted(beside->second.wanted);
    if (m_data.contains(path))
        return visit_data(path);
    return cover_of(path) != nullptr ? visit_swept(path) : visit_leaving(path);
}

Result<void> Walker::give(ChangeKind kind, const WantedEntry &wanted, std::string_view note, Sweep sweep) {
    MOS_CHECK(m_sink.take({.kind = kind, .path = wanted.path, .wanted = &wanted, .note = note, .sweep = sweep}));
    if (kind == ChangeKind::add || kind == ChangeKind::replace || kind == ChangeKind::ask)
        m_covers.push_back({std::string{wanted.path}, wanted.type});
    return {};
}

Result<void> Walker::give_removal(ChangeKind kind, std::string_view path, std::string_view note) {
    return m_sink.take({.kind = kind, .path = path, .wanted = nullptr, .note = note});
}

Result<void> Walker::visit_wanted(const WantedEntry &wanted) {
    if (takes_reserved(wanted))
        return refuse(Code::PATH_REFUSED, wanted.path,
                      fmt::format("{} belongs to the update engine itself", base::in_quotes(wanted.path)));
    std::optional<FileStatus> there;
    const Cover *const cover = cover_of(wanted.path);
    if (cover == nullptr) {
        MOS_TRY(there, m_present.find(wanted.path));
    } else if (cover->type != FileType::directory) {
        return refuse(Code::CONFLICT, wanted.path,
                      fmt::format("{} lies below {}, which another package makes a {}", base::in_quotes(wanted.path),
                                  base::in_quotes(cover->path), base::file_type_name(cover->type)));
    }

    if (wanted.role == FileRole::output)
        return visit_output(wanted, there);
    if (wanted.role == FileRole::beside)
        return visit_beside(wanted, there);
    // A path that leaves has no other owner, unless it is a directory.
    if (m_old.empty() || (m_old.front().type == FileType::directory && wanted.type != FileType::directory))
        MOS_CHECK(check_owners(wanted));
    if (wanted.type == FileType::directory)
        return visit_wanted_directory(wanted, there);
    const bool is_configuration = wanted.role == FileRole::configuration;
    if (!there)
        return is_configuration && !m_old.empty() && cover == nullptr ? visit_deleted_configuration(wanted)
                                                                      : give(ChangeKind::add, wanted);
    if (there->type == FileType::directory)
        return visit_instead_of_directory(wanted);
    if (is_configuration)
        return visit_configuration(wanted, *there);
    return m_old.empty() ? visit_unowned(wanted, *there) : visit_own(wanted, *there);
}

// A directory stands where the package has something else.
Result<void> Walker::visit_instead_of_directory(const WantedEntry &wanted) {
    const bool put_by_hand = !m_old.empty() && m_old.front().type != FileType::directory;
    if (put_by_hand && wanted.link_first.empty() && !wanted.first_of_links) {
        const InstalledFile &installed = installed_for(wanted);
        if (same_content(wanted, installed) && installed.attributes == wanted.attributes)
            return give(ChangeKind::keep, wanted, altered_and_kept);
    }
    if (m_old.empty())
        return refuse(Code::CONFLICT, wanted.path,
                      fmt::format("{} is a folder of somebody else's: '{}' wants a {} there",
                                  base::in_quotes(wanted.path), name_of(wanted), base::file_type_name(wanted.type)));
    MOS_CHECK(check_swept_directory(m_site, m_resolution, std::string{wanted.path}, name_of(wanted)));
    return give(ChangeKind::replace, wanted, {}, Sweep::directory);
}

// One owner a path; directories may have several.
Result<void> Walker::check_owners(const WantedEntry &wanted) {
    MOS_TRY(const auto owners, m_packages.owners(wanted.path));
    for (const state::Packages::Owner &owner : owners) {
        const bool both_directories = owner.file.type == FileType::directory && wanted.type == FileType::directory;
        if (!both_directories && !is_leaving(owner.file.package))
            return refuse(Code::CONFLICT, wanted.path,
                          fmt::format("{} of '{}' belongs to the installed package '{}'", base::in_quotes(wanted.path),
                                      name_of(wanted), owner.package));
    }
    return {};
}

// What the package itself installed at the present path before, or else any that leaves.
const InstalledFile &Walker::installed_for(const WantedEntry &wanted) const {
    const std::uint64_t old_package = m_resolution.steps[wanted.step].old_package;
    const auto own = std::find_if(m_old.begin(), m_old.end(),
                                  [&](const InstalledFile &file) { return file.package == old_package; });
    return own == m_old.end() ? m_old.front() : *own;
}

Result<void> Walker::visit_wanted_directory(const WantedEntry &wanted, const std::optional<FileStatus> &there) {
    if (there && there->type == FileType::directory)
        return visit_present_directory(wanted, *there);
    if (!there)
        return give(is_engine_folder(wanted.path) ? ChangeKind::unchanged : ChangeKind::add, wanted);
    if (m_old.empty() || m_old.front().type != there->type)
        return there->type == FileType::symlink
                   ? refuse_link(wanted)
                   : refuse(Code::CONFLICT, wanted.path,
                            fmt::format("'{}' wants a folder {}, and a {} is there", name_of(wanted),
                                        base::in_quotes(wanted.path), base::file_type_name(there->type)));
    MOS_TRY(const bool altered, is_altered(wanted.path, *there));
    return give(ChangeKind::replace, wanted, altered ? altered_and_saved : "");
}

// As 'lib' is in a root whose folders were merged into 'usr'. A link is never followed: what it leads to is not for a
// package to choose.
Result<void> Walker::refuse_link(const WantedEntry &wanted) {
    MOS_TRY(base::Directory *const parent, m_present.parent_of(wanted.path));
    MOS_TRY(const std::string target, parent->read_symlink(base::split_path(wanted.path).name));
    return refuse(Code::SYMLINK_IN_PATH, wanted.path,
                  fmt::format("'{}' wants a folder {}, which is a symbolic link to {} in this root", name_of(wanted),
                              base::in_quotes(wanted.path), base::in_quotes(target)));
}

// Mode and owner are the package's only where the package changes them and they are as it left them: a directory that
// was there before, is shared, or was given another mode by hand keeps what it has. Its times outlive what comes and
// goes in it: else a power cut could keep what came and lose the time.
Result<void> Walker::visit_present_directory(const WantedEntry &wanted, const FileStatus &there) {
    if (m_old.empty()) {
        MOS_TRY(const auto owners, m_packages.owners(wanted.path));
        const bool is_somebodys = owners.empty() || is_engine_folder(wanted.path);
        return give_as_it_is(is_somebodys ? ChangeKind::foreign_directory : ChangeKind::same_directory, wanted, there);
    }
    const state::Attributes &was = installed_for(wanted).attributes;
    const bool as_installed = there.mode == was.mode && there.owner == was.owner && there.group == was.group;
    const bool package_changes = wanted.entry != nullptr && wanted.attributes != was;
    MOS_TRY(const bool shared, package_changes ? is_shared(wanted.path) : Result<bool>{false});
    if (package_changes && as_installed && !shared)
        return give(ChangeKind::set_attributes, wanted);
    return give_as_it_is(ChangeKind::same_directory, wanted, there);
}

Result<void> Walker::give_as_it_is(ChangeKind kind, WantedEntry directory, const FileStatus &there) {
    MOS_TRY(base::Directory *const parent, m_present.parent_of(directory.path));
    MOS_TRY(directory.attributes, transaction::read_attributes(*parent, base::split_path(directory.path).name, there));
    return give(kind, directory);
}

// What the package brought before, unless somebody has altered it since.
Result<void> Walker::visit_own(const WantedEntry &wanted, const FileStatus &there) {
    const InstalledFile &installed = m_old.front();
    const bool linked = wanted.first_of_links || !wanted.link_first.empty();
    bool same = installed.link_group.empty() && same_content(wanted, installed);
    MOS_TRY(bool intact, m_present.is_intact(wanted.path, there, installed));
    if (linked) {
        MOS_TRY(const LinkGroups::State group, m_links.state_of(wanted));
        same = group != LinkGroups::State::broken;
        intact = intact && group != LinkGroups::State::altered;
    }
    const bool same_attributes = installed.attributes == wanted.attributes;
    const bool reinstall = options_of(wanted).reinstall == Reinstall::allowed;
    if (intact && reinstall) {  // what size and time can't show is looked at when somebody asks for it
        MOS_TRY(intact, m_present.has_content(wanted.path, there, installed.type, installed.size, installed.digest,
                                              installed.link_target));
    }
    if (same && same_attributes && intact)
        return give(ChangeKind::unchanged, wanted);

    if (same && same_attributes && !reinstall)
        return give(ChangeKind::keep, wanted, altered_and_kept);
    if (!intact)
        return give(ChangeKind::replace, wanted, altered_and_saved);
    if (same && !linked)
        return give(ChangeKind::set_attributes, wanted);
    MOS_TRY(const bool split, m_links.has_foreign_name(installed, there));
    return give(ChangeKind::replace, wanted,
                split ? "has another name (a hard link) that belongs to nobody; that one keeps the old file" : "");
}

Result<void> Walker::visit_unowned(const WantedEntry &wanted, const FileStatus &there) {
    const bool linked = wanted.first_of_links || !wanted.link_first.empty();
    if (!linked) {
        MOS_TRY(const bool same, m_present.has_content(wanted.path, there, wanted.type, wanted.entry->size,
                                                       wanted.entry->sha256, wanted.entry->target));
        if (same && there.links == 1)
            return give(ChangeKind::set_attributes, wanted);
    }
    switch (options_of(wanted).on_conflict) {
    case ConflictRule::keep:
        if (wanted.first_of_links)
            break;  // the other names of the file need it
        return give(ChangeKind::leave_out, wanted, "belongs to nobody, and is kept");
    case ConflictRule::ask:
        return give(ChangeKind::ask, wanted, "belongs to nobody");
    case ConflictRule::replace:
        return give(ChangeKind::replace, wanted, "belonged to nobody; it goes into the recovery point");
    case ConflictRule::refuse:
        break;
    }
    return refuse(Code::CONFLICT, wanted.path,
                  fmt::format("{} is in the way of '{}' and belongs to no package", base::in_quotes(wanted.path),
                              name_of(wanted)));
}

Result<void> check_swept_directory(transaction::Site &site, const Resolution &resolution, const std::string &path,
                                   const std::string &name) {
    state::Packages packages{site.database};
    const auto is_leaving = [&](std::uint64_t package) {
        return std::any_of(resolution.steps.begin(), resolution.steps.end(),
                           [&](const StepSummary &step) { return step.old_package == package; });
    };
    MOS_TRY(const auto directory, Present{site.root}.open(path));
    MOS_TRY(const FileStatus home, directory->own_status());
    // An altered one goes along into the recovery point, which the walk reports.
    const auto is_ours = [&](const std::string &below, const FileStatus &status) -> Result<bool> {
        if (transaction::is_mount_point(home, status))
            return false;  // what is mounted below would go along
        MOS_TRY(const auto owners, packages.owners(below));
        return std::any_of(owners.begin(), owners.end(),
                           [&](const auto &owner) { return is_leaving(owner.file.package); });
    };
    MOS_TRY(const std::optional<std::string> foreign, snapshot::find_foreign(*directory, path, is_ours));
    if (foreign)
        return refuse(Code::CONFLICT, *foreign,
                      fmt::format("{} is in the way: '{}' wants something else than a folder at {}",
                                  base::in_quotes(*foreign), name, base::in_quotes(path)));
    return {};
}

Result<void> walk(transaction::Site &site, const Steps &steps, const Resolution &resolution, ChangeSink &sink) {
    return site.database.read([&] { return Walker{site, steps, resolution, sink}.run(); });
}

}  // namespace mos::install
