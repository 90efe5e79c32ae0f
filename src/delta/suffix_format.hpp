// What writer and reader of the codec 'suffix' agree on; docs/delta-format.md tells it in words.
#pragma once

#include <mos/base/bytes.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace mos::delta::suffix {

inline constexpr std::uint8_t version = 0;
// Features that a reader must know.
inline constexpr std::uint8_t has_members = 1;
inline constexpr std::uint8_t known_features = has_members;

enum Stream : std::uint8_t { control, add, extra };
inline constexpr std::array<std::string_view, 3> stream_names = {"control", "add", "extra"};
inline constexpr std::size_t streams = stream_names.size();

// What one block of one stream may have at most, compressed: the reader holds it whole.
inline constexpr std::uint64_t max_stored = 4U << 20U;

// A signed distance as an unsigned number: 0, -1, 1, -2, …
[[nodiscard]] constexpr std::uint64_t folded(std::int64_t value) noexcept {
    return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63U);
}
[[nodiscard]] constexpr std::int64_t unfolded(std::uint64_t number) noexcept {
    return static_cast<std::int64_t>((number >> 1U) ^ (0 - (number & 1U)));
}

// In LEB128, as PayloadReader::read_number() reads it.
inline void append_number(base::Bytes &out, std::uint64_t number) {
    for (; number >= 0x80U; number >>= 7U)
        out.push_back(static_cast<std::byte>(number | 0x80U));
    out.push_back(static_cast<std::byte>(number));
}

}  // namespace mos::delta::suffix
