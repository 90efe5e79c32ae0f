// Which paths a captured point is about.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/snapshot/points.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mos::snapshot {

struct PointPaths {
    std::vector<std::string> trees;     // with all below them
    std::vector<std::string> excluded;  // of these nothing
    std::set<std::string> singles;      // besides

    // Below or at the top of a tree, and of nothing that is excluded.
    [[nodiscard]] bool in_tree(std::string_view path) const;
    [[nodiscard]] bool is_excluded(std::string_view path) const;
    // The names in the folder `path` that lead to something wanted, where the folder itself is in no tree.
    [[nodiscard]] std::set<std::string> names_towards(const std::string &path) const;
};

// Of the request, in its root as it is now: errors as of capture_point().
[[nodiscard]] Result<PointPaths> paths_of(transaction::Site &site, const CaptureRequest &request);

// The rows of packages that the point has: those in force, of scope `packages` the named ones.
[[nodiscard]] Result<std::vector<state::InstalledPackage>> packages_of(transaction::Site &site,
                                                                       const CaptureRequest &request);

}  // namespace mos::snapshot
