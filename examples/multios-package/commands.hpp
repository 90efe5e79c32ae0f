// The commands of multios-package, one file a group.
#pragma once

#include "frame/command.hpp"

namespace package_tool {

[[nodiscard]] frame::Command keygen_command();
[[nodiscard]] frame::Command create_command();
[[nodiscard]] frame::Command create_delta_command();
[[nodiscard]] frame::Command file_delta_create_command();
[[nodiscard]] frame::Command file_delta_apply_command();
[[nodiscard]] frame::Command file_delta_info_command();
[[nodiscard]] frame::Command sign_command();
[[nodiscard]] frame::Command revoke_command();
[[nodiscard]] frame::Command info_command();
[[nodiscard]] frame::Command list_contents_command();
[[nodiscard]] frame::Command find_duplicates_command();
[[nodiscard]] frame::Command verify_command();
[[nodiscard]] frame::Command list_command();
[[nodiscard]] frame::Command list_orphaned_command();
[[nodiscard]] frame::Command check_deps_command();

// Also commands of multios-update: the guide has them there too.
[[nodiscard]] frame::Command install_command();
[[nodiscard]] frame::Command install_batch_command();
[[nodiscard]] frame::Command remove_command();

}  // namespace package_tool
