// Texts that people give and that are kept: one rule for all.
#pragma once

#include <mos/base/result.hpp>

#include <cstddef>
#include <string_view>

namespace mos::base {

inline constexpr std::size_t max_reason_bytes = 4096;  // of why somebody asks for something

// One line of UTF-8 without control characters, of at most `most` bytes: LIMIT, INVALID_ARGUMENT. `what` it is, as
// "reason", is for the message.
[[nodiscard]] Result<void> check_line(std::string_view what, std::string_view text, std::size_t most);

}  // namespace mos::base
