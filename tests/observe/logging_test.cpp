#include <mos/observe/logging.hpp>

#include "expect.hpp"

#include <mos/config/settings.hpp>

#include <string>

using namespace mos::base;
using namespace mos::observe;
using mos::Code;
using mos::Result;
using mos::test::must;
using mos::test::refusal;

namespace {

// A file's problems, or what makes no sense although each value is allowed, in one error.
Result<LoggingSettings> parse(const std::string &json) {
    using namespace mos::config;
    SettingsFile file = read_settings(json, Format::json, "logging.json", FileKind::system);
    if (!file.problems.empty())
        return mos::Error{Code::INVALID_ARGUMENT, describe(file.problems.front())};
    Settings settings;
    settings.lay(std::move(file.settings));
    LoggingSettings logging = logging_of(settings, file.problems);
    if (!file.problems.empty())
        return mos::Error{Code::INVALID_ARGUMENT, describe(file.problems.front())};
    return logging;
}

// The user's guide, "Log Configuration".
constexpr const char *guide = R"({"logging": {
  "root_level": "info",
  "handlers": {
    "file": {"type": "file", "path": "/var/log/multios/update.log", "level": "info",
             "rotation": {"max_size": "100MB", "max_files": 10, "compress": true}},
    "console": {"type": "console", "level": "warn", "format": "timestamp,level,message"},
    "syslog": {"type": "syslog", "facility": "local0", "level": "error"}},
  "loggers": {
    "update_manager": {"level": "debug", "handlers": ["file", "console"]},
    "security_validator": {"level": "info", "handlers": ["file", "syslog"]},
    "scheduler": {"level": "info", "handlers": ["file"]}}}})";

const HandlerSettings &handler(const LoggingSettings &settings, const std::string &name) {
    for (const HandlerSettings &one : settings.handlers)
        if (one.name == name)
            return one;
    FAIL("no handler ", name);
    return settings.handlers.front();
}

std::string with_handler(const std::string &text) { return R"({"logging": {"handlers": {"h": )" + text + "}}}"; }

}  // namespace

TEST_CASE("the guide's file is understood") {
    const LoggingSettings settings = must(parse(guide));
    CHECK(settings.root_level == EventLevel::info);
    const HandlerSettings &file = handler(settings, "file");
    CHECK(file.type == HandlerType::file);
    CHECK(file.path == "var/log/multios/update.log");
    CHECK(file.rotation.max_bytes == 100'000'000);
    CHECK(file.rotation.max_files == 10);
    CHECK(file.rotation.compress);
    CHECK(handler(settings, "console").type == HandlerType::console);
    CHECK(handler(settings, "syslog").facility == 16);
}

TEST_CASE("an event has to pass its component's level and the handler's, and goes to the component's handlers alone") {
    const LoggingSettings settings = must(parse(guide));
    CHECK(level_for(settings, handler(settings, "file"), "update_manager") == EventLevel::info);
    CHECK(level_for(settings, handler(settings, "console"), "update_manager") == EventLevel::warning);
    CHECK_FALSE(level_for(settings, handler(settings, "syslog"), "update_manager").has_value());
    CHECK(level_for(settings, handler(settings, "syslog"), "security_validator") == EventLevel::error);
    CHECK_FALSE(level_for(settings, handler(settings, "console"), "security_validator").has_value());
}

TEST_CASE("a component without a logger has the root's level and goes everywhere") {
    const LoggingSettings settings = must(parse(guide));
    CHECK(level_for(settings, handler(settings, "file"), "configuration") == EventLevel::info);
    CHECK(level_for(settings, handler(settings, "syslog"), "configuration") == EventLevel::error);
}

TEST_CASE("what nobody has set is as the table of settings says, so that no log fills a disk") {
    const LoggingSettings settings = must(parse(with_handler(R"({"type": "file", "path": "/log"})")));
    CHECK(settings.handlers.front().rotation.max_bytes == 100'000'000);
    CHECK(settings.handlers.front().rotation.max_files == 10);
    CHECK(level_for(settings, settings.handlers.front(), "events") == EventLevel::info);
    const auto rotated =
        must(parse(with_handler(R"({"type": "file", "path": "/log", "rotation": {"max_files": 10}})")));
    CHECK(rotated.handlers.front().rotation.max_bytes == 100'000'000);
    CHECK(rotated.handlers.front().rotation.max_files == 10);
    CHECK_FALSE(rotated.handlers.front().rotation.compress);
}

