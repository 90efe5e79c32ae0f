#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <optional>

namespace frame {

namespace {

// What may follow a lead byte: how many bytes, and the bounds of the first (RFC 3629 section 4).
struct Continuation {
    std::size_t count;
    unsigned lowest = 0x80;
    unsigned highest = 0xBF;
};

std::optional<Continuation> continuation_of(unsigned lead) noexcept {
    if (lead < 0x80)
        return Continuation{0};
    if (lead < 0xC2 || lead > 0xF4)
        return std::nullopt;
    if (lead < 0xE0)
        return Continuation{1};
    if (lead < 0xF0)
        return Continuation{2, lead == 0xE0 ? 0xA0U : 0x80U, lead == 0xED ? 0x9FU : 0xBFU};
    return Continuation{3, lead == 0xF0 ? 0x90U : 0x80U, lead == 0xF4 ? 0x8FU : 0xBFU};
}

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none.
std::size_t utf8_sequence(std::string_view text) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
    const std::optional<Continuation> rest = continuation_of(at(0));
    if (!rest || rest->count >= text.size())
        return 0;
    for (std::size_t i = 1; i <= rest->count; ++i)
        if (at(i) < (i == 1 ? rest->lowest : 0x80U) || at(i) > (i == 1 ? rest->highest : 0xBFU))
            return 0;
    return rest->count + 1;
}

// C0, DEL, and C1 as UTF-8 writes them; and the marks that turn the direction of the text around them.
bool is_control(std::string_view sequence) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
    if (at(0) < 0x20 || at(0) == 0x7F)
        return true;
    if (sequence.size() == 2)
        return at(0) == 0xC2 && at(1) < 0xA0;
    if (sequence.size() != 3 || at(0) != 0xE2)
        return false;
    // U+202A to U+202E and U+2066 to U+2069: a name could show itself backwards.
    return (at(1) == 0x80 && at(2) >= 0xAA && at(2) <= 0xAE) || (at(1) == 0x81 && at(2) >= 0xA6 && at(2) <= 0xA9);
}

}  // namespace

bool is_clean(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        if (length == 0 || is_control(text.substr(0, length)))
            return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string printable(std::string_view text) {
    std::string shown;
    shown.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        if (length != 0 && !is_control(text.substr(0, length))) {
            shown += text.substr(0, length);
            text.remove_prefix(length);
            continue;
        }
        const std::size_t bad = std::max<std::size_t>(length, 1);
        for (const char byte : text.substr(0, bad))
            shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
        text.remove_prefix(bad);
    }
    return shown;
}

std::string in_quotes(std::string_view text) { return "'" + printable(text) + "'"; }

std::string shell_word(std::string_view text) {
    const auto plain = [](char byte) {
        return std::isalnum(static_cast<unsigned char>(byte)) != 0 ||
               std::string_view{"/._-+:,=@%"}.find(byte) != std::string_view::npos;
    };
    if (!text.empty() && std::all_of(text.begin(), text.end(), plain))
        return std::string{text};
    std::string word = "'";
    for (const char byte : text)
        word += byte == '\'' ? std::string{"'\\''"} : std::string(1, byte);
    return word + "'";
}

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes)
        text += fmt::format("{:02x}", byte);
    return text;
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = i; k < i + 3; ++k)
            group = (group << 8U) | (k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            text += i + k <= bytes.size() ? digits[(group >> (18 - 6 * k)) & 63U] : '=';
    }
    return text;
}

std::string size_text(std::uint64_t bytes) {
    if (bytes < 1000)
        return counted(bytes, "byte");
    constexpr std::array units{"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = static_cast<double>(bytes) / 1000;
    std::size_t unit = 0;
    while (value >= 999.95 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string count_text(std::uint64_t count) {
    std::string digits = std::to_string(count);
    for (std::size_t at = digits.size(); at > 3;) {
        at -= 3;
        digits.insert(at, 1, ',');
    }
    return digits;
}

std::string counted(std::uint64_t count, std::string_view noun, std::string_view plural) {
    if (count == 1)
        return fmt::format("1 {}", noun);
    return plural.empty() ? fmt::format("{} {}s", count_text(count), noun)
                          : fmt::format("{} {}", count_text(count), plural);
}

std::string duration_text(std::int64_t milliseconds) {
    if (milliseconds < 60'000)
        return fmt::format("{:.1f} s", static_cast<double>(milliseconds) / 1000);
    return fmt::format("{} min {} s", milliseconds / 60'000, milliseconds / 1000 % 60);
}

static std::string time_text(const std::tm &fields, const char *format) {
    std::array<char, 64> buffer{};
    return std::string{buffer.data(), std::strftime(buffer.data(), buffer.size(), format, &fields)};
}

std::string local_time(std::int64_t unix_s) {
    const std::time_t when = unix_s;
    std::tm fields{};
    if (::localtime_r(&when, &fields) == nullptr)
        return std::to_string(unix_s);
    return time_text(fields, "%Y-%m-%d %H:%M:%S");
}

std::string utc_time(std::int64_t unix_s) {
    const std::time_t when = unix_s;
    std::tm fields{};
    if (::gmtime_r(&when, &fields) == nullptr)
        return std::to_string(unix_s);
    return time_text(fields, "%Y-%m-%dT%H:%M:%SZ");
}

std::string mode_text(char type, std::uint32_t mode) {
    std::string text = "?rwxrwxrwx";
    text[0] = type;
    for (std::size_t bit = 0; bit < 9; ++bit)
        if ((mode & (0400U >> bit)) == 0)
            text[bit + 1] = '-';
    const auto special = [&](std::uint32_t flag, std::size_t at, char with_execute, char without) {
        if ((mode & flag) != 0)
            text[at] = text[at] == 'x' ? with_execute : without;
    };
    special(04000, 3, 's', 'S');
    special(02000, 6, 's', 'S');
    special(01000, 9, 't', 'T');
    return text;
}

std::string as_sentence(std::string_view text) {
    if (text.empty())
        return {};
    std::string said{text};
    const std::string_view first = text.substr(0, text.find(' '));
    if (first.find_first_of("/._") == std::string_view::npos)  // a path or a name is what it is
        said[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(said[0])));
    if (said.back() != '.' && said.back() != '?' && said.back() != '!')
        said += '.';
    return said;
}

std::size_t display_width(std::string_view text) noexcept {
    const auto begins = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; };
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
}

std::string padded(std::string_view text, std::size_t width) {
    const std::size_t used = display_width(text);
    return std::string{text} + std::string(width > used ? width - used : 0, ' ');
}

std::string padded_left(std::string_view text, std::size_t width) {
    const std::size_t used = display_width(text);
    return std::string(width > used ? width - used : 0, ' ') + std::string{text};
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> lines(1);
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        std::string &line = lines.back();
        if (line.empty())
            line = word;
        else if (display_width(line) + 1 + display_width(word) <= width)
            line.append(1, ' ').append(word);
        else
            lines.emplace_back(word);
    }
    return lines;
}

void Table::add(std::vector<std::string> cells) {
    for (std::string &cell : cells)
        cell = printable(cell);
    m_rows.push_back(std::move(cells));
}

std::vector<std::string> Table::lines(std::string_view indent) const {
    std::vector<std::size_t> widths(m_columns.size(), 0);
    for (const auto &row : m_rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], display_width(row[i]));

    std::vector<std::string> lines;
    for (const auto &row : m_rows) {
        std::string line{indent};
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += m_columns[i] == Align::right ? padded_left(row[i], widths[i]) : padded(row[i], widths[i]);
            line += "  ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace frame
