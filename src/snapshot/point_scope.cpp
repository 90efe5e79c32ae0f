#include "point_scope.hpp"

#include "named_path.hpp"

#include <mos/base/path.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::snapshot {

using state::PointScope;

namespace {

constexpr const char *configuration_tree = "etc";

bool is_at_or_below(std::string_view path, std::string_view tree) { return path == tree || base::is_below(path, tree); }

void add_names(std::set<std::string> &names, const std::string &folder, const std::string &tree) {
    if (tree != folder && base::is_below(tree, folder)) {
        const std::size_t begin = folder.empty() ? 0 : folder.size() + 1;
        names.insert(tree.substr(begin, tree.find('/', begin) - begin));
    }
}

// The paths of the packages' files; of one role alone where one is given.
Result<void> add_files(transaction::Site &site, const std::vector<state::InstalledPackage> &packages,
                       std::optional<state::FileRole> role, std::set<std::string> &paths) {
    std::vector<std::uint64_t> rows;
    rows.reserve(packages.size());
    for (const state::InstalledPackage &package : packages)
        rows.push_back(package.id);
    MOS_TRY(auto files, state::InstalledFileCursor::open(site.database, rows));
    for (;;) {
        MOS_TRY(auto file, files.next());
        if (!file)
            return {};
        if (!role || file->role == *role)
            paths.insert(std::move(file->path));
    }
}

Error of_the_engine(std::string_view path) {
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("{} is the engine's own, and in no recovery point", base::in_quotes(path))}
        .about(std::string{path});
}

Result<void> add_tree(transaction::Site &site, const std::string &named, PointPaths &paths) {
    const std::string path{base::without_outer_slashes(named)};
    if (path.empty())  // the whole root
        return Error{Code::INVALID_ARGUMENT, "the scope of a whole root is full-system"};
    MOS_CHECK(check_named_path(path));
    if (paths.is_excluded(path))
        return of_the_engine(path);
    const base::SplitPath split = base::split_path(path);
    MOS_TRY(const auto parent, site.root.open_directory(split.parent, base::Symlinks::refuse));
    MOS_TRY(const auto there, parent->find(split.name));
    if (!there)
        return Error{Code::NOT_FOUND, fmt::format("there is no {}", base::in_quotes(path))}.about(path);
    paths.trees.push_back(path);
    return {};
}

}  // namespace

bool PointPaths::is_excluded(std::string_view path) const {
    return is_engines_own(path) || std::any_of(excluded.begin(), excluded.end(),
                                               [&](const std::string &tree) { return is_at_or_below(path, tree); });
}

bool PointPaths::in_tree(std::string_view path) const {
    const bool below = std::any_of(trees.begin(), trees.end(),
                                   [&](const std::string &tree) { return tree.empty() || is_at_or_below(path, tree); });
    return below && !is_excluded(path);
}

std::set<std::string> PointPaths::names_towards(const std::string &path) const {
    std::set<std::string> names;
    for (const std::string &tree : trees)
        add_names(names, path, tree);
    const std::string prefix = path.empty() ? path : path + '/';
    for (auto at = singles.lower_bound(prefix); at != singles.end() && at->starts_with(prefix);) {
        const std::string name = at->substr(prefix.size(), at->find('/', prefix.size()) - prefix.size());
        names.insert(name);
        ++at;
        if (at != singles.end() && at->starts_with(prefix + name + '/'))
            at = singles.lower_bound(prefix + name + static_cast<char>('/' + 1));
    }
    return names;
}

Result<std::vector<state::InstalledPackage>> packages_of(transaction::Site &site, const CaptureRequest &request) {
    if (request.scope == PointScope::paths || request.scope == PointScope::configuration)
        return std::vector<state::InstalledPackage>{};
    state::Packages packages{site.database};
    if (request.scope == PointScope::full_system || request.names.empty())
        return packages.list();
    std::vector<state::InstalledPackage> named;
    named.reserve(request.names.size());
    for (const std::string &name : request.names) {
        MOS_TRY(auto package, packages.find(name));
        if (!package)
            return Error{Code::NOT_INSTALLED, fmt::format("package {} is not installed", base::in_quotes(name))}.about(
                name);
        named.push_back(std::move(*package));
    }
    return named;
}

Result<PointPaths> paths_of(transaction::Site &site, const CaptureRequest &request) {
    PointPaths paths;
    switch (request.scope) {
    case PointScope::full_system:
        paths.trees.emplace_back();
        for (const std::string &tree : request.excluded)
            paths.excluded.emplace_back(base::without_outer_slashes(tree));
        return paths;
    case PointScope::packages: {
        MOS_TRY(const auto packages, packages_of(site, request));
        MOS_CHECK(add_files(site, packages, std::nullopt, paths.singles));
        return paths;
    }
    case PointScope::configuration: {
        paths.trees.emplace_back(configuration_tree);
        MOS_TRY(const auto packages, state::Packages{site.database}.list());
        MOS_CHECK(add_files(site, packages, state::FileRole::configuration, paths.singles));
        return paths;
    }
    case PointScope::paths:
        for (const std::string &path : request.names)
            MOS_CHECK(add_tree(site, path, paths));
        return paths;
    }
    return paths;
}

}  // namespace mos::snapshot
