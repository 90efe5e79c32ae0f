// The manifest that create hands to the library: the file of --metadata, and what further options say.
#pragma once

#include "frame/command.hpp"

namespace package_tool {

// --metadata, --config-file, --data, --script-output, --relocatable.
[[nodiscard]] std::vector<frame::Option> manifest_options();

// JSON; "" when none of them is given. What an option says and the file says otherwise is a usage failure.
[[nodiscard]] frame::Result<std::string> manifest_text(const frame::Values &values);

}  // namespace package_tool
