#include <mos/config/schema.hpp>

#include "words.hpp"
#include "yaml_word.hpp"

#include <mos/base/bytes.hpp>
#include <mos/base/nearest.hpp>
#include <mos/config/calendar.hpp>
#include <mos/config/units.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace mos::config {

using base::in_quotes;
using nlohmann::json;

namespace {

constexpr std::size_t max_text_bytes = 4096;
constexpr std::size_t max_words = 1000;

Error wrong(std::string_view given, std::string_view expected) {
    return Error{Code::INVALID_ARGUMENT, fmt::format("{} is {}", in_quotes(given), expected)};
}

// What stands between the two, where both are there.
std::string_view without(std::string_view text, char first, char last) {
    return text.size() >= 2 && text.front() == first && text.back() == last ? text.substr(1, text.size() - 2) : text;
}

SettingValue plain(std::string_view text) { return {yaml_word(text), {std::string{text}}, std::nullopt}; }

SettingValue plain(std::string_view text, std::uint64_t number) {
    SettingValue value = plain(text);
    value.number = static_cast<std::int64_t>(number);
    return value;
}

// ---- numbers ----

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional{value}
                                                                                     : std::nullopt;
}

// Digits, and at most one point among them: no exponents, no infinities.
std::optional<double> parse_fraction(std::string_view text) {
    const bool has_digits = std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!has_digits || text.find_first_not_of("0123456789.") != std::string_view::npos)
        return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

// The two ends of "1..64".
std::array<std::string_view, 2> ends_of(std::string_view allowed) {
    const std::size_t dots = allowed.find("..");
    if (dots == std::string_view::npos)
        return {};
    return {allowed.substr(0, dots), allowed.substr(dots + 2)};
}

Result<SettingValue> check_integer(const Declaration &declaration, std::string_view text) {
    const auto [least, most] = ends_of(declaration.allowed);
    const std::int64_t lowest = parse_integer(least).value_or(0);
    const std::int64_t highest = parse_integer(most).value_or(std::numeric_limits<std::int64_t>::max());
    const std::optional<std::int64_t> value = parse_integer(text);
    if (!value || *value < lowest || *value > highest)
        return wrong(text, fmt::format("no whole number from {} to {}", lowest, highest));
    return plain(text, static_cast<std::uint64_t>(*value));
}

Result<SettingValue> check_fraction(const Declaration &declaration, std::string_view text) {
    const auto [least, most] = ends_of(declaration.allowed);
    const std::optional<double> value = parse_fraction(text);
    if (!value || *value < parse_fraction(least).value_or(0) ||
        *value > parse_fraction(most).value_or(std::numeric_limits<double>::max()))
        return wrong(text, fmt::format("no number from {} to {}, with a point before decimals", least, most));
    return plain(text);
}

Result<SettingValue> check_duration(const Declaration &declaration, std::string_view text) {
    MOS_TRY(const std::uint64_t seconds, parse_duration(text));
    const auto [least, most] = ends_of(declaration.allowed);
    const Result<std::uint64_t> lowest = parse_duration(least);
    const Result<std::uint64_t> highest = parse_duration(most);
    if ((lowest && seconds < *lowest) || (highest && seconds > *highest))
        return wrong(text, fmt::format("out of range, which is from {} to {}", least, most));
    return plain(text, seconds);
}

// ---- words ----

Result<SettingValue> check_boolean(const Declaration &declaration, std::string_view text) {
    constexpr std::array<std::string_view, 3> yes = {"true", "yes", "on"};
    constexpr std::array<std::string_view, 3> no = {"false", "no", "off"};
    const bool is_yes = std::find(yes.begin(), yes.end(), text) != yes.end();
    if (!is_yes && std::find(no.begin(), no.end(), text) == no.end())
        return wrong(text, "neither true nor false");
    const std::string_view word = is_yes ? "true" : "false";
    if (!declaration.allowed.empty() && declaration.allowed != word)
        return Error{Code::INVALID_ARGUMENT, fmt::format("it can't be {}", word)};
    return SettingValue{std::string{word}, {std::string{word}}, is_yes ? 1 : 0};
}

Result<void> check_word(const Declaration &declaration, std::string_view word) {
    const std::vector<std::string_view> words = split(declaration.allowed, ',');
    if (std::find(words.begin(), words.end(), word) != words.end())
        return {};
    const std::string_view nearest = base::nearest_word(words, word);
    return wrong(word, fmt::format("none of {}{}", fmt::join(words, ", "),
                                   nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest)));
}

// scheme "://" something (RFC 3986, section 3); which scheme and host serve is up to whoever uses it.
bool is_url(std::string_view text) {
    const std::size_t colon = text.find("://");
    return colon != std::string_view::npos && colon > 0 && colon + 3 < text.size() &&
           text.find_first_of(" \t\"<>\\^`{|}") == std::string_view::npos &&
           std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-'; });
}

