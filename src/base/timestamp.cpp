#include <mos/base/timestamp.hpp>

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <chrono>

namespace mos::base {

Result<std::int64_t> parse_timestamp(std::string_view text) {
    constexpr std::string_view shape = "0000-00-00T00:00:00Z";
    const Error malformed_time{Code::FORMAT, in_quotes(text.substr(0, 40)) + " is no time like 2024-01-31T23:59:59Z"};
    if (text.size() != shape.size())
        return malformed_time;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == '0' ? !digit : text[i] != shape[i])
            return malformed_time;
    }
    const auto number = [&](std::size_t at, std::size_t digits) {
        int value = 0;
        for (const char c : text.substr(at, digits))
            value = value * 10 + (c - '0');
        return value;
    };
    using namespace std::chrono;
    const year_month_day date{year{number(0, 4)}, month{static_cast<unsigned>(number(5, 2))},
                              day{static_cast<unsigned>(number(8, 2))}};
    const int hour = number(11, 2);
    const int minute = number(14, 2);
    const int second = number(17, 2);
    if (!date.ok() || number(0, 4) < 1970 || hour > 23 || minute > 59 || second > 59)
        return malformed_time;
    const std::int64_t days = sys_days{date}.time_since_epoch().count();
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

std::string write_timestamp(std::int64_t unix_s) {
    using namespace std::chrono;
    const sys_seconds time{seconds{unix_s}};
    const auto midnight = floor<days>(time);
    const year_month_day date{midnight};
    const auto since = static_cast<int>((time - midnight).count());
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), since / 3600,
                       since / 60 % 60, since % 60);
}

}  // namespace mos::base
