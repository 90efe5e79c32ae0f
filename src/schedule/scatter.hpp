// Numbers that spread devices evenly, the same on every machine. Private to the layer.
#pragma once

#include <cstdint>
#include <string_view>

namespace mos::schedule {

// FNV-1a (64 bits; draft-eastlake-fnv) of the device, a zero byte and what it is spread for, mixed by the finalizer of
// SplitMix64 (Steele, Lea, Flood 2014).
[[nodiscard]] std::uint64_t scatter(std::string_view device, std::string_view purpose);

}  // namespace mos::schedule