TEST_CASE("a file with nothing but the one key writes nowhere") {
    CHECK(must(parse(R"({"logging": {}})")).handlers.empty());
}

TEST_CASE("what makes no sense is refused, and the key is named") {
    const struct {
        std::string text;
        const char *key;
    } cases[] = {
        {R"({"logging": {}, "more": 1})", "more"},
        {R"({"logging": 3})", "logging"},
        {R"({"logging": {"level": "info"}})", "logging.level"},
        {R"({"logging": {"root_level": "loud"}})", "logging.root_level"},
        {with_handler(R"({"level": "info"})"), "logging.handlers.h.type"},
        {with_handler(R"({"type": "printer"})"), "logging.handlers.h.type"},
        {with_handler(R"({"type": "console", "path": "/x"})"), "logging.handlers.h"},
        {with_handler(R"({"type": "console", "facility": "local0"})"), "logging.handlers.h"},
        {with_handler(R"({"type": "console", "format": "colour"})"), "logging.handlers.h.format"},
        {with_handler(R"({"type": "console", "level": 3})"), "logging.handlers.h.level"},
        {with_handler(R"({"type": "syslog", "facility": "local8"})"), "logging.handlers.h.facility"},
        {with_handler(R"({"type": "file"})"), "logging.handlers.h.path"},
        {with_handler(R"({"type": "file", "path": "../etc/passwd"})"), "logging.handlers.h.path"},
        {with_handler(R"({"type": "file", "path": "/x", "rotation": {"max_size": "1KB"}})"),
         "logging.handlers.h.rotation.max_size"},
        {with_handler(R"({"type": "file", "path": "/x", "rotation": {"max_size": "much"}})"),
         "logging.handlers.h.rotation.max_size"},
        {with_handler(R"({"type": "file", "path": "/x", "rotation": {"max_files": 0}})"),
         "logging.handlers.h.rotation.max_files"},
        {with_handler(R"({"type": "file", "path": "/x", "rotation": {"compress": "perhaps"}})"),
         "logging.handlers.h.rotation.compress"},
        {with_handler(R"({"type": "file", "path": "/x", "rotation": {"compres": true}})"),
         "logging.handlers.h.rotation.compres"},
        {R"({"logging": {"loggers": {"printer": {"level": "info"}}}})", "logging.loggers.printer"},
        {R"({"logging": {"loggers": {"scheduler": {"handlers": ["file"]}}}})", "logging.loggers.scheduler.handlers"},
        {R"({"logging": {"loggers": {"scheduler": {"handlers": "file"}}}})", "logging.loggers.scheduler.handlers"},
    };
    for (const auto &one : cases) {
        INFO(one.text);
        const auto parsed = parse(one.text);
        CHECK(refusal(parsed) == Code::INVALID_ARGUMENT);
        CHECK(parsed.error().message().find(one.key) != std::string::npos);
    }
}

TEST_CASE("more handlers than make sense are beyond a limit") {
    std::string text = R"({"logging": {"handlers": {)";
    for (std::size_t i = 0; i <= max_log_handlers; ++i)
        text += (i > 0 ? ", \"h" : "\"h") + std::to_string(i) + R"(": {"type": "console"})";
    CHECK(parse(text + "}}}").error().message().find("logging.handlers.h9: is one more than") != std::string::npos);
}

TEST_CASE("what is wrong is left out and told with its place, and what is right holds") {
    using namespace mos::config;
    const std::string yaml = R"(logging:
  handlers:
    printer:
      level: info
    file:
      type: file
      path: /log
  loggers:
    scheduler:
      level: warn
      handlers: [nobody, printer, file]
)";
    SettingsFile file = read_settings(yaml, Format::yaml, "logging.yml", FileKind::system);
    REQUIRE(file.problems.empty());
    Settings settings;
    settings.lay(std::move(file.settings));
    std::vector<Problem> problems;
    const LoggingSettings logging = logging_of(settings, problems);
    REQUIRE(logging.handlers.size() == 1);
    CHECK(level_for(logging, handler(logging, "file"), "scheduler") == EventLevel::warning);
    REQUIRE(problems.size() == 2);
    CHECK(describe(problems[0]) ==
          "logging.yml:4:7: logging.handlers.printer.type: must say what the handler is: file, console or syslog");
    CHECK(describe(problems[1]) ==
          "logging.yml:11:7: logging.loggers.scheduler.handlers: there is no handler 'nobody'");
}
