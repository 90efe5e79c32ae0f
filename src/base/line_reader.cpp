#include <mos/base/line_reader.hpp>

namespace mos::base {

namespace {

constexpr std::size_t buffer_bytes = 64U << 10U;

}  // namespace

Result<std::optional<std::string>> LineReader::next() {
    for (;;) {
        if (const std::size_t end = m_buffer.find('\n', m_position); end != std::string::npos) {
            std::string line = m_buffer.substr(m_position, end - m_position);
            m_position = end + 1;
            return std::optional<std::string>{std::move(line)};
        }
        m_buffer.erase(0, m_position);
        m_position = 0;
        if (m_buffer.size() > m_max_line_bytes)
            return Error{Code::LIMIT, "a line is too long"};
        const std::size_t kept = m_buffer.size();
        m_buffer.resize(kept + buffer_bytes);
        MOS_TRY(const std::size_t count,
                m_file->read_at(m_offset, std::as_writable_bytes(std::span{m_buffer}).subspan(kept)));
        m_buffer.resize(kept + count);
        m_offset += count;
        if (count == 0)
            return std::optional<std::string>{};
    }
}

}  // namespace mos::base
