// config::render. The input is JSON values, a zero byte, and a template.
#include "target.hpp"

#include <mos/config/template.hpp>
#include <mos/config/values.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace {

// Every "{{" made literal.
std::string escaped(std::string_view text) {
    std::string out;
    for (std::size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{")) {
        out += text.substr(0, at);
        out += "\\{{";
        text.remove_prefix(at + 2);
    }
    return out += text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    const std::string_view all = base::as_text(fuzz::input(data, size));
    const std::size_t end = all.find('\0');
    if (end == std::string_view::npos)
        return 0;
    const auto values = config::read_values(all.substr(0, end), config::Format::json, "values");
    if (!values)
        return 0;
    const std::string_view text = all.substr(end + 1);
    const auto rendered = config::render(text, **values, "template");
    if (rendered)
        fuzz::hold(rendered->size() <= config::max_rendered_bytes, "what is rendered is within the limit");
    else
        fuzz::hold(base::is_clean_text(rendered.error().message()), "a message is one clean line");
    const std::string literal = escaped(text);
    if (text.size() <= config::max_rendered_bytes)
        fuzz::hold(fuzz::must(config::render(literal, **values, "template"), "a literal template can be rendered") ==
                       text,
                   "a literal template comes out as it was");
    return 0;
}
