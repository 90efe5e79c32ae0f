// Recovery mode: what it lets through, what it stops, and what is left of it after a power cut.
#include "recording_services.hpp"
#include "refusals.hpp"
#include "scheduler_bench.hpp"

#include <mos/engine/doctor.hpp>
#include <mos/engine/recovery_mode.hpp>

#include <algorithm>
#include <array>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::base::Symlinks;
using mos::engine::JobOutcome;
using mos::engine::Plan;
using mos::engine::RecoveryModeOrder;
using Wish = RecoveryModeOrder::Wish;
using Calls = RecordingServices::Calls;

namespace {

Result<JobOutcome> run_mode(const std::shared_ptr<mos::engine::Engine> &engine, const RecoveryModeOrder &order) {
    MOS_TRY(const auto job, mos::engine::make_recovery_mode_job(engine, order));
    MOS_CHECK(job->run(nullptr));
    return *job->result();
}

// A system with one service that matters and one that does not; both run.
struct ModeBench {
    ModeBench() {
        bench.engine = bench.open({.services = services});
        must(install_service("web"));
        must(install_service("sshd"));
        services->active = {"web.service", "sshd.service"};
        static_cast<void>(services->take());
    }

    [[nodiscard]] Result<JobOutcome> install_service(const std::string &name) {
        Parts parts{.manifest = manifest_of(name, "1")};
        parts.manifest.package_info.type = "service";
        parts.manifest.service.units = {name + ".service"};
        parts.files = ImageBuilder{}.directory("srv").file("srv/" + name, name).image();
        return install_bytes(bench, make_package(parts, {bench.publisher.signer()}));
    }
    [[nodiscard]] Result<JobOutcome> begin(bool stop_services = false, const std::string &reason = "") const {
        return run_mode(bench.engine, {.stop_services = stop_services, .reason = reason});
    }
    [[nodiscard]] Result<JobOutcome> end() const { return run_mode(bench.engine, {.wish = Wish::end}); }
    [[nodiscard]] std::optional<mos::engine::RecoveryMode> mode() const {
        return must(mos::engine::recovery_mode(bench.engine->root()));
    }
    void put_setting(std::string_view yaml) const {
        const auto folder = must(mos::base::make_directories(*bench.twin.root(), "etc/multios"));
        must(mos::base::replace_file(*folder, "update-system.yml", mos::base::as_bytes(yaml), 0644));
    }
    void put_record(std::string_view text) const {
        const auto folder = must(mos::base::make_directories(*bench.twin.root(), mos::engine::state_path));
        must(mos::base::replace_file(*folder, "recovery-mode", mos::base::as_bytes(text), 0644));
    }

    std::shared_ptr<RecordingServices> services = std::make_shared<RecordingServices>();
    EngineBench bench;
};

bool says_of(const mos::engine::ReportRow &row, std::string_view words) {
    return row.sentence.find(words) != std::string::npos;
}

// Begun and ended, whatever it is now.
void must_work(const ModeBench &ground) {
    must(ground.begin(true));
    CHECK(ground.mode()->stopped == std::vector<std::string>{"web.service"});
    must(ground.end());
    CHECK_FALSE(ground.mode().has_value());
}

}  // namespace

TEST_CASE("in recovery mode nothing new is installed, and what leads back goes on") {
    ModeBench ground;
    must(ground.bench.install("p", "1", simple("one")));
    must(ground.begin(false, "the disk is failing"));
    const auto refused = ground.bench.install("p", "2", simple("two"));
    CHECK(refusal(refused) == Code::RECOVERY_MODE);
    CHECK(refused.error().message().find("the disk is failing") != std::string::npos);
    CHECK(ground.bench.content("p", "x") == "one");

    Plan removal{ground.bench.engine};
    must(removal.remove({.name = "web"}));
    must(EngineBench::run(removal));
    must(ground.bench.roll_back());  // of the removal
    must(ground.bench.roll_back());
    CHECK(ground.bench.content("p", "x").empty());

    must(ground.end());
    must(ground.bench.install("p", "2", simple("two")));
    CHECK(ground.bench.content("p", "x") == "two");
}

