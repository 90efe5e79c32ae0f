#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace mos::base {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

template <class T>
void append_little_endian(Bytes &out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        out.push_back(static_cast<std::byte>((std::uint64_t{value} >> (8 * i)) & 0xFFU));
}

template <class T>
T load_little_endian(ByteView bytes) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        value = static_cast<T>(value | static_cast<T>(std::to_integer<T>(bytes[i]) << (8 * i)));
    return value;
}

// Length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629 section 4), 0 when there is none.
std::size_t utf8_sequence(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return i < text.size() && at(i) >= low && at(i) <= high;
    };
    const unsigned lead = at(0);
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return continues(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = lead == 0xED ? 0x9F : 0xBF;
        return continues(1, low, high) && continues(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
        return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

// Control characters: C0, DEL, and C1 as UTF-8 writes them.
bool is_control(std::string_view sequence) {
    const auto first = static_cast<unsigned char>(sequence[0]);
    return first < 0x20 || first == 0x7F ||
           (first == 0xC2 && sequence.size() == 2 && static_cast<unsigned char>(sequence[1]) < 0xA0);
}

}  // namespace

std::string to_hex(ByteView bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::byte b : bytes) {
        text += hex_digits[std::to_integer<std::size_t>(b) >> 4U];
        text += hex_digits[std::to_integer<std::size_t>(b) & 15U];
    }
    return text;
}

Result<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0)
        return Error{Code::FORMAT, "hexadecimal text has an odd length"};
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0)
            return Error{Code::FORMAT, "hexadecimal text holds another character"};
        bytes.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return bytes;
}

std::string to_base64(ByteView bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = (group << 8U) | (k < count ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            text += k <= count ? base64_digits[(group >> (18 - 6 * k)) & 63U] : '=';
    }
    return text;
}

Result<Bytes> from_base64(std::string_view text) {
    const auto malformed = [] { return Error{Code::FORMAT, "text is not base64"}; };
    if (text.size() % 4 != 0)
        return malformed();
    Bytes bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const bool last = i + 4 == text.size();
        std::size_t padding = 0;
        if (last && text[i + 3] == '=')
            padding = text[i + 2] == '=' ? 2 : 1;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            const std::size_t digit = k < 4 - padding ? base64_digits.find(text[i + k]) : 0;
            if (digit == std::string_view::npos)
                return malformed();
            group = (group << 6U) | static_cast<std::uint32_t>(digit);
        }
        if ((padding == 1 && (group & 0xFFU) != 0) || (padding == 2 && (group & 0xFFFFU) != 0))
            return malformed();
        for (std::size_t k = 0; k < 3 - padding; ++k)
            bytes.push_back(static_cast<std::byte>((group >> (16 - 8 * k)) & 0xFFU));
    }
    return bytes;
}

void append_u16(Bytes &out, std::uint16_t value) { append_little_endian(out, value); }
void append_u32(Bytes &out, std::uint32_t value) { append_little_endian(out, value); }
void append_u64(Bytes &out, std::uint64_t value) { append_little_endian(out, value); }

Result<ByteView> ByteReader::take(std::size_t count) {
    if (count > m_rest.size())
        return Error{Code::TRUNCATED, fmt::format("{} bytes expected, {} left", count, m_rest.size())};
    const ByteView taken = m_rest.first(count);
    m_rest = m_rest.subspan(count);
    return taken;
}

Result<std::uint16_t> ByteReader::u16() {
    MOS_TRY(const ByteView bytes, take(2));
    return load_little_endian<std::uint16_t>(bytes);
}

Result<std::uint32_t> ByteReader::u32() {
    MOS_TRY(const ByteView bytes, take(4));
    return load_little_endian<std::uint32_t>(bytes);
}

Result<std::uint64_t> ByteReader::u64() {
    MOS_TRY(const ByteView bytes, take(8));
    return load_little_endian<std::uint64_t>(bytes);
}

bool is_clean_text(std::string_view text) noexcept {
    const auto is_plain = [](char c) { return c >= ' ' && c <= '~'; };
    for (;;) {
        text.remove_prefix(
            static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_plain) - text.begin()));
        if (text.empty())
            return true;
        const std::size_t length = utf8_sequence(text);
        if (length == 0 || is_control(text.substr(0, length)))
            return false;
        text.remove_prefix(length);
    }
}

std::string printable(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        if (length == 0 || is_control(text.substr(0, length))) {
            const std::size_t bad = length == 0 ? 1 : length;
            for (const char c : text.substr(0, bad))
                shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
            text.remove_prefix(bad);
        } else {
            shown += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return shown;
}

constexpr std::size_t max_quoted_bytes = 300;  // what a person reads of it; errors carry their whole object besides

std::string in_quotes(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size()) {
        const std::size_t length = std::max<std::size_t>(utf8_sequence(text.substr(end)), 1);
        if (end + length > max_quoted_bytes)
            return "'" + printable(text.substr(0, end)) + "…'";
        end += length;
    }
    return "'" + printable(text) + "'";
}

Result<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) {
    if (a > std::numeric_limits<std::uint64_t>::max() - b)
        return Error{Code::LIMIT, "a size is beyond 64 bits"};
    return a + b;
}

Result<std::uint64_t> checked_multiply(std::uint64_t a, std::uint64_t b) {
    if (b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b)
        return Error{Code::LIMIT, "a size is beyond 64 bits"};
    return a * b;
}

}  // namespace mos::base
