// The frames of a payload, checked and expanded; ahead of whoever reads them in order.
#pragma once

#include <mos/base/ordered_work.hpp>
#include <mos/base/source.hpp>
#include <mos/crypto/digest.hpp>
#include <mos/package/entry.hpp>
#include <mos/package/frame.hpp>

#include <memory>
#include <optional>
#include <utility>
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

// What is done ahead takes no more memory than this, stored and plain bytes together; a frame that alone takes more is
// expanded when it is asked for.
inline constexpr std::size_t max_ahead_bytes = 2U << 20U;
inline constexpr std::size_t max_ahead_frames = 2;

// Reads on the caller's thread alone; other threads hash and expand what was read. They begin when frames are asked for
// in order, the more frames ahead the longer that goes on, so that a reader who picks some wastes little.
class FrameReader {
  public:
    // What a frame is held against after it was expanded. `stored` alone makes sure that it is what was signed.
    enum class Check : std::uint8_t { stored, stored_and_plain };

    // All borrowed. `payload` is where the payload begins in the source.
    FrameReader(base::Source &source, const std::vector<Frame> &frames, std::uint64_t payload, const Limits &limits);
    ~FrameReader();

    // Of all frames that are asked for from now on.
    void set_check(Check check);

    // No other frames are read before they are asked for; by default any may be.
    void read_ahead_only(FrameSet frames) { m_wanted = std::move(frames); }

    // Those that were read from the source, by whomever, in vain too.
    [[nodiscard]] const FrameSet &seen() const noexcept { return m_seen; }

    // The plain bytes of a frame; valid until the next call. DIGEST_MISMATCH, FORMAT, LIMIT, and what the source says.
    [[nodiscard]] Result<base::ByteView> frame(std::uint32_t number);

    // Gives back all threads and memory, until frames are asked for again.
    void rest() noexcept;

  private:
    struct Piece {
        std::uint32_t number = 0;
        base::Bytes stored;
        base::Bytes plain;
        Result<void> outcome;
    };
    using Work = base::OrderedWork<Piece>;

    [[nodiscard]] Result<Piece> read(std::uint32_t number);
    [[nodiscard]] Result<void> expand(Piece &piece, std::size_t lane) const;
    void read_ahead();
    void drop_ahead();
    void drop_ahead_before(std::uint32_t number);
    [[nodiscard]] std::uint64_t next_wanted(std::uint64_t number) const noexcept;
    [[nodiscard]] bool is_ahead() const noexcept { return m_work != nullptr && !m_work->empty(); }
    [[nodiscard]] Piece spare_piece();

    base::Source &m_source;
    const std::vector<Frame> &m_frames;
    const std::uint64_t m_payload;
    const Limits &m_limits;
    const std::size_t m_threads;
    std::size_t m_most_stored_bytes = 0;  // of any frame
    std::size_t m_most_plain_bytes = 0;
    Check m_check = Check::stored;

    Piece m_current;
    bool m_has_current = false;
    std::optional<std::uint32_t> m_last;  // that was asked for
    std::optional<FrameSet> m_wanted;     // that may be read ahead; none: all
    FrameSet m_seen;
    std::size_t m_depth = 0;                                 // how many frames are wanted ahead
    std::uint64_t m_ahead_bytes = 0;                         // of the frames that are in the work
    std::uint64_t m_ahead_end = 0;                           // beyond the last of them
    std::vector<Piece> m_spare;                              // whose memory is used again
    mutable std::vector<FrameDecompressor> m_decompressors;  // one a lane, each used by one thread at a time
    std::unique_ptr<Work> m_work;                            // null until something is done ahead
};

// "package 'p.mos': …"
[[nodiscard]] Error damaged_package(const std::string &name, Code code, std::string_view what);

}  // namespace mos::package
