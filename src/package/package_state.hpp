// What an opened package knows; shared by the parts of the reader.
#pragma once

#include <mos/base/source.hpp>
#include <mos/crypto/verify.hpp>
#include <mos/package/entry.hpp>
#include <mos/package/frame.hpp>
#include <mos/package/layout.hpp>
#include <mos/package/signature_area.hpp>

#include <optional>
#include <vector>

namespace mos::package {

// One frame of the payload: 88 bytes, so that the table of a package at the limit stays bearable.
struct Frame {
    std::uint64_t stored_offset = 0;  // from the payload's beginning
    std::uint64_t plain_offset = 0;
    std::uint32_t stored_bytes = 0;
    std::uint32_t plain_bytes = 0;
    crypto::Sha256Digest stored_sha256{};
    crypto::Sha256Digest plain_sha256{};
};

inline constexpr std::size_t index_chunk_bytes = 64U << 10U;

struct PackageState {
    std::unique_ptr<base::Source> source;
    Limits limits;
    base::Bytes statement_bytes;  // as they stand in the file and are signed
    Statement statement;
    SignatureArea area;
    std::optional<crypto::Verdict> verdict;

    // The source may change between two reads. So the pass that hashes the whole index also keeps a digest of each
    // chunk, and every later read is checked against it.
    std::vector<crypto::Sha256Digest> index_chunks;
    std::vector<Frame> frames;

    FrameDecompressor decompressor;
    base::Bytes stored_frame;  // kept to reuse the memory
    base::Bytes plain_frame;
    std::optional<std::uint32_t> plain_frame_number;  // which one plain_frame holds

    [[nodiscard]] Layout layout() const noexcept { return layout_of(statement, statement_bytes.size()); }
    // Of the frames in the table, the last frame not counted.
    [[nodiscard]] std::uint64_t plain_bytes() const noexcept {
        return statement.payload_plain_bytes - last_frame_plain_bytes(statement.signature_area_bytes);
    }

    [[nodiscard]] Error damaged(Code code, std::string_view what) const;

    // Hashes the stored index against the statement, then reads the frame table from it.
    [[nodiscard]] Result<void> load_index();

    // The plain bytes of a frame, checked; valid until the next call.
    [[nodiscard]] Result<base::ByteView> frame(std::uint32_t number);

    // FORMAT unless the entry's extent lies within the frames and covers its size exactly.
    [[nodiscard]] Result<void> check_extent(const Entry &entry) const;

    // Where byte `offset` of the plain payload stands.
    [[nodiscard]] Result<Extent> locate(std::uint64_t offset) const;

    // Gives `size` plain bytes from there on to `sink`.
    [[nodiscard]] Result<void> read_plain(Extent from, std::uint64_t size, const base::ByteSink &sink);
};

}  // namespace mos::package
