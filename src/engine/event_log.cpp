#include <mos/engine/event_log.hpp>

#include <mos/config/settings_files.hpp>
#include <mos/observe/open_log.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

#include <unistd.h>

namespace mos::engine {

namespace {

observe::LogPorts ports_of(Engine &engine) {
    observe::LogPorts ports;
    ports.console = base::standard_error_output();
    ports.system_log = base::system_log_output();
    ports.process = ::getpid();
    // The engine ends its handlers before it is gone.
    ports.complaints = [&engine](const std::string &handler, const std::string &line) {
        write_log(engine.log(), LogLevel::warning, line);
        engine.events().tell([&] { return base::make_event(base::EventType::events_dropped, handler, line); });
    };
    return ports;
}

Result<void> add(Engine &engine, const observe::LoggingSettings &settings, const observe::LogPorts &ports) {
    MOS_TRY(const auto sinks, observe::open_log(settings, ports));
    for (const auto &sink : sinks)
        engine.events().add_sink(sink);
    return {};
}

Error cannot_follow(Error cause) {
    return base::in_context(std::move(cause), "the settings of the log can't be followed");
}

// Of the section, or of the guide's file for it as a whole.
bool concerns_logs(const config::Problem &problem) {
    return problem.path == "logging" || problem.path.starts_with("logging.") ||
           (problem.path.empty() && problem.file.find("/logging.") != std::string::npos);
}

}  // namespace

Result<std::optional<observe::LoggingSettings>> log_settings(Engine &engine) {
    MOS_TRY(const config::LoadedSettings loaded, config::load_settings(engine.root(), {}));
    if (const auto problem = std::ranges::find_if(loaded.problems, concerns_logs); problem != loaded.problems.end())
        return cannot_follow(Error{Code::INVALID_ARGUMENT, config::describe(*problem)});
    const base::JsonTree tree = loaded.settings.tree("logging");
    if (tree->empty())
        return std::optional<observe::LoggingSettings>{};
    auto parsed = observe::parse_logging(*tree);
    if (!parsed)
        return cannot_follow(std::move(parsed).error());
    return std::optional{std::move(parsed).value()};
}

Result<void> write_events(Engine &engine, const observe::LoggingSettings &settings) {
    observe::LogPorts ports = ports_of(engine);
    // A thread that is left to itself may outlive the engine.
    MOS_TRY(auto own, engine.root().open_directory("", base::Symlinks::refuse));
    ports.open_folder = [root = std::shared_ptr<base::Directory>{std::move(own)}](const std::string &path) {
        return base::make_directories(*root, path, base::NewNames::unflushed);
    };
    return add(engine, settings, ports);
}

Result<void> write_events(Engine &engine, const observe::HandlerSettings &handler, const std::string &folder) {
    observe::LogPorts ports = ports_of(engine);
    ports.open_folder = [folder](const std::string & /*path*/) { return base::open_root(folder); };
    return add(engine, {.root_level = base::EventLevel::debug, .handlers = {handler}, .loggers = {}}, ports);
}

}  // namespace mos::engine
