// The stream of events as a C program sees it.
#include "capi_bench.hpp"

#include <array>
#include <cstring>
#include <vector>

using namespace mos::test::capi;

namespace {

using Events = std::unique_ptr<mos_events, Freer<mos_events_free>>;

Events open_events(const Bench &bench, const mos_events_options *options = nullptr) {
    return made_by<Events>(
        [&](auto out, auto error) { return mos_events_open(bench.engine.get(), options, out, error); });
}

std::string read_types(const Events &events) {
    std::string types;
    mos_event event = MOS_EVENT_INIT;
    while (mos_events_next(events.get(), &event, nullptr) == MOS_OK)
        types += std::string{event.type} + " ";
    return types;
}

}  // namespace

TEST_CASE("an install is told, and its events say what, why and who") {
    const Bench bench;
    const Events events = open_events(bench);
    CHECK(read_types(events).empty());
    bench.install(bench.pack("1", "one"));
    mos_event event = MOS_EVENT_INIT;
    must(mos_events_next(events.get(), &event, nullptr), nullptr);
    CHECK(std::string{event.type} == "job_started");
    must(mos_events_next(events.get(), &event, nullptr), nullptr);
    CHECK(std::string{event.type} == "package_installed");
    CHECK(std::string{event.component} == "update_manager");
    CHECK(std::string{event.subject} == "app");
    CHECK(std::string{event.cause} == "update-job-1");
    CHECK(std::string{event.actor}.starts_with("uid:"));
    CHECK(std::string{event.payload} == R"({"signer":"publisher","version":"1"})");
    CHECK(event.level == MOS_EVENT_INFO);
    CHECK(event.sequence == 2);
    CHECK(event.time_unix_s > 1'700'000'000);
    CHECK(mos_events_position(events.get()) == 3);
    CHECK(read_types(events) == "update_installed job_finished ");
    CHECK(read_types(events).empty());
}

TEST_CASE("a cursor keeps the engine alive") {
    Bench bench;
    bench.install(bench.pack("1", "one"));
    const Events events = open_events(bench);
    bench.engine.reset();
    CHECK(read_types(events) == "job_started package_installed update_installed job_finished ");
}

TEST_CASE("a batch fills an array of the caller's structs, also of an older and a newer version") {
    const Bench bench;
    bench.install(bench.pack("1", "one"));
    const Events events = open_events(bench);
    std::array<mos_event, 3> batch = {{MOS_EVENT_INIT, MOS_EVENT_INIT, MOS_EVENT_INIT}};
    std::size_t count = 0;
    must(mos_events_batch(events.get(), batch.data(), batch.size(), &count, nullptr), nullptr);
    CHECK(count == 3);
    CHECK(std::string{batch[0].type} == "job_started");
    CHECK(std::string{batch[2].type} == "update_installed");
    must(mos_events_batch(events.get(), batch.data(), batch.size(), &count, nullptr), nullptr);
    CHECK(count == 1);
    CHECK(mos_events_batch(events.get(), batch.data(), batch.size(), &count, nullptr) == MOS_END);
    CHECK(count == 0);

    struct Newer {
        mos_event event;
        std::uint64_t more;
    };
    std::array<Newer, 2> newer = {};
    newer[0].event.struct_size = sizeof(Newer);
    newer[0].more = 7;
    const Events again = open_events(bench);
    must(mos_events_batch(again.get(), &newer[0].event, newer.size(), &count, nullptr), nullptr);
    CHECK(std::string{newer[1].event.type} == "package_installed");
    CHECK(newer[0].more == 7);
}

TEST_CASE("a callback gets every event at once, and its data are freed once") {
    struct Heard {
        std::vector<std::string> types;
        std::string actor;
        int destroyed = 0;
    } heard;
    Bench bench;
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.root_path = bench.root.path().c_str();
    options.actor = "fleet-agent";
    options.event = [](void *user_data, const mos_event *event) {
        static_cast<Heard *>(user_data)->types.emplace_back(event->type);
        static_cast<Heard *>(user_data)->actor = event->actor;
    };
    options.event_user_data = &heard;
    options.event_destroy = [](void *user_data) { ++static_cast<Heard *>(user_data)->destroyed; };
    bench.engine = made_by<Engine>(
        [&](auto out, auto error) { return mos_engine_open(bench.context.get(), &options, out, error); });
    bench.install(bench.pack("1", "one"));
    CHECK(heard.types ==
          std::vector<std::string>{"job_started", "package_installed", "update_installed", "job_finished"});
    CHECK(heard.actor == "fleet-agent");
    CHECK(heard.destroyed == 0);
    bench.engine.reset();
    CHECK(heard.destroyed == 1);
    options.root_path = "/nowhere/at/all";
    mos_engine *engine = nullptr;
    CHECK(mos_engine_open(bench.context.get(), &options, &engine, nullptr) < 0);
    CHECK(heard.destroyed == 2);
}

TEST_CASE("what a cursor of events can't do is refused") {
    const Bench bench;
    mos_events *events = nullptr;
    mos_events_options options = MOS_EVENTS_OPTIONS_INIT;
    options.types = "package_updated, omen_seen";
    const auto open = [&](auto error) { return mos_events_open(bench.engine.get(), &options, &events, error); };
    CHECK(failure_of(open).code == MOS_E_INVALID_ARGUMENT);
    options = MOS_EVENTS_OPTIONS_INIT;
    options.flags = 2;
    CHECK(failure_of(open).code == MOS_E_INVALID_ARGUMENT);
    options = MOS_EVENTS_OPTIONS_INIT;
    options.level = 4;
    CHECK(failure_of(open).code == MOS_E_INVALID_ARGUMENT);
    CHECK(events == nullptr);
    CHECK(mos_events_open(nullptr, nullptr, &events, nullptr) == MOS_E_INVALID_ARGUMENT);
    const Events good = open_events(bench);
    std::size_t count = 0;
    mos_event event = MOS_EVENT_INIT;
    CHECK(mos_events_batch(good.get(), &event, 0, &count, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(mos_events_batch(good.get(), &event, 1, nullptr, nullptr) == MOS_E_INVALID_ARGUMENT);
    event.struct_size = 0;
    CHECK(mos_events_next(good.get(), &event, nullptr) == MOS_E_INVALID_ARGUMENT);
    CHECK(mos_events_position(nullptr) == 0);
    mos_events_free(nullptr);
}
