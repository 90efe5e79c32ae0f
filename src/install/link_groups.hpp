// Groups of hard links: what is known of a group only when all of its names have been seen.
//
// A group is staged as a whole or not at all, and the walk meets its names one by one; so the index is read once more,
// and what was installed, when the first group comes.
#pragma once

#include "present.hpp"
#include "walk.hpp"

#include <map>
#include <string>

namespace mos::install {

class LinkGroups {
  public:
    // All borrowed.
    LinkGroups(transaction::Site &site, const Steps &steps, const Resolution &resolution)
        : m_site(site), m_steps(steps), m_resolution(resolution), m_packages(site.database), m_present(site.root) {}

    enum class State : std::uint8_t {
        intact,   // as it was installed, and the package has not changed it
        altered,  // the package has not changed it, somebody else has; all names are there
        broken,   // the package has changed it, or a name is missing
    };
    // Of the group of which `wanted` is a name.
    [[nodiscard]] Result<State> state_of(const WantedEntry &wanted);

    // Whether the file that stands where `installed` was put has a name that no package brought.
    [[nodiscard]] Result<bool> has_foreign_name(const state::InstalledFile &installed, const base::FileStatus &there);

  private:
    struct Group {
        State state = State::intact;
        std::uint64_t inode = 0;
    };
    using Groups = std::map<std::string, Group, std::less<>>;         // by first name
    using Sizes = std::map<std::string, std::uint64_t, std::less<>>;  // how many names a group has, by the first
    [[nodiscard]] Result<void> find_groups(std::size_t step);
    [[nodiscard]] Result<void> visit(const WantedEntry &wanted, Group &group, std::uint64_t old_package);
    [[nodiscard]] Result<const Sizes *> sizes_of(std::uint64_t package);

    transaction::Site &m_site;
    const Steps &m_steps;
    const Resolution &m_resolution;
    state::Packages m_packages;
    Present m_present;
    std::map<std::size_t, Groups> m_groups;  // by step
    std::map<std::uint64_t, Sizes> m_sizes;  // by package
};

// Whether type and content of the package's entry are those that were installed. A further name of a hard-link group
// says nothing of its content; the first one does.
[[nodiscard]] bool same_content(const WantedEntry &wanted, const state::InstalledFile &installed);

}  // namespace mos::install
