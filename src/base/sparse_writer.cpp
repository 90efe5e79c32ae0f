#include <mos/base/sparse_writer.hpp>

#include <algorithm>
#include <cstring>

namespace mos::base {

namespace {

constexpr std::size_t hole_bytes = 4096;  // a block of the common filesystems; smaller holes save nothing

bool is_zero(ByteView bytes) {
    return bytes.front() == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

std::uint64_t dense_bytes(ByteView bytes) noexcept {
    std::uint64_t dense = 0;
    for (std::size_t at = 0; at < bytes.size(); at += hole_bytes) {
        const ByteView block = bytes.subspan(at, std::min(hole_bytes, bytes.size() - at));
        dense += is_zero(block) ? 0 : block.size();
    }
    return dense;
}

Result<void> SparseWriter::write(ByteView bytes) {
    std::size_t pending = 0;  // of bytes from `begin` on that are to be written
    std::size_t begin = 0;
    const auto write_pending = [&]() -> Result<void> {
        if (pending != 0)
            MOS_CHECK(m_file.write_at(m_length + begin, bytes.subspan(begin, pending)));
        return {};
    };
    for (std::size_t at = 0; at < bytes.size();) {
        // Blocks are those of the file, not of this call.
        const auto into_block = static_cast<std::size_t>((m_length + at) % hole_bytes);
        const std::size_t count = std::min(hole_bytes - into_block, bytes.size() - at);
        m_hole_at_end = count == hole_bytes && is_zero(bytes.subspan(at, count));
        if (m_hole_at_end) {
            MOS_CHECK(write_pending());
            pending = 0;
            begin = at + count;
        } else {
            pending += count;
        }
        at += count;
    }
    MOS_CHECK(write_pending());
    m_length += bytes.size();
    return {};
}

Result<void> SparseWriter::finish() { return m_hole_at_end ? m_file.resize(m_length) : Result<void>{}; }

}  // namespace mos::base
