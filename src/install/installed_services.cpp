#include <mos/install/installed_services.hpp>

#include "brought.hpp"

#include <algorithm>

namespace mos::install {

Result<std::vector<std::string>> installed_units(state::Database &database, const package::Manifest &manifest,
                                                 std::uint64_t package) {
    std::vector<std::string> units = manifest.service.units;
    if (!units.empty() || manifest.package_info.type != "service")
        return units;
    MOS_TRY(state::InstalledFileCursor files, state::InstalledFileCursor::open(database, {package}));
    for (;;) {
        MOS_TRY(const auto file, files.next());
        if (!file)
            return units;
        if (const auto unit = unit_of_path(file->path))
            units.emplace_back(*unit);
    }
}

Result<std::vector<std::string>> all_installed_units(state::Database &database) {
    std::vector<std::string> all;
    MOS_TRY(const auto packages, state::Packages{database}.list());
    for (const state::InstalledPackage &package : packages) {
        MOS_TRY(const package::Manifest manifest, package::parse_manifest(package.manifest));
        MOS_TRY(const auto units, installed_units(database, manifest, package.id));
        all.insert(all.end(), units.begin(), units.end());
    }
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

}  // namespace mos::install
