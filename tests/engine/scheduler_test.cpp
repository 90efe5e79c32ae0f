#include "scheduler_bench.hpp"

#include <mos/package/layout.hpp>
#include <mos/package/package_file.hpp>

using namespace mos::test;
using mos::Code;
using mos::engine::QueueAction;
using mos::engine::ScheduledOptions;
using mos::schedule::Priority;
using mos::state::QueueState;

namespace {

std::string journal_types(const EngineBench &bench) {
    auto reader = bench.engine->read_events(0);
    std::string types;
    for (auto event = must(reader.next()); event; event = must(reader.next()))
        types += (types.empty() ? "" : " ") + event->type;
    return types;
}

void write_policy(const EngineBench &bench, const std::string &text) {
    const auto folder = must(mos::base::make_directories(*bench.twin.root(), "etc/multios"));
    must(mos::base::replace_file(*folder, "scheduling-policy.ini", mos::base::as_bytes(text), 0644));
}

}  // namespace

TEST_CASE("an update that is scheduled runs when it is due, and is then part of the history") {
    SchedulerBench bench;
    const auto submitted = must(bench.submit({.packages = {bench.file("w", "1")}, .reason = "a new tool"}));
    const std::uint64_t id = submitted.entry.id;
    CHECK(submitted.entry.packages.front().name == "w");
    CHECK(bench.explained(id) ==
          "waits until 2025-11-25T02:00:00Z: the maintenance window 'maintenance' is the next that it fits into");
    CHECK(must(bench.scheduler->next_wakeup()) == still + 10 * 3600);
    CHECK(rows_of(must(bench.run_due())) == "next 2025-11-25T02:00:00Z");
    CHECK(bench.bench.content("w", "x").empty());

    bench.clock->now = still + 10 * 3600;
    CHECK(must(bench.scheduler->next_wakeup()) == bench.clock->now);
    const auto outcome = must(bench.run_due());
    CHECK(rows_of(outcome) == "done update-1");
    CHECK(outcome.rows.front().package == "w");
    CHECK(outcome.recovery_point == "rp-1");
    CHECK(outcome.changed_paths == 2);
    CHECK(bench.bench.content("w", "x") == "1");
    const auto entry = bench.entry(id);
    CHECK(entry.state == QueueState::done);
    CHECK(entry.transaction == 1);
    CHECK(must(bench.bench.engine->history()).front().reason == "scheduled as update-1: a new tool");
    CHECK_FALSE(must(bench.scheduler->next_wakeup()));
    CHECK(rows_of(must(bench.run_due())).empty());
    CHECK(journal_types(bench.bench) == "update_scheduled scheduled_started job_started package_installed "
                                        "update_installed job_finished scheduled_done");
}

TEST_CASE("on a root where nothing waits nothing is asked, and nothing is made") {
    SchedulerBench bench;
    CHECK(rows_of(must(bench.run_due())).empty());
    CHECK_FALSE(must(bench.scheduler->next_wakeup()));
    CHECK(bench.facts->readings == 0);
    CHECK_FALSE(must(bench.bench.twin.root()->find("var")));
    CHECK(must(bench.scheduler->list(mos::state::all_queue_states, 0, 10)).empty());
    CHECK(refusal(bench.scheduler->explain(1)) == Code::NOT_FOUND);
    CHECK(refusal(bench.scheduler->notes(1)) == Code::NOT_FOUND);
    CHECK(refusal(bench.scheduler->act(1, QueueAction::cancel, "")) == Code::NOT_FOUND);
}

TEST_CASE("a package that nobody vouches for does not get into the queue") {
    SchedulerBench bench;
    const std::string path = bench.file("w", "1");
    const PinnedSigner stranger;
    (*bench.files)[path] = make_package("w", "1", simple("evil").image(), "", {stranger.signer()});
    CHECK(refusal(bench.submit({.packages = {path}})) == Code::SIGNER_UNTRUSTED);
    CHECK(refusal(bench.submit({.packages = {"/srv/nothing.mos"}})) == Code::NOT_FOUND);
    CHECK(refusal(bench.submit({.packages = {"relative.mos"}})) == Code::INVALID_ARGUMENT);
    CHECK(refusal(bench.submit({.packages = {}})) == Code::INVALID_ARGUMENT);
    CHECK(refusal(bench.submit({.packages = std::vector<std::string>(1001, path)})) == Code::LIMIT);
    CHECK(must(bench.scheduler->list(mos::state::all_queue_states, 0, 10)).empty());
}

