// The table of multios-package.
#pragma once

#include "frame/command.hpp"

namespace package_tool {

[[nodiscard]] frame::Tool make_tool();

}  // namespace package_tool
