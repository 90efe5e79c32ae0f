// The table of multios-update.
#pragma once

#include "frame/command.hpp"

namespace update_tool {

[[nodiscard]] frame::Tool make_tool();

}  // namespace update_tool
