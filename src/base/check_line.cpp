#include <mos/base/bytes.hpp>
#include <mos/base/check_line.hpp>

#include <fmt/format.h>

namespace mos::base {

Result<void> check_line(std::string_view what, std::string_view text, std::size_t most) {
    if (text.size() > most)
        return Error{Code::LIMIT, fmt::format("the {} has {} bytes, {} are allowed", what, text.size(), most)};
    if (!is_clean_text(text))
        return Error{Code::INVALID_ARGUMENT, fmt::format("the {} {} is no line of UTF-8 text", what, in_quotes(text))};
    return {};
}

}  // namespace mos::base
