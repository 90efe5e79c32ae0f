// The commands of multios-update, one file a group.
#pragma once

#include "frame/command.hpp"

namespace update_tool {

[[nodiscard]] frame::Command rollback_command();
[[nodiscard]] frame::Command rollback_last_good_command();
[[nodiscard]] frame::Command history_command();
[[nodiscard]] frame::Command recover_command();
[[nodiscard]] frame::Command doctor_command();
[[nodiscard]] frame::Command status_command();

// The commands of the guide whose part is not in this build.
[[nodiscard]] std::vector<frame::MissingCommand> missing_commands();

}  // namespace update_tool
