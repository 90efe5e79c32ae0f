// A root's settings, changed by one at a time.
#pragma once

#include <mos/config/settings_files.hpp>
#include <mos/engine/engine.hpp>

#include <span>
#include <string>
#include <vector>

namespace mos::engine {

// config::load_settings(), of the engine's environment where none is named; what the security policy, the log and the
// schedules can't follow although each value is allowed is a problem as well.
[[nodiscard]] Result<config::LoadedSettings> load_root_settings(Engine &engine, const config::LoadOptions &options);

// config::change_settings() with the root's lock held. What makes the security policy unreadable is POLICY_UNREADABLE,
// what the log and the schedules could then not follow INVALID_ARGUMENT, and nothing is written.
[[nodiscard]] Result<std::vector<std::string>> change_root_settings(Engine &engine,
                                                                    const config::SettingsTarget &target,
                                                                    std::span<const config::Assignment> assignments);

// config::remove_settings() with the root's lock held.
[[nodiscard]] Result<std::string> remove_root_settings(Engine &engine, const config::SettingsTarget &target);

}  // namespace mos::engine
