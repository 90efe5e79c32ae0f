#include <mos/schedule/timetable.hpp>

#include "local_times.hpp"

#include <algorithm>

namespace mos::schedule {

Result<Timetable> Timetable::read(std::string_view text, const TimeZone &zone) {
    MOS_TRY(config::Calendar calendar, config::parse_calendar(text));
    if (calendar.zone.empty())
        return Timetable{std::move(calendar), zone};
    MOS_TRY(TimeZone own, TimeZone::find(calendar.zone));
    return Timetable{std::move(calendar), std::move(own)};
}

// Moments never go back while local times go on, so the first local time whose moment lies ahead is the answer.
std::optional<std::int64_t> Timetable::next(std::int64_t after_unix_s) const {
    if (after_unix_s > most_time_s)
        return std::nullopt;
    LocalSeconds from = m_zone.local(std::max(after_unix_s, least_time_s - 1));
    while (true) {
        const std::optional<LocalSeconds> local = first_local(m_calendar, from);
        if (!local)
            return std::nullopt;
        const Moment moment = m_zone.moment(*local);
        if (moment.unix_s > after_unix_s)
            return moment.unix_s;
        // Shown for the second time: all of the hour has come the first time, up to its last second.
        const bool is_over = moment.unix_s + (moment.once_from - 1 - *local) <= after_unix_s;
        from = is_over ? std::max(*local + 1, moment.once_from) : *local + 1;
    }
}

std::optional<std::int64_t> Timetable::latest(std::int64_t until_unix_s) const {
    if (until_unix_s < least_time_s)
        return std::nullopt;
    LocalSeconds until = m_zone.local(until_unix_s);
    // All of an hour that is shown for the second time has come the first time.
    const Moment moment = m_zone.moment(until);
    if (moment.once_from > until && moment.unix_s < until_unix_s)
        until = moment.once_from - 1;
    const std::optional<LocalSeconds> local = last_local(m_calendar, until);
    return local ? std::optional{m_zone.moment(*local).unix_s} : std::nullopt;
}

}  // namespace mos::schedule
