// What an opened package knows; shared by the parts of the reader.
#pragma once

#include "frame_reader.hpp"

#include <mos/base/source.hpp>
#include <mos/crypto/verify.hpp>
#include <mos/package/entry.hpp>
#include <mos/package/layout.hpp>
#include <mos/package/signature_area.hpp>

#include <optional>
#include <vector>

namespace mos::package {

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

    std::optional<FrameReader> reader;  // once the index is loaded

    [[nodiscard]] Layout layout() const noexcept { return layout_of(statement, statement_bytes.size()); }
    // Of the frames in the table, the last frame not counted.
    [[nodiscard]] std::uint64_t plain_bytes() const noexcept {
        return statement.payload_plain_bytes - last_frame_plain_bytes(statement.signature_area_bytes);
    }

    [[nodiscard]] Error damaged(Code code, std::string_view what) const;

    // Hashes the stored index against the statement, then reads the frame table from it. The state may not be moved
    // after that.
    [[nodiscard]] Result<void> load_index();

    // FORMAT unless the entry's extent lies within the frames and covers its size exactly.
    [[nodiscard]] Result<void> check_extent(const Entry &entry) const;

    // Where byte `offset` of the plain payload stands.
    [[nodiscard]] Result<Extent> locate(std::uint64_t offset) const;

    // Gives `size` plain bytes from there on to `sink`.
    [[nodiscard]] Result<void> read_plain(Extent from, std::uint64_t size, const base::ByteSink &sink);
};

}  // namespace mos::package
