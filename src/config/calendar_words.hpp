// Calendars that one word names: "weekly", "@1700000000".
#pragma once

#include <mos/config/calendar.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace mos::config {

inline constexpr std::uint8_t every_weekday = 0x7f;
inline constexpr std::uint16_t every_month = 0x1ffe;
inline constexpr std::uint32_t every_day = 0xfffffffe;
inline constexpr std::uint32_t every_hour = 0xffffff;
inline constexpr std::uint64_t every_sixtieth = (std::uint64_t{1} << 60U) - 1;

[[nodiscard]] bool equal_but_capitals(std::string_view a, std::string_view b);

// "minutely" to "yearly"; nullopt for any other word.
[[nodiscard]] std::optional<Calendar> calendar_of_word(std::string_view word);

// "@1700000000": that second alone, in UTC.
[[nodiscard]] Result<Calendar> calendar_of_instant(std::string_view text);

}  // namespace mos::config
