// Where an engine's events go besides its journal.
#pragma once

#include <mos/config/settings_files.hpp>
#include <mos/engine/engine.hpp>
#include <mos/observe/logging.hpp>

#include <optional>
#include <string>

namespace mos::engine {

// What the root's settings say of logs (section `logging`, in whichever file); nullopt where they say nothing.
// INVALID_ARGUMENT, naming the key, for what is wrong in them.
[[nodiscard]] Result<std::optional<observe::LoggingSettings>> log_settings(Engine &engine);
// The same of settings that were loaded already.
[[nodiscard]] Result<std::optional<observe::LoggingSettings>> log_settings(const config::LoadedSettings &loaded);

// Begins to write the engine's events as the settings say, into files beneath its root.
[[nodiscard]] Result<void> write_events(Engine &engine, const observe::LoggingSettings &settings);

// The same for the one file of a handler in a folder of the caller's, which is opened anew whenever it is written to.
[[nodiscard]] Result<void> write_events(Engine &engine, const observe::HandlerSettings &handler,
                                        const std::string &folder);

}  // namespace mos::engine