TEST_CASE("a package with a damaged frame is not scheduled, and what waits goes on waiting") {
    SchedulerBench bench;
    const std::uint64_t good = must(bench.submit("w", "1", Priority::security)).entry.id;
    const std::string path = bench.file("w", "2");
    auto &file = (*bench.files)[path];
    const auto opened =
        must(mos::package::PackageFile::open(mos::base::make_memory_source(mos::base::Bytes{file}, "w.mos")));
    file[mos::package::layout_of(opened.claimed_statement()).last_frame - 20] ^= std::byte{1};
    const auto refused = bench.submit({.packages = {path}, .priority = Priority::critical});
    CHECK(refusal(refused) == Code::DIGEST_MISMATCH);
    CHECK(refused.error().message().starts_with("'/srv/w-2.mos' is not scheduled"));
    CHECK(bench.entry(good).state == QueueState::pending);
    CHECK(must(bench.scheduler->list(mos::state::all_queue_states, 0, 10)).size() == 1);
}

TEST_CASE("a package is judged again when its turn comes, by the trust that there is then") {
    SchedulerBench bench;
    const std::uint64_t id = must(bench.submit("w", "1")).entry.id;
    must(must(bench.bench.twin.root()->open_directory(mos::engine::trust_path, mos::base::Symlinks::refuse))
             ->remove_file("publisher.pub"));
    CHECK(rows_of(must(bench.run_due())) == "failed update-1");
    CHECK(bench.entry(id).reason.find("another try would not mend it") != std::string::npos);
    CHECK(bench.bench.content("w", "x").empty());
}

TEST_CASE("a file that was exchanged meanwhile is not installed, unless a person says that it counts") {
    SchedulerBench bench;
    const std::uint64_t id = must(bench.submit("w", "1")).entry.id;
    bench.put("/srv/w-1.mos", "w", "1", "another");
    CHECK(rows_of(must(bench.run_due())) == "failed update-1");
    CHECK(bench.entry(id).reason.starts_with("the file '/srv/w-1.mos' is another than the one that was scheduled"));
    must(bench.scheduler->retry(id, {}, ""));
    CHECK(rows_of(must(bench.run_due())) == "failed update-1");
    must(bench.scheduler->retry(id, {.max_attempts = 0, .fetch_anew = true}, "I built it anew"));
    bench.put("/srv/w-1.mos", "w", "2", "another version");
    CHECK(rows_of(must(bench.run_due())) == "failed update-1");
    must(bench.scheduler->retry(id, {}, ""));
    bench.put("/srv/w-1.mos", "w", "1", "another");
    CHECK(rows_of(must(bench.run_due())) == "done update-1");
    CHECK(bench.bench.content("w", "x") == "another");
}

TEST_CASE("updates run by their priority, each in a transaction of its own, and one that fails stops no other") {
    SchedulerBench bench;
    bench.clock->now = still + 10 * 3600;  // in the window
    must(bench.submit("low", "1", Priority::important));
    const std::uint64_t broken = must(bench.submit("broken", "1", Priority::security)).entry.id;
    must(bench.submit("urgent", "1", Priority::critical));
    bench.files->erase("/srv/broken-1.mos");
    CHECK(rows_of(must(bench.run_due())) == "done update-3, failed update-2, done update-1");
    CHECK(bench.entry(broken).attempts == 1);
    CHECK(must(bench.bench.engine->history()).size() == 2);
}

TEST_CASE("several packages of one update are one transaction: all or none") {
    SchedulerBench bench;
    const mos::engine::UpdateRequest request{.packages = {bench.file("a", "1"), bench.file("b", "1")},
                                             .priority = Priority::critical};
    must(bench.submit(request));
    bench.files->erase("/srv/b-1.mos");
    CHECK(rows_of(must(bench.run_due())) == "failed update-1");
    CHECK(bench.bench.content("a", "x").empty());
    bench.file("b", "1");
    must(bench.scheduler->retry(1, {}, ""));
    CHECK(rows_of(must(bench.run_due())) == "done update-1");
    CHECK(bench.bench.content("a", "x") == "1");
    CHECK(bench.bench.content("b", "x") == "1");
    CHECK(must(bench.bench.engine->history()).size() == 1);
}

