// Parts of a text.
#pragma once

#include <string_view>
#include <vector>

namespace mos::config {

// The parts between the separators, which live as long as the text; nothing behind one at the end.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

// Without blanks and tabs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

}  // namespace mos::config
