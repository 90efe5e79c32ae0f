// What the input of the target `delta_install` says: a delta package, a line a thing, so that mutations keep most of
// it. Anything at all means something.
//
//   s PATH TEXT            a file that is stored        u PATH             one that is the base's of that path
//   m PATCH AT PATH N      one that a patch makes, where content N (delta_content()) is expected
//   b PATCH PATH…          the list of a patch's base files, as they are in the base package
//   r PATCH TEXT           the same as it stands here, '|' for a newline
//   x PATCH HEX            the delta of a patch
//   i LINE                 of the entry before: its line of the index
#pragma once

#include "forge.hpp"

#include <string>
#include <string_view>

namespace mos::fuzz {

// The base package "p" 1: files of the root that are always the same.
[[nodiscard]] ForgedPackage delta_base_package();

// Content 0 to 9: text with repetitions, each a little different; 0 to 2 are those of the base's files a, b and c.
[[nodiscard]] std::string delta_content(unsigned number);

// The line of a list of base files.
[[nodiscard]] std::string delta_base_line(std::string_view path);

[[nodiscard]] ForgedPackage read_delta_script(std::string_view input);

}  // namespace mos::fuzz
