#include <mos/schedule/queue.hpp>

#include "updates.hpp"

#include <mos/state/transactions.hpp>

#include <fmt/format.h>

using namespace mos;
using namespace mos::test;
using schedule::Approval;
using schedule::Deed;
using schedule::Policy;
using schedule::Priority;
using schedule::Submission;
using state::QueueEntry;
using state::QueueState;

namespace {

// The least that there is: retries come at once.
class NoRandom final : public schedule::Random {
  public:
    std::uint64_t up_to(std::uint64_t most) override { return most; }
};

state::QueuedPackage package(std::string name, std::string version) {
    state::QueuedPackage made{.path = "/srv/" + name,
                              .name = std::move(name),
                              .version = std::move(version),
                              .release = "1",
                              .content_digest = {}};
    made.content_digest[0] = static_cast<std::byte>(made.version.front());
    return made;
}

Submission submission(std::string version = "1", Priority priority = Priority::important) {
    Submission made;
    made.packages.push_back(package("tool", std::move(version)));
    made.priority = priority;
    made.estimated_s = hours;
    return made;
}

struct Bench {
    std::unique_ptr<state::Database> database = must(state::Database::open_empty());
    schedule::Queue queue{*database};
    Policy policy = weekly_policy();
    schedule::RetryPolicy retries = schedule::default_retry_policy();
    NoRandom random;
    std::int64_t now = monday;

    Bench() { policy.enabled = true; }

    [[nodiscard]] Deed deed(std::string reason = {}) const { return {now, "uid:0", std::move(reason)}; }
    Result<schedule::Submitted> submit(const Submission &asked) {
        return queue.submit(asked, deed(), [](const state::QueuedPackage &older, const state::QueuedPackage &newer) {
            return older.version < newer.version;
        });
    }
    std::uint64_t submitted(const Submission &asked = submission()) { return must(submit(asked)).entry.id; }
    QueueEntry entry(std::uint64_t id) { return *must(state::Queue{*database}.find(id)); }
    std::int64_t begin(std::uint64_t id) { return must(queue.begin(id, "17", "boot", deed())).attempts; }
    QueueEntry finish(std::uint64_t id, std::int64_t attempt, std::optional<Error> failure = {}) {
        return must(queue.finish({id, attempt, std::move(failure)}, deed(), retries, random));
    }
    QueueEntry fail(std::uint64_t id, Code code) { return finish(id, begin(id), Error{code, "it broke"}); }
    void take_over() { must(queue.take_over(deed(), retries, random)); }
    // A transaction that the attempt has decided, and how it has ended.
    void transaction(std::uint64_t id, std::int64_t attempt, state::TransactionState ended) {
        must(database->commit(state::Durability::durable, [&]() -> Result<void> {
            state::Transaction made;
            made.id = made.stage = 40;
            made.in_effect = true;
            made.time_unix_s = now;
            MOS_CHECK(state::Transactions{*database}.insert(made));
            MOS_CHECK(state::Queue{*database}.record_decision(id, attempt, 40));
            return state::Transactions{*database}.set_state(40, ended);
        }));
    }
    std::vector<std::uint64_t> due() { return must(queue.agenda(policy, {}, now)).due; }
    std::string told_types() {
        std::string types;
        for (const base::Event &event : queue.take_events())
            types += (types.empty() ? "" : ",") + event.type;
        return types;
    }
    std::vector<std::string> actions(std::uint64_t id) {
        std::vector<std::string> found;
        for (const state::QueueNote &note : must(state::Queue{*database}.notes(id)))
            found.push_back(note.action);
        return found;
    }
};

}  // namespace

TEST_CASE("what is submitted waits, and an event says so") {
    Bench bench;
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
    Bench bench;
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
    Bench bench;
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
    Bench bench;
    const std::uint64_t old = bench.submitted(submission("1"));
    const std::uint64_t running = bench.submitted(submission("1"));
    bench.begin(running);
    Submission two = submission("1");
    two.packages.push_back(package("lib", "1"));
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
    two.packages = {package("tool", "4"), package("lib", "2")};
    CHECK(must(bench.submit(two)).superseded == std::vector<std::uint64_t>{both, newer, submitted.entry.id});
    CHECK(bench.told_types() == "update_scheduled,update_scheduled,scheduled_superseded,scheduled_superseded,"
                                "scheduled_superseded");
}

