// Moments as text.
#pragma once

#include <mos/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace mos::base {

// "2024-01-31T23:59:59Z" (RFC 3339 section 5.6, UTC, whole seconds) for the years 1970 to 9999; FORMAT otherwise.
[[nodiscard]] Result<std::int64_t> parse_timestamp(std::string_view text);
[[nodiscard]] std::string write_timestamp(std::int64_t unix_s);

}  // namespace mos::base
