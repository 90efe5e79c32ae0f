#include <mos/config/template.hpp>

#include "words.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace mos::config {

using base::in_quotes;
using nlohmann::json;

namespace {

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";
constexpr std::size_t max_named_keys = 20;  // in one message

// <cctype> follows the process's locale; a key must not.
bool is_key_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool is_key(std::string_view text) {
    const bool dots_fit =
        !text.empty() && text.front() != '.' && text.back() != '.' && text.find("..") == std::string_view::npos;
    return dots_fit && text.size() <= max_template_key_bytes &&
           std::ranges::all_of(text, [](char c) { return c == '.' || is_key_character(c); });
}

// Null where there is none, and where it is a null.
const json *find_value(const json &values, std::string_view key) {
    const json *place = &values;
    for (;;) {
        const std::size_t dot = key.find('.');
        if (!place->is_object())
            return nullptr;
        const auto found = place->find(key.substr(0, dot));
        if (found == place->end() || found->is_null())
            return nullptr;
        place = &*found;
        if (dot == std::string_view::npos)
            return place;
        key.remove_prefix(dot + 1);
    }
}

class Renderer {
  public:
    Renderer(std::string_view text, const json &values, std::string_view name)
        : m_rest(text), m_values(values), m_name(name) {}

    [[nodiscard]] Result<std::string> run() {
        for (std::size_t at = m_rest.find(opening); at != std::string_view::npos; at = m_rest.find(opening)) {
            const bool literal = at > 0 && m_rest[at - 1] == '\\';
            MOS_CHECK(append(m_rest.substr(0, literal ? at - 1 : at)));
            m_line += static_cast<std::size_t>(
                std::count(m_rest.begin(), m_rest.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
            m_rest.remove_prefix(at + opening.size());
            if (literal)
                MOS_CHECK(append(opening));
            else
                MOS_CHECK(replace());
        }
        MOS_CHECK(append(m_rest));
        if (!m_missing.empty())
            return missing_values();
        return std::move(m_out);
    }

  private:
    [[nodiscard]] Error malformed(std::string_view what) const {
        return Error{Code::FORMAT, fmt::format("template {} line {}: {}", in_quotes(m_name), m_line, what)}.about(
            std::string{m_name});
    }

    // The values are not the template's, and whoever gave them can mend it.
    [[nodiscard]] Error no_text(std::string_view key, const json &value) const {
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("template {} line {}: key {} is {}, which has no text of its own", in_quotes(m_name),
                                 m_line, in_quotes(key), value.is_object() ? "an object" : "a list")}
            .about(std::string{m_name})
            .with_remedy(fmt::format("give a text or a number for {} in the file of values", in_quotes(key)));
    }

    // m_rest begins behind the opening braces.
    [[nodiscard]] Result<void> replace() {
        const std::size_t end = m_rest.find(closing);
        const std::string_view inside = m_rest.substr(0, end);
        if (end == std::string_view::npos || inside.find('\n') != std::string_view::npos)
            return malformed("'{{' is not closed by '}}'; write '\\{{' if the braces are meant");
        const std::string_view key = trimmed(inside);
        m_rest.remove_prefix(end + closing.size());
        if (!is_key(key))
            return malformed(fmt::format("{} is no key: letters, digits, '_' and '-', with dots between them, at most "
                                         "{} bytes",
                                         in_quotes(key.substr(0, max_template_key_bytes)), max_template_key_bytes));
        const json *const value = find_value(m_values, key);
        if (value == nullptr) {
            m_missing.try_emplace(std::string{key}, m_line);
            return {};
        }
        if (value->is_structured())
            return no_text(key, *value);
        return append(value->is_string() ? value->get_ref<const std::string &>() : value->dump());
    }

    [[nodiscard]] Result<void> append(std::string_view text) {
        if (text.size() > max_rendered_bytes - m_out.size())
            return Error{Code::LIMIT, fmt::format("template {} would be filled to more than {} bytes",
                                                  in_quotes(m_name), max_rendered_bytes)}
                .about(std::string{m_name});
        m_out += text;
        return {};
    }

    [[nodiscard]] Error missing_values() const {
        std::string list;
        std::size_t named = 0;
        for (const auto &[key, line] : m_missing) {
            if (named == max_named_keys)
                break;
            list += fmt::format("{}{} (line {})", named++ == 0 ? "" : ", ", in_quotes(key), line);
        }
        if (m_missing.size() > named)
            list += fmt::format(" and {} more", m_missing.size() - named);
        return Error{Code::TEMPLATE_VALUE_MISSING,
                     fmt::format("template {} needs values that are not given: {}", in_quotes(m_name), list)}
            .about(std::string{m_name});
    }

    std::string_view m_rest;
    const json &m_values;
    std::string_view m_name;
    std::string m_out;
    std::size_t m_line = 1;
    std::map<std::string, std::size_t> m_missing;  // and the first line of each
};

}  // namespace

Result<std::string> render(std::string_view text, const json &values, std::string_view name) {
    return Renderer{text, values, name}.run();
}

Result<void> check_template(std::string_view text, std::string_view name) {
    const Result<std::string> rendered = render(text, json::object(), name);
    if (rendered || rendered.error().code() == Code::TEMPLATE_VALUE_MISSING)
        return {};
    if (rendered.error().code() != Code::FORMAT)
        return rendered.error();
    return Error{Code::INVALID_ARGUMENT, rendered.error().message()}
        .about(std::string{name})
        .with_remedy("correct the template; docs/templates.md says what one is");
}

}  // namespace mos::config
