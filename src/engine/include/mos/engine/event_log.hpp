// Where an engine's events go besides its journal.
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/observe/logging.hpp>

#include <optional>
#include <string>

namespace mos::engine {

// Begins to write the engine's events as the settings say, into files beneath its root.
[[nodiscard]] Result<void> write_events(Engine &engine, const observe::LoggingSettings &settings);

// The same for the one file of a handler in a folder of the caller's, which is opened anew whenever it is written to.
[[nodiscard]] Result<void> write_events(Engine &engine, const observe::HandlerSettings &handler,
                                        const std::string &folder);

}  // namespace mos::engine
