// verify --installed: what is there, held against what was installed.
#pragma once

#include "frame/command.hpp"

namespace package_tool {

// Compares the packages that are the operands, or all. Differences of configuration files alone are none to fail for.
[[nodiscard]] frame::Result<frame::ExitCode> verify_installed(const frame::Session &session);

}  // namespace package_tool
