#include "yaml_word.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace mos::config {

namespace {

// Fewer than YAML allows without quotes, and none that means something somewhere.
bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == '/' || c == '+' || c == '@' || c == '%' || c == ':';
}

// What a reader of YAML 1.1 or 1.2 takes for something else than text.
bool is_null_word(std::string_view text) {
    constexpr std::array words = {std::string_view{"null"}, std::string_view{"Null"}, std::string_view{"NULL"}};
    return std::find(words.begin(), words.end(), text) != words.end();
}

bool needs_quotes(std::string_view text) {
    return text.empty() || !std::all_of(text.begin(), text.end(), is_plain) || text.back() == ':' ||
           std::string_view{"-%@:."}.find(text.front()) != std::string_view::npos || is_null_word(text);
}

}  // namespace

std::string yaml_word(std::string_view text) {
    if (!needs_quotes(text))
        return std::string{text};
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            quoted += '\\';
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            quoted += c;
    }
    return quoted += '"';
}

std::string yaml_list(const std::vector<std::string> &words) {
    std::string list = "[";
    for (const std::string &word : words)
        list += (list.size() > 1 ? ", " : "") + yaml_word(word);
    return list += ']';
}

}  // namespace mos::config
