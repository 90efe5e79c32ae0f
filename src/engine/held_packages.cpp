#include "held_packages.hpp"

#include <mos/install/architecture.hpp>
#include <mos/package/bundled.hpp>
#include <mos/package/package_file.hpp>
#include <mos/package/version.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <iterator>

namespace mos::engine {

using base::in_quotes;

namespace {

Result<HeldPackage> read_held(const std::string &path) {
    MOS_TRY(auto source, base::open_file_source(path));
    MOS_TRY(const std::uint64_t bytes, source->size());
    MOS_TRY(const package::PackageFile file, package::PackageFile::open(std::move(source)));
    const package::Statement &says = file.claimed_statement();
    return HeldPackage{.path = path,
                       .name = says.name,
                       .version = says.version,
                       .release = says.release,
                       .architecture = says.architecture,
                       .is_delta = says.kind == package::PackageKind::delta,
                       .content = says.content_digest,
                       .base_content = says.base_content_digest,
                       .bytes = bytes};
}

bool is_older(const HeldPackage &a, const HeldPackage &b) {
    return std::is_lt(package::compare_versions(released(a), released(b)));
}

// False, and all are kept, where there is none.
bool keep_made_for(const std::string &architecture, std::vector<HeldPackage> &packages) {
    const auto fits = [&](const HeldPackage &package) { return is_made_for(package, architecture); };
    if (std::ranges::none_of(packages, fits))
        return false;
    std::erase_if(packages, [&](const HeldPackage &package) { return !fits(package); });
    return true;
}

std::vector<HeldPackage> newest_of(const std::vector<HeldPackage> &packages) {
    std::vector<HeldPackage> newest;
    for (const HeldPackage &package : packages) {
        if (!newest.empty() && is_older(newest.front(), package))
            newest.clear();
        if (newest.empty() || !is_older(package, newest.front()))
            newest.push_back(package);
    }
    return newest;
}

}  // namespace

Result<std::vector<HeldPackage>> held_packages(Engine &engine, const std::string &folder, const std::string &name) {
    MOS_TRY(const auto opened, base::open_root(folder));
    MOS_TRY(const std::vector<base::DirectoryEntry> entries, opened->list());
    std::vector<HeldPackage> packages;
    std::size_t count = 0;
    for (const base::DirectoryEntry &entry : entries) {
        if (!package::has_package_ending(entry.name))
            continue;
        if (++count > max_held_packages)
            return Error{Code::LIMIT, fmt::format("{} has more than {} packages", in_quotes(folder), max_held_packages)}
                .about(folder);
        const std::string path = folder.ends_with('/') ? folder + entry.name : fmt::format("{}/{}", folder, entry.name);
        auto read = read_held(path);
        if (!read)
            write_log(engine.log(), LogLevel::warning,
                      fmt::format("{} is left out: {}", in_quotes(path), read.error().full_message()));
        else if (read->name == name)
            packages.push_back(std::move(read).value());
    }
    return packages;
}

bool is_version(const package::Released &released, const std::string &version) {
    const std::string shown = install::shown_version(std::string{released.version}, std::string{released.release});
    return shown == version || shown + "-1" == version;
}

bool is_made_for(const HeldPackage &package, const std::string &architecture) noexcept {
    return install::is_for_any_machine(package.architecture) ||
           install::is_same_architecture(package.architecture, architecture);
}

std::vector<HeldPackage> goals_of(const std::vector<HeldPackage> &packages, const WayRequest &request,
                                  const std::vector<std::string> &architectures) {
    std::vector<HeldPackage> candidates;
    std::ranges::copy_if(packages, std::back_inserter(candidates), [&](const HeldPackage &package) {
        return (!request.content || package.content == *request.content) &&
               (request.version.empty() || is_version(released(package), request.version));
    });
    for (const std::string &architecture : architectures)
        if (keep_made_for(architecture, candidates))
            break;
    return newest_of(candidates);
}

}  // namespace mos::engine
