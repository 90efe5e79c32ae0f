#include <mos/schedule/queue.hpp>

#include "queue_bench.hpp"

#include <fmt/format.h>

using namespace mos;
using namespace mos::test;
using schedule::Approval;
using schedule::Priority;
using schedule::Submission;
using state::QueueEntry;
using state::QueueState;

TEST_CASE("an update that says to be made in the future counts as made when it was scheduled") {
    QueueBench bench;
    Submission asked = submission();
    asked.made_s = monday - days;
    CHECK(bench.entry(bench.submitted(asked)).made_s == monday - days);
    asked.made_s = monday + 30 * days;
    asked.packages = {queued_package("other", "1")};
    CHECK(bench.entry(bench.submitted(asked)).made_s == monday);
}

TEST_CASE("what is submitted waits, and an event says so") {
    QueueBench bench;
    Submission asked = submission("2.1", Priority::security);
    asked.conditions = "cpu_usage<50";
    const auto submitted = must(bench.submit(asked));
    CHECK(submitted.is_new);
    const QueueEntry entry = bench.entry(submitted.entry.id);
    CHECK(entry.state == QueueState::pending);
    CHECK(entry.submitted_s == bench.now);
    CHECK(entry.submitted_by == "uid:0");
    const auto events = bench.queue.take_events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].type == "update_scheduled");
    CHECK(events[0].component == "scheduler");
    CHECK(events[0].subject == "update-1");
    CHECK(events[0].message == "update-1 (tool 2.1) is scheduled");
    CHECK(events[0].actor == "uid:0");
    CHECK(bench.queue.take_events().empty());
}

TEST_CASE("a second submission of a key returns the entry of the first, until that has ended") {
    QueueBench bench;
    Submission asked = submission();
    asked.key = "nightly";
    const std::uint64_t first = bench.submitted(asked);
    const auto again = must(bench.submit(asked));
    CHECK_FALSE(again.is_new);
    CHECK(again.entry.id == first);
    CHECK(bench.told_types() == "update_scheduled");
    must(bench.queue.cancel(first, bench.deed()));
    CHECK(must(bench.submit(asked)).is_new);
}

TEST_CASE("a key for other packages is refused, and names whose it is") {
    QueueBench bench;
    Submission asked = submission();
    asked.key = "nightly";
    bench.submitted(asked);
    Submission other = submission("2");
    other.key = "nightly";
    const auto refused = bench.submit(other);
    CHECK(refusal(refused) == Code::EXISTS);
    CHECK(refused.error().message() == "the key 'nightly' is that of 'update-1', which is for other packages (tool 1)");
}

TEST_CASE("an older version that waits is superseded, one that runs or has other packages is not") {
    QueueBench bench;
    const std::uint64_t old = bench.submitted(submission("1"));
    const std::uint64_t running = bench.submitted(submission("1"));
    bench.begin(running);
    Submission two = submission("1");
    two.packages.push_back(queued_package("lib", "1"));
    const std::uint64_t both = bench.submitted(two);
    const std::uint64_t newer = bench.submitted(submission("3"));
    static_cast<void>(bench.queue.take_events());
    const auto submitted = must(bench.submit(submission("2")));
    CHECK(submitted.superseded.empty());  // the first has gone with the third
    CHECK(bench.entry(old).state == QueueState::superseded);
    CHECK(bench.entry(old).reason == fmt::format("'update-{}' has a newer version", newer));
    CHECK(bench.entry(old).ended_s == bench.now);
    CHECK(bench.entry(running).state == QueueState::running);
    CHECK(bench.entry(both).state == QueueState::pending);
    CHECK(bench.entry(newer).state == QueueState::pending);  // is not older
    CHECK(bench.actions(old) == std::vector<std::string>{"submitted", "superseded"});
    two.packages = {queued_package("tool", "4"), queued_package("lib", "2")};
    CHECK(must(bench.submit(two)).superseded == std::vector<std::uint64_t>{both, newer, submitted.entry.id});
    CHECK(bench.told_types() == "update_scheduled,update_scheduled,scheduled_superseded,scheduled_superseded,"
                                "scheduled_superseded");
}

TEST_CASE("a newer version has the strongest priority of what it supersedes, and its log says so") {
    QueueBench bench;
    const std::uint64_t urgent = bench.submitted(submission("1", Priority::security));
    const std::uint64_t newer = bench.submitted(submission("2", Priority::low));
    CHECK(bench.entry(newer).priority == static_cast<std::uint8_t>(Priority::security));
    CHECK(bench.actions(newer) ==
          std::vector<std::string>{"submitted",
                                   fmt::format("supersedes update-{}, and takes over priority security", urgent)});
    CHECK(bench.queue.take_events()[1].payload[0] == base::EventField{"priority", std::string{"security"}});
    // A stronger one keeps its own, and of several the strongest counts.
    const std::uint64_t critical = bench.submitted(submission("3", Priority::critical));
    CHECK(bench.entry(critical).priority == static_cast<std::uint8_t>(Priority::critical));
    CHECK(bench.actions(critical) == std::vector<std::string>{"submitted", fmt::format("supersedes update-{}", newer)});
}

