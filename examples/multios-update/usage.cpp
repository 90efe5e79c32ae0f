// When the system is used, as the scheduler has learnt it.
#include "commands.hpp"

#include "queue_rows.hpp"

#include "frame/job.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <vector>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

constexpr std::size_t hours_a_day = 24;
constexpr std::array<const char *, 7> days = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::size_t hours_a_week = days.size() * hours_a_day;

// "Mon 09:00-17:00"; hours in a row, which may go on over midnight.
std::string span_text(std::size_t first, std::size_t count) {
    const std::size_t end = (first + count) % hours_a_week;
    const std::string last_day =
        first / hours_a_day == (first + count - 1) / hours_a_day ? "" : fmt::format("{} ", days[end / hours_a_day]);
    return fmt::format("{} {:02}:00-{}{:02}:00", days[first / hours_a_day], first % hours_a_day, last_day,
                       end % hours_a_day);
}

std::vector<std::string> spans(const mos_schedule_usage &usage, std::uint8_t kind) {
    const auto is = [&](std::size_t hour) { return usage.kind[hour % hours_a_week] == kind; };
    std::vector<std::string> found;
    for (std::size_t hour = 0; hour < hours_a_week; ++hour) {
        if (!is(hour) || is(hour + hours_a_week - 1))
            continue;  // no beginning of a row
        std::size_t count = 1;
        while (count < hours_a_week && is(hour + count))
            ++count;
        found.push_back(span_text(hour, count));
    }
    return found;
}

void put_hours(const mos_schedule_usage &usage) {
    std::string heading = "   ";
    for (std::size_t hour = 0; hour < hours_a_day; ++hour)
        heading += fmt::format(" {:>3}", hour);
    put_line(Stream::out, {{Style::dim, heading}});
    for (std::size_t day = 0; day < days.size(); ++day) {
        std::string line = days[day];
        for (std::size_t hour = day * hours_a_day; hour < (day + 1) * hours_a_day; ++hour)
            line += fmt::format(" {:>3}", usage.percent[hour]);
        put_line(Stream::out, line);
    }
}

void put_text(const mos_schedule_usage &usage) {
    if (usage.first_unix_s < 0)
        return put_line(Stream::out, "Nothing is known yet of when this system is used: 'run-due' looks each time.");
    put_line(Stream::out,
             fmt::format("In use, in percent of each hour, as seen since {}:", local_time(usage.first_unix_s)));
    put_hours(usage);
    if (!usage.known)
        return put_line(Stream::out, "Nothing is decided by it before two weeks have been seen.");
    put_line(Stream::out, fmt::format("Busiest: {}", fmt::join(spans(usage, MOS_USAGE_PEAK), ", ")));
    put_line(Stream::out, fmt::format("Least used: {}", fmt::join(spans(usage, MOS_USAGE_LOW), ", ")));
}

ordered_json json_of(const mos_schedule_usage &usage) {
    const auto time = [](std::int64_t unix_s) {
        return unix_s < 0 ? ordered_json(nullptr) : ordered_json(utc_time(unix_s));
    };
    return {{"known", usage.known},
            {"first_observation", time(usage.first_unix_s)},
            {"last_observation", time(usage.last_unix_s)},
            {"percent_by_hour_of_week", usage.percent},
            {"peak_hours", spans(usage, MOS_USAGE_PEAK)},
            {"low_usage_windows", spans(usage, MOS_USAGE_LOW)}};
}

Result<ExitCode> show_usage(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    mos_schedule_usage usage = MOS_SCHEDULE_USAGE_INIT;
    FRAME_CHECK(check([&](auto error) { return mos_schedule_usage_get(engine.get(), &usage, error); }));
    if (session.json())
        put_json(json_of(usage));
    else
        put_text(usage);
    return ExitCode::done;
}

}  // namespace

Command schedule_usage_command() {
    return {
        "schedule usage",
        "tell when this system is used, as far as 'run-due' has learnt it",
        "multios-update schedule usage",
        Effect::reads,
        show_usage,
        {},
        {root_option()},
    };
}

}  // namespace update_tool
