#include <mos/schedule/facts.hpp>

#include "expect.hpp"
#include "seeming_processes.hpp"
#include "twin.hpp"

#include <cstring>
#include <string>

using namespace mos;
using namespace mos::schedule;
using mos::test::must;
using mos::test::refusal;
using mos::test::SeemingProcesses;
using mos::test::Twin;

namespace {

const std::string idle = "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 2 3\n";
const std::string busy = "cpu  150 0 100 850 0 0 0 0 50 0\n";  // half of the time; guests are users too
const std::string disk_before =
    "   8       0 sda 1 2 3 4 5 6 7 8 0 1000 12\n   7       0 loop0 1 2 3 4 5 6 7 8 0 9 1\n";
const std::string disk_after =
    "   8       0 sda 1 2 3 4 5 6 7 8 0 1060 12\n   7       0 loop0 1 2 3 4 5 6 7 8 0 999 1\n";

std::string login_record(std::int16_t type, std::int32_t process, const std::string &user) {
    std::string record(384, '\0');
    std::memcpy(record.data(), &type, sizeof type);
    std::memcpy(record.data() + 4, &process, sizeof process);
    user.copy(record.data() + 44, 32);
    return record;
}

// A machine of files.
struct Machine {
    Twin twin;
    SeemingProcesses processes;

    void put(const std::string &folder, const std::string &name, const std::string &text) {
        const auto root = twin.root();
        const auto directory = must(base::make_directories(*root, folder, base::NewNames::unflushed));
        must(base::remove_tree(*directory, name));
        must(must(directory->open_file(name, base::OpenMode::create_new))->write_at(0, base::as_bytes(text)));
    }
    Facts read(const Pause &pause = [](std::int64_t) { return Result<void>{}; }) {
        const auto root = twin.root();
        return must(SystemFacts{twin.root(), *root, processes}.read(pause));
    }
};

}  // namespace

TEST_CASE("the processors' use is what passed between two looks, without waiting for disks and guests") {
    const auto before = parse_cpu_times(idle);
    const auto after = parse_cpu_times(busy);
    REQUIRE(before);
    REQUIRE(after);
    CHECK(cpu_usage(*before, *after) == 50);
    CHECK_FALSE(cpu_usage(*after, *before));  // counters that go back
    CHECK_FALSE(cpu_usage(*before, *before));
    const auto waiting = parse_cpu_times("cpu 100 0 100 800 500");
    REQUIRE(waiting);
    CHECK(cpu_usage(*before, *waiting) == 0);
}

TEST_CASE("what is no line of processors says nothing") {
    for (const char *const text : {"", "cpu", "cpu 1 2 3", "cpu 1 2 x 4", "cpu0 1 2 3 4", "cpu -1 2 3 4",
                                   "cpu 18446744073709551615 1 1 1", "intr 5"})
        CHECK_FALSE(parse_cpu_times(text));
}

TEST_CASE("the busiest disk counts, and what is none does not") {
    CHECK(disk_usage(parse_disk_times(disk_before), parse_disk_times(disk_after), 200) == 30);
    CHECK(disk_usage(parse_disk_times(disk_before), parse_disk_times(disk_after), 10) == 100);  // late counters
    CHECK_FALSE(disk_usage(parse_disk_times(disk_before), parse_disk_times(disk_after), 0));
    CHECK_FALSE(disk_usage(parse_disk_times(disk_after), parse_disk_times(disk_before), 200));
    CHECK_FALSE(disk_usage({}, parse_disk_times(disk_after), 200));  // came meanwhile
    CHECK(parse_disk_times("nonsense\n8 0\n8 0 sda 1 2\n\n").empty());
}

TEST_CASE("memory in use is what is not available") {
    CHECK(parse_memory_usage("MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:   250 kB\n") == 75);
    CHECK_FALSE(parse_memory_usage("MemTotal: 1000 kB\n"));
    CHECK_FALSE(parse_memory_usage("MemTotal: 1000 kB\nMemAvailable: 2000 kB\n"));
    CHECK_FALSE(parse_memory_usage("MemTotal: 0 kB\nMemAvailable: 0 kB\n"));
}

TEST_CASE("pressure is rounded up: a little is not none") {
    CHECK(parse_pressure("some avg10=0.00 avg60=1.00 avg300=0.00 total=1\nfull avg10=0.00\n") == 0);
    CHECK(parse_pressure("some avg10=0.01 avg60=0.00") == 1);
    CHECK(parse_pressure("some avg10=99.99") == 100);
    CHECK(parse_pressure("some avg10=7") == 7);
    for (const char *const text : {"", "full avg10=1.00", "some avg60=1.00", "some avg10=x.00", "some avg10=1.x",
                                   "some avg10=101.00", "some avg10="})
        CHECK_FALSE(parse_pressure(text));
}

