// Power cuts, deaths and errors at every call while updates are put into the queue and run: none is lost, none runs
// twice.
#include "scheduler_bench.hpp"

#include "sanitized.hpp"

using namespace mos::test;
using mos::schedule::Priority;
using mos::state::QueueState;

namespace {

// Another life of the same root.
struct Life {
    Life(const SchedulerBench &before, const DiskState &state) : twin(state) {
        clock->now = before.clock->now;
        engine = std::make_shared<mos::engine::Engine>(twin.root(), mos::engine::Settings{}, clock);
        scheduler = before.open(engine);
    }

    // Until nothing waits any more, however long that takes.
    void settle() {
        for (int i = 0; i < 10; ++i) {
            // After a write error that nobody was told of, the first recovery may say so, and the next one succeeds.
            static_cast<void>(SchedulerBench::run_due(*scheduler));
            clock->now += 7200;
        }
    }
    // A transaction whose end could not be written down stands, and is completed by the next change.
    [[nodiscard]] std::size_t times_installed() const {
        std::size_t times = 0;
        for (const mos::state::Transaction &transaction : must(engine->history()))
            times += transaction.in_effect ? 1U : 0U;
        return times;
    }
    [[nodiscard]] std::string content() const {
        const auto folder = twin.root()->open_directory("w", mos::base::Symlinks::refuse);
        if (!folder)
            return {};
        const auto bytes = mos::base::read_file(**folder, "x", 1U << 20U);
        return bytes ? std::string{mos::base::as_text(*bytes)} : std::string{};
    }

    Twin twin;
    std::shared_ptr<HandClock> clock = std::make_shared<HandClock>();
    std::shared_ptr<mos::engine::Engine> engine;
    std::unique_ptr<mos::engine::Scheduler> scheduler;
};

// The states that cuts and deaths during `work` leave, some for each call.
template <class Work>
std::vector<DiskState> cuts(SchedulerBench &bench, const Work &work) {
    std::vector<DiskState> states;
    Twin &twin = bench.bench.twin;
    twin.on_mutation([&](std::uint64_t number, std::string_view) {
        states.push_back(twin.crash(Selection::none()));
        states.push_back(twin.crash(Selection::random(number)));
        states.push_back(twin.crash(Selection::all()));
    });
    work();
    twin.on_mutation(nullptr);
    return states;
}

#ifdef MOS_SANITIZED
constexpr std::size_t state_step = 7;
constexpr std::uint64_t call_step = 17;
#else
constexpr std::size_t state_step = 1;
constexpr std::uint64_t call_step = 3;
#endif

}  // namespace

TEST_CASE("after a cut at any call of a submission the update is in the queue as a whole, or not at all") {
    SchedulerBench bench;
    must(bench.submit("other", "1", Priority::important));
    const auto states = cuts(bench, [&] { must(bench.submit("w", "1")); });
    std::size_t there = 0;
    for (std::size_t i = 0; i < states.size(); i += state_step) {
        Life life{bench, states[i]};
        const auto entries = must(life.scheduler->list(mos::state::all_queue_states, 0, 10));
        REQUIRE(entries.size() >= 1);
        CHECK(entries.front().entry.packages.front().name == "other");
        if (entries.size() > 1) {
            ++there;
            CHECK(entries[1].entry.packages.size() == 1);
            CHECK(must(life.scheduler->notes(entries[1].entry.id)).size() == 1);
        }
        life.settle();
        CHECK(life.content() == (entries.size() > 1 ? "1" : ""));
    }
    CHECK(there > 0);
    Life acknowledged{bench, bench.bench.twin.crash(Selection::none())};
    CHECK(must(acknowledged.scheduler->list(mos::state::all_queue_states, 0, 10)).size() == 2);
}

TEST_CASE("after a cut at any call of a run its update is installed once, and the entry says so") {
    SchedulerBench bench;
    must(bench.submit("w", "1"));
    const auto states = cuts(bench, [&] { must(bench.run_due()); });
    std::size_t tried_again = 0;
    std::size_t found_done = 0;
    for (std::size_t i = 0; i < states.size(); i += state_step) {
        Life life{bench, states[i]};
        life.settle();
        const auto entry = must(life.scheduler->explain(1)).entry;
        CHECK(entry.state == QueueState::done);
        CHECK(entry.lease.holder.empty());
        CHECK(life.content() == "1");
        CHECK(life.times_installed() == 1);
        tried_again += entry.attempts > 1 ? 1U : 0U;
        found_done += entry.attempts == 1 && entry.transaction == 1 ? 1U : 0U;
    }
    CHECK(tried_again > 0);
    CHECK(found_done > 0);
    Life acknowledged{bench, bench.bench.twin.crash(Selection::none())};
    acknowledged.settle();
    CHECK(acknowledged.times_installed() == 1);
}

TEST_CASE("an error at any call of a run leaves an update that is installed once in the end") {
    SchedulerBench bench;
    must(bench.submit("w", "1"));
    const DiskState before = bench.bench.twin.crash(Selection::all());
    std::uint64_t calls = 0;
    {
        Life life{bench, before};
        const std::uint64_t begin = life.twin.calls();
        must(SchedulerBench::run_due(*life.scheduler));
        calls = life.twin.calls() - begin;
    }
    CHECK(calls > 100);
    for (std::uint64_t call = 1; call <= calls; call += call_step) {
        CAPTURE(call);
        Life life{bench, before};
        life.twin.fail_at(life.twin.calls() + call, EIO);
        static_cast<void>(SchedulerBench::run_due(*life.scheduler));
        life.twin.fail_never();
        const auto entry = must(life.scheduler->explain(1)).entry;
        if (entry.state == QueueState::done)
            CHECK(life.content() == "1");
        life.settle();
        // What looked as if another try could not mend it is told as failed, and tried again by whoever reads that.
        if (must(life.scheduler->explain(1)).entry.state == QueueState::failed) {
            CHECK(life.times_installed() == 0);
            must(life.scheduler->retry(1, {}, ""));
            life.settle();
        }
        CHECK(must(life.scheduler->explain(1)).entry.state == QueueState::done);
        CHECK(life.content() == "1");
        CHECK(life.times_installed() == 1);
    }
}

TEST_CASE("a process that dies while it runs an update leaves it to the next, which is told of it") {
    SchedulerBench bench;
    must(bench.submit("w", "1"));
    std::optional<Twin> died;
    bench.bench.twin.on_mutation([&](std::uint64_t, std::string_view what) {
        if (!died && what.find(".multios-stage") != std::string_view::npos)
            died = bench.bench.twin.killed();
    });
    must(bench.run_due());
    bench.bench.twin.on_mutation(nullptr);
    REQUIRE(died);
    Life life{bench, died->crash(Selection::all())};
    const auto found = must(life.scheduler->explain(1));
    CHECK(found.verdict == "running");
    CHECK(must(life.scheduler->next_wakeup()) == life.clock->now);
    CHECK(rows_of(must(SchedulerBench::run_due(*life.scheduler))) == "done update-1");
    const auto notes = must(life.scheduler->notes(1));
    REQUIRE(notes.size() == 5);
    CHECK(notes[2].action == "attempt 1 failed");
    CHECK(notes[2].reason.starts_with("the attempt has no end: its process was killed, or the power failed; try 2"));
    CHECK(notes[3].action == "attempt 2 started");
}
