#include "dns_name.hpp"

#include <algorithm>
#include <cstdint>

namespace mos::crypto {

namespace {

constexpr std::size_t max_label = 63;
constexpr std::size_t max_name = 253;
constexpr std::size_t max_local_part = 64;  // RFC 5321 section 4.5.3.1.1

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Punycode (RFC 3492 section 5).
constexpr std::uint32_t code_base = 36;
constexpr std::uint32_t t_min = 1;
constexpr std::uint32_t t_max = 26;
constexpr std::uint32_t skew = 38;
constexpr std::uint32_t damp = 700;
constexpr std::uint32_t first_bias = 72;
constexpr std::uint32_t first_code_point = 0x80;
constexpr std::uint32_t last_code_point = 0x10FFFF;

std::uint32_t adapted_bias(std::uint32_t delta, std::uint32_t points, bool is_first) {
    delta = is_first ? delta / damp : delta / 2;
    delta += delta / points;
    std::uint32_t k = 0;
    for (; delta > (code_base - t_min) * t_max / 2; k += code_base)
        delta /= code_base - t_min;
    return k + (code_base - t_min + 1) * delta / (delta + skew);
}

// Whether the variable-length numbers of `text`, which stand behind `points` characters in ASCII, decode to characters
// beyond ASCII. 63 characters can't make 64 bits overflow before the limit of Unicode is seen.
bool decodes_from_punycode(std::string_view text, std::uint32_t points) {
    std::uint64_t code_point = first_code_point;
    std::uint64_t i = 0;
    std::uint32_t bias = first_bias;
    for (std::size_t at = 0; at < text.size();) {
        const std::uint64_t before = i;
        std::uint64_t weight = 1;
        for (std::uint32_t k = code_base;; k += code_base) {
            if (at == text.size())
                return false;
            const char c = folded(text[at++]);
            const auto digit = static_cast<std::uint32_t>(is_digit(c) ? c - '0' + 26 : c - 'a');
            i += digit * weight;
            if (i > std::uint64_t{last_code_point} * (max_label + 1))
                return false;
            const std::uint32_t threshold = k <= bias ? t_min : std::min(k - bias, t_max);
            if (digit < threshold)
                break;
            weight *= code_base - threshold;
        }
        ++points;
        bias = adapted_bias(static_cast<std::uint32_t>(i - before), points, before == 0);
        code_point += i / points;
        i = i % points + 1;
        if (code_point > last_code_point || (code_point >= 0xD800 && code_point <= 0xDFFF))
            return false;
    }
    return true;
}

bool is_internationalized(std::string_view label) {
    const std::string_view code = label.substr(4);
    const std::size_t hyphen = code.rfind('-');
    const std::size_t plain = hyphen == std::string_view::npos ? 0 : hyphen;
    const std::string_view numbers = hyphen == std::string_view::npos ? code : code.substr(hyphen + 1);
    return !numbers.empty() && decodes_from_punycode(numbers, static_cast<std::uint32_t>(plain));
}

bool is_label(std::string_view label) {
    if (label.empty() || label.size() > max_label || label.front() == '-' || label.back() == '-')
        return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; }))
        return false;
    if (label.size() < 4 || label.substr(2, 2) != "--")
        return true;
    return equal_folded(label.substr(0, 2), "xn") && is_internationalized(label);
}

// A host whose last label is a number is an IPv4 address, well-formed or not, to whoever follows the WHATWG's URL
// standard (section 3.5): also in hexadecimal.
bool is_number(std::string_view label) {
    const auto is_hex = [](char c) { return is_digit(c) || (folded(c) >= 'a' && folded(c) <= 'f'); };
    if (label.size() >= 2 && equal_folded(label.substr(0, 2), "0x"))
        return std::all_of(label.begin() + 2, label.end(), is_hex);
    return std::all_of(label.begin(), label.end(), is_digit);
}

}  // namespace

bool equal_folded(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return folded(x) == folded(y); });
}

bool is_dns_name(std::string_view text) {
    if (text.empty() || text.size() > max_name)
        return false;
    for (;;) {
        const std::size_t dot = text.find('.');
        const std::string_view label = text.substr(0, dot);
        if (!is_label(label))
            return false;
        if (dot == std::string_view::npos)
            return !is_number(label);
        text.remove_prefix(dot + 1);
    }
}

bool is_dns_pattern(std::string_view text) {
    if (!text.starts_with("*."))
        return is_dns_name(text);
    const std::string_view rest = text.substr(2);
    return text.size() <= max_name && is_dns_name(rest) && rest.find('.') != std::string_view::npos;
}

bool is_mailbox(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-/=?^_`{|}~.";  // atext of RFC 5322 section 3.2.3, and the dot
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos)
        return false;
    const std::string_view local = text.substr(0, at);
    const bool is_atoms = std::all_of(local.begin(), local.end(), [&](char c) {
        return is_letter_or_digit(c) || marks.find(c) != std::string_view::npos;
    });
    return is_atoms && !local.empty() && local.size() <= max_local_part && local.front() != '.' &&
           local.back() != '.' && local.find("..") == std::string_view::npos && is_dns_name(text.substr(at + 1));
}

}  // namespace mos::crypto
