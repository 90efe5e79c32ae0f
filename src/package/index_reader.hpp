// Reads the index line by line: one chunk stored, one window and one line expanded, whatever its length.
#pragma once

#include "package_state.hpp"

#include <mos/package/index_line.hpp>

namespace mos::package {

// The package's state outlives it, and check_index_digest() has run over it.
class IndexReader {
  public:
    explicit IndexReader(PackageState &state);
    IndexReader(IndexReader &&) noexcept;
    IndexReader &operator=(IndexReader &&) noexcept;
    ~IndexReader();

    // The next line without its newline, valid until the next call; nothing at the end, where the length must be the
    // one that the statement says.
    [[nodiscard]] Result<std::optional<std::string_view>> next_line();

    // The same, which must be there and be a frame's; or an entry's, if there is one.
    [[nodiscard]] Result<FrameLine> next_frame();
    [[nodiscard]] Result<std::optional<Entry>> next_entry();

  private:
    struct Stream;
    [[nodiscard]] Result<void> fill();
    [[nodiscard]] Result<void> read_chunk();
    [[nodiscard]] Result<void> finish();
    [[nodiscard]] Error in_line(Error cause) const;

    PackageState *m_state;
    std::unique_ptr<Stream> m_stream;
    base::Bytes m_chunk;
    std::size_t m_chunk_used = 0;
    std::size_t m_next_chunk = 0;
    std::string m_text;       // expanded, not yet handed out
    std::size_t m_begin = 0;  // of what is not handed out
    std::uint64_t m_expanded = 0;
    std::uint64_t m_line = 0;
    bool m_complete = false;
};

}  // namespace mos::package
