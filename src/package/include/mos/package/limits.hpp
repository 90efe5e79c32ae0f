// What a reader of packages accepts. Every limit holds before memory is taken; an embedder may lower or raise each.
#pragma once

#include <cstdint>

namespace mos::package {

inline constexpr std::uint16_t format_version = 0;  // what this code writes, and the newest that it knows

struct Limits {
    std::uint64_t statement_bytes = 4096;
    std::uint64_t signature_area_bytes = 256U << 10U;
    std::uint64_t signatures = 16;                     // in one area; crypto judges no more
    std::uint64_t certificates = 16;                   // of one signature
    std::uint64_t signature_value_bytes = 64U << 10U;  // SLH-DSA of the years to come has 49,856
    std::uint64_t certificate_bytes = 16U << 10U;
    std::uint64_t index_stored_bytes = 256U << 20U;
    std::uint64_t index_expanded_bytes = 1ULL << 30U;
    std::uint64_t index_line_bytes = 128U << 10U;  // without its newline; bounds all attributes of an entry together
    std::uint64_t entries = 4'000'000;
    std::uint64_t frames = 4'000'000;
    std::uint64_t frame_plain_bytes = 8U << 20U;
    std::uint64_t payload_bytes = 1ULL << 40U;   // stored, and plain as well
    std::uint64_t expansion_ratio = 40'000;      // plain to stored, of payload and index; zstd itself ends near 32,768
    std::uint64_t shared_entries = 65'536;       // entries that hard links or copies refer to: they are remembered
    std::uint64_t patches = 65'536;              // of a delta package: how much each makes is remembered
    std::uint64_t patch_base_bytes = 4U << 20U;  // of the list of one patch's base files
    std::uint64_t attributes = 64;               // extended attributes of one entry
    std::uint64_t attribute_bytes = 64U << 10U;  // of one value; the kernel's XATTR_SIZE_MAX
    std::uint64_t manifest_bytes = 1U << 20U;
    std::uint32_t frame_window_log = 23;  // zstd's window in powers of two: the memory that decompression takes
    std::uint32_t index_window_log = 20;
};

}  // namespace mos::package
