// The nearest name to a mistyped one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace frame {

// Insertions, deletions, changes and swaps of neighbours that lead from one word to the other (optimal string
// alignment distance).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// The only one of `names` that goes on from what was typed, else the nearest; "" when none is near enough that it was
// probably meant.
[[nodiscard]] std::string_view nearest(std::string_view typed, const std::vector<std::string_view> &names);

// ": did you mean '--force'?", "" when nothing is near; `prefix` stands before both names ("--").
[[nodiscard]] std::string suggestion(std::string_view typed, const std::vector<std::string_view> &names,
                                     std::string_view prefix = {});

}  // namespace frame
