#include <mos/config/units.hpp>

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <string>

namespace mos::config {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

// What a kind of quantity is called in messages.
struct Quantity {
    std::string_view noun;
    std::string_view examples;
};
constexpr Quantity a_size{"size", "'512', '10MB' or '1.5GiB'"};
constexpr Quantity a_duration{"duration", "'90s', '15m', '24h' or '30d'"};

constexpr std::uint64_t kilo = 1000;
constexpr std::uint64_t kibi = 1024;
constexpr std::array byte_units = {
    Unit{"", 1},
    Unit{"b", 1},
    Unit{"kb", kilo},
    Unit{"mb", kilo *kilo},
    Unit{"gb", kilo *kilo *kilo},
    Unit{"tb", kilo *kilo *kilo *kilo},
    Unit{"kib", kibi},
    Unit{"mib", kibi *kibi},
    Unit{"gib", kibi *kibi *kibi},
    Unit{"tib", kibi *kibi *kibi *kibi},
};

constexpr std::uint64_t a_minute = 60;
constexpr std::uint64_t an_hour = 60 * a_minute;
constexpr std::uint64_t hours_a_day = 24;
constexpr std::uint64_t a_day = hours_a_day * an_hour;
constexpr std::uint64_t a_week = 7 * a_day;
constexpr std::array time_units = {
    Unit{"", 1},
    Unit{"s", 1},
    Unit{"sec", 1},
    Unit{"second", 1},
    Unit{"seconds", 1},
    Unit{"m", a_minute},
    Unit{"min", a_minute},
    Unit{"minute", a_minute},
    Unit{"minutes", a_minute},
    Unit{"h", an_hour},
    Unit{"hour", an_hour},
    Unit{"hours", an_hour},
    Unit{"d", a_day},
    Unit{"day", a_day},
    Unit{"days", a_day},
    Unit{"w", a_week},
    Unit{"week", a_week},
    Unit{"weeks", a_week},
};

constexpr std::uint64_t most_bytes = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t most_seconds = 100 * 366 * a_day;
constexpr std::size_t max_decimals = 3;

Error malformed(const Quantity &quantity, std::string_view text) {
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("{} is no {} like {}", base::in_quotes(text), quantity.noun, quantity.examples)};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower_case(std::string_view text) {
    std::string out{text};
    for (char &c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

Error too_large(const Quantity &quantity, std::string_view text) {
    return Error{Code::INVALID_ARGUMENT, fmt::format("{} is too large a {}", base::in_quotes(text), quantity.noun)};
}

struct Number {
    std::uint64_t whole = 0;
    std::uint64_t thousandths = 0;  // below 1000
    std::size_t length = 0;         // of its text
};

std::size_t count_digits(std::string_view text) {
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

Result<Number> read_number(const Quantity &quantity, std::string_view text) {
    Number number;
    number.length = count_digits(text);
    for (const char c : text.substr(0, number.length))
        if (__builtin_mul_overflow(number.whole, 10U, &number.whole) ||
            __builtin_add_overflow(number.whole, static_cast<std::uint64_t>(c - '0'), &number.whole))
            return too_large(quantity, text);
    if (number.length == 0)
        return malformed(quantity, text);
    if (!text.substr(number.length).starts_with('.'))
        return number;
    const std::string_view behind = text.substr(number.length + 1);
    const std::size_t decimals = count_digits(behind);
    if (decimals == 0 || decimals > max_decimals)
        return malformed(quantity, text);
    for (std::size_t i = 0; i < max_decimals; ++i)
        number.thousandths = number.thousandths * 10 + (i < decimals ? static_cast<std::uint64_t>(behind[i] - '0') : 0);
    number.length += 1 + decimals;
    return number;
}

// A number and one of `units`, whatever its capitals, as the whole number that it comes to.
Result<std::uint64_t> read_quantity(const Quantity &quantity, std::span<const Unit> units, std::uint64_t most,
                                    std::string_view text) {
    MOS_TRY(const Number number, read_number(quantity, text));
    std::string_view rest = text.substr(number.length);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const std::string name = lower_case(rest);
    const auto unit =
        std::find_if(units.begin(), units.end(), [&](const Unit &candidate) { return candidate.name == name; });
    if (unit == units.end())
        return malformed(quantity, text);
    std::uint64_t part = 0;
    std::uint64_t total = 0;
    if (__builtin_mul_overflow(number.thousandths, unit->factor, &part) ||
        __builtin_mul_overflow(number.whole, unit->factor, &total) ||
        __builtin_add_overflow(total, part / kilo, &total) || total > most)
        return too_large(quantity, text);
    if (part % kilo != 0)
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no whole number of {}", base::in_quotes(text),
                                                         &quantity == &a_size ? "bytes" : "seconds")};
    return total;
}

// Two digits at `at`, below `limit`.
std::optional<std::uint64_t> two_digits(std::string_view text, std::size_t at, std::uint64_t limit) {
    if (text.size() < at + 2 || !is_digit(text[at]) || !is_digit(text[at + 1]))
        return std::nullopt;
    const auto digit = [&](std::size_t place) { return static_cast<std::uint64_t>(text[place] - '0'); };
    const std::uint64_t value = digit(at) * 10 + digit(at + 1);
    return value < limit ? std::optional{value} : std::nullopt;
}

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) { return read_quantity(a_size, byte_units, most_bytes, text); }

Result<std::uint64_t> parse_rate(std::string_view text) {
    constexpr std::string_view per_second = "/s";
    const std::string_view size = text.ends_with(per_second) ? text.substr(0, text.size() - per_second.size()) : text;
    if (Result<std::uint64_t> bytes = parse_bytes(size))
        return bytes;
    return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no rate like '10MB/s'", base::in_quotes(text))};
}

Result<std::uint64_t> parse_duration(std::string_view text) {
    return read_quantity(a_duration, time_units, most_seconds, text);
}

Result<std::uint64_t> parse_percent(std::string_view text) {
    constexpr std::uint64_t all = 100;
    const std::string_view digits = text.ends_with('%') ? text.substr(0, text.size() - 1) : text;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value > all)
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no percentage from 0 to 100", base::in_quotes(text))};
    return value;
}

Result<std::uint64_t> parse_time_of_day(std::string_view text) {
    constexpr std::size_t with_minutes = 5;
    constexpr std::size_t with_seconds = 8;
    const auto hours = two_digits(text, 0, hours_a_day);
    const auto minutes = two_digits(text, 3, 60);
    const auto seconds = text.size() == with_seconds ? two_digits(text, 6, 60) : std::optional<std::uint64_t>{0};
    const bool has_colons = text.size() >= with_minutes && text[2] == ':' &&
                            (text.size() == with_minutes || (text.size() == with_seconds && text[5] == ':'));
    if (text == "24:00")
        return hours_a_day * an_hour;
    if (!has_colons || !hours || !minutes || !seconds)
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no time of day like '02:00'", base::in_quotes(text))};
    return *hours * an_hour + *minutes * a_minute + *seconds;
}

Result<DayWindow> parse_window(std::string_view text) {
    const std::size_t dash = std::min(text.find('-'), text.size());
    const Result<std::uint64_t> start = parse_time_of_day(text.substr(0, dash));
    const Result<std::uint64_t> end = parse_time_of_day(text.substr(std::min(dash + 1, text.size())));
    if (!start || !end || *start == *end)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is no time window like '22:00-06:00'", base::in_quotes(text))};
    return DayWindow{*start, *end};
}

}  // namespace mos::config
