// The digest of what a file or a source holds.
#pragma once

#include <mos/base/observer.hpp>
#include <mos/crypto/digest.hpp>

namespace mos::crypto {

inline constexpr std::size_t digest_block_bytes = 64U << 10U;

// Reads a base::File or a base::Source front to back, one block in memory, and asks `observer` between blocks. Fails as
// they do, and with CANCELLED.
template <class Content>
[[nodiscard]] Result<Sha256Digest> sha256_of(Content &content, base::Observer &observer) {
    Sha256 hasher;
    base::Bytes block(digest_block_bytes);
    for (std::uint64_t offset = 0;;) {
        MOS_CHECK(observer.checkpoint());
        MOS_TRY(const std::size_t count, content.read_at(offset, block));
        if (count == 0)
            return hasher.finish();
        hasher.update(base::ByteView{block}.first(count));
        offset += count;
    }
}

}  // namespace mos::crypto
