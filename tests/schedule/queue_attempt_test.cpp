// How entries are tried, tried again, taken over and given up.
#include <mos/schedule/queue.hpp>

#include "queue_bench.hpp"

using namespace mos;
using namespace mos::test;
using schedule::Approval;
using schedule::Priority;
using schedule::Submission;
using state::QueueEntry;
using state::QueueState;

TEST_CASE("an attempt that succeeds is done, and its lease is given back") {
    QueueBench bench;
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
    QueueBench bench;
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
    QueueBench bench;
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
    QueueBench bench;
    for (const Code code : {Code::DIGEST_MISMATCH, Code::SIGNER_UNTRUSTED, Code::CONFLICT}) {
        const QueueEntry entry = bench.fail(bench.submitted(submission("1", Priority::critical)), code);
        CHECK(entry.state == QueueState::failed);
        CHECK(entry.attempts == 1);
    }
}

TEST_CASE("what fails for a reason that may pass is tried again, whatever it is called") {
    QueueBench bench;
    const std::uint64_t id = bench.submitted(submission("1", Priority::critical));
    const Error unreadable = Error{Code::TRUST_UNREADABLE, "the folder can't be read"}.caused_by({Code::IO, "broken"});
    CHECK(bench.finish(id, bench.begin(id), unreadable).state == QueueState::retrying);
    const std::uint64_t missing = bench.submitted(submission("2", Priority::critical));
    const Error absent = Error{Code::TRUST_UNREADABLE, "no folder"}.caused_by({Code::NOT_FOUND, "not there"});
    CHECK(bench.finish(missing, bench.begin(missing), absent).state == QueueState::failed);
}

TEST_CASE("what is installed already is done, and what is older than that superseded") {
    QueueBench bench;
    CHECK(bench.fail(bench.submitted(), Code::ALREADY_INSTALLED).state == QueueState::done);
    CHECK(bench.fail(bench.submitted(), Code::DOWNGRADE).state == QueueState::superseded);
}

TEST_CASE("an attempt that was cancelled or found the root in use counts for nothing") {
    QueueBench bench;
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
    QueueBench bench;
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
    QueueBench bench;
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
    QueueBench bench;
    const std::uint64_t id = bench.submitted();
    CHECK(refusal(bench.queue.cancel_retry(id, bench.deed())) == Code::INVALID_ARGUMENT);
    bench.fail(id, Code::IO);
    must(bench.queue.cancel_retry(id, bench.deed("enough")));
    CHECK(bench.entry(id).state == QueueState::failed);
    CHECK(bench.due().empty());
}

TEST_CASE("an attempt that was taken over ends nothing") {
    QueueBench bench;
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
        QueueBench bench;
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
    QueueBench bench;
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
    QueueBench bench;
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
