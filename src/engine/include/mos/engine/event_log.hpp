// Where an engine's events go besides its journal.
#pragma once

#include <mos/config/settings_files.hpp>
#include <mos/engine/engine.hpp>
#include <mos/observe/logging.hpp>

#include <optional>
#include <string>

namespace mos::engine {

// What settings say of logs (section `logging`, in whichever file).
struct LogSettings {
    std::optional<observe::LoggingSettings> logging;  // nullopt where they say nothing
    std::vector<config::Problem> problems;  // what can't be followed, files that can't be read among it; the rest holds
};
[[nodiscard]] LogSettings log_settings(const config::LoadedSettings &loaded);

// Of the root's settings. NOT_FOUND for an environment that there is not.
[[nodiscard]] Result<LogSettings> log_settings(Engine &engine);

// Begins to write the engine's events as the settings say, into files beneath its root.
[[nodiscard]] Result<void> write_events(Engine &engine, const observe::LoggingSettings &settings);

// The same for the one file of a handler in a folder of the caller's, which is opened anew whenever it is written to.
[[nodiscard]] Result<void> write_events(Engine &engine, const observe::HandlerSettings &handler,
                                        const std::string &folder);

}  // namespace mos::engine
