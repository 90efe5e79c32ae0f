// Times as in crontab(5).
#pragma once

#include <mos/base/result.hpp>

#include <string_view>

namespace mos::config {

// Five fields: minute, hour, day of the month, month, day of the week; each '*', a number, a range, a list of them,
// with
// "/step" behind '*' or a range; months and days also by the first three letters of their names. INVALID_ARGUMENT names
// the field that is wrong.
[[nodiscard]] Result<void> check_crontab_line(std::string_view text);

}  // namespace mos::config
