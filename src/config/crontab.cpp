#include <mos/config/calendar.hpp>

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

// The bits of "*", "*/6", "1-5", "1-5/2", "3"; nullopt for anything else.
std::optional<std::uint64_t> parse_part(const Field &field, std::string_view text) {
    unsigned step = 1;
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        const std::optional<unsigned> given = parse_number(text.substr(slash + 1));
        const bool is_range = text.starts_with('*') || text.find('-') < slash;
        if (!given || *given == 0 || *given > field.most || !is_range)
            return std::nullopt;
        step = *given;
        text = text.substr(0, slash);
    }
    const std::size_t dash = text.find('-');
    const bool is_star = text == "*";
    const auto first = is_star ? std::optional{field.least} : parse_one(field, text.substr(0, dash));
    auto last = is_star ? std::optional{field.most} : first;
    if (!is_star && dash != std::string_view::npos)
        last = parse_one(field, text.substr(dash + 1));
    if (!first || !last || *first > *last)
        return std::nullopt;
    std::uint64_t bits = 0;
    for (unsigned value = *first; value <= *last; value += step)
        bits |= std::uint64_t{1} << value;
    return bits;
}

std::optional<std::uint64_t> parse_field(const Field &field, std::string_view text) {
    std::uint64_t bits = 0;
    while (true) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::optional<std::uint64_t> part = parse_part(field, text.substr(0, comma));
        if (!part)
            return std::nullopt;
        bits |= *part;
        if (comma == text.size())
            return bits;
        text.remove_prefix(comma + 1);
    }
}

// Sunday is 0 and 7 in a crontab, and bit 6 in a calendar.
std::uint8_t from_monday(std::uint64_t days_of_crontab) {
    const std::uint64_t sunday = (days_of_crontab | days_of_crontab >> 7U) & 1U;
    return static_cast<std::uint8_t>((days_of_crontab >> 1U & 0x3fU) | sunday << 6U);
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

Result<Calendar> parse_crontab(std::string_view text) {
    const std::vector<std::string_view> parts = split_at_blanks(text);
    if (parts.size() != fields.size())
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} has {} fields; a schedule like '0 */6 * * *' has {}",
                                                         base::in_quotes(text), parts.size(), fields.size())};
    std::array<std::uint64_t, fields.size()> bits = {};
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const std::optional<std::uint64_t> field = parse_field(fields[i], parts[i]);
        if (!field)
            return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no {} of a schedule like '0 */6 * * *'",
                                                             base::in_quotes(parts[i]), fields[i].name)};
        bits[i] = *field;
    }
    Calendar calendar;
    calendar.minutes = bits[0];
    calendar.hours = static_cast<std::uint32_t>(bits[1]);
    calendar.days = static_cast<std::uint32_t>(bits[2]);
    calendar.months = static_cast<std::uint16_t>(bits[3]);
    calendar.weekdays = from_monday(bits[4]);
    // crontab(5): a field counts as restricted unless it begins with a star, so "*/2" is not.
    calendar.day_or_weekday = !parts[2].starts_with('*') && !parts[4].starts_with('*');
    return calendar;
}

Result<Calendar> parse_calendar(std::string_view text) {
    return split_at_blanks(text).size() == fields.size() ? parse_crontab(text) : parse_calendar_expression(text);
}

}  // namespace mos::config