TEST_CASE("submissions that can't be are refused, and say what would be right") {
    Bench bench;
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
    Bench bench;
    must(bench.database->commit(state::Durability::with_next, [&]() -> Result<void> {
        QueueEntry entry;
        entry.packages.push_back(package("other", "1"));
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
    Bench bench;
    const std::uint64_t id = bench.submitted();
    CHECK(refusal(bench.queue.cancel(id, {bench.now, "uid:0", "no\x1b[2J"})) == Code::INVALID_ARGUMENT);
    CHECK(refusal(bench.queue.cancel(id, {bench.now, "uid:0", std::string(4097, 'r')})) == Code::LIMIT);
    CHECK(bench.entry(id).state == QueueState::pending);
}

TEST_CASE("an optional update waits for an approval, whose level, who and why are kept") {
    Bench bench;
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
    Bench bench;
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
    Bench bench;
    const std::uint64_t id = bench.submitted(submission("1", Priority::low));
    CHECK(bench.due().empty());
    must(bench.queue.set_priority(id, Priority::critical, bench.deed("Security vulnerability")));
    CHECK(bench.due() == std::vector<std::uint64_t>{id});
    CHECK(bench.entry(id).reason == "Security vulnerability");
    CHECK(bench.actions(id).back() == "priority critical");
}

TEST_CASE("nothing is done to an entry that has ended, or that there is not") {
    Bench bench;
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

TEST_CASE("what is due comes by priority, then by deadline, then by age") {
    Bench bench;
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
    Bench bench;
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

TEST_CASE("a condition that never comes true ends with the time-out") {
    Bench bench;
    Submission asked = submission("1", Priority::critical);
    asked.conditions = "feature:unicorn";
    asked.timeout_s = days;
    asked.cancel_on_timeout = true;
    const std::uint64_t id = bench.submitted(asked);
    asked.cancel_on_timeout = false;
    asked.packages = {package("other", "1")};
    const std::uint64_t kept = bench.submitted(asked);
    CHECK(must(bench.queue.agenda(bench.policy, {}, bench.now)).timed_out.empty());
    bench.now += days;
    const auto agenda = must(bench.queue.agenda(bench.policy, {}, bench.now));
    CHECK(agenda.timed_out == std::vector<std::uint64_t>{id});
    CHECK(agenda.due.empty());
    CHECK(must(bench.queue.explain(kept, bench.policy, {}, bench.now)).rule == "timed_out");
}

TEST_CASE("conditions of a newer version hold their update back, and no other") {
    Bench bench;
    QueueEntry entry;
    entry.priority = 0;
    entry.conditions = "phase_of_moon=full";
    entry.packages.push_back(package("tool", "1"));
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

TEST_CASE("an attempt that succeeds is done, and its lease is given back") {
    Bench bench;
    const std::uint64_t id = bench.submitted();
    const std::int64_t attempt = bench.begin(id);
    CHECK(attempt == 1);
    CHECK(bench.entry(id).lease == state::Lease{"17", "boot", bench.now});
    CHECK(bench.due().empty());
    CHECK(must(bench.queue.explain(id, bench.policy, {}, bench.now)).sentence == "runs now, attempt 1");
    const QueueEntry done = bench.finish(id, attempt);
    CHECK(done.state == QueueState::done);
    CHECK(done.lease.holder.empty());
    CHECK(done.ended_s == bench.now);
    CHECK(bench.told_types() == "update_scheduled,scheduled_started,scheduled_done");
    CHECK(bench.actions(id) == std::vector<std::string>{"submitted", "attempt 1 started", "done"});
    CHECK(must(bench.queue.explain(id, bench.policy, {}, bench.now)).sentence == "done since 2024-04-29T12:00:00Z");
}

TEST_CASE("how long an attempt took is kept, unless it was cut short") {
    Bench bench;
    const std::uint64_t id = bench.submitted();
    const std::int64_t attempt = bench.begin(id);
    bench.now += 42;
    CHECK(bench.finish(id, attempt).took_s == 42);
    const std::uint64_t cut = bench.submitted(submission("2"));
    bench.begin(cut);
    bench.now += 42;
    bench.take_over();
    CHECK(bench.entry(cut).took_s == 0);
}

TEST_CASE("what updates usually take is the 95th percentile of what they took") {
    CHECK_FALSE(schedule::usual_duration_s({1, 2}));
    CHECK(schedule::usual_duration_s({3, 1, 2}) == 3);
    std::vector<std::int64_t> hundred;
    for (std::int64_t i = 1; i <= 100; ++i)
        hundred.push_back(i);
    CHECK(schedule::usual_duration_s(hundred) == 95);
}

TEST_CASE("an attempt that fails is tried again as often as its category has tries") {
    Bench bench;
    const std::uint64_t id = bench.submitted(submission("1", Priority::critical));
    QueueEntry entry = bench.fail(id, Code::IO);
    CHECK(entry.state == QueueState::retrying);
    CHECK(entry.retry_s == bench.now + 300);
    CHECK(entry.reason == "it broke; try 2 of 3, after 'other': input or output failed");
    CHECK(bench.due().empty());
    bench.now += 300;
    CHECK(bench.due() == std::vector<std::uint64_t>{id});
    CHECK(bench.fail(id, Code::IO).retry_s == bench.now + 600);
    bench.now += 600;
    entry = bench.fail(id, Code::IO);
    CHECK(entry.state == QueueState::failed);
    CHECK(entry.attempts == 3);
    CHECK(entry.ended_s == bench.now);
    CHECK(bench.told_types() == "update_scheduled,scheduled_started,scheduled_retrying,scheduled_started,"
                                "scheduled_retrying,scheduled_started,scheduled_failed");
    CHECK(bench.actions(id).back() == "attempt 3 failed for good");
}

TEST_CASE("a damaged package is not tried again, and neither is what a person has to mend") {
    Bench bench;
    for (const Code code : {Code::DIGEST_MISMATCH, Code::SIGNER_UNTRUSTED, Code::CONFLICT}) {
        const QueueEntry entry = bench.fail(bench.submitted(submission("1", Priority::critical)), code);
        CHECK(entry.state == QueueState::failed);
        CHECK(entry.attempts == 1);
    }
}

TEST_CASE("what fails for a reason that may pass is tried again, whatever it is called") {
    Bench bench;
    const std::uint64_t id = bench.submitted(submission("1", Priority::critical));
    const Error unreadable = Error{Code::TRUST_UNREADABLE, "the folder can't be read"}.caused_by({Code::IO, "broken"});
    CHECK(bench.finish(id, bench.begin(id), unreadable).state == QueueState::retrying);
    const std::uint64_t missing = bench.submitted(submission("2", Priority::critical));
    const Error absent = Error{Code::TRUST_UNREADABLE, "no folder"}.caused_by({Code::NOT_FOUND, "not there"});
    CHECK(bench.finish(missing, bench.begin(missing), absent).state == QueueState::failed);
}

TEST_CASE("what is installed already is done, and what is older than that superseded") {
    Bench bench;
    CHECK(bench.fail(bench.submitted(), Code::ALREADY_INSTALLED).state == QueueState::done);
    CHECK(bench.fail(bench.submitted(), Code::DOWNGRADE).state == QueueState::superseded);
}

TEST_CASE("an attempt that was cancelled or found the root in use counts for nothing") {
    Bench bench;
    const std::uint64_t id = bench.submitted(submission("1", Priority::critical));
    QueueEntry entry = bench.fail(id, Code::CANCELLED);
    CHECK(entry.state == QueueState::pending);
    CHECK(entry.failures == 0);
    CHECK(bench.due() == std::vector<std::uint64_t>{id});
    must(bench.queue.approve(id, Approval::supervisor, bench.deed()));
    entry = bench.fail(id, Code::LOCKED);
    CHECK(entry.state == QueueState::approved);
    CHECK(entry.retry_s == bench.now + 60);
    bench.now += 60;
    bench.fail(id, Code::IO);
    bench.now += 300;
    CHECK(bench.fail(id, Code::CANCELLED).state == QueueState::retrying);
    CHECK(bench.entry(id).failures == 1);
    CHECK(bench.entry(id).attempts == 4);
}

TEST_CASE("a retry by hand begins to count anew, with as many tries as are asked for") {
    Bench bench;
    const std::uint64_t id = bench.submitted(submission("1", Priority::critical));
    bench.fail(id, Code::DIGEST_MISMATCH);
    CHECK(refusal(bench.queue.retry(id, {.max_attempts = 101, .fetch_anew = false}, bench.deed())) ==
          Code::INVALID_ARGUMENT);
    must(bench.queue.retry(id, {.max_attempts = 2, .fetch_anew = true}, bench.deed("new file")));
    CHECK(bench.entry(id).fetch_anew);
    CHECK(bench.entry(id).ended_s == 0);
    CHECK(bench.due() == std::vector<std::uint64_t>{id});
    CHECK(bench.fail(id, Code::IO).state == QueueState::retrying);
    bench.now += 300;
    CHECK(bench.fail(id, Code::IO).state == QueueState::failed);
    CHECK(refusal(bench.queue.retry(bench.submitted(submission("2")), {}, bench.deed())) == Code::INVALID_ARGUMENT);
}

TEST_CASE("a retry does not take a key that another has by now") {
    Bench bench;
    Submission asked = submission();
    asked.key = "nightly";
    const std::uint64_t old = bench.submitted(asked);
    bench.fail(old, Code::CONFLICT);
    bench.submitted(asked);
    const auto refused = bench.queue.retry(old, {}, bench.deed());
    CHECK(refusal(refused) == Code::INVALID_ARGUMENT);
    CHECK(refused.error().message() == "'update-1' is failed: its key 'nightly' is that of 'update-2' by now");
}

TEST_CASE("retries can be cancelled, which leaves the update failed") {
    Bench bench;
    const std::uint64_t id = bench.submitted();
    CHECK(refusal(bench.queue.cancel_retry(id, bench.deed())) == Code::INVALID_ARGUMENT);
    bench.fail(id, Code::IO);
    must(bench.queue.cancel_retry(id, bench.deed("enough")));
    CHECK(bench.entry(id).state == QueueState::failed);
    CHECK(bench.due().empty());
}

TEST_CASE("an attempt that was taken over ends nothing") {
    Bench bench;
    const std::uint64_t id = bench.submitted(submission("1", Priority::critical));
    const std::int64_t first = bench.begin(id);
    bench.take_over();
    CHECK(bench.entry(id).state == QueueState::retrying);
    CHECK(refusal(bench.queue.finish({id, first, {}}, bench.deed(), bench.retries, bench.random)) ==
          Code::CHANGED_MEANWHILE);
    bench.now += 300;
    const std::int64_t second = bench.begin(id);
    CHECK(refusal(bench.queue.finish({id, first, {}}, bench.deed(), bench.retries, bench.random)) ==
          Code::CHANGED_MEANWHILE);
    CHECK(bench.finish(id, second).state == QueueState::done);
    CHECK(refusal(bench.queue.finish({id, second, {}}, bench.deed(), bench.retries, bench.random)) ==
          Code::CHANGED_MEANWHILE);
}

TEST_CASE("whoever takes over finds out from the transaction whether the update was done") {
    const auto after = [](std::optional<state::TransactionState> ended) {
        Bench bench;
        const std::uint64_t id = bench.submitted();
        const std::int64_t attempt = bench.begin(id);
        if (ended)
            bench.transaction(id, attempt, *ended);
        bench.take_over();
        const QueueEntry first = bench.entry(id);
        bench.take_over();  // once is enough
        CHECK(bench.entry(id) == first);
        return bench.entry(id);
    };
    CHECK(after(state::TransactionState::done).state == QueueState::done);
    CHECK(after(state::TransactionState::done).lease.holder.empty());
    CHECK(after(state::TransactionState::pruned).state == QueueState::done);
    CHECK(after(state::TransactionState::reverted).state == QueueState::retrying);
    CHECK(after(state::TransactionState::reverted).failures == 1);
    CHECK(after(state::TransactionState::committed).state == QueueState::running);  // not recovered yet
    CHECK(after(std::nullopt).state == QueueState::retrying);
}

TEST_CASE("an update whose attempts are always cut short fails in the end") {
    Bench bench;
    const std::uint64_t id = bench.submitted(submission("1", Priority::critical));
    for (int i = 0; i < 3; ++i) {
        bench.begin(id);
        bench.take_over();
        bench.now += 3600;
    }
    CHECK(bench.entry(id).state == QueueState::failed);
    CHECK(bench.entry(id).reason.starts_with("the attempt has no end: its process was killed, or the power failed; "
                                             "it was tried 3 times"));
}

TEST_CASE("a running update can be cancelled until its transaction is decided") {
    Bench bench;
    const std::uint64_t id = bench.submitted();
    const std::int64_t attempt = bench.begin(id);
    must(bench.queue.cancel(id, bench.deed()));
    CHECK(refusal(bench.database->commit(state::Durability::durable, [&] {
              return state::Queue{*bench.database}.record_decision(id, attempt, 40);
          })) == Code::CHANGED_MEANWHILE);
    const std::uint64_t decided = bench.submitted(submission("2"));
    bench.transaction(decided, bench.begin(decided), state::TransactionState::committed);
    CHECK(refusal(bench.queue.cancel(decided, bench.deed())) == Code::INVALID_ARGUMENT);
}

TEST_CASE("a clock that was put back does not hold up a retry, nor what was submitted by the other time") {
    Bench bench;
    const std::uint64_t id = bench.submitted(submission("1", Priority::critical));
    bench.fail(id, Code::IO);
    bench.now -= 400 * days;
    CHECK(bench.due() == std::vector<std::uint64_t>{id});
}

TEST_CASE("a clock that stands lets wait what waits for a time, and runs what may run at once") {
    Bench bench;
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
    Bench bench;
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
    Bench bench;
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

TEST_CASE("names of rules and verdicts are those of the program's own words") {
    CHECK(name_of(schedule::Rule::immediate) == "immediate");
    CHECK(name_of(schedule::Rule::quiet_time) == "quiet_time");
    CHECK(name_of(schedule::Rule::timed_out) == "timed_out");
    CHECK(name_of(schedule::Rule::no_window) == "no_window");
    CHECK(name_of(schedule::Verdict::cancel) == "cancel");
}
