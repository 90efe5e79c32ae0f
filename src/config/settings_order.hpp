// The order in which settings are shown.
#pragma once

#include <mos/config/settings.hpp>

#include <vector>

namespace mos::config {

// As in the table; what is the user's by name, elements of a list by number.
void sort_as_table(std::vector<Setting> &settings);

}  // namespace mos::config
