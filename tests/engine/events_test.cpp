// What an engine tells of its jobs and of changes of trust and policy.
#include "engine_bench.hpp"
#include "trust_bench.hpp"

#include <mos/engine/log.hpp>
#include <mos/engine/report.hpp>
#include <mos/engine/trust_change.hpp>

#include <algorithm>
#include <array>

using namespace mos::test;
using mos::Code;
using mos::base::Event;
using mos::engine::Plan;
using mos::engine::TrustChange;

namespace {

std::vector<Event> journal(const EngineBench &bench) {
    auto reader = bench.engine->read_events(0);
    std::vector<Event> events;
    for (auto event = must(reader.next()); event; event = must(reader.next()))
        events.push_back(std::move(*event));
    return events;
}

std::string types(const std::vector<Event> &events) {
    std::string text;
    for (const Event &event : events)
        text += (text.empty() ? "" : " ") + event.type;
    return text;
}

const Event &of_type(const std::vector<Event> &events, std::string_view type) {
    const auto found = std::ranges::find(events, type, &Event::type);
    REQUIRE(found != events.end());
    return *found;
}

std::string field(const Event &event, std::string_view name) {
    for (const auto &one : event.payload)
        if (one.name == name)
            return std::get<std::string>(one.value);
    return "";
}

}  // namespace

TEST_CASE("an install, an update, a rollback and a removal are told from their beginning to their end") {
    EngineBench bench;
    must(bench.install("w", "1", simple("one")));
    CHECK(types(journal(bench)) == "job_started package_installed update_installed job_finished");
    must(bench.install("w", "2", simple("two")));
    must(bench.roll_back());
    Plan plan{bench.engine};
    must(plan.remove({.name = "w"}));
    must(EngineBench::run(plan));
    const auto events = journal(bench);
    CHECK(types(events) == "job_started package_installed update_installed job_finished "
                           "job_started package_updated update_installed job_finished "
                           "job_started update_rolledback job_finished "
                           "job_started package_removed update_installed job_finished");
    CHECK(events[0].subject == "update-job-1");
    CHECK(events[1].subject == "w");
    CHECK(events[1].cause == "update-job-1");
    CHECK(field(events[1], "version") == "1");
    CHECK(field(events[5], "old_version") == "1");
    CHECK(events[6].subject == "rp-2");
    CHECK(events[8].subject == "rollback-job-9");
    CHECK(events[9].subject == "rp-2");
    CHECK(events[11].message == "a change of what is installed begins");
    CHECK(events[12].message == "w 1 removed");
    CHECK(events[13].message.starts_with("1 package changed; rp-"));
    for (const Event &event : events)
        CHECK(event.actor.starts_with("uid:"));
}

TEST_CASE("who asks is who the embedder says") {
    EngineBench bench{{.actor = "fleet-agent"}};
    must(bench.install("w", "1", simple("one")));
    CHECK(journal(bench).front().actor == "fleet-agent");
}

TEST_CASE("a job that fails is told with its error as the cause, and one that was cancelled as such") {
    EngineBench bench;
    must(bench.install("w", "1", simple("one")));
    Plan plan{bench.engine};
    must(plan.install(bench.source("v", "1", simple("other")), {}));  // whose file is w's
    const auto job = must(plan.make_job(std::nullopt, ""));
    must(job->run(nullptr));
    CHECK(refusal(*job->result()) == Code::CONFLICT);
    const auto failed = journal(bench).back();
    CHECK(failed.type == "job_failed");
    CHECK(failed.cause == "E006");
    CHECK(field(failed, "error_name") == "CONFLICT");

    Plan cancelled{bench.engine};
    must(cancelled.install(bench.source("w", "2", simple("two")), {}));
    const auto stopped = must(cancelled.make_job(std::nullopt, ""));
    stopped->cancel();
    must(stopped->run(nullptr));
    CHECK(refusal(*stopped->result()) == Code::CANCELLED);
    CHECK(journal(bench).back().type == "job_cancelled");
}

