// The services of what is installed.
#pragma once

#include <mos/package/manifest.hpp>
#include <mos/state/packages.hpp>

#include <string>
#include <vector>

namespace mos::install {

// The units of an installed package, by the number of its row: those that its manifest names, or else those whose unit
// files it brought. Empty for what is of another type than "service" and names none.
[[nodiscard]] Result<std::vector<std::string>>
installed_units(state::Database &database, const package::Manifest &manifest, std::uint64_t package);

// The same of everything that is installed, each once, sorted.
[[nodiscard]] Result<std::vector<std::string>> all_installed_units(state::Database &database);

}  // namespace mos::install
