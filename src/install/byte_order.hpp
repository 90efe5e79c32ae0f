// What the byte order of paths allows to forget.
#pragma once

#include <string_view>

namespace mos::install {

// Whether a path that sorts at or after `path` may still lie below `above`. Byte order puts "a-b" between "a" and
// "a/b", but only a prefix of the present path can still be followed by something below it.
[[nodiscard]] inline bool may_still_cover(std::string_view above, std::string_view path) noexcept {
    return path.size() > above.size() && path.starts_with(above) && path[above.size()] <= '/';
}

}  // namespace mos::install
