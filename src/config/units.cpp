#include <mos/config/units.hpp>

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace mos::config {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::uint64_t kilo = 1000;
constexpr std::uint64_t kibi = 1024;
constexpr std::array units = {
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

constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t max_decimals = 3;

Error malformed(std::string_view text) {
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("{} is no size like '512', '10MB' or '1.5GiB'", base::in_quotes(text))};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower_case(std::string_view text) {
    std::string out{text};
    for (char &c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

Error too_large(std::string_view text) {
    return Error{Code::INVALID_ARGUMENT, fmt::format("{} is too large a size", base::in_quotes(text))};
}

struct Number {
    std::uint64_t whole = 0;
    std::uint64_t thousandths = 0;  // below 1000
    std::size_t length = 0;         // of its text
};

std::size_t count_digits(std::string_view text) {
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

Result<Number> read_number(std::string_view text) {
    Number number;
    number.length = count_digits(text);
    for (const char c : text.substr(0, number.length))
        if (__builtin_mul_overflow(number.whole, 10U, &number.whole) ||
            __builtin_add_overflow(number.whole, static_cast<std::uint64_t>(c - '0'), &number.whole))
            return too_large(text);
    if (number.length == 0)
        return malformed(text);
    if (!text.substr(number.length).starts_with('.'))
        return number;
    const std::string_view behind = text.substr(number.length + 1);
    const std::size_t decimals = count_digits(behind);
    if (decimals == 0 || decimals > max_decimals)
        return malformed(text);
    for (std::size_t i = 0; i < max_decimals; ++i)
        number.thousandths = number.thousandths * 10 + (i < decimals ? static_cast<std::uint64_t>(behind[i] - '0') : 0);
    number.length += 1 + decimals;
    return number;
}

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) {
    MOS_TRY(const Number number, read_number(text));
    std::string_view rest = text.substr(number.length);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const std::string name = lower_case(rest);
    const auto *const unit =
        std::find_if(units.begin(), units.end(), [&](const Unit &candidate) { return candidate.name == name; });
    if (unit == units.end())
        return malformed(text);
    const std::uint64_t part = number.thousandths * unit->factor;  // at most 999 TiB
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(number.whole, unit->factor, &bytes) ||
        __builtin_add_overflow(bytes, part / kilo, &bytes) || bytes > most)
        return too_large(text);
    if (part % kilo != 0)
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no whole number of bytes", base::in_quotes(text))};
    return bytes;
}

}  // namespace mos::config
