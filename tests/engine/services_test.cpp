// Services of packages, reboots, and what is verified: what the engine does around a change.
#include "engine_bench.hpp"

#include <mos/engine/report.hpp>

using namespace mos::test;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::engine::Plan;
using mos::install::ServiceAction;
using mos::package::Service;
using Calls = std::vector<std::string>;

namespace {

class RecordingServices final : public mos::install::ServiceManager {
  public:
    [[nodiscard]] bool is_running_system() const noexcept override { return true; }
    [[nodiscard]] Result<void> act(ServiceAction action, std::string_view unit) override {
        std::string call{mos::install::service_action_name(action)};
        if (!unit.empty())
            call += " " + std::string{unit};
        calls.push_back(call);
        if (call == failing)
            return Error{Code::SERVICE_FAILED, "the test does not want '" + call + "'"};
        return {};
    }
    [[nodiscard]] Result<bool> is_active(std::string_view unit) override { return active.contains(std::string{unit}); }

    [[nodiscard]] Calls take() { return std::exchange(calls, {}); }
    Calls calls;
    std::set<std::string> active;
    std::string failing;
};

struct ServiceBench {
    ServiceBench() { bench.engine = bench.open({.services = services}); }

    [[nodiscard]] Parts web(const std::string &version,
                            Service::OnUpdate on_update = Service::OnUpdate::restart) const {
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
        MOS_CHECK(
            plan.install(mos::base::make_memory_source(make_package(parts, {bench.publisher.signer()}), "p.mos"), {}));
        return EngineBench::run(plan);
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
    must(bench.install(bench.web("1")));
    CHECK(bench.services->take() == Calls{"daemon-reload", "start web.service"});
    must(bench.bench.roll_back());
    CHECK(bench.services->take() == Calls{"stop web.service", "daemon-reload"});
}

TEST_CASE("a service that runs is restarted, reloaded or stopped for an update as its package says") {
    ServiceBench bench;
    must(bench.install(bench.web("1")));
    bench.services->active = {"web.service"};
    (void)bench.services->take();
    SUBCASE("restart") {
        must(bench.install(bench.web("2")));
        CHECK(bench.services->take() == Calls{"daemon-reload", "restart web.service"});
        must(bench.bench.roll_back());
        CHECK(bench.services->take() == Calls{"daemon-reload", "restart web.service"});
    }
    SUBCASE("reload") {
        must(bench.install(bench.web("2", Service::OnUpdate::reload)));
        CHECK(bench.services->take() == Calls{"daemon-reload", "reload web.service"});
    }
    SUBCASE("stop") {
        must(bench.install(bench.web("2", Service::OnUpdate::stop)));
        CHECK(bench.services->take() == Calls{"stop web.service", "daemon-reload", "start web.service"});
    }
    SUBCASE("nothing") {
        must(bench.install(bench.web("2", Service::OnUpdate::nothing)));
        CHECK(bench.services->take() == Calls{"daemon-reload"});
    }
    SUBCASE("one that does not run stays so") {
        bench.services->active.clear();
        must(bench.install(bench.web("2")));
        CHECK(bench.services->take() == Calls{"daemon-reload"});
    }
}

TEST_CASE("a service that does not come up again takes its update back, and runs in its old version") {
    ServiceBench bench;
    must(bench.install(bench.web("1")));
    bench.services->active = {"web.service"};
    (void)bench.services->take();
    bench.services->failing = "restart web.service";
    const auto failed = bench.install(bench.web("2"));
    CHECK(refusal(failed) == Code::REVERTED);
    CHECK(failed.error().full_message().find("the test does not want 'restart web.service'") != std::string::npos);
    CHECK(bench.bench.content("usr/lib/systemd/system", "web.service") == "1");
    CHECK(bench.services->take() ==
          Calls{"daemon-reload", "restart web.service", "daemon-reload", "restart web.service"});
}

TEST_CASE("a service that somebody has stopped since the update is not started by taking it back") {
    ServiceBench bench;
    must(bench.install(bench.web("1")));
    bench.services->active = {"web.service"};
    must(bench.install(bench.web("2")));
    bench.services->active.clear();
    (void)bench.services->take();
    must(bench.bench.roll_back());
    CHECK(bench.services->take() == Calls{"daemon-reload"});
}

TEST_CASE("units that an update drops are stopped, and run again when it is taken back") {
    ServiceBench bench;
    Parts two = bench.web("1");
    ImageBuilder files;
    files.directory("usr").directory("usr/lib").directory("usr/lib/systemd").directory("usr/lib/systemd/system");
    files.file("usr/lib/systemd/system/old.service", "1").file("usr/lib/systemd/system/web.service", "1");
    two.files = files.image();
    must(bench.install(two));
    bench.services->active = {"old.service", "web.service"};
    (void)bench.services->take();
    SUBCASE("the others are restarted") {
        must(bench.install(bench.web("2")));
        CHECK(bench.services->take() == Calls{"stop old.service", "daemon-reload", "restart web.service"});
        must(bench.bench.roll_back());
        CHECK(bench.services->take() == Calls{"daemon-reload", "start old.service", "restart web.service"});
    }
    SUBCASE("one that does not run is left alone") {
        bench.services->active = {"web.service"};
        must(bench.install(bench.web("2")));
        CHECK(bench.services->take() == Calls{"daemon-reload", "restart web.service"});
    }
    SUBCASE("a version that is no service drops all of them") {
        must(bench.install({.manifest = manifest_of("web", "2")}));
        CHECK(bench.services->take() == Calls{"stop old.service", "stop web.service", "daemon-reload"});
    }
}

TEST_CASE("a service is stopped before its package is removed") {
    ServiceBench bench;
    must(bench.install(bench.web("1")));
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

TEST_CASE("what was altered since it was installed is listed, and what scripts write is not") {
    EngineBench bench;
    ImageBuilder files;
    files.directory("etc").file("etc/conf", "c").directory("p");
    for (const char *name : {"p/content", "p/mode", "p/gone", "p/type", "p/same"})
        files.file(name, "content");
    files.symlink("p/link", "there");
    Parts parts{.manifest = manifest_of("p", "1"), .files = files.image()};
    Plan plan{bench.engine};
    must(plan.install(mos::base::make_memory_source(make_package(parts, {bench.publisher.signer()}), "p"), {}));
    must(EngineBench::run(plan));
    const auto differences = [&](std::optional<std::string> name = std::nullopt) {
        const auto job = must(mos::engine::make_verify_job(bench.engine, std::move(name)));
        must(job->run(nullptr));
        Calls rows;
        for (const auto &row : must(*job->result()).rows)
            rows.push_back(row.kind + " " + row.package + " " + row.object);
        return rows;
    };
    CHECK(differences().empty());
    const auto p = must(bench.twin.root()->open_directory("p", mos::base::Symlinks::refuse));
    const auto etc = must(bench.twin.root()->open_directory("etc", mos::base::Symlinks::refuse));
    must(must(p->open_file("content", mos::base::OpenMode::write))->write_at(0, mos::base::as_bytes("CONTENT")));
    must(must(etc->open_file("conf", mos::base::OpenMode::write))->write_at(0, mos::base::as_bytes("C")));
    must(p->set_mode("mode", 0600));
    must(p->remove_file("gone"));
    must(p->remove_file("type"));
    must(p->make_directory("type", 0755));
    must(p->remove_file("link"));
    must(p->make_symlink("link", "elsewhere"));
    CHECK(differences() == Calls{"configuration-content p etc/conf", "content p p/content", "missing p p/gone",
                                 "link-target p p/link", "mode p p/mode", "type p p/type"});
    const auto job = must(mos::engine::make_verify_job(bench.engine, "nobody"));
    must(job->run(nullptr));
    CHECK(refusal(*job->result()) == Code::NOT_INSTALLED);
}
