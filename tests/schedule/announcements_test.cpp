#include <mos/schedule/announcements.hpp>

#include "updates.hpp"

#include <fmt/format.h>

using namespace mos;
using namespace mos::test;
using schedule::Announcements;
using schedule::NoticeLevel;
using schedule::Priority;

namespace {

const std::int64_t friday_at_two = at("2024-05-03T02:00:00Z");

struct Bench {
    std::unique_ptr<state::Database> database = must(state::Database::open_empty());
    schedule::Queue queue{*database};
    schedule::Policy policy = weekly_policy();
    schedule::NoticeRules rules;
    std::int64_t now = monday;

    Bench() { rules.levels.fill(NoticeLevel::urgent); }

    std::uint64_t submit(const std::string &name, std::string options = {}) {
        schedule::Submission asked;
        asked.packages.push_back(
            {.path = "/srv/" + name, .name = name, .version = "1", .release = "1", .content_digest = {}});
        asked.priority = Priority::important;
        asked.estimated_s = hours;
        asked.options = std::move(options);
        return must(queue.submit(asked, deed(), [](const auto &, const auto &) { return false; })).entry.id;
    }
    [[nodiscard]] schedule::Deed deed() const { return {now, "uid:0", {}}; }
    Announcements find() {
        return must(schedule::find_announcements(queue.rows(), rules, policy, {}, now,
                                                 [](const state::QueueEntry &row) { return row.options != "quiet"; }));
    }
    void record(const Announcements &found) { must(schedule::record_announcements(*database, found, deed())); }
    std::string last_action(std::uint64_t id) { return must(queue.rows().notes(id)).back().action; }
};

}  // namespace

TEST_CASE("an update is announced when its window is near, and the entry's log remembers it") {
    Bench bench;
    const std::uint64_t id = bench.submit("tool");
    Announcements found = bench.find();
    CHECK(found.due.empty());
    CHECK(found.next_s == friday_at_two - hours);

    bench.now = *found.next_s;
    found = bench.find();
    REQUIRE(found.due.size() == 1);
    CHECK(found.due.front().id == id);
    CHECK(found.due.front().start == schedule::Foreseen{friday_at_two, false});
    CHECK(found.next_s == friday_at_two - 15 * minutes);
    bench.record(found);
    CHECK(bench.last_action(id) == "announced 3600 s before 2024-05-03T02:00:00Z");
    CHECK(must(schedule::last_announcement(bench.queue.rows(), id)) ==
          schedule::Announced{friday_at_two, hours, bench.now});

    bench.now += 10;
    found = bench.find();
    CHECK(found.due.empty());
    CHECK(found.next_s == friday_at_two - 15 * minutes);
}

TEST_CASE("an attempt that has begun makes way for announcements of the next one") {
    Bench bench;
    const std::uint64_t id = bench.submit("tool");
    bench.now = friday_at_two - 5 * minutes;
    bench.record(bench.find());
    bench.now = friday_at_two;
    must(bench.queue.begin(id, "17", "boot", bench.deed()));
    CHECK_FALSE(must(schedule::last_announcement(bench.queue.rows(), id)));
    CHECK(bench.find().due.empty());
}

TEST_CASE("updates that begin together stand together, and those that nobody wants to hear of are left out") {
    Bench bench;
    bench.submit("a");
    bench.submit("b", "quiet");
    bench.submit("c");
    bench.now = friday_at_two - 10 * minutes;
    const Announcements found = bench.find();
    REQUIRE(found.due.size() == 2);
    CHECK(found.due[0].id == 1);
    CHECK(found.due[1].id == 3);
    CHECK(found.due[0].lead_s == 15 * minutes);
    bench.rules.enabled = false;
    CHECK(bench.find().due.empty());
    CHECK_FALSE(bench.find().next_s);
}

TEST_CASE("an update that does not begin as announced is told as held up, once, and announced anew for another start") {
    Bench bench;
    const std::uint64_t id = bench.submit("tool");
    bench.now = friday_at_two - 5 * minutes;
    bench.record(bench.find());
    const schedule::Policy before = bench.policy;
    bench.policy.windows.blackouts.push_back(period("2024-05-03", days));
    Announcements found = bench.find();
    CHECK(found.held_up.empty());
    CHECK(found.next_s == friday_at_two);  // users expect it then
    bench.now = friday_at_two;
    found = bench.find();
    REQUIRE(found.held_up.size() == 1);
    CHECK(found.held_up.front().id == id);
    CHECK(found.held_up.front().start.start_s == friday_at_two);
    bench.record(found);
    CHECK(bench.last_action(id) == "did not begin at 2024-05-03T02:00:00Z as announced");
    CHECK(bench.find().held_up.empty());
    bench.policy = before;
    bench.now += 30;
    CHECK(bench.find().held_up.empty());  // it runs now
    CHECK(bench.find().due.empty());
}

TEST_CASE("what stands in a log and is no announcement is none") {
    const auto parsed = [](std::string action) {
        return schedule::parse_announcement(
            {.number = 1, .time_s = 7, .action = std::move(action), .actor = {}, .reason = {}});
    };
    CHECK(parsed(schedule::announcement_action(friday_at_two, 300)) == schedule::Announced{friday_at_two, 300, 7});
    for (const char *other : {"", "announced", "announced s before 2024-05-03T02:00:00Z", "attempt 1 started",
                              "announced 30x s before 2024-05-03T02:00:00Z", "announced 300 s before Friday",
                              "announced 99999999999999999999 s before 2024-05-03T02:00:00Z"})
        CHECK_FALSE(parsed(other));
}
