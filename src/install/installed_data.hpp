// What an installed package calls its data: no file of any package, and so not in the database but in its manifest.
#pragma once

#include <mos/install/plan.hpp>
#include <mos/state/packages.hpp>

#include <string>
#include <vector>

namespace mos::install {

// By the manifest of the installed package, sorted, none below another. NOT_INSTALLED; PATH_REFUSED for a path that is,
// holds or lies in something of the engine's own, and for a folder at the top of the root.
[[nodiscard]] Result<std::vector<std::string>> data_paths(state::Packages &packages, const std::string &name);

// CONFLICT when something of a package that stays lies at `path` or below it, or a configuration file that stays;
// CROSS_MOUNT when a mount does: the whole tree is moved into the recovery point.
[[nodiscard]] Result<void> check_data(transaction::Site &site, const Steps &steps, const Resolution &resolution,
                                      const std::string &path, const base::FileStatus &status);

}  // namespace mos::install
