#include <mos/schedule/retry.hpp>

#include <mos/base/bytes.hpp>
#include <mos/base/timestamp.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace mos::schedule {

namespace {

Error malformed(std::string_view text) {
    return Error{Code::FORMAT, fmt::format("{} is no Retry-After like '120' or 'Sun, 06 Nov 1994 08:49:37 GMT'",
                                           base::in_quotes(text.substr(0, 40)))};
}

// IMF-fixdate (RFC 9110, section 5.6.7), by way of its parts written as RFC 3339 has them. The day of the week is not
// held to the date: whoever sends a wrong one still means the date.
Result<std::int64_t> parse_http_date(std::string_view text) {
    constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    constexpr std::array<std::string_view, 7> days = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    constexpr std::string_view shape = "Sun, 06 Nov 1994 08:49:37 GMT";
    if (text.size() != shape.size() || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' ||
        text[16] != ' ' || !text.ends_with(" GMT") ||
        std::find(days.begin(), days.end(), text.substr(0, 3)) == days.end())
        return malformed(text);
    const auto *const month = std::find(months.begin(), months.end(), text.substr(8, 3));
    if (month == months.end())
        return malformed(text);
    auto time = base::parse_timestamp(fmt::format("{}-{:02}-{}T{}Z", text.substr(12, 4), month - months.begin() + 1,
                                                  text.substr(5, 2), text.substr(17, 8)));
    return time ? std::move(time) : malformed(text);
}

}  // namespace

Result<std::int64_t> parse_retry_after(std::string_view text, std::int64_t now_s) {
    const bool is_number =
        !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (is_number) {
        std::uint32_t seconds = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        // More seconds than a number holds are still "late".
        return error == std::errc{} ? std::int64_t{seconds} : std::int64_t{std::numeric_limits<std::uint32_t>::max()};
    }
    MOS_TRY(const std::int64_t time, parse_http_date(text));
    return std::max<std::int64_t>(time - now_s, 0);
}

}  // namespace mos::schedule
