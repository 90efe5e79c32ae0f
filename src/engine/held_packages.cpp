#include "held_packages.hpp"

#include <mos/package/bundled.hpp>
#include <mos/package/package_file.hpp>
#include <mos/package/version.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <map>

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
                       .is_delta = says.kind == package::PackageKind::delta,
                       .content = says.content_digest,
                       .base_content = says.base_content_digest,
                       .bytes = bytes};
}

bool is_older(const HeldPackage &a, const HeldPackage &b) {
    return std::is_lt(package::compare_versions({a.version, a.release}, {b.version, b.release}));
}

// Reached, by so many packages.
struct Reached {
    std::vector<HeldPackage> links;
    std::uint64_t bytes = 0;
};

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

bool is_version(const HeldPackage &package, const std::string &version) {
    const std::string shown = install::shown_version(package.version, package.release);
    return shown == version || shown + "-1" == version;
}

std::vector<HeldPackage> goals_of(const std::vector<HeldPackage> &packages, const WayRequest &request) {
    std::vector<HeldPackage> goals;
    for (const HeldPackage &package : packages) {
        const bool counts = (!request.content || package.content == *request.content) &&
                            (request.version.empty() || is_version(package, request.version));
        if (!counts)
            continue;
        const bool newer = !goals.empty() && is_older(goals.front(), package);
        const bool older = !goals.empty() && is_older(package, goals.front());
        if (newer)
            goals.clear();
        if (!older)
            goals.push_back(package);
    }
    return goals;
}

// Dijkstra's.
std::vector<HeldPackage> cheapest_chain(const std::vector<HeldPackage> &packages,
                                        const std::set<crypto::Sha256Digest> &from,
                                        const std::set<crypto::Sha256Digest> &to,
                                        const std::set<std::string> &blocked) {
    std::map<crypto::Sha256Digest, Reached> open;
    std::set<crypto::Sha256Digest> settled;
    for (const crypto::Sha256Digest &content : from)
        open.emplace(content, Reached{});
    while (!open.empty()) {
        const auto nearest =
            std::ranges::min_element(open, {}, [](const auto &reached) { return reached.second.bytes; });
        const auto [content, reached] = *nearest;
        open.erase(nearest);
        settled.insert(content);
        if (to.contains(content))
            return reached.links;
        for (const HeldPackage &delta : packages) {
            if (!delta.is_delta || delta.base_content != content || settled.contains(delta.content) ||
                blocked.contains(delta.path))
                continue;
            Reached further = reached;
            further.links.push_back(delta);
            further.bytes += delta.bytes;
            const auto known = open.find(delta.content);
            if (known == open.end() || further.bytes < known->second.bytes)
                open.insert_or_assign(delta.content, std::move(further));
        }
    }
    return {};
}

}  // namespace mos::engine
