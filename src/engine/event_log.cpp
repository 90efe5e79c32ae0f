#include <mos/engine/event_log.hpp>

#include <mos/observe/open_log.hpp>

#include <algorithm>
#include <iterator>

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

// Of the section, or of a file as a whole, which may hold it.
bool concerns_logs(const config::Problem &problem) {
    return problem.path.empty() || problem.path == "logging" || problem.path.starts_with("logging.");
}

}  // namespace

LogSettings log_settings(const config::LoadedSettings &loaded) {
    LogSettings found;
    std::ranges::copy_if(loaded.problems, std::back_inserter(found.problems), concerns_logs);
    if (!loaded.settings.said("logging").empty())
        found.logging = observe::logging_of(loaded.settings, found.problems);
    return found;
}

Result<LogSettings> log_settings(Engine &engine) {
    MOS_TRY(const config::LoadedSettings loaded,
            config::load_settings(engine.root(), {.environment = engine.settings().environment}));
    return log_settings(loaded);
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
