#include <mos/observe/log_handler.hpp>

#include "expect.hpp"

#include <condition_variable>
#include <mutex>

using namespace mos::base;
using namespace mos::observe;
using namespace mos::test;
using mos::Code;
using mos::Error;
using mos::Result;

namespace {

// What a writer was given, and how it behaves; outlives both.
struct Place {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Event> events;
    std::vector<std::string> complaints;
    bool fails = false;
    bool is_held = false;  // the writer stands still
    int work = 0;          // pieces that are left
    bool was_entered = false;

    void hold(bool held) {
        const std::lock_guard lock{mutex};
        is_held = held;
        changed.notify_all();
    }
    template <class Condition>
    void wait_until(Condition condition) {
        std::unique_lock lock{mutex};
        changed.wait(lock, condition);
    }
};

class PlaceWriter final : public LogWriter {
  public:
    explicit PlaceWriter(std::shared_ptr<Place> place) : m_place(std::move(place)) {}
    [[nodiscard]] Result<void> write(std::span<const Event> events) override {
        std::unique_lock lock{m_place->mutex};
        m_place->was_entered = true;
        m_place->changed.notify_all();
        m_place->changed.wait(lock, [this] { return !m_place->is_held; });
        if (m_place->fails)
            return Error{Code::NO_SPACE, "the disk is full"};
        m_place->events.insert(m_place->events.end(), events.begin(), events.end());
        m_place->changed.notify_all();
        return {};
    }
    [[nodiscard]] bool work_a_little() override {
        const std::lock_guard lock{m_place->mutex};
        m_place->changed.notify_all();
        return m_place->work > 0 && --m_place->work > 0;
    }

  private:
    std::shared_ptr<Place> m_place;
};

std::shared_ptr<LogHandler> start(const std::shared_ptr<Place> &place) {
    return must(LogHandler::start(
        "file", std::make_unique<PlaceWriter>(place),
        [](const Event &event) { return event.level >= EventLevel::info; },
        [place](const std::string & /*handler*/, const std::string &line) {
            const std::lock_guard lock{place->mutex};
            place->complaints.push_back(line);
            place->changed.notify_all();
        }));
}

Event numbered(int number) { return make_event(EventType::notice, std::to_string(number), "m"); }

std::int64_t count_of(const Event &event) { return std::get<std::int64_t>(event.payload.front().value); }

}  // namespace

TEST_CASE("what passes the filter is written in its order, at the latest when the handler ends") {
    const auto place = std::make_shared<Place>();
    {
        const auto handler = start(place);
        for (int i = 0; i < 1000; ++i)
            handler->take(numbered(i));
        handler->take(make_event(EventType::script_output, "debug", "m"));
    }
    REQUIRE(place->events.size() == 1000);
    for (int i = 0; i < 1000; ++i)
        CHECK(place->events[static_cast<std::size_t>(i)].subject == std::to_string(i));
    CHECK(place->complaints.empty());
}

TEST_CASE("a slow writer holds nobody up: what is too much is dropped, counted, and told when there is room") {
    const auto place = std::make_shared<Place>();
    place->hold(true);
    {
        const auto handler = start(place);
        handler->take(numbered(0));
        place->wait_until([&] { return place->was_entered; });  // so that the queue is empty
        for (std::size_t i = 0; i < log_queue_events + 100; ++i)
            handler->take(numbered(1));
        place->hold(false);
        place->wait_until([&] { return place->events.size() >= 2; });
    }
    REQUIRE(place->events.size() == 1 + 1 + log_queue_events);
    CHECK(place->events[1].type == "events_dropped");
    CHECK(place->events[1].subject == "file");
    CHECK(count_of(place->events[1]) == 100);
}

TEST_CASE("a writer that fails is complained of once, and what was lost is told when it works again") {
    const auto place = std::make_shared<Place>();
    const auto handler = start(place);
    {
        const std::lock_guard lock{place->mutex};
        place->fails = true;
    }
    handler->take(numbered(0));
    place->wait_until([&] { return !place->complaints.empty(); });
    {
        const std::lock_guard lock{place->mutex};
        place->fails = false;
    }
    handler->take(numbered(1));
    place->wait_until([&] { return place->events.size() == 2; });
    CHECK(place->complaints.size() == 1);
    CHECK(place->complaints.front() == "the log 'file' lacks events: the disk is full");
    CHECK(place->events[0].type == "events_dropped");
    CHECK(count_of(place->events[0]) == 1);
    CHECK(place->events[0].message == "1 events are missing here: the disk is full");
    CHECK(place->events[1].subject == "1");
}

TEST_CASE("a writer that never comes back is left to itself") {
    const auto place = std::make_shared<Place>();
    place->hold(true);
    const auto begun = std::chrono::steady_clock::now();
    {
        const auto handler = start(place);
        handler->take(numbered(0));
        place->wait_until([&] { return place->was_entered; });
    }
    CHECK(std::chrono::steady_clock::now() - begun >= log_close_limit);
    place->hold(false);
    place->wait_until([&] { return place->events.size() == 1; });
}

TEST_CASE("what can wait is done while there is nothing to write") {
    const auto place = std::make_shared<Place>();
    place->work = 3;
    const auto handler = start(place);
    handler->take(numbered(0));
    place->wait_until([&] { return place->work == 0; });
    CHECK(place->events.size() == 1);
}