TEST_CASE("a plan that was shown before the mode was begun is not carried out in it") {
    ModeBench ground;
    Plan plan{ground.bench.engine};
    must(plan.install(ground.bench.source("p", "1", simple("one")), {}));
    must(plan.resolve());
    must(ground.begin());
    const auto refused = EngineBench::perform(plan);
    CHECK(refusal(refused) == Code::RECOVERY_MODE);
}

TEST_CASE("in recovery mode the queue waits, whatever the priority, and goes on when the mode is ended") {
    const SchedulerBench ground;
    const std::uint64_t id = must(ground.submit("w", "1")).entry.id;
    must(run_mode(ground.bench.engine, {}));
    CHECK(rows_of(must(ground.run_due())).find("done") == std::string::npos);
    CHECK(ground.entry(id).state == mos::state::QueueState::pending);
    CHECK(ground.explained(id).find("recovery mode") != std::string::npos);
    CHECK(must(ground.scheduler->next_wakeup()) == std::nullopt);
    must(run_mode(ground.bench.engine, {.wish = Wish::end}));
    must(ground.run_due());
    CHECK(ground.entry(id).state == mos::state::QueueState::done);
}

TEST_CASE("services that are not critical are stopped, and started again when the mode is ended") {
    ModeBench ground;
    const auto begun = must(ground.begin(true));
    CHECK(rows_of(begun) == "stopped web.service, kept sshd.service");
    CHECK(ground.services->take() == Calls{"stop web.service"});
    ground.services->active = {"sshd.service"};
    CHECK(rows_of(must(ground.begin(true))) == "kept sshd.service");
    CHECK(ground.mode()->stopped == std::vector<std::string>{"web.service"});
    CHECK(rows_of(must(ground.end())) == "started web.service");
    CHECK(ground.services->take() == Calls{"start web.service"});
    CHECK_FALSE(ground.mode().has_value());
}

TEST_CASE("which services are critical is a setting") {
    ModeBench ground;
    ground.put_setting("update_system:\n  rollback:\n    critical_services: [\"w?b.*\"]\n");
    CHECK(rows_of(must(ground.begin(true))) == "stopped sshd.service, kept web.service");
}

TEST_CASE("where the settings can't be read nobody knows what is critical, and nothing is stopped") {
    ModeBench ground;
    ground.put_setting("update_system:\n  rollback:\n    critical_services: [\n");
    const auto begun = must(ground.begin(true));
    CHECK(rows_of(begun) == "not-stopped ");
    CHECK(says_of(begun.rows.front(), "update-system.yml"));
    CHECK(ground.services->take().empty());
    CHECK(ground.mode().has_value());
}

TEST_CASE("a service that can't be asked, stopped or started holds nothing up") {
    ModeBench ground;
    ground.services->failing = "ask web.service";
    CHECK(rows_of(must(ground.begin(true))) == "not-stopped web.service, kept sshd.service");
    CHECK(ground.mode().has_value());
    ground.services->failing = "stop web.service";
    const auto begun = must(ground.begin(true));
    CHECK(rows_of(begun) == "not-stopped web.service, kept sshd.service");
    CHECK(says_of(begun.rows.front(), "the test does not want"));
    ground.services->failing = "start web.service";
    CHECK(rows_of(must(ground.end())) == "not-started web.service");
    CHECK_FALSE(ground.mode().has_value());
}

TEST_CASE("whatever is stopped has been written down before, so that a power cut does not forget it") {
    ModeBench ground;
    int stopped = 0;
    ground.services->before_each = [&](const std::string &unit) {
        ++stopped;
        const Twin after{ground.bench.twin.crash(Selection::none())};
        const auto mode = must(mos::engine::recovery_mode(*after.root()));
        REQUIRE(mode.has_value());
        CHECK(std::ranges::count(mode->stopped, unit) == 1);
    };
    must(ground.begin(true));
    CHECK(stopped == 1);
}

