// Which machines a package is made for.
#pragma once

#include <string>
#include <string_view>

namespace mos::install {

// "all", "any" or "noarch".
[[nodiscard]] bool is_for_any_machine(std::string_view architecture) noexcept;

// Of the two names that some architectures have, Debian's and the kernel's, either stands for the other.
[[nodiscard]] bool is_same_architecture(std::string_view a, std::string_view b) noexcept;

// As the kernel calls this machine's; "" where it does not say.
[[nodiscard]] std::string machine_architecture();

}  // namespace mos::install
