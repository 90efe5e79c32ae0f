// Settings changed in a YAML file that a person wrote: everything else in it stays as it stands.
#pragma once

#include <mos/base/result.hpp>

#include <span>
#include <string>
#include <string_view>

namespace mos::config {

struct Assignment {
    std::string path;   // "security_policy.update_validation.required_signatures": keys separated by points
    std::string value;  // as YAML writes it on one line: true, 2GB, "a b", [x, y]
};

// The text with these values; missing keys come at the end of their section, indented as it is. Comments, order, blank
// lines and quotes stay. What was written is read again and must be the old tree but for the assigned values:
// INVALID_ARGUMENT, asking for an editor, for a layout that can't be edited line by line (sections in braces, anchors,
// a text over several lines), for a path with an empty key and for a value of several lines. The errors of
// read_values() for a text or a value that is no YAML.
[[nodiscard]] Result<std::string> edit_yaml(std::string_view text, std::span<const Assignment> assignments,
                                            std::string_view name);

}  // namespace mos::config
