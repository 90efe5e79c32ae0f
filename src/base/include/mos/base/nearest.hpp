// The nearest name to a mistyped one.
#pragma once

#include <span>
#include <string_view>

namespace mos::base {

// The word of `words` that was most probably meant: fewest letters to change, at most every third of them; else empty.
[[nodiscard]] std::string_view nearest_word(std::span<const std::string_view> words, std::string_view word);

}  // namespace mos::base
