// Services of packages, reboots, and what is verified: what the engine does around a change.
#include "engine_bench.hpp"
#include "recording_services.hpp"

#include <mos/engine/report.hpp>

#include <algorithm>

using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::engine::Plan;
using mos::package::Service;
using Calls = RecordingServices::Calls;

namespace {

struct ServiceBench {
    ServiceBench() { bench.engine = bench.open({.services = services}); }

    [[nodiscard]] static Parts web(const std::string &version,
                                   Service::OnUpdate on_update = Service::OnUpdate::restart) {
        Parts parts{.manifest = manifest_of("web", version)};
        parts.manifest.package_info.type = "service";
        parts.manifest.service.on_update = on_update;
        ImageBuilder files;
        files.directory("usr").directory("usr/lib").directory("usr/lib/systemd").directory("usr/lib/systemd/system");
        files.file("usr/lib/systemd/system/web.service", version);
        files.file("usr/lib/systemd/system/web@.service", version);
        parts.files = files.image();
        return parts;
    }
    [[nodiscard]] Result<mos::engine::JobOutcome> install(const Parts &parts) {
        Plan plan{bench.engine};
        add(plan, parts);
        return EngineBench::run(plan);
    }
    void add(Plan &plan, const Parts &parts) const {
        must(plan.install(mos::base::make_memory_source(make_package(parts, {bench.publisher.signer()}), "p.mos"), {}));
    }

