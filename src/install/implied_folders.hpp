// Folders that a package needs and does not bring itself: the parents of its entries that no entry names.
#pragma once

#include <mos/package/package.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace mos::install {

inline constexpr std::size_t max_implied_folders = 65'536;

// In byte order. Reads the index once; LIMIT beyond the number above.
[[nodiscard]] Result<std::vector<std::string>> find_implied_folders(package::Package &package);

}  // namespace mos::install