TEST_CASE("a job that does not get the root is told, and leaves the journal to whoever has it") {
    EngineBench bench;
    must(bench.install("w", "1", simple("one")));
    const auto other = bench.open();
    const auto session =
        must(mos::engine::Session::open(*other, mos::base::silent_observer(), mos::engine::Session::Purpose::change));
    Plan plan{bench.engine};
    must(plan.install(bench.source("w", "2", simple("two")), {}));
    const auto job = must(plan.make_job(std::nullopt, ""));
    must(job->run(nullptr));
    CHECK(refusal(*job->result()) == Code::LOCKED);
    CHECK(journal(bench).back().type == "job_failed");
    CHECK(journal(bench).back().subject == "update");
}

TEST_CASE("a package that is not let in is told with its error, and one that can't be read is not") {
    EngineBench bench;
    must(bench.install("w", "1", simple("one")));
    const PinnedSigner stranger;
    const auto bytes = make_package("x", "1", simple("one").image(), "", {stranger.signer()});
    CHECK(refusal(bench.engine->authenticate(mos::base::make_memory_source(bytes, "x.mos"))) == Code::SIGNER_UNTRUSTED);
    const auto events = journal(bench);
    CHECK(events.back().type == "package_refused");
    CHECK(events.back().subject == "x.mos");
    CHECK(events.back().cause == "E029");
    CHECK(events.back().component == "security_validator");
}

TEST_CASE("a root that nobody has changed yet keeps no journal of refusals") {
    EngineBench bench;
    const auto before = must(scan(*bench.twin.root()));
    CHECK_FALSE(bench.engine->authenticate(mos::base::make_memory_source({}, "x.mos")).ok());
    CHECK(difference(before, must(scan(*bench.twin.root()))) == "");
}

TEST_CASE("a file that somebody has changed and that is kept is told with its path") {
    EngineBench bench;
    must(bench.install("w", "1", simple("one")));
    must(bench.install("w", "2", simple("two")));
    const auto folder = must(bench.twin.root()->open_directory("p", mos::base::Symlinks::refuse));
    must(folder->remove_file("x"));
    must(must(folder->open_file("x", mos::base::OpenMode::create_new))->write_at(0, mos::base::as_bytes("mine")));
    must(bench.roll_back());
    const auto events = journal(bench);
    CHECK(of_type(events, "file_kept").subject == "p/x");
    CHECK(of_type(events, "file_kept").cause.starts_with("rollback-"));
}

TEST_CASE("what a power cut left unfinished and recovery completes is told") {
    EngineBench bench;
    must(bench.install("w", "1", simple("one")));
    const DiskState cut = bench.cut_when_applying("w", "2", simple("two"));
    const Twin after{cut};
    mos::engine::Engine engine{after.root(), {}, bench.clock};
    must(engine.recover());
    auto reader = engine.read_events(0);
    std::vector<Event> events;
    for (auto event = must(reader.next()); event; event = must(reader.next()))
        events.push_back(std::move(*event));
    const Event &told = of_type(events, "update_recovered");
    CHECK(field(told, "outcome") == "completed");
    CHECK(told.subject == "rp-2");
    CHECK(told.cause == "recovery");
}

TEST_CASE("a verification is a job too, and leaves no trace in a root without a database") {
    EngineBench bench;
    const auto before = must(scan(*bench.twin.root()));
    const auto first = must(mos::engine::make_verify_job(bench.engine, std::nullopt));
    must(first->run(nullptr));
    CHECK(difference(before, must(scan(*bench.twin.root()))) == "");
    must(bench.install("w", "1", simple("one")));
    const auto second = must(mos::engine::make_verify_job(bench.engine, std::nullopt));
    must(second->run(nullptr));
    const auto events = journal(bench);
    CHECK(types(events).ends_with("job_started job_finished"));
    CHECK(events.back().subject == "verify-job-5");
}