    std::shared_ptr<RecordingServices> services = std::make_shared<RecordingServices>();
    EngineBench bench;
};

class BootClock final : public mos::base::Clock {
  public:
    [[nodiscard]] std::int64_t now_unix_s() const override { return 1'764'000'000; }
    [[nodiscard]] std::int64_t monotonic_ms() const override { return 0; }
    [[nodiscard]] std::string boot_id() const override { return boot; }
    std::string boot = "first";
};

}  // namespace

TEST_CASE("the units that a service brings are read and started when it comes") {
    ServiceBench bench;
    must(bench.install(ServiceBench::web("1")));
    CHECK(bench.services->take() == Calls{"daemon-reload", "start web.service"});
    must(bench.bench.roll_back());
    CHECK(bench.services->take() == Calls{"stop web.service", "daemon-reload"});
}

TEST_CASE("a service that runs is restarted, reloaded or stopped for an update as its package says") {
    ServiceBench bench;
    must(bench.install(ServiceBench::web("1")));
    bench.services->active = {"web.service"};
    (void)bench.services->take();
    SUBCASE("restart") {
        must(bench.install(ServiceBench::web("2")));
        CHECK(bench.services->take() == Calls{"daemon-reload", "restart web.service"});
        must(bench.bench.roll_back());
        CHECK(bench.services->take() == Calls{"daemon-reload", "restart web.service"});
    }
    SUBCASE("reload") {
        must(bench.install(ServiceBench::web("2", Service::OnUpdate::reload)));
        CHECK(bench.services->take() == Calls{"daemon-reload", "reload web.service"});
    }
    SUBCASE("stop") {
        must(bench.install(ServiceBench::web("2", Service::OnUpdate::stop)));
        CHECK(bench.services->take() == Calls{"stop web.service", "daemon-reload", "start web.service"});
    }
    SUBCASE("nothing") {
        must(bench.install(ServiceBench::web("2", Service::OnUpdate::nothing)));
        CHECK(bench.services->take() == Calls{"daemon-reload"});
    }
    SUBCASE("one that does not run stays so") {
        bench.services->active.clear();
        must(bench.install(ServiceBench::web("2")));
        CHECK(bench.services->take() == Calls{"daemon-reload"});
    }
}

TEST_CASE("a plan says which units it stops, starts and restarts, and its digest holds them") {
    ServiceBench bench;
    must(bench.install(ServiceBench::web("1")));
    bench.services->active = {"web.service"};
    Plan plan{bench.bench.engine};
    bench.add(plan, ServiceBench::web("2", Service::OnUpdate::stop));
    must(plan.resolve());
    const std::vector<std::string> notices = plan.view()->notices;
    CHECK(std::ranges::count(notices, "'web.service' is stopped") == 1);
    CHECK(std::ranges::count(notices, "'web.service' is started") == 1);
    SUBCASE("what runs by now would be another plan") {
        bench.services->active.clear();
        (void)bench.services->take();
        const auto done = EngineBench::perform(plan);
        CHECK(refusal(done) == Code::PLAN_CHANGED);
        CHECK(bench.services->take().empty());
        CHECK(bench.bench.content("usr/lib/systemd/system", "web.service") == "1");
        Plan again{bench.bench.engine};
        bench.add(again, ServiceBench::web("2", Service::OnUpdate::stop));
        must(again.resolve());
        CHECK(again.view()->digest != plan.view()->digest);
    }
    SUBCASE("what is as it was is done") {
        (void)bench.services->take();
        must(EngineBench::perform(plan));
        CHECK(bench.services->take() == Calls{"stop web.service", "daemon-reload", "start web.service"});
    }
}

TEST_CASE("a service that does not come up again takes its update back, and runs in its old version") {
    ServiceBench bench;
    must(bench.install(ServiceBench::web("1")));
    bench.services->active = {"web.service"};
    (void)bench.services->take();
    bench.services->failing = "restart web.service";
    const auto failed = bench.install(ServiceBench::web("2"));
    CHECK(refusal(failed) == Code::REVERTED);
    CHECK(failed.error().full_message().find("the test does not want 'restart web.service'") != std::string::npos);
    CHECK(bench.bench.content("usr/lib/systemd/system", "web.service") == "1");
    CHECK(bench.services->take() ==
          Calls{"daemon-reload", "restart web.service", "daemon-reload", "restart web.service"});
}

TEST_CASE("a service that somebody has stopped since the update is not started by taking it back") {
    ServiceBench bench;
    must(bench.install(ServiceBench::web("1")));
    bench.services->active = {"web.service"};
    must(bench.install(ServiceBench::web("2")));
    bench.services->active.clear();
    (void)bench.services->take();
    must(bench.bench.roll_back());
    CHECK(bench.services->take() == Calls{"daemon-reload"});
}

TEST_CASE("units that an update drops are stopped, and run again when it is taken back") {
    ServiceBench bench;
    Parts two = ServiceBench::web("1");
    ImageBuilder files;
    files.directory("usr").directory("usr/lib").directory("usr/lib/systemd").directory("usr/lib/systemd/system");
    files.file("usr/lib/systemd/system/old.service", "1").file("usr/lib/systemd/system/web.service", "1");
    two.files = files.image();
    must(bench.install(two));
    bench.services->active = {"old.service", "web.service"};
    (void)bench.services->take();
    SUBCASE("the others are restarted") {
        must(bench.install(ServiceBench::web("2")));
        CHECK(bench.services->take() == Calls{"stop old.service", "daemon-reload", "restart web.service"});
        must(bench.bench.roll_back());
        CHECK(bench.services->take() == Calls{"daemon-reload", "start old.service", "restart web.service"});
    }
    SUBCASE("one that does not run is left alone") {
        bench.services->active = {"web.service"};
        must(bench.install(ServiceBench::web("2")));
        CHECK(bench.services->take() == Calls{"daemon-reload", "restart web.service"});
    }
    SUBCASE("a version that is no service drops all of them") {
        must(bench.install({.manifest = manifest_of("web", "2")}));
        CHECK(bench.services->take() == Calls{"stop old.service", "stop web.service", "daemon-reload"});
    }
}

TEST_CASE("a service is stopped before its package is removed") {
    ServiceBench bench;
    must(bench.install(ServiceBench::web("1")));
    bench.services->active = {"web.service"};
    (void)bench.services->take();
    Plan plan{bench.bench.engine};
    must(plan.remove({.name = "web"}));
    must(EngineBench::run(plan));
    CHECK(bench.services->take() == Calls{"stop web.service", "daemon-reload"});
    must(bench.bench.roll_back());
    CHECK(bench.services->take() == Calls{"daemon-reload", "start web.service"});
}

TEST_CASE("a change that needs a reboot is pending until the next boot") {
    EngineBench bench;
    const auto clock = std::make_shared<BootClock>();
    bench.engine = std::make_shared<mos::engine::Engine>(bench.twin.root(), mos::engine::Settings{}, clock);
    const auto install = [&](const std::string &version) {
        Parts parts{.manifest = manifest_of("kernel", version)};
        parts.manifest.update_info.reboot_required = true;
        ImageBuilder files;
        files.directory("boot").file("boot/kernel", version);
        parts.files = files.image();
        Plan plan{bench.engine};
        must(plan.install(mos::base::make_memory_source(make_package(parts, {bench.publisher.signer()}), "k"), {}));
        return must(EngineBench::run(plan)).reboot;
    };
    const auto pending = [&] {
        Calls rows;
        for (const auto &row : must(mos::engine::pending_reboots(*bench.engine)))
            rows.push_back(row.kind + " " + row.package + " " + row.object);
        return rows;
    };
    CHECK(pending().empty());
    CHECK(install("1") == "kernel");
    CHECK(pending() == Calls{"reboot kernel rp-1"});
    SUBCASE("the next boot clears it") {
        clock->boot = "second";
        CHECK(pending().empty());
        CHECK(install("2") == "kernel");
        CHECK(pending() == Calls{"reboot kernel rp-2"});
        clock->boot = "third";
        // Taking back what runs by now needs a reboot itself.
        CHECK(must(bench.roll_back()).reboot == "kernel");
        CHECK(pending() == Calls{"reboot kernel "});
        clock->boot = "fourth";
        CHECK(pending().empty());
    }
    SUBCASE("so does taking it back before that") {
        CHECK(must(bench.roll_back()).reboot.empty());
        CHECK(pending().empty());
    }
    SUBCASE("a boot that can't be told is no boot") {
        clock->boot = "";
        CHECK(pending().empty());
    }
}
