// Paths inside a root: relative, '/'-separated bytes, never trusted before they have passed check_entry_path().
#pragma once

#include <mos/base/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace mos::base {

inline constexpr std::size_t max_path_bytes = 4095;      // PATH_MAX less its terminator
inline constexpr std::size_t max_component_bytes = 255;  // NAME_MAX
inline constexpr std::size_t max_path_depth = 128;

// Accepts "usr/bin/x": relative, no empty, "." or ".." component, no NUL, no trailing slash, within the limits above.
// PATH_REFUSED, with the path and the rule that it breaks, otherwise. Bytes that are not UTF-8 are fine.
[[nodiscard]] Result<void> check_entry_path(std::string_view path);

// "usr/bin" and "x" of "usr/bin/x"; the parent of "x" is "".
struct SplitPath {
    std::string_view parent;
    std::string_view name;
};
[[nodiscard]] SplitPath split_path(std::string_view path) noexcept;

// "a/b" of "a" and "b", "b" of "" and "b".
[[nodiscard]] std::string join_path(std::string_view parent, std::string_view below);

// What a person writes for a folder beneath the root: without the slashes at either end.
[[nodiscard]] std::string_view without_outer_slashes(std::string_view path) noexcept;

// True when `path` lies below `directory` ("a/b" below "a", everything below "").
[[nodiscard]] bool is_below(std::string_view path, std::string_view directory) noexcept;

// Whether a path that sorts at or after `path` may still lie below `above`. Byte order puts "a-b" between "a" and
// "a/b", but only a prefix of the present path can still be followed by something below it; so what is still open of a
// sorted list of paths is a stack no deeper than a path is long.
[[nodiscard]] bool may_still_cover(std::string_view above, std::string_view path) noexcept;

}  // namespace mos::base
