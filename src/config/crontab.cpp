#include "crontab.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mos::config {

namespace {

struct Field {
    std::string_view name;
    unsigned least;
    unsigned most;
    std::span<const std::string_view> names;  // of least, least + 1, …
};

constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                     "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> days = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::array fields = {Field{"minute", 0, 59, {}}, Field{"hour", 0, 23, {}},
                               Field{"day of the month", 1, 31, {}}, Field{"month", 1, 12, months},
                               Field{"day of the week", 0, 7, days}};

std::optional<unsigned> parse_number(std::string_view text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

std::optional<unsigned> parse_one(const Field &field, std::string_view text) {
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto named = std::find(field.names.begin(), field.names.end(), lower);
    if (named != field.names.end())
        return field.least + static_cast<unsigned>(named - field.names.begin());
    const std::optional<unsigned> value = parse_number(text);
    return value && *value >= field.least && *value <= field.most ? value : std::nullopt;
}

// "*", "*/6", "1-5", "1-5/2", "3".
bool is_part(const Field &field, std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        const std::optional<unsigned> step = parse_number(text.substr(slash + 1));
        const bool is_range = text.starts_with('*') || text.find('-') < slash;
        if (!step || *step == 0 || *step > field.most || !is_range)
            return false;
        text = text.substr(0, slash);
    }
    if (text == "*")
        return true;
    const std::size_t dash = text.find('-');
    const std::optional<unsigned> first = parse_one(field, text.substr(0, dash));
    if (dash == std::string_view::npos)
        return first.has_value();
    const std::optional<unsigned> last = parse_one(field, text.substr(dash + 1));
    return first && last && *first <= *last;
}

bool is_field(const Field &field, std::string_view text) {
    while (true) {
        const std::size_t comma = std::min(text.find(','), text.size());
        if (!is_part(field, text.substr(0, comma)))
            return false;
        if (comma == text.size())
            return true;
        text.remove_prefix(comma + 1);
    }
}

std::vector<std::string_view> split_at_blanks(std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = text.find_first_not_of(' '); begin != std::string_view::npos;
         begin = text.find_first_not_of(' ', begin)) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return parts;
}

}  // namespace

Result<void> check_crontab_line(std::string_view text) {
    const std::vector<std::string_view> parts = split_at_blanks(text);
    if (parts.size() != fields.size())
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} has {} fields; a schedule like '0 */6 * * *' has {}",
                                                         base::in_quotes(text), parts.size(), fields.size())};
    for (std::size_t i = 0; i < fields.size(); ++i)
        if (!is_field(fields[i], parts[i]))
            return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no {} of a schedule like '0 */6 * * *'",
                                                             base::in_quotes(parts[i]), fields[i].name)};
    return {};
}

}  // namespace mos::config
