#include "segment.hpp"

#include <mos/base/json.hpp>
#include <mos/observe/event_line.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace mos::observe {

namespace {

constexpr std::size_t chunk_bytes = 32U << 10U;
constexpr std::size_t name_digits = 20;
constexpr std::string_view ending = ".jsonl";
constexpr std::uint64_t tail_bytes = 2 * max_event_line_bytes;  // holds at least one whole line

std::optional<std::uint64_t> number_in(const nlohmann::json &tree, const char *name) {
    const auto found = tree.find(name);
    if (found == tree.end() || !found->is_number_unsigned())
        return std::nullopt;
    return found->get<std::uint64_t>();
}

std::optional<std::uint64_t> number_of(std::string_view name) {
    if (name.size() != name_digits + ending.size() || !name.ends_with(ending))
        return std::nullopt;
    std::uint64_t number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name_digits, number);
    if (read.ec != std::errc{} || read.ptr != name.data() + name_digits || number > max_sequence)
        return std::nullopt;
    return number;
}

void take(SegmentState &state, std::string_view line) {
    if (const auto sequence = sequence_of(line); sequence && *sequence > state.last)
        state.last = *sequence;
}

// Of a segment whose last events stand in its last bytes, as they do unless something has destroyed them.
Result<bool> examine_end(base::File &file, std::uint64_t size, SegmentState &state) {
    const std::uint64_t begin = size > tail_bytes ? size - tail_bytes : 0;
    std::string text(size - begin, '\0');
    MOS_TRY(const std::size_t read, file.read_at(begin, std::as_writable_bytes(std::span{text})));
    text.resize(read);
    state.is_torn = !text.empty() && text.back() != '\n';
    std::string_view rest{text};
    rest = rest.substr(0, rest.rfind('\n') + 1);
    while (!rest.empty() && state.last == 0) {
        rest.remove_suffix(1);
        const std::size_t before = rest.rfind('\n');
        const std::size_t at = before == std::string_view::npos ? 0 : before + 1;
        if (at > 0 || begin == 0)  // what stands before the first line break may be a part of a line
            take(state, rest.substr(at));
        rest = rest.substr(0, at);
    }
    return state.last != 0 || begin == 0;
}

}  // namespace

std::string write_header(const SegmentHeader &header) {
    std::string line =
        fmt::format("{{\"journal\":1,\"first\":{},\"previous\":{},\"boot\":", header.first, header.previous);
    append_json_text(line, header.boot);
    return line + "}\n";
}

std::optional<SegmentHeader> parse_header(std::string_view line) {
    if (!line.starts_with("{\"journal\":"))
        return std::nullopt;
    const auto parsed = base::parse_json(line, {.bytes = max_event_line_bytes, .depth = 2, .values = 100});
    if (!parsed)
        return std::nullopt;
    const nlohmann::json &tree = **parsed;
    const auto first = number_in(tree, "first");
    const auto previous = number_in(tree, "previous");
    const auto boot = tree.find("boot");
    if (!first || !previous || *previous >= *first || *first > max_sequence || boot == tree.end() || !boot->is_string())
        return std::nullopt;
    return SegmentHeader{.first = *first, .previous = *previous, .boot = boot->get<std::string>()};
}

std::string segment_name(std::uint64_t first) { return fmt::format("{:020}{}", first, ending); }

Result<std::vector<std::uint64_t>> old_segments(base::Directory &folder) {
    MOS_TRY(const std::vector<base::DirectoryEntry> entries, folder.list());
    std::vector<std::uint64_t> numbers;
    for (const base::DirectoryEntry &entry : entries)
        if (const auto number = number_of(entry.name); number && entry.type == base::FileType::regular)
            numbers.push_back(*number);
    std::ranges::sort(numbers);
    return numbers;
}

Result<bool> LineReader::fill(base::File &file) {
    m_held.erase(0, m_used);
    m_searched -= m_used;
    m_used = 0;
    if (m_held.size() > max_event_line_bytes) {
        m_held.clear();
        m_searched = 0;
        m_passing_over = true;
    }
    const std::size_t before = m_held.size();
    m_held.resize(before + chunk_bytes);
    auto read = file.read_at(m_offset, std::as_writable_bytes(std::span{m_held}).subspan(before));
    m_held.resize(before + (read ? *read : 0));
    MOS_TRY(const std::size_t count, std::move(read));
    m_offset += count;
    return count > 0;
}

Result<std::optional<std::string_view>> LineReader::next(base::File &file) {
    for (;;) {
        const std::size_t end = m_held.find('\n', m_searched);
        if (end == std::string::npos) {
            m_searched = m_held.size();
            MOS_TRY(const bool more, fill(file));
            if (!more)
                return std::optional<std::string_view>{};
            continue;
        }
        const std::string_view line = std::string_view{m_held}.substr(m_used, end - m_used);
        m_used = end + 1;
        m_searched = m_used;
        if (!std::exchange(m_passing_over, false))
            return std::optional{line};
    }
}

Result<SegmentState> examine_segment(base::File &file, std::uint64_t size) {
    SegmentState state;
    LineReader lines;
    MOS_TRY(const auto first, lines.next(file));
    if (first)
        state.header = parse_header(*first);
    MOS_TRY(const bool done, examine_end(file, size, state));
    if (done)
        return state;
    for (;;) {
        MOS_TRY(const auto line, lines.next(file));
        if (!line)
            return state;
        take(state, *line);
    }
}

}  // namespace mos::observe