TEST_CASE("after a power cut at any call of its beginning the mode is off, or on with what was said") {
    for (const bool is_new_root : {false, true}) {
        ModeBench ground;
        EngineBench empty;
        EngineBench &bench = is_new_root ? empty : ground.bench;
        std::vector<DiskState> states;
        bench.twin.on_mutation([&](std::uint64_t number, std::string_view) {
            for (const Selection &kept : {Selection::none(), Selection::random(number), Selection::all()})
                states.push_back(bench.twin.crash(kept));
        });
        must(run_mode(bench.engine, {.stop_services = true, .reason = "a test"}));
        bench.twin.on_mutation(nullptr);
        std::size_t on = 0;
        for (const DiskState &state : states) {
            const auto mode = must(mos::engine::recovery_mode(*Twin{state}.root()));
            CHECK((!mode || (!mode->is_damaged && mode->reason == "a test")));
            on += mode ? 1U : 0U;
        }
        CHECK(on > 0);
        CHECK(on < states.size());
        // What was reported is there whatever is lost.
        CHECK(must(mos::engine::recovery_mode(*Twin{bench.twin.crash(Selection::none())}.root())).has_value());
    }
}

TEST_CASE("after a power cut at any call of its end the mode is on, with whatever was not started yet, or off") {
    ModeBench ground;
    must(ground.begin(true));
    bool was_started = false;
    ground.services->before_each = [&](const std::string &) { was_started = true; };
    std::vector<std::pair<bool, DiskState>> states;
    ground.bench.twin.on_mutation([&](std::uint64_t number, std::string_view) {
        for (const Selection &kept : {Selection::none(), Selection::random(number), Selection::all()})
            states.emplace_back(was_started, ground.bench.twin.crash(kept));
    });
    must(ground.end());
    ground.bench.twin.on_mutation(nullptr);
    for (const auto &[started, state] : states) {
        const auto mode = must(mos::engine::recovery_mode(*Twin{state}.root()));
        CHECK((mode || started));
        CHECK((!mode || mode->stopped == std::vector<std::string>{"web.service"}));
    }
    CHECK_FALSE(must(mos::engine::recovery_mode(*Twin{ground.bench.twin.crash(Selection::none())}.root())).has_value());
}

TEST_CASE("after an error at any call the mode is on or off, and can be begun and ended") {
    for (const Wish wish : {Wish::begin, Wish::end}) {
        std::uint64_t call = 1;
        for (bool is_over = false; !is_over; ++call) {
            ModeBench ground;
            if (wish == Wish::end)
                must(ground.begin(true));
            Twin &twin = ground.bench.twin;
            const std::uint64_t before = twin.calls();
            twin.fail_at(before + call, EIO);
            const auto done = run_mode(ground.bench.engine, {.wish = wish, .stop_services = wish == Wish::begin});
            is_over = twin.calls() - before < call;
            twin.fail_never();
            CHECK((!done.ok() || ground.mode().has_value() == (wish == Wish::begin)));
            static_cast<void>(ground.begin(true));  // the next flush tells of what could not be written
            must_work(ground);
        }
        CHECK(call > 10);
    }
}

TEST_CASE("validating changes nothing, and tells what would be done and what there is to go back to") {
    ModeBench ground;
    const std::array<std::string_view, 1> journal = {"var/lib/multios/events"};
    const TreeImage before = must(scan(*ground.bench.twin.root(), journal));
    const auto told = must(run_mode(ground.bench.engine, {.stop_services = true, .validate_only = true}));
    CHECK(rows_of(told) == "way-back rp-2, would-stop web.service, kept sshd.service");
    CHECK(ground.services->take().empty());
    CHECK(difference(before, must(scan(*ground.bench.twin.root(), journal)), all_directory_times) == "");
    CHECK_FALSE(ground.mode().has_value());
}

TEST_CASE("a root without a way back is told as such") {
    const EngineBench bench;
    CHECK(rows_of(must(run_mode(bench.engine, {.validate_only = true}))) == "no-way-back ");
}

TEST_CASE("the mode is begun whatever the database is like") {
    ModeBench ground;
    for (const char *const folder : {"var/lib/multios", ".multios-stage/state"}) {
        const auto opened = ground.bench.twin.root()->open_directory(folder, mos::base::Symlinks::refuse);
        if (!opened)
            continue;
        for (const mos::base::DirectoryEntry &entry : must((*opened)->list()))
            if (entry.name.find("state") != std::string::npos && entry.type == mos::base::FileType::regular)
                must(mos::base::replace_file(**opened, entry.name, mos::base::as_bytes("no database"), 0600));
    }
    const auto told = must(run_mode(ground.bench.engine, {.validate_only = true}));
    CHECK(rows_of(told).find("database-damaged") != std::string::npos);
    CHECK(rows_of(told).find("no-way-back") != std::string::npos);
    CHECK(rows_of(must(ground.begin(true))) == "not-stopped ");
    CHECK(ground.mode().has_value());
}

