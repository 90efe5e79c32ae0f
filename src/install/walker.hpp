// The walk at work: private to walk.cpp, walk_configuration.cpp and walk_leaving.cpp.
#pragma once

#include "link_groups.hpp"
#include "present.hpp"
#include "walk.hpp"

#include <mos/transaction/site.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mos::install {

inline constexpr std::string_view altered_and_kept = "was altered since it was installed, and is kept";
inline constexpr std::string_view altered_and_saved =
    "was altered since it was installed; the altered one goes into the recovery point";

// The engine makes these for itself before it changes a root: to a plan they are always there, and never leave.
[[nodiscard]] bool is_engine_folder(std::string_view path);

class Walker {
  public:
    Walker(transaction::Site &site, const Steps &steps, const Resolution &resolution, ChangeSink &sink)
        : m_site(site), m_steps(steps), m_resolution(resolution), m_sink(sink), m_packages(site.database),
          m_present(site.root), m_links(site, steps, resolution) {}

    [[nodiscard]] Result<void> run();

  private:
    // Something above the present path that is itself new or replaced: below it nothing is there yet, and what was
    // installed below it goes along. A stack by the same argument as Stage's frames.
    struct Cover {
        std::string path;
        base::FileType type;
    };

    // The package's version of a configuration file, put beside the one that stays.
    struct Beside {
        package::Entry entry;
        std::string content;
        std::string of;
        WantedEntry wanted;
    };

    [[nodiscard]] Result<void> open_streams();
    [[nodiscard]] Result<void> open_data();
    [[nodiscard]] std::optional<std::string> lowest_path() const;
    [[nodiscard]] Result<void> visit(const std::string &path);
    [[nodiscard]] Result<const WantedEntry *> choose_wanted(std::string_view path);
    void leave_covers(std::string_view path);
    [[nodiscard]] const Cover *cover_of(std::string_view path) const;
    [[nodiscard]] bool is_leaving(std::uint64_t package) const;
    [[nodiscard]] Result<bool> is_shared(std::string_view path);
    [[nodiscard]] const std::string &name_of(const WantedEntry &wanted) const {
        return m_resolution.steps[wanted.step].name;
    }

    [[nodiscard]] Result<void> visit_wanted(const WantedEntry &wanted);
    [[nodiscard]] Result<void> visit_wanted_directory(const WantedEntry &wanted,
                                                      const std::optional<base::FileStatus> &there);
    [[nodiscard]] Result<void> refuse_link(const WantedEntry &wanted);
    [[nodiscard]] Result<void> visit_present_directory(const WantedEntry &wanted, const base::FileStatus &there);
    [[nodiscard]] Result<void> give_as_it_is(ChangeKind kind, WantedEntry directory, const base::FileStatus &there);
    [[nodiscard]] Result<void> visit_instead_of_directory(const WantedEntry &wanted);
    [[nodiscard]] Result<void> visit_own(const WantedEntry &wanted, const base::FileStatus &there);
    [[nodiscard]] Result<void> visit_unowned(const WantedEntry &wanted, const base::FileStatus &there);
    [[nodiscard]] Result<void> visit_configuration(const WantedEntry &wanted, const base::FileStatus &there);
    [[nodiscard]] Result<void> keep_unchanged(const WantedEntry &wanted);
    [[nodiscard]] static WantedEntry with_your_mode(const WantedEntry &wanted, const state::InstalledFile *before,
                                                    const base::FileStatus &there);
    [[nodiscard]] Result<void> settle_configuration(const WantedEntry &wanted, std::string_view why);
    [[nodiscard]] Result<void> visit_deleted_configuration(const WantedEntry &wanted);
    [[nodiscard]] Result<void> visit_beside(const WantedEntry &wanted, const std::optional<base::FileStatus> &there);
    [[nodiscard]] Result<void> visit_output(const WantedEntry &wanted, const std::optional<base::FileStatus> &there);
    std::string put_beside(const WantedEntry &wanted);
    [[nodiscard]] const InstallOptions &options_of(const WantedEntry &wanted) const {
        return m_steps.installs[wanted.step].options;
    }
    [[nodiscard]] const RemoveStep *removal_of(std::uint64_t package) const;
    [[nodiscard]] Result<void> visit_data(std::string_view path);
    [[nodiscard]] Result<void> visit_leaving(std::string_view path);
    [[nodiscard]] Result<void> visit_leaving_file(std::string_view path, const base::FileStatus &there);
    [[nodiscard]] Result<void> visit_swept(std::string_view path);
    [[nodiscard]] Result<bool> is_altered(std::string_view path, const base::FileStatus &there);
    [[nodiscard]] Result<void> check_owners(const WantedEntry &wanted);
    [[nodiscard]] const state::InstalledFile &installed_for(const WantedEntry &wanted) const;
    [[nodiscard]] Result<void> give(ChangeKind kind, const WantedEntry &wanted, std::string_view note = {},
                                    Sweep sweep = Sweep::nothing);
    [[nodiscard]] Result<void> give_removal(ChangeKind kind, std::string_view path, std::string_view note = {});

    transaction::Site &m_site;
    const Steps &m_steps;
    const Resolution &m_resolution;
    ChangeSink &m_sink;
    state::Packages m_packages;
    Present m_present;
    LinkGroups m_links;

    std::vector<WantedStream> m_streams;
    std::optional<state::InstalledFileCursor> m_old_cursor;
    std::optional<state::InstalledFile> m_old_next;  // the first row after those of the present path
    std::vector<state::InstalledFile> m_old;         // rows of the present path
    std::vector<Cover> m_covers;
    std::map<std::string, Beside, std::less<>> m_besides;  // that are still to come, by path
    std::set<std::string, std::less<>> m_data;             // that are still to come
};

}  // namespace mos::install
