// INI text, through inih.
#pragma once

#include <mos/config/values.hpp>

#include <string_view>

namespace mos::config {

// As read_values() promises. `text` is clean UTF-8 of at most max_values_bytes.
[[nodiscard]] Result<base::JsonTree> read_ini(std::string_view text, std::string_view name, Places &places);

}  // namespace mos::config
