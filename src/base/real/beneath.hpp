// Opening a directory by a path that can't leave another directory.
#pragma once

#include "descriptor.hpp"

#include <mos/base/filesystem.hpp>

namespace mos::base::real {

// `kernel` asks openat2 and walks only where the kernel (or a sandbox) refuses that call; `walk` never asks.
enum class Resolver : std::uint8_t { kernel, walk };

// A readable descriptor of the directory `path` beneath `base`; "" is `base` itself, on a new description. The path is
// checked here. `shown` names the directory in messages.
[[nodiscard]] Result<Descriptor> open_beneath(int base, std::string_view path, Symlinks symlinks, Resolver resolver,
                                              std::string_view shown);

}  // namespace mos::base::real