TEST_CASE("changes of trust and of the policy are told when they are made, and not when they are refused") {
    EngineBench bench;
    const PinnedSigner other;
    const auto key = must(mos::crypto::PublicKey::from_pem(other.public_pem(), "other"));
    {
        TrustChange change = must(TrustChange::begin(*bench.engine, TrustChange::Missing::create));
        CHECK_FALSE(change.add({.name = "o", .anchor = key, .fingerprint = std::string(64, '0')}).ok());
        const auto entry = must(change.add({.name = "o", .anchor = key, .fingerprint = key.fingerprint()}));
        must(change.remove(entry.id));
        CHECK_FALSE(change.remove(entry.id).ok());
        CHECK_FALSE(change.remove_list("nobody", mos::engine::Forgetting::allowed).ok());
    }
    const std::array<mos::policy::PolicyChange, 1> larger = {{{"installation_safety.maximum_package_size", "2GB"}}};
    must(mos::engine::change_policy(*bench.engine, larger));
    const auto events = journal(bench);
    CHECK(types(events) == "trust_added trust_removed policy_changed");
    CHECK(field(events[0], "name") == "o");
    CHECK(field(events[2], "installation_safety.maximum_package_size") == "2GB");
}

TEST_CASE("a journal that can't be written costs the update nothing") {
    EngineBench bench;
    must(bench.install("w", "1", simple("one")));
    const auto state = must(bench.twin.root()->open_directory(mos::engine::state_path, mos::base::Symlinks::refuse));
    must(mos::base::remove_tree(*state, mos::observe::journal_folder_name));
    must(state->open_file(mos::observe::journal_folder_name, mos::base::OpenMode::create_new));  // a file in its place
    must(bench.install("w", "2", simple("two")));
    CHECK(bench.content("p", "x") == "two");
}

TEST_CASE("an update flushes as often as it would without a journal") {
    EngineBench bench;
    must(bench.install("w", "1", simple("one")));
    const std::uint64_t before = bench.twin.flushes();
    must(bench.install("w", "2", simple("two")));
    CHECK(bench.twin.flushes() - before <= 4);
}

TEST_CASE("nothing is written to the journal between the decision of a transaction and its last flush") {
    EngineBench bench;
    must(bench.install("w", "1", simple("one")));
    Plan plan{bench.engine};
    must(plan.install(bench.source("w", "2", simple("two")), {}));
    const auto job = must(plan.make_job(std::nullopt, ""));
    std::vector<std::string> order;  // what the journal and the package's own file saw
    bench.twin.on_mutation([&](std::uint64_t, std::string_view what) {
        const auto phase = job->snapshot().progress.phase;
        if (what.find(mos::observe::current_segment_name) != std::string_view::npos)
            order.emplace_back("journal");
        else if (phase >= mos::base::Phase::deciding && phase <= mos::base::Phase::settling &&
                 (order.empty() || order.back() != "transaction"))
            order.emplace_back("transaction");
    });
    must(job->run(nullptr));
    bench.twin.on_mutation(nullptr);
    CHECK(job->result()->ok());
    CHECK(std::ranges::count(order, "transaction") == 1);
    CHECK(order.front() == "journal");
    CHECK(order.back() == "journal");
}

TEST_CASE("of more notices than a job keeps the rest is counted, not forgotten") {
    EngineBench bench;
    must(bench.install("w", "1", simple("one")));  // a root has a journal from its first change on
    const mos::engine::LogSink none;
    mos::engine::LoggingObserver observer{mos::base::silent_observer(), none, bench.engine->events()};
    for (int i = 0; i < 1007; ++i)
        observer.notice_kept("some/path", "is kept");
    observer.tell_events();
    const auto events = journal(bench);
    CHECK(std::ranges::count(events, "file_kept", &Event::type) == 1000);
    const Event &told = of_type(events, "events_dropped");
    CHECK(std::get<std::int64_t>(told.payload.front().value) == 7);
}
