// The environments that the user's guide knows; others have a name of the user's.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace mos::config {

inline constexpr std::array<std::string_view, 3> known_environments = {"development", "staging", "production"};

[[nodiscard]] inline bool is_known_environment(std::string_view name) noexcept {
    return std::find(known_environments.begin(), known_environments.end(), name) != known_environments.end();
}

}  // namespace mos::config
