// Logs as a C program sees them.
#include "capi_bench.hpp"

#include <algorithm>

using namespace mos::test::capi;

namespace {

// The engine's end is the end of its logs.
std::string log_of(Bench &bench, const std::string &path) {
    bench.engine.reset();
    return bench.root.read(path);
}

// Opens the root again, with a context whose log is kept.
void keep_log(Bench &bench, std::string &told) {
    mos_context_options context = MOS_CONTEXT_OPTIONS_INIT;
    context.log = [](void *user_data, mos_log_level, const char *line) {
        *static_cast<std::string *>(user_data) += std::string{line} + "\n";
    };
    context.log_user_data = &told;
    bench.context = made_by<Context>([&](auto out, auto error) { return mos_context_create(&context, out, error); });
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.root_path = bench.root.path().c_str();
    bench.engine = made_by<Engine>(
        [&](auto out, auto error) { return mos_engine_open(bench.context.get(), &options, out, error); });
}

constexpr const char *logging = "logging:\n"
                                "  handlers:\n"
                                "    file: {type: file, path: /var/log/multios/update.log, format: 'type'}\n"
                                "  loggers:\n"
                                "    update_manager: {level: info, handlers: [file]}\n";

}  // namespace

TEST_CASE("the root's logging.yml is followed, and where there is none that is said") {
    Bench bench;
    CHECK(mos_engine_log_configured(bench.engine.get(), nullptr, nullptr) == MOS_END);
    bench.root.put("etc/multios/logging.yml", logging);
    must(mos_engine_log_configured(bench.engine.get(), nullptr, nullptr), nullptr);
    bench.install(bench.pack("1", "one"));
    CHECK(log_of(bench, "var/log/multios/update.log") ==
          "job_started\npackage_installed\nupdate_installed\njob_finished\n");
}

TEST_CASE("what INI, or a change of the settings, says of logs is followed as well") {
    Bench bench;
    bench.root.put("etc/multios/board.ini", "[logging.handlers.file]\ntype = file\npath = /var/log/board.log\n"
                                            "format = type\n[network]\nretry_count = 4\n");
    must(mos_engine_log_configured(bench.engine.get(), nullptr, nullptr), nullptr);
    bench.install(bench.pack("1", "one"));
    CHECK(log_of(bench, "var/log/board.log").starts_with("job_started\n"));
}

TEST_CASE("what is wrong in the root's settings is told, and what is right is followed") {
    std::string told;  // the engine's end may write to it
    Bench bench;
    keep_log(bench, told);
    bench.root.put("etc/multios/logging.yml", logging);
    bench.root.put("etc/multios/broken.yml", "logging: [\n");
    bench.root.put("etc/multios/printer.yml", "logging:\n  handlers:\n    printer:\n      level: info\n");
    must(mos_engine_log_configured(bench.engine.get(), nullptr, nullptr), nullptr);
    CHECK(told.find("etc/multios/broken.yml") != std::string::npos);
    CHECK(told.find("logging.handlers.printer.type") != std::string::npos);
    bench.install(bench.pack("1", "one"));
    CHECK(log_of(bench, "var/log/multios/update.log").starts_with("job_started\n"));
}

TEST_CASE("the settings of the engine's environment lie over the system's") {
    Bench bench;
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.root_path = bench.root.path().c_str();
    options.environment = "staging";
    bench.engine = made_by<Engine>(
        [&](auto out, auto error) { return mos_engine_open(bench.context.get(), &options, out, error); });
    bench.root.put("etc/multios/logging.yml", logging);
    bench.root.put("etc/multios/environments/staging.yml",
                   "logging:\n  handlers:\n    file:\n      path: /staging.log\n");
    must(mos_engine_log_configured(bench.engine.get(), nullptr, nullptr), nullptr);
    bench.install(bench.pack("1", "one"));
    CHECK(log_of(bench, "staging.log").starts_with("job_started\n"));
}

TEST_CASE("another file than the root's can say where events go, which is beneath the root none the less") {
    Bench bench;
    bench.work.put("my.yml", logging);
    must(mos_engine_log_configured(bench.engine.get(), bench.work.at("my.yml").c_str(), nullptr), nullptr);
    bench.install(bench.pack("1", "one"));
    CHECK(log_of(bench, "var/log/multios/update.log").starts_with("job_started\n"));
}

