// Lines of a file, one at a time.
#pragma once

#include <mos/base/filesystem.hpp>

#include <optional>
#include <string>

namespace mos::base {

class LineReader {
  public:
    // The file must outlive it. A line of more than `max_line_bytes` is an error.
    LineReader(File &file, std::size_t max_line_bytes) : m_file(&file), m_max_line_bytes(max_line_bytes) {}

    // Without its end; nothing where there is no whole line any more. LIMIT for one that is too long.
    [[nodiscard]] Result<std::optional<std::string>> next();

    // Where the next line begins in the file.
    [[nodiscard]] std::uint64_t position() const noexcept { return m_offset - m_buffer.size() + m_position; }

  private:
    File *m_file;
    std::size_t m_max_line_bytes;
    std::string m_buffer;
    std::size_t m_position = 0;  // in the buffer
    std::uint64_t m_offset = 0;  // of the buffer's end in the file
};

}  // namespace mos::base
