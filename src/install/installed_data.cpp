#include "installed_data.hpp"

#include "data_backup.hpp"
#include "present.hpp"

#include <mos/base/path.hpp>
#include <mos/package/manifest.hpp>
#include <mos/snapshot/rollback.hpp>
#include <mos/transaction/site.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::install {

namespace {

// What nobody's data is.
Result<void> check_data_path(const std::string &path, const std::string &package) {
    constexpr std::array<std::string_view, 4> own = {transaction::stages_name, "etc/multios", "var/lib/multios",
                                                     backups_path};
    const bool touches_own = std::ranges::any_of(own, [&](std::string_view engines) {
        return path == engines || base::is_below(path, engines) || base::is_below(engines, path);
    });
    if (!touches_own && path.find('/') != std::string::npos)
        return {};
    return Error{
        Code::PATH_REFUSED,
        fmt::format("'{}' calls {} its data, which is not removed: it is {}", package, base::in_quotes(path),
                    touches_own ? "or holds something of the update engine's own" : "a folder of the whole root")}
        .about(path);
}

// Of the rows of a package that leaves: whether that keeps its configuration.
bool keeps_configuration(const Steps &steps, const Resolution &resolution, std::uint64_t package) {
    for (std::size_t i = 0; i < steps.removals.size(); ++i) {
        if (resolution.steps[steps.installs.size() + i].old_package == package)
            return steps.removals[i].configuration == Kept::kept;
    }
    return false;
}

}  // namespace

Result<std::vector<std::string>> data_paths(state::Packages &packages, const std::string &name) {
    MOS_TRY(const auto installed, packages.find(name));
    if (!installed)
        return Error{Code::NOT_INSTALLED, fmt::format("{} is not installed", base::in_quotes(name))}.about(name);
    MOS_TRY(const package::Manifest manifest, package::parse_manifest(installed->manifest));
    std::vector<std::string> paths;
    for (const std::string &path : manifest.data.paths) {  // sorted: what is above another comes first
        MOS_CHECK(check_data_path(path, name));
        const bool covered =
            std::ranges::any_of(paths, [&](const std::string &above) { return base::is_below(path, above); });
        if (!covered)
            paths.push_back(path);
    }
    return paths;
}

Result<void> check_data(transaction::Site &site, const Steps &steps, const Resolution &resolution,
                        const std::string &path, const base::FileStatus &status) {
    state::Packages packages{site.database};
    const auto is_leaving = [&](std::uint64_t package) {
        return std::ranges::any_of(resolution.steps,
                                   [&](const StepSummary &step) { return step.old_package == package; });
    };
    const auto check = [&](const std::string &below, const base::FileStatus &found) -> Result<bool> {
        if (found.mount != status.mount || found.device != status.device)
            return Error{Code::CROSS_MOUNT, fmt::format("{} is a mount point among the data of the package; unmount it "
                                                        "first, or keep the data",
                                                        base::in_quotes(below))}
                .about(below);
        MOS_TRY(const auto owners, packages.owners(below));
        const bool is_kept = std::ranges::any_of(owners, [&](const auto &owner) {
            return owner.file.role == state::FileRole::configuration &&
                   keeps_configuration(steps, resolution, owner.file.package);
        });
        if (is_kept)
            return Error{Code::CONFLICT, fmt::format("{} is a configuration file among the data that is to be removed: "
                                                     "let the configuration go too, or keep the data",
                                                     base::in_quotes(below))}
                .about(below);
        const auto staying =
            std::ranges::find_if(owners, [&](const auto &owner) { return !is_leaving(owner.file.package); });
        if (staying == owners.end())
            return true;
        return Error{Code::CONFLICT, fmt::format("{} lies among the data that is to be removed, and belongs to '{}'",
                                                 base::in_quotes(below), staying->package)}
            .about(below);
    };
    MOS_TRY(const bool free, check(path, status));
    if (!free || status.type != base::FileType::directory)
        return {};
    MOS_TRY(const auto directory, Present{site.root}.open(path));
    MOS_TRY(const auto foreign, snapshot::find_foreign(*directory, path, check));
    static_cast<void>(foreign);  // nothing is: what is in the way is an error
    return {};
}

}  // namespace mos::install
