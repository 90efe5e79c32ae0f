// From what logging.yml says to handlers that write.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/base/log_outputs.hpp>
#include <mos/observe/log_handler.hpp>
#include <mos/observe/logging.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace mos::observe {

struct LogPorts {
    // A folder at a path beneath the root, made where it is missing.
    std::function<Result<std::unique_ptr<base::Directory>>(const std::string &path)> open_folder;
    base::TextOutput console;
    base::TextOutput system_log;
    int process = 0;  // its number, for the system's log
    LogHandler::Complaints complaints;
};

// A handler each, whose threads run. Nothing is written before there is an event.
[[nodiscard]] Result<std::vector<std::shared_ptr<base::EventSink>>> open_log(const LoggingSettings &settings,
                                                                             const LogPorts &ports);

}  // namespace mos::observe
