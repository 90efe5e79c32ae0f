// A question to the person at the terminal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace frame {

// Whether there is somebody to ask: both standard input and standard error are a terminal.
[[nodiscard]] bool can_ask() noexcept;

// One of the choices; Enter takes `fallback`. Asked again until it is one. Nothing at the end of the input, or when a
// stop was asked for.
[[nodiscard]] std::optional<std::string> ask_person(std::string_view text, const std::vector<std::string> &choices,
                                                    std::string_view fallback);

}  // namespace frame
