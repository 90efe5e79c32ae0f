#include "log_walker.hpp"

#include <bit>

namespace mos::state {

namespace {

constexpr std::uint32_t log_magic = 0x377f0682;  // its lowest bit says in which order words are summed up
constexpr std::uint32_t log_version = 3007000;
constexpr std::size_t summed_of_log_header = 24;
constexpr std::size_t summed_of_frame_header = 8;

std::uint32_t number_at(base::ByteView bytes, std::size_t offset) noexcept {
    std::uint32_t number = 0;
    for (const std::byte byte : bytes.subspan(offset, 4))
        number = number << 8U | std::to_integer<std::uint32_t>(byte);
    return number;
}

Checksum checksum_at(base::ByteView bytes, std::size_t offset) noexcept {
    return {.first = number_at(bytes, offset), .second = number_at(bytes, offset + 4)};
}

}  // namespace

Result<std::optional<LogWalker>> LogWalker::begin(base::File &file) {
    LogWalker walker{file};
    MOS_TRY(const std::size_t count, file.read_at(0, walker.m_header));
    const base::ByteView header{walker.m_header};
    const std::uint32_t magic = number_at(header, 0);
    const std::uint32_t page_bytes = number_at(header, 8);
    if (count < header.size() || (magic & ~1U) != log_magic || number_at(header, 4) != log_version ||
        page_bytes < 512 || page_bytes > 65536 || !std::has_single_bit(page_bytes))
        return std::optional<LogWalker>{};
    walker.m_order = (magic & 1U) == 0 ? WordOrder::little : WordOrder::big;
    walker.m_sum = checksum_of({}, header.first(summed_of_log_header), walker.m_order);
    if (walker.m_sum != checksum_at(header, summed_of_log_header))
        return std::optional<LogWalker>{};
    walker.m_frame.resize(frame_header_bytes + page_bytes);
    return std::optional{std::move(walker)};
}

Result<void> LogWalker::go_to(std::uint64_t position) {
    std::array<std::byte, frame_header_bytes> header{};
    MOS_TRY(const std::size_t count, m_file.read_at(position - m_frame.size(), header));
    if (count < header.size())
        return Error{Code::TRUNCATED, "the database's log is shorter than it was"};
    m_sum = checksum_at(header, 16);
    m_position = m_committed = position;
    return {};
}

Result<std::optional<LogWalker::Frame>> LogWalker::next() {
    MOS_TRY(const std::size_t count, m_file.read_at(m_position, m_frame));
    const base::ByteView bytes{m_frame};
    Frame frame{
        .offset = m_position, .bytes = bytes, .page = number_at(bytes, 0), .pages_after_commit = number_at(bytes, 4)};
    if (count < bytes.size() || frame.page == 0 ||
        checksum_at(bytes, 8) != checksum_at(m_header, 16))  // the salts, of the same form
        return std::optional<Frame>{};
    const Checksum sum = checksum_of(checksum_of(m_sum, bytes.first(summed_of_frame_header), m_order),
                                     bytes.subspan(frame_header_bytes), m_order);
    if (sum != checksum_at(bytes, 16))
        return std::optional<Frame>{};
    m_sum = sum;
    m_position += bytes.size();
    if (frame.pages_after_commit != 0)
        m_committed = m_position;
    return std::optional{frame};
}

}  // namespace mos::state
