#include "bundle_names.hpp"

#include <mos/package/bundled.hpp>
#include <mos/package/package_file.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::package {

namespace {

constexpr std::size_t max_bundles = 4096;  // as many as a list of a manifest holds
constexpr unsigned max_folder_depth = 16;

Result<std::string> name_of(base::Directory &folder, const std::string &file) {
    MOS_TRY(auto opened, folder.open_file(file, base::OpenMode::read));
    MOS_TRY(const PackageFile package, PackageFile::open(base::make_source(std::move(opened), file)));
    return package.claimed_statement().name;
}

Result<void> add_names(base::Directory &folder, unsigned depth, std::vector<std::string> &names) {
    if (depth > max_folder_depth)
        return Error{Code::LIMIT,
                     fmt::format("packages to be carried lie more than {} folders deep", max_folder_depth)};
    MOS_TRY(const std::vector<base::DirectoryEntry> entries, folder.list());
    for (const base::DirectoryEntry &entry : entries) {
        if (entry.type == base::FileType::directory) {
            MOS_TRY(const auto below, folder.open_directory(entry.name, base::Symlinks::refuse));
            MOS_CHECK(add_names(*below, depth + 1, names));
        } else if (entry.type == base::FileType::regular && has_package_ending(entry.name)) {
            auto name = name_of(folder, entry.name);
            if (!name)
                return in_context(std::move(name).error(),
                                  fmt::format("{} can't be carried", base::in_quotes(entry.name)));
            names.push_back(std::move(name).value());
        }
    }
    if (names.size() > max_bundles)
        return Error{Code::LIMIT, fmt::format("a package carries at most {} others", max_bundles)};
    return {};
}

}  // namespace

Result<std::vector<std::string>> bundle_names(std::span<const InputTree> input) {
    std::vector<std::string> names;
    for (const InputTree &tree : input)
        if (tree.section == Section::dependencies)
            MOS_CHECK(add_names(*tree.directory, 0, names));
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace mos::package
