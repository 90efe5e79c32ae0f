// Text as YAML writes it on one line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mos::config {

// In quotes only where it must be; control characters as \xNN (YAML 1.2.2, section 5.7).
[[nodiscard]] std::string yaml_word(std::string_view text);

// "[a, b]".
[[nodiscard]] std::string yaml_list(const std::vector<std::string> &words);

}  // namespace mos::config
