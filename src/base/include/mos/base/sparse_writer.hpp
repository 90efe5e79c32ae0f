// Writes a file front to back and leaves holes where the content is zero.
#pragma once

#include <mos/base/filesystem.hpp>

namespace mos::base {

// How many of the bytes stand in blocks, counted from the first byte on, that are not all zero.
[[nodiscard]] std::uint64_t dense_bytes(ByteView bytes) noexcept;

class SparseWriter {
  public:
    explicit SparseWriter(File &file) : m_file(file) {}

    [[nodiscard]] Result<void> write(ByteView bytes);
    // Gives the file its length, which a hole at the end has not.
    [[nodiscard]] Result<void> finish();
    [[nodiscard]] std::uint64_t length() const noexcept { return m_length; }

  private:
    File &m_file;
    std::uint64_t m_length = 0;
    bool m_hole_at_end = false;
};

}  // namespace mos::base
