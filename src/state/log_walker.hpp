// Reads a write-ahead log as SQLite does: frame by frame, each bound to all before it by a running checksum.
#pragma once

#include "checksum.hpp"

#include <array>

namespace mos::state {

inline constexpr std::size_t log_header_bytes = 32;
inline constexpr std::size_t frame_header_bytes = 24;

class LogWalker {
  public:
    // At the first frame; nothing when the file is empty or does not begin as a log.
    [[nodiscard]] static Result<std::optional<LogWalker>> begin(base::File &file);

    // Behind the frame that ends at `position`, which must be the end of one and is trusted: it was checked before.
    [[nodiscard]] Result<void> go_to(std::uint64_t position);

    struct Frame {
        std::uint64_t offset = 0;
        base::ByteView bytes;  // header and page, until the next call
        std::uint32_t page = 0;
        std::uint32_t pages_after_commit = 0;  // not 0: it ends a commit
    };
    // Nothing from the first frame on that does not follow from those before it: the end, a torn tail, or damage.
    [[nodiscard]] Result<std::optional<Frame>> next();

    // Up to the end of the last commit that was met, in bytes.
    [[nodiscard]] std::uint64_t committed() const noexcept { return m_committed; }
    [[nodiscard]] std::uint64_t frame_bytes() const noexcept { return m_frame.size(); }
    using Header = std::array<std::byte, log_header_bytes>;
    [[nodiscard]] const Header &header() const noexcept { return m_header; }

  private:
    explicit LogWalker(base::File &file) : m_file(file) {}

    base::File &m_file;
    Header m_header{};
    WordOrder m_order = WordOrder::little;
    Checksum m_sum;
    std::uint64_t m_position = log_header_bytes;
    std::uint64_t m_committed = 0;
    base::Bytes m_frame;
};

}  // namespace mos::state
