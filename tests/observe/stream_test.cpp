#include <mos/observe/stream.hpp>

#include "journal_bench.hpp"

#include <new>

using namespace mos::base;
using namespace mos::observe;
using namespace mos::test;
using mos::Result;

namespace {

class FixedClock final : public Clock {
  public:
    [[nodiscard]] std::int64_t now_unix_s() const override { return 1'764'000'000; }
    [[nodiscard]] std::int64_t monotonic_ms() const override { return 0; }
    [[nodiscard]] std::string boot_id() const override { return this_boot; }
};

class Recorder final : public EventSink {
  public:
    void take(const Event &event) noexcept override { events.push_back(event); }
    std::vector<Event> events;
};

struct Bench {
    Twin twin;
    std::vector<std::string> complaints;
    std::vector<Event> heard;
    bool has_folder = true;
    EventStream stream{{.open_state_folder = [this]() -> Result<std::unique_ptr<Directory>> {
                            return has_folder ? twin.root() : nullptr;
                        },
                        .clock = std::make_shared<FixedClock>(),
                        .actor = "uid:7",
                        .listener = [this](const Event &event) { heard.push_back(event); },
                        .complaints = [this](const std::string &line) { complaints.push_back(line); }}};

    void tell(const std::string &subject) {
        stream.tell([&] { return make_event(EventType::notice, subject, "m"); });
    }
};

}  // namespace

TEST_CASE("what is told gets its time, its actor and its number, and goes to journal, sinks and listener alike") {
    Bench bench;
    const auto sink = std::make_shared<Recorder>();
    bench.stream.add_sink(sink);
    bench.tell("a");
    const auto root = bench.twin.root();
    const auto events = read_all(*root);
    REQUIRE(events.size() == 1);
    CHECK(events[0].actor == "uid:7");
    CHECK(events[0].time_unix_s == 1'764'000'000);
    CHECK(events[0].sequence == 1);
    CHECK(sink->events == events);
    CHECK(bench.heard == events);
}

TEST_CASE("who is named in an event stays its actor") {
    Bench bench;
    bench.stream.tell([] {
        Event event = make_event(EventType::notice, "s", "m");
        event.actor = "scheduler";
        return event;
    });
    CHECK(bench.heard.front().actor == "scheduler");
}

TEST_CASE("a job is named after its first event") {
    Bench bench;
    bench.tell("a");
    CHECK(bench.stream.tell_start("update", "it begins") == "update-job-2");
    CHECK(bench.heard.back().subject == "update-job-2");
    const auto root = bench.twin.root();
    CHECK(read_all(*root).back().subject == "update-job-2");
}

TEST_CASE("without a state folder nothing is created, and whoever listens is told all the same") {
    Bench bench;
    bench.has_folder = false;
    bench.tell("a");
    CHECK(bench.stream.tell_start("verify", "it begins") == "verify");
    CHECK(bench.twin.mutations() == 0);
    REQUIRE(bench.heard.size() == 2);
    CHECK(bench.heard[0].sequence == 0);
    CHECK(bench.complaints.empty());
}

TEST_CASE("what is of use only when a mistake is searched for is not kept in the journal") {
    Bench bench;
    bench.stream.tell([] { return make_event(EventType::script_output, {}, "line"); });
    CHECK(bench.twin.mutations() == 0);
    CHECK(bench.heard.size() == 1);
}

TEST_CASE("a journal that can't be written is complained of once, and what it lacks is counted in it later") {
    Bench bench;
    bench.tell("a");
    bench.twin.fail_from(bench.twin.calls() + 1, ENOSPC);
    bench.tell("b");
    bench.tell("c");
    CHECK(bench.stream.tell_start("update", "it begins") == "update");
    CHECK(bench.complaints.size() == 1);
    CHECK(bench.heard.size() == 4);
    CHECK(bench.heard.back().sequence == 0);
    bench.twin.fail_never();
    bench.tell("d");
    const auto root = bench.twin.root();
    const auto events = read_all(*root);
    CHECK(subjects(events) == Words{"a", "journal", "d"});
    CHECK(events[1].type == "events_dropped");
    CHECK(events[1].payload == std::vector<EventField>{{"count", std::int64_t{3}}});
}

TEST_CASE("a root that can't be written to is nothing to complain of") {
    Bench bench;
    bench.tell("a");
    bench.twin.set_writable(Twin::Writable::no);
    bench.tell("b");
    CHECK(bench.complaints.empty());
    CHECK(bench.heard.size() == 2);
}

TEST_CASE("memory that runs out while an event is made costs this event alone") {
    Bench bench;
    bench.stream.tell([]() -> Event { throw std::bad_alloc{}; });
    bench.tell("a");
    CHECK(subjects(bench.heard) == Words{"journal", "a"});
}