bool is_absolute_path(std::string_view text) {
    if (!text.starts_with('/'))
        return false;
    const std::vector<std::string_view> parts = split(text, '/');
    return std::none_of(parts.begin(), parts.end(), [](std::string_view part) { return part == ".." || part == "."; });
}

// A schedule's calendar itself is read by whoever keeps it.
Result<void> check_calendar(std::string_view text) {
    MOS_TRY(const Calendar calendar, parse_calendar(text));
    static_cast<void>(calendar);
    return {};
}

Result<SettingValue> check_scalar(const Declaration &declaration, std::string_view text) {
    switch (declaration.kind) {
    case SettingKind::boolean:
        return check_boolean(declaration, text);
    case SettingKind::integer:
        return check_integer(declaration, text);
    case SettingKind::fraction:
        return check_fraction(declaration, text);
    case SettingKind::choice:
    case SettingKind::choices:
        MOS_CHECK(check_word(declaration, text));
        return plain(text);
    case SettingKind::size: {
        MOS_TRY(const std::uint64_t bytes, parse_bytes(text));
        return plain(text, bytes);
    }
    case SettingKind::duration:
        return check_duration(declaration, text);
    case SettingKind::rate: {
        MOS_TRY(const std::uint64_t bytes, parse_rate(text));
        return plain(text, bytes);
    }
    case SettingKind::percent: {
        MOS_TRY(const std::uint64_t value, parse_percent(text));
        return plain(text, value);
    }
    case SettingKind::time_of_day: {
        MOS_TRY(const std::uint64_t seconds, parse_time_of_day(text));
        return plain(text, seconds);
    }
    case SettingKind::window:
        MOS_CHECK(parse_window(text));
        return plain(text);
    case SettingKind::schedule:
        MOS_CHECK(check_calendar(text));
        return plain(text);
    case SettingKind::url:
        return is_url(text) ? Result<SettingValue>{plain(text)} : wrong(text, "no address like 'https://host/path'");
    case SettingKind::path:
        return is_absolute_path(text) ? Result<SettingValue>{plain(text)}
                                      : wrong(text, "no absolute path without '.' and '..'");
    case SettingKind::text:
    case SettingKind::secret:
    case SettingKind::texts:
        break;
    }
    return plain(text);
}

bool is_list(const Declaration &declaration) {
    return declaration.kind == SettingKind::texts || declaration.kind == SettingKind::choices;
}

Result<void> check_length(std::string_view text) {
    if (text.size() > max_text_bytes)
        return Error{Code::INVALID_ARGUMENT, fmt::format("it is longer than {} bytes", max_text_bytes)};
    if (text.find_first_of("\r\n") != std::string_view::npos)
        return Error{Code::INVALID_ARGUMENT, "it goes over several lines"};
    return {};
}

Result<SettingValue> check_words(const Declaration &declaration, const std::vector<std::string> &words) {
    if (words.size() > max_words)
        return Error{Code::INVALID_ARGUMENT, fmt::format("it has more than {} elements", max_words)};
    for (const std::string &word : words) {
        MOS_CHECK(check_length(word));
        MOS_CHECK(check_scalar(declaration, word));
    }
    return SettingValue{yaml_list(words), words, std::nullopt};
}

// A number or a boolean as the file has it: the tree holds only those that it would print in the same way.
std::optional<std::string> text_of(const json &value) {
    if (value.is_string())
        return value.get<std::string>();
    if (value.is_boolean() || value.is_number_integer())
        return value.dump();
    return std::nullopt;
}

}  // namespace

Result<SettingValue> check_text(const Declaration &declaration, std::string_view text) {
    MOS_CHECK(check_length(text));
    if (!is_list(declaration))
        return check_scalar(declaration, text);
    std::vector<std::string> words;
    for (const std::string_view part : split(without(text, '[', ']'), ','))
        if (const std::string_view word = trimmed(part); !word.empty())
            words.emplace_back(without(without(word, '"', '"'), '\'', '\''));
    return check_words(declaration, words);
}

Result<SettingValue> check_value(const Declaration &declaration, const json &value) {
    if (const std::optional<std::string> text = text_of(value))
        return check_text(declaration, *text);
    if (value.is_array() && !is_list(declaration))
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("it is a list; one {} is expected", kind_name(declaration.kind))};
    if (!value.is_array())
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("it is a section; a value ({}) is expected", kind_name(declaration.kind))};
    std::vector<std::string> words;
    for (const json &element : value) {
        std::optional<std::string> text = text_of(element);
        if (!text)
            return Error{Code::INVALID_ARGUMENT, "an element of the list is no word"};
        words.push_back(std::move(*text));
    }
    return check_words(declaration, words);
}

}  // namespace mos::config
