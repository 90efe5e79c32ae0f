#include "content.hpp"

#include <mos/base/sparse_writer.hpp>
#include <mos/crypto/file_digest.hpp>

namespace mos::snapshot {

namespace {

constexpr std::size_t block_bytes = 256U * 1024;

// Calls `take` with the content, block by block.
template <class Take>
Result<void> for_each_block(base::File &file, base::Observer &observer, const Take &take) {
    MOS_TRY(const base::FileStatus status, file.status());
    base::Bytes block(static_cast<std::size_t>(std::min<std::uint64_t>(block_bytes, status.size)));
    for (std::uint64_t offset = 0; !block.empty();) {
        MOS_CHECK(observer.checkpoint());
        MOS_TRY(const std::size_t count, file.read_at(offset, block));
        if (count == 0)
            break;
        MOS_CHECK(take(base::ByteView{block}.first(count)));
        offset += count;
    }
    return {};
}

}  // namespace

Result<Filled> fill_from(base::File &to, base::File &from, Digest digest, base::Observer &observer) {
    Filled filled;
    MOS_TRY(filled.shared, to.share_content_of(from));
    if (filled.shared) {
        MOS_TRY(const base::FileStatus status, to.status());
        filled.bytes = status.size;
        if (digest != Digest::not_needed) {  // nobody else can write to the new one
            MOS_TRY(filled.digest, crypto::sha256_of(digest == Digest::needed ? to : from, observer));
        }
        return filled;
    }
    crypto::Sha256 hasher;
    base::SparseWriter writer{to};
    MOS_CHECK(for_each_block(from, observer, [&](base::ByteView bytes) -> Result<void> {
        if (digest != Digest::not_needed)
            hasher.update(bytes);
        return writer.write(bytes);
    }));
    MOS_CHECK(writer.finish());
    filled.bytes = writer.length();
    if (digest != Digest::not_needed)
        filled.digest = hasher.finish();
    return filled;
}

}  // namespace mos::snapshot
