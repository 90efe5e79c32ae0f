// What the queue has to do at a moment, and when to ask again; clocks that jump.
#include <mos/schedule/queue.hpp>

#include "queue_bench.hpp"

using namespace mos;
using namespace mos::test;
using schedule::Priority;
using schedule::Submission;
using state::QueueEntry;

TEST_CASE("what is due comes by priority, then by deadline, then by age") {
    QueueBench bench;
    bench.policy.windows.windows.clear();
    const auto with_deadline = [](Priority priority, std::int64_t deadline) {
        Submission asked = submission("1", priority);
        asked.deadline_s = deadline;
        return asked;
    };
    const std::uint64_t important = bench.submitted(submission("1", Priority::important));
    const std::uint64_t security = bench.submitted(submission("1", Priority::security));
    const std::uint64_t sooner = bench.submitted(with_deadline(Priority::security, monday + 5 * hours));
    const std::uint64_t same = bench.submitted(submission("1", Priority::security));
    const std::uint64_t critical = bench.submitted(submission("1", Priority::critical));
    CHECK(bench.due() == std::vector<std::uint64_t>{critical, sooner, security, same, important});
    bench.begin(critical);
    CHECK(bench.due().front() == sooner);
}

TEST_CASE("the next wakeup is now where something is due, else when the first has to be asked again") {
    QueueBench bench;
    const auto wakeup = [&] { return must(bench.queue.next_wakeup(bench.policy, {}, bench.now)); };
    CHECK_FALSE(wakeup());
    Submission later = submission();
    later.start_s = bench.now + 3 * hours;
    bench.submitted(later);
    CHECK(wakeup() == bench.now + 3 * hours);
    bench.submitted(submission("1", Priority::important));  // waits for Friday's window
    CHECK(wakeup() == bench.now + 3 * hours);
    bench.submitted(submission("1", Priority::critical));
    CHECK(wakeup() == bench.now);
}

TEST_CASE("what is due is what the explanation says runs, for each update its own turn in a rollout") {
    QueueBench bench;
    bench.policy.windows.windows.clear();
    bench.policy.rollout.stages = {{.percentage = 50, .after_s = 0}, {.percentage = 100, .after_s = 3 * days}};
    std::vector<std::uint64_t> ids;
    for (const char *const name : {"ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen"}) {
        Submission asked = submission("1", Priority::important);
        asked.packages = {queued_package(name, "1")};
        asked.made_s = bench.now;
        ids.push_back(bench.submitted(asked));
    }
    const schedule::Circumstances here{.facts = {}, .device = "device-1", .quiet_times = {}};
    std::vector<std::uint64_t> told;
    for (const std::uint64_t id : ids)
        if (must(bench.queue.explain(id, bench.policy, here, bench.now)).verdict == "run")
            told.push_back(id);
    CHECK(told.size() > 0);
    CHECK(told.size() < ids.size());
    CHECK(must(bench.queue.agenda(bench.policy, here, bench.now)).due == told);
}

TEST_CASE("a condition that never comes true ends with the time-out") {
    QueueBench bench;
    Submission asked = submission("1", Priority::critical);
    asked.conditions = "feature:tpm2";
    asked.timeout_s = days;
    asked.cancel_on_timeout = true;
    const std::uint64_t id = bench.submitted(asked);
    asked.cancel_on_timeout = false;
    asked.packages = {queued_package("other", "1")};
    const std::uint64_t kept = bench.submitted(asked);
    CHECK(must(bench.queue.agenda(bench.policy, {}, bench.now)).timed_out.empty());
    bench.now += days;
    const auto agenda = must(bench.queue.agenda(bench.policy, {}, bench.now));
    CHECK(agenda.timed_out == std::vector<std::uint64_t>{id});
    CHECK(agenda.due.empty());
    CHECK(must(bench.queue.explain(kept, bench.policy, {}, bench.now)).rule == "timed_out");
}

TEST_CASE("conditions of a newer version hold their update back, and no other") {
    QueueBench bench;
    QueueEntry entry;
    entry.priority = 0;
    entry.conditions = "phase_of_moon=full";
    entry.packages.push_back(queued_package("tool", "1"));
    must(bench.database->commit(state::Durability::durable, [&]() -> Result<void> {
        MOS_CHECK(state::Queue{*bench.database}.insert(entry));
        entry.conditions.clear();
        entry.priority = 9;
        MOS_CHECK(state::Queue{*bench.database}.insert(entry));
        return {};
    }));
    const std::uint64_t id = bench.submitted(submission("1", Priority::critical));
    CHECK(bench.due() == std::vector<std::uint64_t>{id});
    CHECK(must(bench.queue.explain(1, bench.policy, {}, bench.now)).rule == "unknown");
    CHECK(must(bench.queue.explain(2, bench.policy, {}, bench.now)).sentence ==
          "does not run: 'update-2' has the priority 9, which this version does not know");
}

TEST_CASE("a clock that was put back does not hold up a retry, nor what was submitted by the other time") {
    QueueBench bench;
    const std::uint64_t id = bench.submitted(submission("1", Priority::critical));
    bench.fail(id, Code::IO);
    bench.now -= 400 * days;
    CHECK(bench.due() == std::vector<std::uint64_t>{id});
}

TEST_CASE("a clock that stands lets wait what waits for a time, and runs what may run at once") {
    QueueBench bench;
    Submission later = submission();
    later.start_s = bench.now + 1;
    bench.submitted(later);
    const std::uint64_t critical = bench.submitted(submission("1", Priority::critical));
    for (int i = 0; i < 3; ++i) {
        CHECK(bench.due() == std::vector<std::uint64_t>{critical});
        CHECK(must(bench.queue.notice_clock({bench.now, 0, "boot"})) == 0);
    }
}

TEST_CASE("a jump of the clock is noticed within a boot, and told") {
    QueueBench bench;
    const auto jump = [&](std::int64_t wall, std::int64_t monotonic_ms, std::string boot = "boot") {
        return must(bench.queue.notice_clock({wall, monotonic_ms, std::move(boot)}));
    };
    CHECK(jump(1000, 0) == 0);
    CHECK(jump(1100, 100'000) == 0);
    CHECK(jump(1190, 150'000) == 0);  // within a minute
    CHECK(jump(5190, 151'000) == 3999);
    CHECK(jump(1000, 152'000) == -4191);
    CHECK(jump(9'000'000, 1, "another") == 0);
    CHECK(jump(1, 1, "") == 0);
    CHECK(jump(9'000'000, 1, "") == 0);  // where boots can't be told apart, nothing can
    const auto events = bench.queue.take_events();
    REQUIRE(events.size() == 2);
    CHECK(events[0].type == "clock_jumped");
    CHECK(events[0].message == "the clock was put forward by 3999 s; what waits is judged by the new time");
    CHECK(events[1].message == "the clock was put back by 4191 s; what waits is judged by the new time");
}

TEST_CASE("times at the end of the calendar are reckoned with") {
    QueueBench bench;
    Submission asked = submission();
    asked.start_s = schedule::latest_named_time_s - 1;
    bench.submitted(asked);
    CHECK(must(bench.queue.next_wakeup(bench.policy, {}, bench.now)) == schedule::latest_named_time_s - 1);
    bench.now = -5 * days;  // a clock before 1970
    bench.submitted(submission("1", Priority::critical));
    CHECK(bench.due().size() == 1);
    bench.now = schedule::latest_named_time_s + 400 * days;
    CHECK(bench.due().size() == 2);
}
