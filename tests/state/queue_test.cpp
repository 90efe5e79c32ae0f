#include <mos/state/queue.hpp>
#include <mos/state/transactions.hpp>

#include "expect.hpp"
#include "twin.hpp"

#include <fmt/format.h>

using namespace mos::state;
using mos::Code;
using mos::test::must;
using mos::test::refusal;
using mos::test::Selection;
using mos::test::Twin;

namespace {

QueueEntry entry_for(const std::string &name, const std::string &version = "1") {
    QueueEntry entry;
    entry.packages.push_back({.path = "/srv/odd \xff path/" + name,
                              .name = name,
                              .version = version,
                              .release = "1",
                              .content_digest = {std::byte{0xAB}}});
    entry.submitted_s = 1'764'000'000;
    entry.submitted_by = "uid:0";
    return entry;
}

QueueEntry full_entry() {
    QueueEntry entry = entry_for("tool");
    entry.key = "nightly-1";
    entry.options = R"({"allow_downgrade":true})";
    entry.priority = 2;
    entry.start_s = 1;
    entry.deadline_s = 2;
    entry.timeout_s = 3;
    entry.retry_s = 4;
    entry.cancel_on_timeout = entry.by_hand = entry.fetch_anew = entry.rejected = true;
    entry.conditions = "cpu_usage<50";
    entry.made_s = 14;
    entry.estimated_s = 5;
    entry.needed_bytes = 6;
    entry.attempts = 7;
    entry.failures = 8;
    entry.failed_s = 9;
    entry.max_attempts = 10;
    entry.approval = 1;
    entry.reason = "asked for";
    entry.lease = {"17:4711", "boot", 11};
    entry.transaction = 12;
    entry.took_s = 13;
    return entry;
}

struct Bench {
    explicit Bench(std::unique_ptr<Database> opened = must(Database::open_empty())) : database(std::move(opened)) {}

    std::unique_ptr<Database> database;
    Queue queue{*database};

    mos::Result<std::uint64_t> try_to_insert(const QueueEntry &entry) {
        std::uint64_t id = 0;
        MOS_CHECK(database->commit(Durability::durable, [&]() -> mos::Result<void> {
            MOS_TRY(id, queue.insert(entry));
            return {};
        }));
        return id;
    }
    std::uint64_t insert(const QueueEntry &entry) { return must(try_to_insert(entry)); }
    void update(const QueueEntry &entry) {
        must(database->commit(Durability::durable, [&] { return queue.update(entry); }));
    }
    void end(std::uint64_t id, std::int64_t when) {
        QueueEntry entry = *must(queue.find(id));
        entry.state = QueueState::failed;
        entry.ended_s = when;
        update(entry);
    }
    void note(std::uint64_t id, std::string action) {
        must(database->commit(Durability::durable, [&] {
            return queue.add_note(id, {.number = 0, .time_s = 1, .action = action, .actor = "uid:0", .reason = "why"});
        }));
    }
    // A transaction that was decided for the entry's attempt.
    mos::Result<void> decide(std::uint64_t id, std::int64_t attempt, std::uint64_t number) {
        return database->commit(Durability::durable, [&]() -> mos::Result<void> {
            Transaction transaction;
            transaction.id = transaction.stage = number;
            transaction.in_effect = true;
            transaction.time_unix_s = 1'764'000'123;
            MOS_CHECK(Transactions{*database}.insert(transaction));
            return queue.record_decision(id, attempt, number);
        });
    }
    void set_state(std::uint64_t transaction, TransactionState state) {
        must(database->commit(Durability::with_next,
                              [&] { return Transactions{*database}.set_state(transaction, state); }));
    }
    std::uint64_t running(std::int64_t attempt) {
        QueueEntry entry = entry_for("tool");
        entry.state = QueueState::running;
        entry.attempts = attempt;
        entry.lease = {"17", "boot", 1};
        return insert(entry);
    }
};

}  // namespace

TEST_CASE("an entry is read as it was written, all of it") {
    Bench bench;
    QueueEntry entry = full_entry();
    entry.id = bench.insert(entry);
    CHECK(entry.id == 1);
    CHECK(*must(bench.queue.find(1)) == entry);
    entry.state = QueueState::running;
    entry.attempts = 70;
    entry.retry_s.reset();
    entry.lease = {};
    bench.update(entry);
    CHECK(*must(bench.queue.find(1)) == entry);
    CHECK_FALSE(must(bench.queue.find(2)));
}

TEST_CASE("an entry is called update-12, and nothing else is") {
    CHECK(queue_entry_name(12) == "update-12");
    CHECK(queue_entry_named("update-12") == 12);
    for (const char *const odd : {"", "update-", "update-0", "update-12x", "update--1", "12", "Update-12",
                                  "update-9223372036854775808", "update-99999999999999999999", "update- 1"})
        CHECK_FALSE(queue_entry_named(odd));
}

