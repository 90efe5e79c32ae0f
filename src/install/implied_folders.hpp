// The folders that a package's paths lie in and that it has no entry for.
#pragma once

#include "brought.hpp"

namespace mos::install {

// Of content/files and of what is brought besides, sorted. FORMAT when two of them want the same path, or one lies
// below another that is no folder; LIMIT when there are more than max_implied_folders.
[[nodiscard]] Result<std::vector<std::string>> find_implied_folders(package::Package &package, const Brought &brought);

}  // namespace mos::install
