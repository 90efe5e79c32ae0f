// Calendars, as lines of a crontab and as expressions, and conditions. The input is an instant of eight bytes, then the
// text: whatever is accepted has its times in one order, seen from both sides, and is bounded in work.
#include "target.hpp"

#include <mos/schedule/conditions.hpp>
#include <mos/schedule/timetable.hpp>

#include <cstring>

using mos::fuzz::hold;

namespace {

void check_times(const mos::schedule::Timetable &timetable, std::int64_t now) {
    const auto next = timetable.next(now);
    const auto latest = timetable.latest(now);
    if (next) {
        hold(*next > now, "the next time lies ahead");
        hold(timetable.latest(*next) == next, "the next time is the latest when it has come");
    }
    if (latest && *latest > mos::schedule::least_time_s) {
        hold(*latest <= now, "the latest time has come");
        hold(timetable.next(*latest - 1) == latest, "the latest time was the next before it came");
    }
}

void check_conditions(std::string_view text) {
    const auto conditions = mos::schedule::parse_conditions(text);
    if (!conditions)
        return;
    std::string written;
    for (const mos::schedule::Condition &condition : *conditions)
        written += (written.empty() ? "" : ",") + mos::schedule::text_of(condition);
    hold(mos::fuzz::must(mos::schedule::parse_conditions(written), "what was written is read") == *conditions,
         "conditions are read back as the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    std::int64_t now = 0;
    if (size < sizeof now)
        return 0;
    std::memcpy(&now, data, sizeof now);
    now %= schedule::most_time_s - 400;
    const std::string_view text = base::as_text(fuzz::input(data + sizeof now, size - sizeof now));
    check_conditions(text);
    const auto calendar = config::parse_calendar(text);
    if (!calendar)
        return 0;
    static const auto berlin = fuzz::must(schedule::TimeZone::find("Europe/Berlin"), "the machine has zone data");
    check_times(schedule::Timetable{*calendar, schedule::TimeZone::utc()}, std::max(now, schedule::least_time_s));
    check_times(schedule::Timetable{*calendar, berlin}, std::max(now, schedule::least_time_s));
    return 0;
}
