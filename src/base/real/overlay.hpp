// What an overlay says of itself in its mount options only.
#pragma once

#include <cstdint>

namespace mos::base::real {

// Whether the overlay with that mount number moves directories that come from its lower layer: with redirect_dir=on.
// False where that can't be found out, since the default is each kernel's own.
[[nodiscard]] bool moves_lower_directories(std::uint64_t mount) noexcept;

}  // namespace mos::base::real
