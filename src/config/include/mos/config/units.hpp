// Quantities as people write them into settings.
#pragma once

#include <mos/base/result.hpp>

#include <cstdint>
#include <string_view>

namespace mos::config {

// A number of bytes: "512", "10MB", "2 GB", "1.5GiB". KB, MB, GB and TB are powers of 1000, KiB, MiB, GiB and TiB of
// 1024 (IEC 80000-13); capitals don't matter. At most three digits behind the point. INVALID_ARGUMENT when malformed,
// no whole number of bytes, or beyond 2^63 - 1.
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace mos::config
