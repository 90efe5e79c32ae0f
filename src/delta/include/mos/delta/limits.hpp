// Bounds of what is read from deltas, and of what making them may take.
#pragma once

#include <cstdint>

namespace mos::delta {

// What applying a delta may take in memory where the caller sets no cap: a small board's share.
inline constexpr std::uint64_t default_apply_memory = 32ULL << 20U;

// What making one may take: the suffix array of 400 MB is 1.6 GB.
inline constexpr std::uint64_t default_create_memory = 4ULL << 30U;

// No file that a delta is about is larger; sums of two sizes stay far from 2^64.
inline constexpr std::uint64_t max_file_bytes = 1ULL << 50U;

// For a device with less no delta is made: hardly one could be applied there.
inline constexpr std::uint64_t least_apply_memory = 1ULL << 20U;

}  // namespace mos::delta