TEST_CASE("a busy machine lets an update wait, and the explanation names the rule that decided") {
    SchedulerBench bench;
    bench.clock->now = still + 10 * 3600;
    const std::uint64_t id = must(bench.submit("w", "1", Priority::important)).entry.id;
    bench.facts->facts.cpu_usage = 95;
    CHECK(rows_of(must(bench.run_due())) == "next 2025-11-25T03:00:00Z");
    const auto told = must(bench.scheduler->explain(id));
    CHECK(told.verdict == "wait");
    CHECK(told.rule == "load");
    CHECK(told.sentence == "waits until 2025-11-25T03:00:00Z: the processors' use is 95 %, and more than 80 %");
    bench.facts->facts.cpu_usage = 10;
    CHECK(rows_of(must(bench.run_due())) == "done update-1");
}

TEST_CASE("an update without room for it waits for room") {
    SchedulerBench bench;
    const std::uint64_t id = must(bench.submit("w", "1")).entry.id;
    bench.facts->facts.free_bytes = 1;
    must(bench.run_due());
    CHECK(must(bench.scheduler->explain(id)).rule == "free_space");
}

TEST_CASE("the root's own policy decides, and one that contradicts itself lets nothing run") {
    SchedulerBench bench;
    const std::uint64_t id = must(bench.submit("w", "1", Priority::important)).entry.id;
    write_policy(bench.bench, "[scheduling_policy.auto_scheduling]\nprefer_maintenance_windows = false\n");
    CHECK(must(bench.scheduler->explain(id)).rule == "unhindered");
    write_policy(bench.bench, "[scheduling_policy.priority_handling.important]\nschedule_immediately = true\n"
                              "require_maintenance_window = true\n");
    const auto refused = bench.run_due();
    CHECK(refusal(refused) == Code::INVALID_ARGUMENT);
    CHECK(refused.error().message() == "the scheduling policy can't be followed");
    CHECK(bench.bench.content("w", "x").empty());
    CHECK(must(bench.scheduler->explain(id)).rule == "policy");
    CHECK(bench.explained(id).starts_with("does not run: the scheduling policy can't be followed: the policy for "));
    must(bench.scheduler->act(id, QueueAction::cancel, "not wanted"));  // what a person says holds all the same
    CHECK(bench.entry(id).state == QueueState::cancelled);
}

TEST_CASE("an unknown zone in the policy is told by its name") {
    SchedulerBench bench;
    must(bench.submit("w", "1", Priority::important));
    write_policy(bench.bench, "[update_system.scheduling.maintenance_window]\ntimezone = Middle/Earth\n");
    const auto refused = bench.scheduler->next_wakeup();
    if (!refused)  // told by the settings instead, which then leave the built-in zone
        CHECK(refused.error().full_message().find("Middle/Earth") != std::string::npos);
}

TEST_CASE("an update that waits too long is cancelled by the run that finds it") {
    SchedulerBench bench;
    must(bench.submit({.packages = {bench.file("w", "1")},
                       .conditions = "feature:tpm2",
                       .timeout_s = 3600,
                       .cancel_on_timeout = true}));
    must(bench.run_due());
    CHECK(must(bench.scheduler->next_wakeup()) == still + 3600);
    bench.clock->now += 3600;
    CHECK(must(bench.scheduler->next_wakeup()) == bench.clock->now);
    CHECK(rows_of(must(bench.run_due())) == "cancelled update-1");
    CHECK(bench.explained(1) == "cancelled since 2025-11-24T17:00:00Z: it has waited for as long as it was to");
}

TEST_CASE("approvals, rejections and priorities are given from outside, and kept with who and why") {
    SchedulerBench bench;
    const std::uint64_t id = must(bench.submit("w", "1", Priority::optional)).entry.id;
    bench.clock->now = still + 10 * 3600;
    CHECK(must(bench.scheduler->explain(id)).rule == "approval");
    must(bench.scheduler->act(id, QueueAction::reject, "not now"));
    CHECK(must(bench.scheduler->explain(id)).rule == "rejected");
    must(bench.scheduler->act(id, QueueAction::approve, "tested"));
    CHECK(must(bench.scheduler->explain(id)).verdict == "run");
    must(bench.scheduler->act(id, QueueAction::approve_as_manager, ""));
    must(bench.scheduler->set_priority(id, Priority::critical, "a hole"));
    CHECK(bench.entry(id).approval == 2);
    const auto notes = must(bench.scheduler->notes(id));
    REQUIRE(notes.size() == 5);
    CHECK(notes[4].action == "priority critical");
    CHECK(notes[4].reason == "a hole");
    CHECK(notes[4].actor == bench.bench.engine->actor());
}