TEST_CASE("a file that says nothing of logs, or something wrong, is refused, and nothing is written") {
    Bench bench;
    for (const char *text : {"network: {retry_count: 4}\n", "logging: [\n", "logging: {root_level: loud}\n",
                             "logging: {handlers: {file: {path: /x.log}}}\n"}) {
        INFO(text);
        bench.work.put("my.yml", text);
        CHECK(failure_of([&](auto error) {
                  return mos_engine_log_configured(bench.engine.get(), bench.work.at("my.yml").c_str(), error);
              }).code == MOS_E_INVALID_ARGUMENT);
    }
    bench.install(bench.pack("1", "one"));
    CHECK_FALSE(std::filesystem::exists(bench.root.at("x.log")));
}

TEST_CASE("a log file gets lines of JSON, or columns, in a folder of the caller's") {
    Bench bench;
    const std::string lines = bench.work.at("events.jsonl");
    const std::string columns = bench.work.at("events.log");
    mos_log_file_options options = MOS_LOG_FILE_OPTIONS_INIT;
    options.path = lines.c_str();
    options.format = "json";
    must(mos_engine_log_file(bench.engine.get(), &options, nullptr), nullptr);
    options.path = columns.c_str();
    options.format = "sequence,type";
    options.level = MOS_EVENT_WARNING;
    must(mos_engine_log_file(bench.engine.get(), &options, nullptr), nullptr);
    bench.install(bench.pack("1", "one"));
    bench.engine.reset();
    const std::string text = bench.work.read("events.jsonl");
    CHECK(std::ranges::count(text, '\n') == 4);
    CHECK(text.starts_with(R"({"sequence":1,)"));
    CHECK(bench.work.read("events.log").empty());  // nothing was that serious
}

TEST_CASE("a log that can't be written to costs the update nothing, and is told") {
    std::string told;  // the engine's end may write to it
    Bench bench;
    keep_log(bench, told);
    bench.root.put("etc/multios/logging.yml", logging);
    bench.root.put("var/log", "a file where the folder belongs");
    must(mos_engine_log_configured(bench.engine.get(), nullptr, nullptr), nullptr);
    bench.install(bench.pack("1", "one"));
    bench.engine.reset();
    CHECK(bench.root.read("app/file") == "one");
    CHECK(told.find("the log 'file' lacks events") != std::string::npos);
    CHECK(bench.root.read("var/lib/multios/events/current.jsonl").find("events_dropped") != std::string::npos);
}

TEST_CASE("what can't be followed is refused before anything is written") {
    const Bench bench;
    const auto refused = [&](const std::string &name, const std::string &text) {
        bench.work.put(name, text);
        return failure_of([&](auto error) {
                   return mos_engine_log_configured(bench.engine.get(), bench.work.at(name).c_str(), error);
               })
            .code;
    };
    CHECK(refused("bad.yml", "logging: {root_level: loud}") == MOS_E_INVALID_ARGUMENT);
    CHECK(refused("bad.txt", logging) == MOS_E_INVALID_ARGUMENT);
    CHECK(mos_engine_log_configured(nullptr, nullptr, nullptr) == MOS_E_INVALID_ARGUMENT);
    const auto file = [&](mos_log_file_options options) {
        return failure_of([&](auto error) { return mos_engine_log_file(bench.engine.get(), &options, error); }).code;
    };
    mos_log_file_options options = MOS_LOG_FILE_OPTIONS_INIT;
    CHECK(file(options) == MOS_E_INVALID_ARGUMENT);
    options.path = "/nowhere/at/all/x.log";
    CHECK(file(options) == MOS_E_NOT_FOUND);
    const std::string good = bench.work.at("x.log");
    options.path = good.c_str();
    options.max_bytes = 10;
    CHECK(file(options) == MOS_E_INVALID_ARGUMENT);
    options.max_bytes = 0;
    options.format = "colour";
    CHECK(file(options) == MOS_E_INVALID_ARGUMENT);
    options.format = nullptr;
    options.level = 9;
    CHECK(file(options) == MOS_E_INVALID_ARGUMENT);
    options.level = 0;
    options.max_files = 100'000;
    CHECK(file(options) == MOS_E_INVALID_ARGUMENT);
}
