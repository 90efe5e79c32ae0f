// What an ext4 filesystem says of itself in its superblock only.
#pragma once

#include <sys/types.h>

namespace mos::base::real {

// Whether the ext4 filesystem on `device` has its journal's fast commits. False where that can't be found out: the
// device has no node in /dev, or this process may not read it.
[[nodiscard]] bool has_fast_commit(dev_t device) noexcept;

}  // namespace mos::base::real