TEST_CASE("what is installed meanwhile is done, and what is older than that superseded") {
    SchedulerBench bench;
    must(bench.submit("w", "1"));
    must(bench.bench.install("w", "1", ImageBuilder{}.directory("w").file("w/x", "1")));
    CHECK(rows_of(must(bench.run_due())) == "done update-1");
    must(bench.submit("v", "1"));
    must(bench.bench.install("v", "2", ImageBuilder{}.directory("v").file("v/x", "2")));
    CHECK(rows_of(must(bench.run_due())) == "superseded update-2");
    CHECK(bench.bench.content("v", "x") == "2");
    must(bench.submit(
        {.packages = {bench.file("v", "1")}, .options = {.allow_downgrade = true}, .priority = Priority::critical}));
    CHECK(rows_of(must(bench.run_due())) == "done update-3");
    CHECK(bench.bench.content("v", "x") == "1");
}

TEST_CASE("an update that fails is tried again later, and the wakeup says when") {
    SchedulerBench bench;
    const std::string path = "/srv/w-1.mos";
    bench.put(path, "w", "1", std::string(8U << 20U, 'x'));
    must(bench.submit({.packages = {path}, .priority = Priority::critical}));
    bench.bench.twin.set_free_bytes(4U << 20U);
    CHECK(rows_of(must(bench.run_due())) == "retrying update-1, next 2025-11-24T16:05:00Z");
    CHECK(rows_of(must(bench.run_due())) == "next 2025-11-24T16:05:00Z");
    bench.bench.twin.set_free_bytes(1U << 30U);
    bench.clock->now += 300;
    CHECK(rows_of(must(bench.run_due())) == "done update-1");
    CHECK(bench.entry(1).attempts == 2);
}

TEST_CASE("while a job has the root the queue can be read, and is not changed") {
    SchedulerBench bench;
    must(bench.submit("w", "1", Priority::important));
    const auto session = must(mos::engine::Session::open(*bench.bench.engine, mos::base::silent_observer(),
                                                         mos::engine::Session::Purpose::change));
    CHECK(refusal(bench.submit("v", "1")) == Code::LOCKED);
    CHECK(refusal(bench.run_due()) == Code::LOCKED);
    CHECK(must(bench.scheduler->list(mos::state::waiting_states, 0, 10)).size() == 1);
    const auto other_process = bench.open(bench.bench.open());
    const auto refused = other_process->act(1, QueueAction::cancel, "");
    CHECK(refusal(refused) == Code::LOCKED);
    CHECK(refused.error().message().starts_with("the root is in use by process"));
    CHECK(bench.entry(1).state == QueueState::pending);
}

TEST_CASE("a run that is cancelled leaves the update that it was at as it was") {
    SchedulerBench bench;
    must(bench.submit("w", "1"));
    const auto job = must(bench.scheduler->run_due());
    bench.bench.twin.on_mutation([&](std::uint64_t, std::string_view) {
        if (job->snapshot().progress.phase == mos::base::Phase::staging)
            job->cancel();
    });
    must(job->run(nullptr));
    bench.bench.twin.on_mutation(nullptr);
    CHECK(refusal(*job->result()) == Code::CANCELLED);
    CHECK(bench.entry(1).state == QueueState::pending);
    CHECK(bench.entry(1).failures == 0);
    CHECK(rows_of(must(bench.run_due())) == "done update-1");
    CHECK(bench.entry(1).attempts == 2);
}

TEST_CASE("a run that is cancelled before it has begun touches nothing") {
    SchedulerBench bench;
    must(bench.submit("w", "1"));
    const auto job = must(bench.scheduler->run_due());
    job->cancel();
    must(job->run(nullptr));
    CHECK(refusal(*job->result()) == Code::CANCELLED);
    CHECK(bench.entry(1).attempts == 0);
}

TEST_CASE("options of an update survive the queue, and those of a newer version are passed over") {
    for (const ScheduledOptions &options :
         {ScheduledOptions{}, ScheduledOptions{true, false, true, "email"}, ScheduledOptions{false, true, false, ""}}) {
        const auto read = must(mos::engine::read_scheduled_options(mos::engine::write_scheduled_options(options)));
        CHECK(read.allow_downgrade == options.allow_downgrade);
        CHECK(read.allow_reinstall == options.allow_reinstall);
        CHECK(read.backup_required == options.backup_required);
        CHECK(read.notification == options.notification);
    }
    CHECK(must(mos::engine::read_scheduled_options(R"({"colour": "red", "allow_downgrade": "yes"})")).notification ==
          "");
    CHECK(must(mos::engine::read_scheduled_options("")).notification.empty());
    CHECK(refusal(mos::engine::read_scheduled_options("[]")) == Code::FORMAT);
    CHECK_FALSE(mos::engine::read_scheduled_options("{"));
}

