// How urgent an update is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mos::schedule {

// 0 to 4: the lower, the sooner.
enum class Priority : std::uint8_t { critical, security, important, optional, low };

inline constexpr std::size_t priority_count = 5;
inline constexpr std::array<std::string_view, priority_count> priority_names = {"critical", "security", "important",
                                                                                "optional", "low"};

[[nodiscard]] constexpr std::string_view name_of(Priority priority) noexcept {
    return priority_names[static_cast<std::size_t>(priority)];
}
[[nodiscard]] std::optional<Priority> priority_named(std::string_view name) noexcept;

// A set of priorities, one bit each.
using Priorities = std::uint8_t;
inline constexpr Priorities all_priorities = 0x1f;
[[nodiscard]] constexpr Priorities only(Priority priority) noexcept {
    return static_cast<Priorities>(1U << static_cast<unsigned>(priority));
}

}  // namespace mos::schedule