TEST_CASE("a number is given once, also when its entry is forgotten") {
    Bench bench;
    for (std::int64_t i = 0; i < 3; ++i)
        bench.end(bench.insert(entry_for("tool")), i + 1);
    must(bench.database->commit(Durability::durable, [&] { return bench.queue.prune(0); }));
    CHECK(must(bench.queue.count(all_queue_states)) == 0);
    CHECK(bench.insert(entry_for("tool")) == 4);
}

TEST_CASE("one entry that has not ended has a key, and after its end the key is free") {
    Bench bench;
    QueueEntry entry = entry_for("tool");
    entry.key = "nightly";
    const std::uint64_t first = bench.insert(entry);
    CHECK(must(bench.queue.find_open("nightly"))->id == first);
    CHECK_FALSE(bench.try_to_insert(entry));
    bench.end(first, 1);
    CHECK_FALSE(must(bench.queue.find_open("nightly")));
    CHECK(bench.insert(entry) > first);
}

TEST_CASE("without a key there may be many entries of one package") {
    Bench bench;
    bench.insert(entry_for("tool"));
    bench.insert(entry_for("tool"));
    CHECK_FALSE(must(bench.queue.find_open("")));
}

TEST_CASE("entries are listed by number, of the states that are asked for, a page at a time") {
    Bench bench;
    for (int i = 0; i < 5; ++i)
        bench.insert(entry_for(fmt::format("tool-{}", i)));
    bench.end(2, 1);
    const auto numbers = [&](QueueStates states, std::uint64_t after, std::size_t limit) {
        std::vector<std::uint64_t> found;
        for (const QueueEntry &entry : must(bench.queue.list(states, after, limit)))
            found.push_back(entry.id);
        return found;
    };
    CHECK(numbers(waiting_states, 0, 10) == std::vector<std::uint64_t>{1, 3, 4, 5});
    CHECK(numbers(all_queue_states, 1, 2) == std::vector<std::uint64_t>{2, 3});
    CHECK(numbers(only(QueueState::failed), 0, 10) == std::vector<std::uint64_t>{2});
    CHECK(must(bench.queue.list(waiting_states, 4, 1)).front().packages.front().name == "tool-4");
    CHECK(must(bench.queue.count(waiting_states)) == 4);
}

TEST_CASE("who waits with a package of a name is found, and who has ended is not") {
    Bench bench;
    bench.insert(entry_for("tool"));
    bench.insert(entry_for("other"));
    bench.insert(entry_for("tool"));
    bench.end(1, 1);
    CHECK(must(bench.queue.waiting_for_package("tool")) == std::vector<std::uint64_t>{3});
}

TEST_CASE("how long updates of a package took is told of those that are done, the newest first") {
    Bench bench;
    const auto took = [&](const std::string &name, QueueState state, std::int64_t seconds) {
        QueueEntry entry = entry_for(name);
        entry.state = state;
        entry.took_s = seconds;
        bench.insert(entry);
    };
    took("tool", QueueState::done, 10);
    took("tool", QueueState::failed, 99);
    took("other", QueueState::done, 98);
    took("tool", QueueState::done, 0);  // nobody knows
    took("tool", QueueState::done, 20);
    CHECK(must(bench.queue.durations("tool", 10)) == std::vector<std::int64_t>{20, 10});
    CHECK(must(bench.queue.durations("tool", 1)) == std::vector<std::int64_t>{20});
}

TEST_CASE("what was done with an entry is told in its order, and the oldest is forgotten beyond a thousand") {
    Bench bench;
    const std::uint64_t id = bench.insert(entry_for("tool"));
    bench.note(id, "submitted");
    bench.note(id, "approved");
    auto notes = must(bench.queue.notes(id));
    REQUIRE(notes.size() == 2);
    CHECK(notes[1].number == 2);
    CHECK(notes[1].action == "approved");
    CHECK(notes[1].actor == "uid:0");
    CHECK(notes[1].reason == "why");
    must(bench.database->commit(Durability::durable, [&]() -> mos::Result<void> {
        for (std::uint64_t i = 0; i < max_queue_notes; ++i)
            MOS_CHECK(bench.queue.add_note(
                id, {.number = 0, .time_s = 2, .action = "again", .actor = "uid:0", .reason = "why"}));
        return {};
    }));
    notes = must(bench.queue.notes(id));
    CHECK(notes.size() == max_queue_notes);
    CHECK(notes.front().number == 3);
}

TEST_CASE("those that ended first are forgotten first, with all that hangs on them") {
    Bench bench;
    for (int i = 0; i < 4; ++i)
        bench.insert(entry_for("tool"));
    bench.note(1, "submitted");
    bench.note(2, "submitted");
    bench.end(1, 30);
    bench.end(2, 10);
    bench.end(3, 20);
    must(bench.database->commit(Durability::durable, [&] { return bench.queue.prune(1); }));
    CHECK(must(bench.queue.find(1)));
    CHECK_FALSE(must(bench.queue.find(2)));
    CHECK_FALSE(must(bench.queue.find(3)));
    CHECK(must(bench.queue.find(4)));  // waits
    CHECK(must(bench.queue.notes(2)).empty());
    CHECK(must(bench.queue.notes(1)).size() == 1);
}