TEST_CASE("a session counts while a user is active in it") {
    CHECK(is_active_session("# This is private data\nUID=0\nACTIVE=1\nSTATE=active\nCLASS=user\n"));
    CHECK_FALSE(is_active_session("STATE=closing\nCLASS=user\n"));
    CHECK_FALSE(is_active_session("STATE=active\nCLASS=greeter\n"));
    CHECK_FALSE(is_active_session(""));
}

TEST_CASE("who is logged in is read from whole records alone") {
    const std::string text = login_record(7, 100, "ann") + login_record(2, 1, "reboot") + login_record(7, 0, "odd") +
                             login_record(7, 200, "") + login_record(7, 300, std::string(32, 'u')) + "the rest";
    const auto logins = parse_logins(base::as_bytes(text));
    REQUIRE(logins.size() == 2);
    CHECK(logins[0].process == 100);
    CHECK(logins[0].user == "ann");
    CHECK(logins[1].user == std::string(32, 'u'));
}

TEST_CASE("what the machine does not tell is not known") {
    Machine machine;
    const Facts facts = machine.read();
    CHECK_FALSE(facts.cpu_usage);
    CHECK_FALSE(facts.memory_usage);
    CHECK_FALSE(facts.disk_usage);
    CHECK_FALSE(facts.io_pressure);
    CHECK_FALSE(facts.active_sessions);
    CHECK_FALSE(facts.battery);
    CHECK_FALSE(facts.on_mains);
    CHECK_FALSE(facts.metered);
    CHECK(facts.features.empty());
    CHECK(facts.free_bytes);
}

TEST_CASE("a busy machine's files make its facts") {
    Machine machine;
    machine.twin.set_free_bytes(1U << 20U);
    machine.put("proc", "stat", idle);
    machine.put("proc", "diskstats", disk_before);
    machine.put("proc", "meminfo", "MemTotal: 1000 kB\nMemAvailable: 250 kB\n");
    machine.put("proc/pressure", "io", "some avg10=3.50\n");
    machine.put("sys/class/tpm/tpm0", "tpm_version_major", "2\n");
    std::int64_t paused = 0;
    const Facts facts = machine.read([&](std::int64_t ms) -> Result<void> {
        paused = ms;
        machine.put("proc", "stat", busy);
        return {};
    });
    CHECK(paused == sample_ms);
    CHECK(facts.cpu_usage == 50);
    CHECK(facts.memory_usage == 75);
    CHECK(facts.io_pressure == 4);
    CHECK_FALSE(facts.cpu_pressure);
    CHECK(facts.features == std::vector<std::string>{"tpm2"});
    CHECK(facts.free_bytes.value_or(0) > 0);
    CHECK(facts.free_bytes.value_or(0) <= 1 << 20);
}

TEST_CASE("a control group that is fuller than the machine is what counts") {
    Machine machine;
    machine.put("proc", "stat", idle);
    machine.put("proc", "meminfo", "MemTotal: 1000 kB\nMemAvailable: 900 kB\n");
    machine.put("proc/self", "cgroup", "0::/box/update\n");
    machine.put("sys/fs/cgroup/box", "memory.max", "1000\n");
    machine.put("sys/fs/cgroup/box", "memory.current", "800\n");
    machine.put("sys/fs/cgroup/box", "memory.stat", "anon 500\ninactive_file 200\n");
    machine.put("sys/fs/cgroup/box", "cpu.max", "1000000000 1\n");  // more than can be used
    machine.put("sys/fs/cgroup/box", "cpu.stat", "usage_usec 5\n");
    machine.put("sys/fs/cgroup/box/update", "memory.max", "max\n");
    machine.put("sys/fs/cgroup/box/update", "cpu.max", "1 1000000000\n");  // next to nothing
    machine.put("sys/fs/cgroup/box/update", "cpu.stat", "usage_usec 5\n");
    const Facts facts = machine.read([&](std::int64_t) -> Result<void> {
        machine.put("proc", "stat", busy);
        machine.put("sys/fs/cgroup/box/update", "cpu.stat", "usage_usec 100\n");
        return {};
    });
    CHECK(facts.memory_usage == 60);
    CHECK(facts.cpu_usage == 100);
}

