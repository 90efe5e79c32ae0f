// The files of a journal, line by line.
#pragma once

#include <mos/base/filesystem.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::observe {

// A segment's first line.
struct SegmentHeader {
    std::uint64_t first = 1;     // the number of its first event
    std::uint64_t previous = 0;  // the number of the last event before it; 0 where there is none
    std::string boot;
};
[[nodiscard]] std::string write_header(const SegmentHeader &header);
[[nodiscard]] std::optional<SegmentHeader> parse_header(std::string_view line);

// A segment that is not written to any more: the number of its first event in twenty digits, and ".jsonl".
[[nodiscard]] std::string segment_name(std::uint64_t first);
// By their numbers. What else lies in the folder is nobody's.
[[nodiscard]] Result<std::vector<std::uint64_t>> old_segments(base::Directory &folder);

// Reads complete lines of a file that may grow. One beyond max_event_line_bytes is passed over.
class LineReader {
  public:
    // nullopt where there is no further complete line now. The view is valid until the next call.
    [[nodiscard]] Result<std::optional<std::string_view>> next(base::File &file);

  private:
    [[nodiscard]] Result<bool> fill(base::File &file);

    std::string m_held;
    std::size_t m_used = 0;      // of m_held
    std::size_t m_searched = 0;  // of m_held, without the end of a line
    std::uint64_t m_offset = 0;  // in the file, of what is read next
    bool m_passing_over = false;
};

// The whole of a segment, as a writer has to know it.
struct SegmentState {
    std::optional<SegmentHeader> header;
    std::uint64_t last = 0;  // the number of its last event; 0 where there is none
    bool is_torn = false;    // what stands at its end is no whole line
};
[[nodiscard]] Result<SegmentState> examine_segment(base::File &file, std::uint64_t size);

}  // namespace mos::observe
