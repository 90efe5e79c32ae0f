// The content of a disk, of which a run has thousands that differ in a few blocks: copies share what is equal, and each
// knows a hash of all of it.
#pragma once

#include <mos/base/bytes.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace mos::test {

inline constexpr std::size_t block_bytes = 4096;
using Block = std::array<std::byte, block_bytes>;

class DiskImage {
  public:
    // All zeros; `bytes` is a multiple of block_bytes.
    explicit DiskImage(std::uint64_t bytes);

    [[nodiscard]] std::uint64_t size() const noexcept { return m_bytes; }
    [[nodiscard]] std::uint64_t block_count() const noexcept { return m_bytes / block_bytes; }
    // Null for one that is all zeros.
    [[nodiscard]] const Block *block(std::uint64_t index) const noexcept;

    // Both stay within the disk.
    void write(std::uint64_t offset, base::ByteView bytes);
    void zero(std::uint64_t offset, std::uint64_t length);

    // Equal for equal contents, whatever way led to them; different for different ones, but for one case in 2^64.
    [[nodiscard]] std::uint64_t hash() const noexcept { return m_hash; }

  private:
    struct Slot {
        std::shared_ptr<const Block> block;
        std::uint64_t hash = 0;  // 0 for zeros
    };
    static constexpr std::size_t slots_per_leaf = 128;
    using Leaf = std::array<Slot, slots_per_leaf>;

    void set_block(std::uint64_t index, const Block &content);

    std::uint64_t m_bytes;
    std::uint64_t m_hash = 0;  // the sum of the blocks' hashes, each mixed with its place
    std::vector<std::shared_ptr<Leaf>> m_leaves;
};

// A small deterministic random function.
[[nodiscard]] std::uint64_t mix(std::uint64_t seed, std::uint64_t number) noexcept;

}  // namespace mos::test
