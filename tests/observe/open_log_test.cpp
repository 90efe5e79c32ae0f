#include <mos/observe/open_log.hpp>

#include "journal_bench.hpp"

#include "temporary_root.hpp"

#include <mos/config/settings.hpp>

using namespace mos::base;
using namespace mos::observe;
using namespace mos::test;
using mos::Result;

namespace {

std::string read(Directory &root, const std::string &folder, const std::string &name) {
    const auto opened = root.open_directory(folder, Symlinks::refuse);
    if (!opened)
        return {};
    const auto bytes = read_file(**opened, name, 1U << 20U);
    return bytes ? std::string{as_text(*bytes)} : std::string{};
}

}  // namespace

TEST_CASE("each handler gets the events that are for it, and its file lies beneath the root") {
    const TemporaryRoot temporary;
    const auto root = temporary.root();
    mos::config::Settings from;
    from.lay(mos::config::read_settings(R"({"logging": {
        "handlers": {"everything": {"type": "file", "path": "/var/log/all.log", "format": "json"},
                     "nowhere": {"type": "file", "path": "/var/log/none.log", "enabled": false},
                     "console": {"type": "console", "level": "error", "format": "type"},
                     "syslog": {"type": "syslog", "facility": "local0"}},
        "loggers": {"security_validator": {"level": "debug", "handlers": ["syslog"]}}}})",
                                        mos::config::Format::json, "logging.json", mos::config::FileKind::system)
                 .settings);
    std::vector<mos::config::Problem> problems;
    const LoggingSettings settings = logging_of(from, problems);
    REQUIRE(problems.empty());
    std::string console;
    std::string syslog;
    LogPorts ports;
    ports.open_folder = [&](const std::string &path) { return make_directories(*root, path, NewNames::unflushed); };
    ports.console = [&](std::string_view text) -> Result<void> {
        console += text;
        return {};
    };
    ports.system_log = [&](std::string_view text) -> Result<void> {
        syslog += std::string{text} + "\n";
        return {};
    };
    {
        const auto sinks = must(open_log(settings, ports));
        CHECK(sinks.size() == 4);
        for (const auto &sink : sinks) {
            sink->take(make_event(EventType::job_failed, "update-1", "no room"));
            sink->take(make_event(EventType::trust_added, "ca-1", "trusted"));
            sink->take(make_event(EventType::script_output, {}, "debug"));
        }
    }
    CHECK(read(*root, "var/log", "all.log") ==
          write_event(make_event(EventType::job_failed, "update-1", "no room")) + "\n");
    CHECK(read(*root, "var/log", "none.log").empty());
    CHECK(console == "job_failed\n");
    CHECK(syslog == "<131>multios[0]: job_failed: no room\n<134>multios[0]: trust_added: trusted\n");
}
