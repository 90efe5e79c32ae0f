// The tar member headers of a package (POSIX.1-2017, pax interchange format): exactly one header for each entry, byte
// for byte, so that a reader can compare and need not parse.
#pragma once

#include <mos/package/entry.hpp>

namespace mos::package {

inline constexpr std::uint64_t tar_block_bytes = 512;

// What stands before the entry's data: a pax extended header where the plain one can't hold everything, then the plain
// one. A copy is a hard link to a tar reader.
[[nodiscard]] base::Bytes tar_header(const Entry &entry);

// The header of metadata/signature.json in the last frame.
[[nodiscard]] base::Bytes signature_file_header(std::uint64_t size);

// Zero bytes after data of this size, up to the next full block.
[[nodiscard]] std::uint64_t tar_padding(std::uint64_t size) noexcept;

// True when the entry's own content follows its header.
[[nodiscard]] bool has_tar_data(const Entry &entry) noexcept;

}  // namespace mos::package
