#include "link_groups.hpp"

#include <algorithm>

namespace mos::install {

using base::FileType;
using state::InstalledFile;

bool same_content(const WantedEntry &wanted, const InstalledFile &installed) {
    if (installed.type != wanted.type)
        return false;
    if (wanted.type == FileType::symlink)
        return installed.link_target == wanted.entry->target;
    return !wanted.link_first.empty() ||
           (installed.size == wanted.entry->size && installed.digest == wanted.entry->sha256);
}

Result<LinkGroups::State> LinkGroups::state_of(const WantedEntry &wanted) {
    if (!m_groups.contains(wanted.step))
        MOS_CHECK(find_groups(wanted.step));
    const Groups &groups = m_groups[wanted.step];
    const auto group = groups.find(wanted.first_of_links ? wanted.path : wanted.link_first);
    return group == groups.end() ? State::broken : group->second.state;
}

Result<void> LinkGroups::find_groups(std::size_t step) {
    Groups &groups = m_groups[step];
    MOS_TRY(WantedStream stream,
            WantedStream::open(*m_steps.installs[step].package, step, *m_resolution.brought[step]));
    while (const WantedEntry *wanted = stream.current()) {
        const std::string_view first = wanted->first_of_links ? wanted->path : wanted->link_first;
        if (!first.empty())
            MOS_CHECK(visit(*wanted, groups[std::string{first}], m_resolution.steps[step].old_package));
        MOS_CHECK(stream.advance());
    }
    return {};
}

Result<void> LinkGroups::visit(const WantedEntry &wanted, Group &group, std::uint64_t old_package) {
    if (group.state == State::broken)
        return {};
    const std::string_view first = wanted.first_of_links ? wanted.path : wanted.link_first;
    MOS_TRY(const auto installed, m_packages.find_file(old_package, wanted.path));
    if (!installed || installed->link_group != first || !same_content(wanted, *installed) ||
        installed->attributes != wanted.attributes) {
        group.state = State::broken;
        return {};
    }
    // Looked for only now: to what the package did not bring before a symbolic link may lead, that becomes a folder.
    MOS_TRY(const auto there, m_present.find(wanted.path));
    if (!there || there->type == FileType::directory) {  // a directory would have to go first
        group.state = State::broken;
        return {};
    }
    if (wanted.first_of_links) {
        // With a name less it is made anew too: the name that leaves goes on in the recovery point, and would look like
        // somebody's.
        MOS_TRY(const Sizes *const sizes, sizes_of(old_package));
        if (sizes->find(first)->second != wanted.entry->links) {
            group.state = State::broken;
            return {};
        }
        group.inode = there->inode;
    }
    MOS_TRY(const bool intact, m_present.is_intact(wanted.path, *there, *installed));
    if (!intact || there->inode != group.inode)
        group.state = State::altered;
    return {};
}

Result<bool> LinkGroups::has_foreign_name(const InstalledFile &installed, const base::FileStatus &there) {
    if (there.type != FileType::regular || there.links <= 1)
        return false;
    if (installed.link_group.empty())
        return true;
    MOS_TRY(const Sizes *const sizes, sizes_of(installed.package));
    const auto size = sizes->find(installed.link_group);
    return size == sizes->end() || there.links > size->second;
}

Result<const LinkGroups::Sizes *> LinkGroups::sizes_of(std::uint64_t package) {
    const auto known = m_sizes.find(package);
    if (known != m_sizes.end())
        return &known->second;
    Sizes sizes;
    MOS_TRY(state::InstalledFileCursor cursor, state::InstalledFileCursor::open(m_site.database, {package}));
    for (;;) {
        MOS_TRY(const auto file, cursor.next());
        if (!file)
            return &m_sizes.emplace(package, std::move(sizes)).first->second;
        if (!file->link_group.empty())
            ++sizes[file->link_group];
    }
}

}  // namespace mos::install