TEST_CASE("whether the network is metered NetworkManager is asked, where there is one") {
    Machine machine;
    machine.processes.answer = test::ended(base::Ending::exited, 0, "u 3\n");
    CHECK_FALSE(machine.read().metered);
    CHECK(machine.processes.commands.empty());
    machine.put("run/NetworkManager", "conf", "");
    machine.put("usr/bin", "busctl", "");
    CHECK(machine.read().metered == true);
    REQUIRE(machine.processes.commands.size() == 1);
    CHECK(machine.processes.commands[0].arguments.back() == "Metered");
    machine.processes.answer = test::ended(base::Ending::timed_out);
    CHECK_FALSE(machine.read().metered);
    machine.processes.answer = Error{Code::IO, "no more processes"};
    CHECK_FALSE(machine.read().metered);
}

TEST_CASE("a reading can be cancelled while it waits") {
    Machine machine;
    const auto root = machine.twin.root();
    SystemFacts port{machine.twin.root(), *root, machine.processes};
    CHECK(refusal(port.read([](std::int64_t) -> Result<void> {
              return Error{Code::CANCELLED, "cancelled"};
          })) == Code::CANCELLED);
}

TEST_CASE("sessions are systemd's where it keeps them, else those logged in whose process lives") {
    Machine machine;
    machine.put("run", "utmp", login_record(7, 100, "ann") + login_record(7, 200, "bob"));
    machine.put("proc/200", "stat", "");
    CHECK(machine.read().active_sessions == 1);
    machine.put("run/systemd/sessions", "1", "STATE=active\nCLASS=user\n");
    machine.put("run/systemd/sessions", "2", "STATE=active\nCLASS=user\n");
    machine.put("run/systemd/sessions", "2.ref", "STATE=active\nCLASS=user\n");
    machine.put("run/systemd/sessions", "3", "STATE=closing\nCLASS=user\n");
    CHECK(machine.read().active_sessions == 2);
}

TEST_CASE("power is mains without a battery, and the emptiest battery with one") {
    Machine machine;
    machine.put("sys/class/power_supply/hidpp", "type", "Battery\n");
    machine.put("sys/class/power_supply/hidpp", "scope", "Device\n");
    machine.put("sys/class/power_supply/hidpp", "capacity", "5\n");
    Facts facts = machine.read();
    CHECK_FALSE(facts.battery);
    CHECK(facts.on_mains == true);
    machine.put("sys/class/power_supply/BAT0", "type", "Battery\n");
    machine.put("sys/class/power_supply/BAT0", "capacity", "80\n");
    machine.put("sys/class/power_supply/BAT1", "type", "Battery\n");
    machine.put("sys/class/power_supply/BAT1", "capacity", "40\n");
    machine.put("sys/class/power_supply/BAT2", "type", "Battery\n");
    machine.put("sys/class/power_supply/BAT2", "capacity", "many\n");
    machine.put("sys/class/power_supply/AC", "type", "Mains\n");
    machine.put("sys/class/power_supply/AC", "online", "0\n");
    facts = machine.read();
    CHECK(facts.battery == 40);
    CHECK(facts.on_mains == false);
    CHECK(facts.features == std::vector<std::string>{"battery"});
    machine.put("sys/class/power_supply/AC", "online", "1\n");
    CHECK(machine.read().on_mains == true);
}

TEST_CASE("the machine that this runs on can be read") {
    const auto root = must(base::open_root("/"));
    SystemFacts port{must(base::open_root("/")), *root, base::system_processes()};
    const Facts facts = must(port.read([](std::int64_t) { return Result<void>{}; }));
    CHECK(facts.free_bytes.value_or(0) > 0);
    CHECK(facts.memory_usage.value_or(50) <= 100);
}

TEST_CASE("a desktop is an active session of a user that is graphical") {
    const std::string session = "UID=1000\nUSER=anna\nSTATE=active\nTYPE=wayland\nCLASS=user\n";
    const auto desktop = parse_desktop_session(session);
    REQUIRE(desktop);
    CHECK(desktop->user == 1000);
    CHECK(desktop->name == "anna");
    for (const char *other : {"", "UID=1000\nUSER=anna\nSTATE=online\nTYPE=x11\nCLASS=user\n",
                              "UID=1000\nUSER=anna\nSTATE=active\nTYPE=tty\nCLASS=user\n",
                              "UID=1000\nUSER=gdm\nSTATE=active\nTYPE=x11\nCLASS=greeter\n",
                              "UID=-1\nUSER=anna\nSTATE=active\nTYPE=x11\nCLASS=user\n",
                              "UID=99999999999\nUSER=anna\nSTATE=active\nTYPE=x11\nCLASS=user\n",
                              "UID=1000\nUSER=\nSTATE=active\nTYPE=x11\nCLASS=user\n",
                              "UID=1000\nUSER=-c\nSTATE=active\nTYPE=x11\nCLASS=user\n"})
        CHECK_FALSE(parse_desktop_session(other));
}