TEST_CASE("an update that somebody has rejected hands no priority on") {
    QueueBench bench;
    const std::uint64_t rejected = bench.submitted(submission("1", Priority::critical));
    must(bench.queue.reject(rejected, bench.deed()));
    const std::uint64_t newer = bench.submitted(submission("2", Priority::optional));
    CHECK(bench.entry(rejected).state == QueueState::superseded);
    CHECK(bench.entry(newer).priority == static_cast<std::uint8_t>(Priority::optional));
}

TEST_CASE("what was superseded can be tried again by hand") {
    QueueBench bench;
    const std::uint64_t old = bench.submitted(submission("1"));
    const std::uint64_t newer = bench.submitted(submission("2"));
    must(bench.queue.cancel(newer, bench.deed()));
    must(bench.queue.retry(old, {}, bench.deed()));
    CHECK(bench.entry(old).state == QueueState::retrying);
    CHECK(bench.entry(old).ended_s == 0);
}

TEST_CASE("submissions that can't be are refused, and say what would be right") {
    QueueBench bench;
    const auto refused = [&](const std::function<void(Submission &)> &spoil, Code code, std::string_view message) {
        Submission asked = submission();
        spoil(asked);
        const auto submitted = bench.submit(asked);
        CHECK(refusal(submitted) == code);
        CHECK(submitted.error().message() == message);
    };
    refused([](Submission &asked) { asked.packages.clear(); }, Code::INVALID_ARGUMENT,
            "an update needs at least one package");
    refused([](Submission &asked) { asked.packages.push_back(asked.packages.front()); }, Code::INVALID_ARGUMENT,
            "the package 'tool' stands twice in one update");
    refused([](Submission &asked) { asked.packages.resize(1001); }, Code::LIMIT,
            "an update of 1001 packages is asked for, 1000 are allowed");
    refused([](Submission &asked) { asked.start_s = -1; }, Code::INVALID_ARGUMENT,
            "the start lies before 1970; it must be in the years 1970 to 2099");
    refused([](Submission &asked) { asked.start_s = at("2100-01-01T00:00:00Z"); }, Code::INVALID_ARGUMENT,
            "the start lies after 2099; it must be in the years 1970 to 2099");
    refused([](Submission &asked) { asked.start_s = monday - 1; }, Code::INVALID_ARGUMENT,
            "the start 2024-04-29T11:59:59Z is over: it is 2024-04-29T12:00:00Z now");
    refused([](Submission &asked) { asked.deadline_s = monday - days; }, Code::INVALID_ARGUMENT,
            "the deadline 2024-04-28T12:00:00Z is over: it is 2024-04-29T12:00:00Z now");
    refused([](Submission &asked) { asked.start_s = asked.deadline_s = monday + days; }, Code::INVALID_ARGUMENT,
            "the deadline 2024-04-30T12:00:00Z is not after the start 2024-04-30T12:00:00Z");
    refused([](Submission &asked) { asked.timeout_s = 0; }, Code::INVALID_ARGUMENT,
            "the time-out is 0 s; it may be 1 s to 10 years");
    refused([](Submission &asked) { asked.cancel_on_timeout = true; }, Code::INVALID_ARGUMENT,
            "to be cancelled at a time-out, the update needs a time-out");
    refused([](Submission &asked) { asked.conditions = "cpu_usage<10,cpu_usage>50"; }, Code::INVALID_ARGUMENT,
            "condition 'cpu_usage<10' can't come true, by itself or beside the others");
    refused([](Submission &asked) { asked.key = "two\nlines"; }, Code::INVALID_ARGUMENT,
            R"(the key 'two\x0alines' is no line of UTF-8 text)");
    refused([](Submission &asked) { asked.key.assign(257, 'k'); }, Code::LIMIT,
            "the key has 257 bytes, 256 are allowed");
    refused([](Submission &asked) { asked.options.assign(65537, 'o'); }, Code::LIMIT,
            "the options have 65537 bytes, 65536 are allowed");
    refused([](Submission &asked) { asked.needed_bytes = -1; }, Code::INVALID_ARGUMENT,
            "times and needed space can't be negative");
    CHECK(must(state::Queue{*bench.database}.count(state::all_queue_states)) == 0);
    CHECK(bench.queue.take_events().empty());
}

TEST_CASE("a full queue takes no more, and loses nothing") {
    QueueBench bench;
    must(bench.database->commit(state::Durability::with_next, [&]() -> Result<void> {
        QueueEntry entry;
        entry.packages.push_back(queued_package("other", "1"));
        for (std::uint64_t i = 0; i < state::max_open_entries; ++i)
            MOS_CHECK(state::Queue{*bench.database}.insert(entry));
        return {};
    }));
    const auto refused = bench.submit(submission());
    CHECK(refusal(refused) == Code::LIMIT);
    CHECK(refused.error().message() == "the queue is full: 100000 updates wait");
    CHECK(bench.due().size() <= state::max_open_entries);
    must(bench.queue.cancel(1, bench.deed()));
    CHECK(bench.submitted() == state::max_open_entries + 1);
}

