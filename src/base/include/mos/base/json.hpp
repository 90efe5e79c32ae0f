// JSON that comes from outside: bounded, strict, and read into values that say what they are.
#pragma once

#include <mos/base/result.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string_view>

namespace mos::base {

struct JsonLimits {
    std::size_t bytes = 1U << 20U;
    std::size_t depth = 16;
    std::size_t values = 100'000;
};

// RFC 8259, UTF-8, with duplicate keys, floating-point numbers, integers beyond 64 bits, and anything beyond the limits
// refused (FORMAT or LIMIT; the message names what and where).
[[nodiscard]] Result<nlohmann::json> parse_json(std::string_view text, const JsonLimits &limits);

}  // namespace mos::base
