// Notices as people read them.
#include <mos/schedule/notice.hpp>

#include <mos/base/timestamp.hpp>

#include <fmt/format.h>

namespace mos::schedule {

namespace {

constexpr std::int64_t a_minute = 60;
constexpr std::int64_t an_hour = 3600;
constexpr std::int64_t minutes_up_to = 90 * a_minute;

std::string counted(std::int64_t count, std::string_view unit) {
    return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
}

std::string wait_of(std::int64_t seconds) {
    if (seconds < a_minute)
        return "in less than a minute";
    if (seconds < minutes_up_to)
        return "in " + counted((seconds + a_minute / 2) / a_minute, "minute");
    return "in " + counted((seconds + an_hour / 2) / an_hour, "hour");
}

// What the clocks show, with the day where it is not today.
std::string clock_of(std::int64_t unix_s, std::int64_t now_s, const TimeZone &zone) {
    constexpr std::size_t date_length = 10;
    constexpr std::size_t minutes_begin = 11;
    constexpr std::size_t minutes_length = 5;
    const LocalSeconds local = zone.local(unix_s);
    const std::string text = base::write_timestamp(local);
    const bool is_today =
        base::write_timestamp(zone.local(now_s)).substr(0, date_length) == text.substr(0, date_length);
    return fmt::format("{}{} ({})", is_today ? std::string{} : text.substr(0, date_length) + " ",
                       text.substr(minutes_begin, minutes_length), zone.name());
}

std::string start_of(const Notice &notice, const TimeZone &zone) {
    const std::int64_t start_s = notice.start_s.value_or(notice.time_s);
    return fmt::format("{}{}, at {}", wait_of(start_s - notice.time_s), notice.at_the_latest ? " at the latest" : "",
                       clock_of(start_s, notice.time_s, zone));
}

}  // namespace

std::string text_of(const Notice &notice, const TimeZone &zone) {
    std::string update = "The update of " + notice.packages;
    switch (notice.kind) {
    case NoticeKind::announced:
        return fmt::format("{} begins {}.", update, start_of(notice, zone));
    case NoticeKind::begun:
        return update + " begins now.";
    case NoticeKind::done:
        return fmt::format("{} is done.{}", update, notice.reboot ? " The system has to be started again." : "");
    case NoticeKind::retrying:
        return fmt::format("{} has failed. It is tried again, not before {}.", update,
                           clock_of(notice.start_s.value_or(notice.time_s), notice.time_s, zone));
    case NoticeKind::failed:
        return update + " has failed.";
    case NoticeKind::called_off:
        return update + " does not take place now.";
    }
    return update;
}

std::string describe_notices(NoticeLevel level, const std::optional<Foreseen> &start, std::int64_t now_s) {
    if (level == NoticeLevel::none)
        return "users are told nothing";
    if (level == NoticeLevel::info)
        return "users are told when it has ended";
    std::string times;
    for (const std::int64_t lead : leads_of(level))
        if (start && start->start_s - lead > now_s)
            times += fmt::format("{}{}", times.empty() ? "at " : ", ", base::write_timestamp(start->start_s - lead));
    return fmt::format("users are told {}{}when it begins and when it has ended", times, times.empty() ? "" : ", ");
}

}  // namespace mos::schedule