TEST_CASE("a deed has a name and a reason that can be shown") {
    QueueBench bench;
    const std::uint64_t id = bench.submitted();
    CHECK(refusal(bench.queue.cancel(id, {bench.now, "uid:0", "no\x1b[2J"})) == Code::INVALID_ARGUMENT);
    CHECK(refusal(bench.queue.cancel(id, {bench.now, "uid:0", std::string(4097, 'r')})) == Code::LIMIT);
    CHECK(bench.entry(id).state == QueueState::pending);
}

TEST_CASE("an optional update waits for an approval, whose level, who and why are kept") {
    QueueBench bench;
    bench.policy.windows.windows.clear();
    const std::uint64_t id = bench.submitted(submission("1", Priority::optional));
    CHECK(bench.due().empty());
    CHECK(must(bench.queue.explain(id, bench.policy, {}, bench.now)).rule == "approval");
    must(bench.queue.approve(id, Approval::supervisor, bench.deed("seen in staging")));
    CHECK(bench.entry(id).state == QueueState::approved);
    CHECK(bench.entry(id).reason == "seen in staging");
    CHECK(bench.due() == std::vector<std::uint64_t>{id});
    CHECK(bench.actions(id).back() == "approved by a supervisor");
    bench.policy.rules[3].approval = Approval::manager;
    CHECK(bench.due().empty());
    must(bench.queue.approve(id, Approval::manager, bench.deed()));
    CHECK(bench.due() == std::vector<std::uint64_t>{id});
    must(bench.queue.approve(id, Approval::supervisor, bench.deed()));  // takes nothing back
    CHECK(bench.due() == std::vector<std::uint64_t>{id});
    CHECK(refusal(bench.queue.approve(id, Approval::none, bench.deed())) == Code::INVALID_ARGUMENT);
}

TEST_CASE("who says no has the last word until somebody says yes again") {
    QueueBench bench;
    bench.policy.windows.windows.clear();
    const std::uint64_t id = bench.submitted(submission("1", Priority::critical));
    must(bench.queue.approve(id, Approval::supervisor, bench.deed()));
    must(bench.queue.reject(id, bench.deed("not before the fair")));
    CHECK(bench.entry(id).state == QueueState::pending);
    CHECK(bench.due().empty());
    CHECK(must(bench.queue.explain(id, bench.policy, {}, bench.now)).sentence ==
          "does not run: somebody said no to it");
    must(bench.queue.approve(id, Approval::supervisor, bench.deed()));
    CHECK(bench.due() == std::vector<std::uint64_t>{id});
    CHECK(bench.told_types() == "update_scheduled,scheduled_approved,scheduled_rejected,scheduled_approved");
}

TEST_CASE("a new priority decides anew, and its reason is kept") {
    QueueBench bench;
    const std::uint64_t id = bench.submitted(submission("1", Priority::low));
    CHECK(bench.due().empty());
    must(bench.queue.set_priority(id, Priority::critical, bench.deed("Security vulnerability")));
    CHECK(bench.due() == std::vector<std::uint64_t>{id});
    CHECK(bench.entry(id).reason == "Security vulnerability");
    CHECK(bench.actions(id).back() == "priority critical");
}

TEST_CASE("nothing is done to an entry that has ended, or that there is not") {
    QueueBench bench;
    const std::uint64_t id = bench.submitted();
    must(bench.queue.cancel(id, bench.deed()));
    CHECK(refusal(bench.queue.cancel(id, bench.deed())) == Code::INVALID_ARGUMENT);
    CHECK(refusal(bench.queue.approve(id, Approval::supervisor, bench.deed())) == Code::INVALID_ARGUMENT);
    CHECK(refusal(bench.queue.reject(id, bench.deed())) == Code::INVALID_ARGUMENT);
    CHECK(refusal(bench.queue.set_priority(id, Priority::low, bench.deed())) == Code::INVALID_ARGUMENT);
    CHECK(refusal(bench.queue.begin(id, "17", "boot", bench.deed())) == Code::INVALID_ARGUMENT);
    CHECK(refusal(bench.queue.cancel_retry(id, bench.deed())) == Code::INVALID_ARGUMENT);
    const auto unknown = bench.queue.cancel(99, bench.deed());
    CHECK(refusal(unknown) == Code::NOT_FOUND);
    CHECK(unknown.error().message() == "there is no 'update-99' in the queue");
}

TEST_CASE("names of rules and verdicts are those of the program's own words") {
    CHECK(name_of(schedule::Rule::immediate) == "immediate");
    CHECK(name_of(schedule::Rule::quiet_time) == "quiet_time");
    CHECK(name_of(schedule::Rule::timed_out) == "timed_out");
    CHECK(name_of(schedule::Rule::no_window) == "no_window");
    CHECK(name_of(schedule::Verdict::cancel) == "cancel");
}
