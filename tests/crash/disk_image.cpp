#include "disk_image.hpp"

#include <algorithm>
#include <cstring>

namespace mos::test {

namespace {

constexpr Block zeros{};

std::uint64_t hash_of(std::uint64_t index, const Block &block) {
    std::uint64_t hash = mix(index, 1);
    for (std::size_t at = 0; at < block.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, block.data() + at, sizeof word);
        hash = (hash ^ word) * 0x9e37'79b9'7f4a'7c15U;
        hash ^= hash >> 29U;
    }
    return mix(hash, index);
}

}  // namespace

// splitmix64
std::uint64_t mix(std::uint64_t seed, std::uint64_t number) noexcept {
    std::uint64_t value = seed * 0xd134'2543'de82'ef95U + number + 0x9e37'79b9'7f4a'7c15U;
    value = (value ^ (value >> 30U)) * 0xbf58'476d'1ce4'e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d0'49bb'1331'11ebU;
    return value ^ (value >> 31U);
}

DiskImage::DiskImage(std::uint64_t bytes)
    : m_bytes(bytes), m_leaves(static_cast<std::size_t>((bytes / block_bytes + slots_per_leaf - 1) / slots_per_leaf)) {}

const Block *DiskImage::block(std::uint64_t index) const noexcept {
    const auto &leaf = m_leaves[static_cast<std::size_t>(index / slots_per_leaf)];
    return leaf ? (*leaf)[index % slots_per_leaf].block.get() : nullptr;
}

void DiskImage::set_block(std::uint64_t index, const Block &content) {
    std::shared_ptr<Leaf> &leaf = m_leaves[static_cast<std::size_t>(index / slots_per_leaf)];
    // Only this image's thread hands out copies of it, so a leaf that nobody shares now stays so.
    if (!leaf)
        leaf = std::make_shared<Leaf>();
    else if (leaf.use_count() > 1)
        leaf = std::make_shared<Leaf>(*leaf);
    Slot &slot = (*leaf)[index % slots_per_leaf];
    m_hash -= slot.hash;
    slot = {};
    if (content != zeros)
        slot = {std::make_shared<const Block>(content), hash_of(index, content)};
    m_hash += slot.hash;
}

void DiskImage::write(std::uint64_t offset, base::ByteView bytes) {
    while (!bytes.empty()) {
        const std::uint64_t index = offset / block_bytes;
        const auto within = static_cast<std::size_t>(offset % block_bytes);
        const std::size_t count = std::min(bytes.size(), block_bytes - within);
        const Block *const present = block(index);
        Block content = present == nullptr ? zeros : *present;
        std::memcpy(content.data() + within, bytes.data(), count);
        set_block(index, content);
        offset += count;
        bytes = bytes.subspan(count);
    }
}

void DiskImage::zero(std::uint64_t offset, std::uint64_t length) {
    while (length > 0) {
        const auto within = static_cast<std::size_t>(offset % block_bytes);
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(length, block_bytes - within));
        if (block(offset / block_bytes) != nullptr)
            write(offset, base::ByteView{zeros}.first(count));
        offset += count;
        length -= count;
    }
}

}  // namespace mos::test