TEST_CASE("an entry is done in the commit in which its transaction is, and by no other") {
    Bench bench;
    const std::uint64_t id = bench.running(3);
    const std::uint64_t other = bench.running(1);
    must(bench.decide(id, 3, 40));
    CHECK(must(bench.queue.find(id))->transaction == 40);
    bench.set_state(40, TransactionState::applied);
    CHECK(must(bench.queue.find(id))->state == QueueState::running);
    bench.set_state(41, TransactionState::done);
    CHECK(must(bench.queue.find(id))->state == QueueState::running);
    bench.set_state(40, TransactionState::done);
    const QueueEntry done = *must(bench.queue.find(id));
    CHECK(done.state == QueueState::done);
    CHECK(done.ended_s == 1'764'000'123);
    CHECK(done.lease.holder == "17");  // nobody has been told yet
    CHECK(must(bench.queue.leased()) == std::vector<std::uint64_t>{id, other});
    CHECK(must(bench.queue.find(other))->state == QueueState::running);
}

TEST_CASE("a transaction that is taken back leaves its entry running") {
    Bench bench;
    const std::uint64_t id = bench.running(1);
    must(bench.decide(id, 1, 40));
    bench.set_state(40, TransactionState::reverting);
    bench.set_state(40, TransactionState::reverted);
    CHECK(must(bench.queue.find(id))->state == QueueState::running);
}

TEST_CASE("an attempt that is not the present one decides nothing") {
    Bench bench;
    const std::uint64_t id = bench.running(2);
    CHECK(refusal(bench.decide(id, 1, 40)) == Code::CHANGED_MEANWHILE);
    CHECK_FALSE(must(Transactions{*bench.database}.find(40)));
    QueueEntry cancelled = *must(bench.queue.find(id));
    cancelled.state = QueueState::cancelled;
    bench.update(cancelled);
    CHECK(refusal(bench.decide(id, 2, 40)) == Code::CHANGED_MEANWHILE);
    CHECK(refusal(bench.decide(99, 1, 40)) == Code::CHANGED_MEANWHILE);
    CHECK_FALSE(must(Transactions{*bench.database}.find(40)));
}

TEST_CASE("no cut leaves an entry without its transaction, or done without that") {
    Twin twin;
    Bench bench{must(Database::open(twin.root()))};
    const std::uint64_t id = bench.running(1);
    std::vector<mos::test::DiskState> states;
    twin.on_mutation([&](std::uint64_t number, std::string_view) {
        for (const Selection &keep : {Selection::none(), Selection::all(), Selection::random(number)})
            states.push_back(twin.crash(keep));
    });
    must(bench.decide(id, 1, 40));
    bench.set_state(40, TransactionState::done);
    must(bench.database->commit(Durability::durable, [] { return mos::Result<void>{}; }));
    twin.on_mutation(nullptr);
    states.push_back(twin.crash(Selection::none()));
    std::uint64_t done = 0;
    for (const auto &state : states) {
        Bench after{must(Database::open(Twin{state}.root()))};
        const auto transaction = must(Transactions{*after.database}.find(40));
        const QueueEntry entry = *must(after.queue.find(id));
        CHECK(entry.transaction == (transaction ? 40U : 0U));
        CHECK((entry.state == QueueState::done) ==
              (transaction.has_value() && transaction->state == TransactionState::done));
        done += entry.state == QueueState::done ? 1U : 0U;
    }
    CHECK(done > 0);
    CHECK(states.size() > 6);
}

TEST_CASE("an entry in a state that there is not is told as damage") {
    Bench bench;
    QueueEntry entry = entry_for("tool");
    entry.state = static_cast<QueueState>(9);
    bench.insert(entry);
    CHECK(refusal(bench.queue.find(1)) == Code::DATABASE_DAMAGED);
}

TEST_CASE("a hundred thousand entries are read one at a time, and listed a page at a time") {
    Bench bench;
    must(bench.database->commit(Durability::with_next, [&]() -> mos::Result<void> {
        for (std::uint64_t i = 0; i < max_open_entries; ++i)
            MOS_CHECK(bench.queue.insert(entry_for("tool")));
        return {};
    }));
    std::uint64_t seen = 0;
    must(bench.queue.for_each(waiting_states, [&](const QueueEntry &entry) -> mos::Result<void> {
        seen += entry.packages.size() == 1 ? 1U : 0U;
        return {};
    }));
    CHECK(seen == max_open_entries);
    CHECK(must(bench.queue.list(waiting_states, 99'990, 100)).size() == 10);
}

TEST_CASE("the last look at the queue is kept") {
    Bench bench;
    CHECK_FALSE(must(bench.queue.last_look()));
    for (const std::int64_t wall : {100, 200})
        must(bench.database->commit(Durability::with_next, [&] {
            return bench.queue.set_last_look({wall, 7, "boot"});
        }));
    const auto look = must(bench.queue.last_look());
    REQUIRE(look);
    CHECK(look->wall_s == 200);
    CHECK(look->monotonic_ms == 7);
    CHECK(look->boot == "boot");
}
