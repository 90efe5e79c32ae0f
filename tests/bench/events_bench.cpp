// How many events a second the stream takes: with its journal alone, and with a log file besides that is rotated and
// compressed. The disk is the real one, as the temporary folder has it.
#include <mos/engine/event_log.hpp>

#include "temporary_root.hpp"

#include <chrono>
#include <fmt/format.h>
#include <string>

using namespace mos;
using mos::test::must;

namespace {

constexpr int events = 50'000;
constexpr double events_wanted = 10'000;  // a second

double rate_of(engine::Engine &engine) {
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < events; ++i)
        engine.events().tell([i] {
            base::Event event = base::make_event(base::EventType::notice, fmt::format("usr/lib/part-{}", i),
                                                 "something that a person should know");
            event.cause = "update-1";
            return event;
        });
    return events / std::chrono::duration<double>{std::chrono::steady_clock::now() - begun}.count();
}

std::unique_ptr<engine::Engine> open(const test::TemporaryRoot &root) {
    must(base::make_directories(*root.root(), engine::state_path));
    return std::make_unique<engine::Engine>(
        root.root(), engine::Settings{},
        std::shared_ptr<const base::Clock>{&base::system_clock(), [](const base::Clock *) {}});
}

}  // namespace

TEST_CASE("ten thousand events a second") {
    const test::TemporaryRoot plain;
    const double journal = rate_of(*open(plain));
    const test::TemporaryRoot logged;
    const auto engine = open(logged);
    observe::HandlerSettings file{.name = "file"};
    file.path = "var/log/multios/update.log";
    file.rotation = {.max_bytes = 2'000'000, .max_files = 10, .compress = true};
    must(engine::write_events(*engine, {.handlers = {file}, .loggers = {}}));
    const double both = rate_of(*engine);
    fmt::print("{:.0f} events a second into the journal, {:.0f} with a log file besides\n", journal, both);
    CHECK(journal >= events_wanted);
    CHECK(both >= events_wanted);
}
