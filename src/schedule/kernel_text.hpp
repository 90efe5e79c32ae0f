// Words and numbers of the kernel's text files.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace mos::schedule {

inline constexpr std::uint64_t full_percent = 100;

// The first line of a text, taken off it.
inline std::string_view take_line(std::string_view &text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

// The first word of a line, taken off it; empty where there is none.
inline std::string_view take_word(std::string_view &line) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end);
    return word;
}

inline std::optional<std::uint64_t> number(std::string_view word) {
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (word.empty() || problem != std::errc{} || end != word.data() + word.size())
        return std::nullopt;
    return value;
}

// part / whole in percent; the quantities are far from the ends of their type, or the text is nobody's.
inline std::optional<std::int64_t> percent(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0 || part > whole || whole > UINT64_MAX / full_percent)
        return std::nullopt;
    return static_cast<std::int64_t>(part * full_percent / whole);
}

}  // namespace mos::schedule
