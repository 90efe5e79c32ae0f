// Moments as people name them.
#include <mos/engine/scheduler.hpp>

#include "local_zone.hpp"

#include <mos/base/timestamp.hpp>
#include <mos/schedule/timetable.hpp>

#include <fmt/format.h>

namespace mos::engine {

namespace {

Error is_over(std::string_view text, std::int64_t time_s, std::int64_t now_s) {
    return Error{Code::INVALID_ARGUMENT, fmt::format("{} is over: it was {}, and it is {} now", base::in_quotes(text),
                                                     base::write_timestamp(time_s), base::write_timestamp(now_s))}
        .with_remedy("give a time to come, or none for as soon as it may run");
}

}  // namespace

Result<std::int64_t> parse_moment(Engine &engine, std::string_view text) {
    const std::int64_t now_s = engine.effective_now_unix_s();
    if (const auto exact = base::parse_timestamp(text)) {
        if (*exact < now_s)
            return is_over(text, *exact, now_s);
        return *exact;
    }
    auto calendar = schedule::Timetable::read(text, local_zone(engine.root()));
    if (!calendar) {
        Error error{Code::INVALID_ARGUMENT,
                    fmt::format("{} is no time, as '2026-01-15 02:30' or 'Sat 02:30' is", base::in_quotes(text))};
        const bool was_meant_as_one = text.find_first_of("0123456789*") != std::string_view::npos;
        return was_meant_as_one ? std::move(error).caused_by(std::move(calendar).error()) : error;
    }
    if (const auto next = calendar->next(now_s - 1); next && *next < schedule::latest_named_time_s)
        return *next;
    if (const auto latest = calendar->latest(now_s))
        return is_over(text, *latest, now_s);
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("{} never comes in the years 1970 to 2099", base::in_quotes(text))};
}

}  // namespace mos::engine
