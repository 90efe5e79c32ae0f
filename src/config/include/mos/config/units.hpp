// Quantities as people write them into settings. All refuse by INVALID_ARGUMENT, with examples of what is right.
#pragma once

#include <mos/base/result.hpp>

#include <cstdint>
#include <string_view>

namespace mos::config {

// A number of bytes: "512", "10MB", "2 GB", "1.5GiB". KB, MB, GB and TB are powers of 1000, KiB, MiB, GiB and TiB of
// 1024 (IEC 80000-13); capitals don't matter. At most three digits behind the point. INVALID_ARGUMENT when malformed,
// no whole number of bytes, or beyond 2^63 - 1.
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);

// Bytes a second: a size with "/s" behind it, "10MB/s"; a size alone is taken as one.
[[nodiscard]] Result<std::uint64_t> parse_rate(std::string_view text);

// Whole seconds: "3600s", "15m", "24h", "30d", "2w", "90 days", "1 hour"; a number alone is seconds. At most 100 years.
[[nodiscard]] Result<std::uint64_t> parse_duration(std::string_view text);

// From 0 to 100: "80", "80%".
[[nodiscard]] Result<std::uint64_t> parse_percent(std::string_view text);

// Seconds since midnight of "02:00" or "02:00:30", from 00:00 to 23:59:59; "24:00" is the end of the day.
[[nodiscard]] Result<std::uint64_t> parse_time_of_day(std::string_view text);

struct DayWindow {
    std::uint64_t start_s = 0;  // since midnight
    std::uint64_t end_s = 0;    // not after `start_s`: on the next day
};
// "22:00-06:00". INVALID_ARGUMENT when both are equal as well.
[[nodiscard]] Result<DayWindow> parse_window(std::string_view text);

}  // namespace mos::config
