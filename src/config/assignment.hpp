// What an edited file must say afterwards.
#pragma once

#include <mos/base/json.hpp>
#include <mos/config/values.hpp>
#include <mos/config/yaml_edit.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mos::config {

// INVALID_ARGUMENT for a path with an empty key, and a value of several lines.
[[nodiscard]] Result<void> check_assignment(const Assignment &assignment);

// Puts the value where the path leads, in sections that are made where they are missing. INVALID_ARGUMENT when a value
// stands where a section must be. `name` is the file's, for messages.
[[nodiscard]] Result<void> put_value(nlohmann::json &tree, std::string_view path, nlohmann::json &value,
                                     std::string_view name);

[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);

// The edited lines as a text, which must say what is expected; INVALID_ARGUMENT, asking for an editor, when it does
// not.
[[nodiscard]] Result<std::string> checked_text(const std::vector<std::string> &lines, Format format,
                                               const nlohmann::json &expected, std::string_view name);

}  // namespace mos::config
