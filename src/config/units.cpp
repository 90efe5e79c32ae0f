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

// Thousandths, so that "1.5" has no fraction any more.
struct Number {
    std::uint64_t thousandths = 0;
    std::size_t length = 0;  // of its text
};

Result<Number> read_number(std::string_view text) {
    Number number;
    std::size_t decimals = 0;
    bool is_fraction = false;
    for (; number.length < text.size(); ++number.length) {
        const char c = text[number.length];
        if (c == '.' && !is_fraction && number.length > 0) {
            is_fraction = true;
            continue;
        }
        if (!is_digit(c))
            break;
        if (is_fraction && ++decimals > max_decimals)
            return malformed(text);
        if (number.thousandths > most / 10 - 9)
            return Error{Code::INVALID_ARGUMENT, fmt::format("{} is too large a size", base::in_quotes(text))};
        number.thousandths = number.thousandths * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (number.length == 0 || (is_fraction && decimals == 0))
        return malformed(text);
    for (; decimals < max_decimals; ++decimals) {
        if (number.thousandths > most / 10)
            return Error{Code::INVALID_ARGUMENT, fmt::format("{} is too large a size", base::in_quotes(text))};
        number.thousandths *= 10;
    }
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
    std::uint64_t product = 0;
    if (__builtin_mul_overflow(number.thousandths, unit->factor, &product) || product / kilo > most)
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is too large a size", base::in_quotes(text))};
    if (product % kilo != 0)
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no whole number of bytes", base::in_quotes(text))};
    return product / kilo;
}

}  // namespace mos::config
