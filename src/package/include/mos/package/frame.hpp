// zstd frames (RFC 8878) as packages use them: whole in memory, content size present, none depends on another.
#pragma once

#include <mos/base/bytes.hpp>
#include <mos/package/limits.hpp>

#include <array>
#include <memory>

namespace mos::package {

// Every package begins with this empty frame, so that plain tar takes the file for a compressed tar.
inline constexpr std::array<unsigned char, 9> empty_frame = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00};

// Skippable frames (RFC 8878 section 3.1.2) carry the head.
inline constexpr std::uint32_t statement_frame_magic = 0x184D2A57;
inline constexpr std::uint32_t signature_frame_magic = 0x184D2A58;
inline constexpr std::uint32_t index_frame_magic = 0x184D2A59;
inline constexpr std::size_t skippable_header_bytes = 8;
[[nodiscard]] base::Bytes skippable_header(std::uint32_t magic, std::uint32_t content_bytes);

// A frame of raw blocks: no compressor, so its bytes are the same for ever. At most 4 GiB.
[[nodiscard]] base::Bytes raw_frame(base::ByteView plain);
[[nodiscard]] std::uint64_t raw_frame_bytes(std::uint64_t plain_bytes) noexcept;

// How many stored bytes a frame of so many plain ones may have at most: a rule of the format, with room for what zstd
// and raw blocks take.
[[nodiscard]] std::uint64_t max_stored_bytes(std::uint64_t plain_bytes) noexcept;

// What the header of every frame must be, looked at before memory is taken: a zstd frame that says that it holds
// `plain_bytes`, with a window of at most 2^window_log bytes and nothing else in it: no dictionary, no checksum. The
// window of a single-segment frame is its content's size. `stored` may be the frame's beginning. FORMAT, LIMIT.
[[nodiscard]] Result<void> check_frame_header(base::ByteView stored, std::uint64_t plain_bytes,
                                              std::uint32_t window_log);

// How many threads beside the caller's are worth having for frames; few, for each of them holds frames in memory.
[[nodiscard]] std::size_t frame_threads() noexcept;

// Compresses frame after frame at one level; its context is kept. Level 0 makes raw frames.
class FrameCompressor {
  public:
    explicit FrameCompressor(int level);
    FrameCompressor(FrameCompressor &&) noexcept;
    FrameCompressor &operator=(FrameCompressor &&) noexcept;
    ~FrameCompressor();
    [[nodiscard]] Result<base::Bytes> compress(base::ByteView plain);

  private:
    struct State;
    std::unique_ptr<State> m_state;
};

class FrameDecompressor {
  public:
    FrameDecompressor();
    FrameDecompressor(FrameDecompressor &&) noexcept;
    FrameDecompressor &operator=(FrameDecompressor &&) noexcept;
    ~FrameDecompressor();

    // `stored` must be exactly one frame that check_frame_header() accepts: FORMAT or LIMIT otherwise.
    [[nodiscard]] Result<void> decompress(base::ByteView stored, base::MutableByteView plain, const Limits &limits);

  private:
    struct State;
    std::unique_ptr<State> m_state;
};

}  // namespace mos::package
