// Values that a person wrote into a file: YAML, INI or JSON, read into one tree of objects, lists and scalars.
//
// What fills a template must come out as the file has it, so a scalar is a number or a boolean in the tree only where
// that is written in the same way (80, true); all else (0080, 1.10, yes) is a string with the text as it stands.
#pragma once

#include <mos/base/json.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace mos::config {

enum class Format : std::uint8_t { yaml, ini, json };

inline constexpr std::size_t max_values_bytes = 1U << 20U;  // of the text, and of all keys and strings in the tree
inline constexpr std::size_t max_values_depth = 16;         // objects and lists within each other
inline constexpr std::size_t max_values = 10'000;           // objects and lists included

// By the ending: .yml, .yaml, .ini, .conf or .json. INVALID_ARGUMENT, with these endings, for any other.
[[nodiscard]] Result<Format> format_of(std::string_view file_name);

// Where something stands in a text, counted from 1; 0 where the format can't tell.
struct Place {
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    friend bool operator==(const Place &, const Place &) = default;
};
// By JSON pointer (RFC 6901). YAML: where the key of a value stands, or an element of a list; what an alias stands for
// has no places of its own. INI: where the key of its line begins, in bytes. JSON: nothing.
using Places = std::map<std::string, Place>;

// `name` is the file's, for messages. The result is an object; an empty file is an empty one. INVALID_ARGUMENT, with
// line and column where the format has them, for what is malformed, stands twice, or is no clean UTF-8; LIMIT beyond
// the limits above; NOT_BUILT for YAML in a build without it.
//
// YAML: one document of version 1.2. An alias stands for a copy and counts as one. Tags (but !!str, !!seq and !!map),
// merge keys ("<<") and keys that are no text are refused. INI: [a.b] is the object "b" in "a", and so is a dotted key;
// lines are at most 197 bytes long and don't continue on the next; a " ;" begins a comment. JSON: RFC 8259; fractions
// are kept as text.
// `places`, where given, is filled.
[[nodiscard]] Result<base::JsonTree> read_values(std::string_view text, Format format, std::string_view name,
                                                 Places *places = nullptr);

}  // namespace mos::config
