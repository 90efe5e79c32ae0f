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

static Result<std::optional<LoggingSettings>> read_logging(base::Directory &root) {
    const base::SplitPath split = base::split_path(logging_path);
    auto opened = root.open_directory(split.parent, base::Symlinks::follow_in_root);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return std::optional<LoggingSettings>{};
    MOS_TRY(const auto folder, std::move(opened));
    MOS_TRY(const auto there, folder->find(split.name));
    if (!there)
        return std::optional<LoggingSettings>{};
    MOS_TRY(const base::Bytes text, base::read_file(*folder, split.name, config::max_values_bytes));
    MOS_TRY(const base::JsonTree tree, config::read_values(base::as_text(text), config::Format::yaml, split.name));
    MOS_TRY(LoggingSettings settings, parse_logging(*tree));
    return std::optional{std::move(settings)};
}

Result<std::optional<LoggingSettings>> load_logging(base::Directory &root) {
    auto loaded = read_logging(root);
    if (!loaded)
        return base::in_context(std::move(loaded).error(),
                                fmt::format("{} can't be followed", base::in_quotes(logging_path)));
    return loaded;
}

}  // namespace mos::observe
