#include <mos/observe/open_log.hpp>

#include "file_writer.hpp"
#include "text_writers.hpp"

#include <mos/base/path.hpp>
#include <mos/config/values.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mos::observe {

namespace {

std::unique_ptr<LogWriter> make_writer(const HandlerSettings &handler, const LogPorts &ports) {
    switch (handler.type) {
    case HandlerType::console:
        return std::make_unique<ConsoleWriter>(ports.console, handler.format);
    case HandlerType::syslog:
        return std::make_unique<SyslogWriter>(ports.system_log, handler.facility, ports.process);
    case HandlerType::file:
        break;
    }
    const base::SplitPath split = base::split_path(handler.path);
    return std::make_unique<FileWriter>(
        [open = ports.open_folder, folder = std::string{split.parent}] { return open(folder); },
        std::string{split.name}, handler.format, handler.rotation);
}

}  // namespace

Result<std::vector<std::shared_ptr<base::EventSink>>> open_log(const LoggingSettings &settings, const LogPorts &ports) {
    std::vector<std::shared_ptr<base::EventSink>> sinks;
    const auto shared = std::make_shared<const LoggingSettings>(settings);
    for (const HandlerSettings &handler : shared->handlers) {
        const auto filter = [shared, &handler](const base::Event &event) {
            const auto level = level_for(*shared, handler, event.component);
            return level && event.level >= *level;
        };
        MOS_TRY(auto started, LogHandler::start(handler.name, make_writer(handler, ports), filter, ports.complaints));
        sinks.push_back(std::move(started));
    }
    return sinks;
}

}  // namespace mos::observe
