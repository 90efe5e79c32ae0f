// The local times of a calendar, without a zone.
#pragma once

#include <mos/config/calendar.hpp>
#include <mos/schedule/time_zone.hpp>

#include <optional>

namespace mos::schedule {

// The first local time of the calendar that is not before `from`. A calendar has a time within each 400 years, after
// which the Gregorian one repeats, or none at all.
[[nodiscard]] std::optional<LocalSeconds> first_local(const config::Calendar &calendar, LocalSeconds from);

// The last one that is not after `until`.
[[nodiscard]] std::optional<LocalSeconds> last_local(const config::Calendar &calendar, LocalSeconds until);

}  // namespace mos::schedule
