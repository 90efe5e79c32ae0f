#include <mos/observe/open_log.hpp>

#include "journal_bench.hpp"

#include "temporary_root.hpp"

using namespace mos::base;
using namespace mos::observe;
using namespace mos::test;
using mos::Code;
using mos::Result;

namespace {

void put_logging(Directory &root, std::string_view text) {
    const auto folder = must(make_directories(root, "etc/multios"));
    must(replace_file(*folder, "logging.yml", as_bytes(text), 0644));
}

std::string read(Directory &root, const std::string &folder, const std::string &name) {
    const auto opened = root.open_directory(folder, Symlinks::refuse);
    if (!opened)
        return {};
    const auto bytes = read_file(**opened, name, 1U << 20U);
    return bytes ? std::string{as_text(*bytes)} : std::string{};
}

}  // namespace

TEST_CASE("a root without a logging.yml has no log") {
    const Twin twin;
    CHECK_FALSE(must(load_logging(*twin.root())).has_value());
    must(make_directories(*twin.root(), "etc/multios"));
    CHECK_FALSE(must(load_logging(*twin.root())).has_value());
}

#ifdef MOS_HAVE_YAML
TEST_CASE("each handler gets the events that are for it, and its file lies beneath the root") {
    const TemporaryRoot temporary;
    const auto root = temporary.root();
    put_logging(*root, "logging:\n"
                       "  handlers:\n"
                       "    everything: {type: file, path: /var/log/all.log, format: json}\n"
                       "    console: {type: console, level: error, format: 'type'}\n"
                       "    syslog: {type: syslog, facility: local0}\n"
                       "  loggers:\n"
                       "    security_validator: {level: debug, handlers: [syslog]}\n");
    const LoggingSettings settings = must(load_logging(*root)).value();
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
        CHECK(sinks.size() == 3);
        for (const auto &sink : sinks) {
            sink->take(make_event(EventType::job_failed, "update-1", "no room"));
            sink->take(make_event(EventType::trust_added, "ca-1", "trusted"));
            sink->take(make_event(EventType::script_output, {}, "debug"));
        }
    }
    CHECK(read(*root, "var/log", "all.log") ==
          write_event(make_event(EventType::job_failed, "update-1", "no room")) + "\n");
    CHECK(console == "job_failed\n");
    CHECK(syslog == "<131>multios[0]: job_failed: no room\n<134>multios[0]: trust_added: trusted\n");
}

TEST_CASE("a logging.yml that can't be followed says which file, and what is wrong") {
    const Twin twin;
    const auto root = twin.root();
    for (const char *text : {"logging: {root_level: loud}", "logging: [", "other: 1"}) {
        INFO(text);
        put_logging(*root, text);
        const auto loaded = load_logging(*root);
        CHECK(refusal(loaded) == Code::INVALID_ARGUMENT);
        CHECK(loaded.error().message() == "'etc/multios/logging.yml' can't be followed");
    }
}
#endif