TEST_CASE("whatever stands there counts as begun, be it damaged, is told as such, and can be ended") {
    const auto put = [](const ModeBench &ground, int kind) {
        const auto folder = must(ground.bench.twin.root()->open_directory(mos::engine::state_path, Symlinks::refuse));
        constexpr const char *name = "recovery-mode";
        if (kind == 0)
            return must(folder->make_directory(name, 0700));
        if (kind == 1)
            return must(folder->make_symlink(name, "/etc/passwd"));
        const std::array<std::string, 4> texts = {"", "{\"since\": 7, \"stopped\": [1, {}]}", "\xff[",
                                                  std::string(2U << 20U, ' ')};
        ground.put_record(texts.at(static_cast<std::size_t>(kind) - 2));
    };
    for (int kind = 0; kind < 6; ++kind) {
        ModeBench ground;
        put(ground, kind);
        REQUIRE(ground.mode().has_value());
        CHECK(ground.mode()->is_damaged);
        CHECK(refusal(ground.bench.install("p", "1", simple("one"))) == Code::RECOVERY_MODE);
        const auto rows = must(mos::engine::recovery_mode_report(*ground.bench.engine));
        CHECK(rows.front().object.empty());
        CHECK(says_of(rows.front(), "is damaged"));
        const auto findings = must(mos::engine::examine_root(*ground.bench.engine));
        CHECK(std::ranges::count(findings, "recovery-mode-damaged", &mos::engine::Finding::kind) == 1);
        must(ground.end());
        CHECK_FALSE(ground.mode().has_value());
        put(ground, kind);
        must_work(ground);
    }
}

TEST_CASE("a wish that contradicts itself, and a reason without end, are refused") {
    const EngineBench bench;
    const auto both = mos::engine::make_recovery_mode_job(bench.engine, {.wish = Wish::end, .stop_services = true});
    CHECK(refusal(both) == Code::INVALID_ARGUMENT);
    const auto long_reason = mos::engine::make_recovery_mode_job(bench.engine, {.reason = std::string(1001, 'x')});
    CHECK(refusal(long_reason) == Code::LIMIT);
}

TEST_CASE("elsewhere than on the running system ending the mode names what is to run, and starts nothing") {
    ModeBench ground;
    must(ground.begin(true));
    const auto rescue = ground.bench.open();  // no services of its own, and the root is not its own
    const auto ended = must(run_mode(rescue, {.wish = Wish::end}));
    CHECK(ended.rows.empty());
    REQUIRE(ended.notices.size() == 1);
    CHECK(ended.notices.front().find("web.service") != std::string::npos);
    CHECK_FALSE(ground.mode().has_value());
}

TEST_CASE("a plan that is only shown tells that it would be refused") {
    ModeBench ground;
    must(ground.begin());
    Plan plan{ground.bench.engine};
    must(plan.install(ground.bench.source("p", "1", simple("one")), {}));
    must(plan.resolve());
    REQUIRE_FALSE(plan.view()->notices.empty());
    CHECK(plan.view()->notices.back().find("recovery mode is on") != std::string::npos);
}

TEST_CASE("ending a mode that is not on is no error, and changes nothing") {
    ModeBench ground;
    CHECK(must(ground.end()).rows.empty());
    CHECK_FALSE(ground.mode().has_value());
}

TEST_CASE("beginning and ending are events, with the reason") {
    ModeBench ground;
    std::vector<mos::base::Event> events;
    const auto engine = ground.bench.open({.services = ground.services, .listener = [&](const mos::base::Event &event) {
                                               if (event.type == "recovery_mode_changed")
                                                   events.push_back(event);
                                           }});
    must(run_mode(engine, {.reason = "why not"}));
    must(run_mode(engine, {.wish = Wish::end}));
    REQUIRE(events.size() == 2);
    CHECK(events[0].payload == std::vector<mos::base::EventField>{{"mode", "on"}, {"reason", "why not"}});
    CHECK(events[1].payload == std::vector<mos::base::EventField>{{"mode", "off"}, {"reason", "why not"}});
}
