// What a scalar of a text format is in the tree.
#pragma once

#include <nlohmann/json.hpp>

#include <string_view>

namespace mos::config {

// A boolean or an integer where the tree would print it as `text` is, a string otherwise.
[[nodiscard]] nlohmann::json scalar(std::string_view text);

}  // namespace mos::config
