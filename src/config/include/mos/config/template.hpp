// Templates of configuration files: text with places for values, {{ key }}, and nothing else.
#pragma once

#include <mos/base/result.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace mos::config {

inline constexpr std::size_t max_rendered_bytes = 1U << 20U;
inline constexpr std::size_t max_template_key_bytes = 256;

// Replaces each {{ key }}, or {{ a.b.c }} for a value in objects within each other, by the value as it was written.
// Blanks inside the braces are optional; keys are of letters, digits, '_' and '-'. "\{{" is a literal "{{". What stands
// in a value is not looked at again, and nothing is escaped. All other bytes stay as they are, UTF-8 or not.
//
// `values` is an object as read_values() gives it; `name` is the template's, for messages. TEMPLATE_VALUE_MISSING names
// all keys that have no value (or null), each with its first line. FORMAT, with the line, for braces that are not
// closed on their line and a malformed key; INVALID_ARGUMENT for a key whose value is an object or a list. LIMIT when
// the result would grow beyond max_rendered_bytes.
[[nodiscard]] Result<std::string> render(std::string_view text, const nlohmann::json &values, std::string_view name);

// For whoever writes one: INVALID_ARGUMENT for what render() would refuse whatever the values are, LIMIT.
[[nodiscard]] Result<void> check_template(std::string_view text, std::string_view name);

}  // namespace mos::config
