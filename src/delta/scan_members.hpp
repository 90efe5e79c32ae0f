// Where a file has compressed members.
#pragma once

#include "find_members.hpp"

namespace mos::delta {

// Whole .gz members, deflated files of zip archives, .xz streams and Zstandard frames at any place, whose checksums are
// right; of .xz only those that the device has the memory to compress, of zstd to expand. Rules are what the headers
// say; whether they give the bytes back is not tried. CANCELLED.
[[nodiscard]] Result<Members> scan_members(const UnwrapJob &job, base::ByteView file);

}  // namespace mos::delta
