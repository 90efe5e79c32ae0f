// A picture of a directory tree, taken through the filesystem port, to compare with another one.
#pragma once

#include <mos/base/filesystem.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mos::test {

struct TreeEntry {
    std::string path;  // "" for the directory that was scanned
    base::FileType type = base::FileType::regular;
    std::uint32_t mode = 0;
    std::uint32_t owner = 0;
    std::uint32_t group = 0;
    base::FileTime modified;
    base::ExtendedAttributes attributes;
    std::string content;       // of a file
    std::string target;        // of a symbolic link
    std::string first_linked;  // of hard links: the first path of the group, where the scan met two or more
    friend bool operator==(const TreeEntry &, const TreeEntry &) = default;
};

struct TreeImage {
    std::vector<TreeEntry> entries;  // sorted by path, a directory before what is in it

    [[nodiscard]] const TreeEntry *find(std::string_view path) const;
};

// All of `root` but what lies at the paths in `except` (".multios-stage", "var/lib/multios").
[[nodiscard]] Result<TreeImage> scan(base::Directory &root, std::span<const std::string_view> except = {});

// True for the paths of directories whose times count.
using DirectoryTimes = std::function<bool(std::string_view path)>;
[[nodiscard]] inline bool no_directory_times(std::string_view /*path*/) { return false; }
[[nodiscard]] inline bool all_directory_times(std::string_view /*path*/) { return true; }

// "" when both are equal, otherwise a line for each difference: what stands where, and what was expected.
[[nodiscard]] std::string difference(const TreeImage &expected, const TreeImage &actual,
                                     const DirectoryTimes &counts = no_directory_times);

}  // namespace mos::test
