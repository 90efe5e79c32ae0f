// Where values stand in a text, by JSON pointer.
#pragma once

#include <mos/config/values.hpp>

#include <string>
#include <string_view>

namespace mos::config {

// The pointer of what `key` names in the object, or which index it has in the list, that `pointer` leads to (RFC 6901,
// section 3).
[[nodiscard]] inline std::string pointer_below(std::string pointer, std::string_view key) {
    pointer += '/';
    for (const char c : key) {
        if (c == '~')
            pointer += "~0";
        else if (c == '/')
            pointer += "~1";
        else
            pointer += c;
    }
    return pointer;
}

}  // namespace mos::config
