#include "json_text.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

namespace mos::snapshot {

std::string json_text(std::string_view clean) {
    std::string text = "\"";
    for (const char c : clean) {
        if (c == '"' || c == '\\')
            text += '\\';
        text += c;
    }
    return text + '"';
}

std::string byte_field(std::string_view name, std::string_view bytes) {
    if (base::is_clean_text(bytes))
        return fmt::format("\"{}\":{}", name, json_text(bytes));
    return fmt::format("\"{}_base64\":\"{}\"", name, base::to_base64(base::as_bytes(bytes)));
}

}  // namespace mos::snapshot
