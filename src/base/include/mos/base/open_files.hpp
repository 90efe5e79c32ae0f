// Which files somebody is writing to.
#pragma once

#include <mos/base/result.hpp>

#include <cstdint>
#include <set>
#include <utility>

namespace mos::base {

// Device and inode, as FileStatus has them, of the regular files that processes of this system have open for writing
// now, as far as the caller may see (root: all of them), by their entries in /proc. One that is mapped into memory and
// closed is not seen. UNSUPPORTED where there is no /proc.
[[nodiscard]] Result<std::set<std::pair<std::uint64_t, std::uint64_t>>> files_open_for_writing();

}  // namespace mos::base
