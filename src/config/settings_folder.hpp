// What reading and changing a root's settings have in common.
#pragma once

#include <mos/config/settings_files.hpp>

#include <array>

namespace mos::config {

inline constexpr std::array<std::string_view, 3> settings_endings = {".yml", ".yaml", ".ini"};

// "etc/multios/environments" for an environment, and so on.
[[nodiscard]] std::string_view folder_of(FileKind kind) noexcept;

// The target's own file below the root; nullopt where there is none.
[[nodiscard]] Result<std::optional<std::string>> find_target_file(base::Directory &root, const SettingsTarget &target);

[[nodiscard]] Result<std::string> read_settings_text(base::Directory &folder, std::string_view name,
                                                     std::string_view path);

// INVALID_ARGUMENT for a path that is no setting, which names the nearest one, and for a value that it can't have.
[[nodiscard]] Result<Setting> checked_setting(const Assignment &assignment);

[[nodiscard]] Error no_target(const SettingsTarget &target);  // NOT_FOUND

}  // namespace mos::config