TEST_CASE("an update is taken to last as long as earlier ones of the same package") {
    SchedulerBench bench;
    CHECK(must(bench.submit("w", "0")).entry.estimated_s == 60);
    must(bench.run_due());
    for (const char *const version : {"1", "2", "3"}) {
        must(bench.submit("w", version));
        bench.bench.twin.on_mutation([&](std::uint64_t, std::string_view) { ++bench.clock->now; });
        must(bench.run_due());
        bench.bench.twin.on_mutation(nullptr);
    }
    const std::int64_t estimated = must(bench.submit("w", "4")).entry.estimated_s;
    CHECK(estimated > 1);
    CHECK(estimated != 60);
}

TEST_CASE("running the queue learns when the device is used, and where no window comes a quiet time is waited for") {
    SchedulerBench bench;
    must(bench.submit("w", "1"));
    must(bench.run_due());
    CHECK_FALSE(bench.scheduler->usage().is_known(bench.clock->now));
    constexpr std::int64_t an_hour = 3600;
    constexpr std::int64_t hours_watched = std::int64_t{21} * 24;
    bench.clock->now = still - still % (24 * an_hour);  // midnight
    for (std::int64_t hour = 0; hour < hours_watched; ++hour) {
        const bool at_work = hour % 24 >= 7 && hour % 24 < 20;
        bench.clock->now += an_hour;
        bench.facts->facts.active_sessions = at_work ? 1 : 0;
        must(bench.run_due());
    }
    const auto usage = bench.scheduler->usage();
    CHECK(usage.is_known(bench.clock->now));
    CHECK(usage.expected_use(bench.clock->now + 10 * an_hour) > 0.9);
    CHECK(usage.low_usage_windows().size() == 7);

    write_policy(bench.bench, "[update_system.scheduling.maintenance_window]\nallowed_days = sunday\n");
    bench.clock->now += 12 * an_hour;  // noon
    const std::uint64_t id = must(bench.submit("w", "2", Priority::security)).entry.id;
    const auto told = must(bench.scheduler->explain(id));
    CAPTURE(told.sentence);
    CHECK(told.rule == "quiet_time");
    REQUIRE(told.at_s.has_value());
    CHECK(*told.at_s > bench.clock->now + 8 * an_hour);
}

TEST_CASE("usage is looked at once in ten minutes, and what is damaged or of another time is learnt anew") {
    SchedulerBench bench;
    bench.facts->facts.cpu_usage = 5;
    must(bench.run_due());
    CHECK(bench.facts->readings == 0);  // a root without a database: nothing is created
    must(bench.submit("w", "1"));
    must(bench.run_due());
    const int readings = bench.facts->readings;
    bench.clock->now += 599;
    must(bench.run_due());
    CHECK(bench.facts->readings == readings);
    bench.clock->now += 1;
    must(bench.run_due());
    CHECK(bench.facts->readings == readings + 1);
    CHECK(bench.scheduler->usage().last_observation_s() == bench.clock->now);

    const auto folder = must(bench.bench.twin.root()->open_directory("var/lib/multios", mos::base::Symlinks::refuse));
    must(mos::base::replace_file(*folder, "usage", mos::base::as_bytes("no pattern"), 0644));
    CHECK_FALSE(bench.scheduler->usage().last_observation_s().has_value());
    must(bench.run_due());
    CHECK(bench.scheduler->usage().last_observation_s() == bench.clock->now);

    bench.clock->now -= 600;  // put back by a little: nothing counts twice
    must(bench.run_due());
    CHECK(bench.scheduler->usage().last_observation_s() == bench.clock->now + 600);
    bench.clock->now -= 40 * 86400;
    must(bench.run_due());
    CHECK(bench.scheduler->usage().last_observation_s() == bench.clock->now);
}

TEST_CASE("the list tells why each entry waits, a page at a time") {
    SchedulerBench bench;
    for (const char *const name : {"a", "b", "c"})
        must(bench.submit(name, "1", Priority::important));
    const auto first = must(bench.scheduler->list(mos::state::waiting_states, 0, 2));
    REQUIRE(first.size() == 2);
    CHECK(first[1].entry.packages.front().name == "b");
    CHECK(first[1].rule == "window");
    CHECK(must(bench.scheduler->list(mos::state::waiting_states, first[1].entry.id, 2)).size() == 1);
}
