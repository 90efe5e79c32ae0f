// The ways of the running system, with a machine of files and programs that only seem to run.
#include <mos/engine/notifier.hpp>

#include "expect.hpp"
#include "seeming_processes.hpp"
#include "twin.hpp"

#include <set>

using namespace mos::test;
using mos::Code;
using mos::Error;
using mos::base::Command;
using mos::base::Ending;
using mos::engine::NoticeChannels;
using mos::engine::SystemNotifier;
using mos::engine::Told;
using mos::schedule::Notice;
using mos::schedule::NoticeKind;
using mos::schedule::NoticeLevel;
using mos::schedule::UserNoticeLevel;

namespace {

struct Machine {
    Twin twin;
    SeemingProcesses processes;
    UserNoticeLevel level = UserNoticeLevel::normal;

    void put(const std::string &folder, const std::string &name, const std::string &text = {}) const {
        const auto directory = must(mos::base::make_directories(*twin.root(), folder, mos::base::NewNames::unflushed));
        must(mos::base::replace_file(*directory, name, mos::base::as_bytes(text), 0644));
    }
    void session(const std::string &number, const std::string &user, const std::string &type,
                 const std::string &state = "active") const {
        put("run/systemd/sessions", number,
            "# This is private data. Do not parse.\nUID=" + user + "\nUSER=anna" + user + "\nSTATE=" + state +
                "\nTYPE=" + type + "\nCLASS=user\n");
        put("run/user/" + user, "bus");
    }
    void programs() const {
        put("usr/bin", "wall");
        put("usr/bin", "notify-send");
        put("usr/sbin", "runuser");
    }
    std::unique_ptr<SystemNotifier> notifier(NoticeChannels channels = {}, std::uint32_t own_user = 0) {
        return std::make_unique<SystemNotifier>(
            SystemNotifier::Ports{.system = twin.root(),
                                  .processes = processes,
                                  .level = [this](const std::string & /*user*/) { return level; },
                                  .own_user = own_user},
            channels);
    }
};

Notice notice(NoticeKind kind = NoticeKind::begun) {
    return {.kind = kind, .level = NoticeLevel::standard, .text = "The update of <w> 1 begins now."};
}

std::string channels_of(const std::vector<Told> &told) {
    std::string text;
    for (const Told &one : told)
        text += (text.empty() ? "" : ", ") + one.channel + (one.failure ? " failed" : "");
    return text;
}

}  // namespace

TEST_CASE("those at terminals are told by wall, with a limit of time") {
    Machine machine;
    machine.programs();
    CHECK(channels_of(machine.notifier()->tell(notice())) == "wall");
    REQUIRE(machine.processes.commands.size() == 1);
    const Command &command = machine.processes.commands.front();
    CHECK(command.arguments == std::vector<std::string>{"/usr/bin/wall", "The update of <w> 1 begins now."});
    CHECK(command.time_limit.count() > 0);
    CHECK(command.time_limit <= mos::engine::notifier_time);
    CHECK(channels_of(machine.notifier({.wall = false, .desktop = true})->tell(notice())).empty());
}

TEST_CASE("users with an active desktop are told on it, as themselves and by their own bus") {
    Machine machine;
    machine.programs();
    machine.session("1", "1000", "wayland");
    machine.session("2", "1000", "x11");  // the same user's
    machine.session("3", "1001", "tty");
    machine.session("4", "1002", "x11", "closing");
    machine.session("5", "1003", "x11");
    machine.put("run/systemd/sessions", "6", "UID=1004\nUSER=-u\nSTATE=active\nTYPE=x11\nCLASS=user\n");
    machine.put("run/systemd/sessions", "7.ref");
    CHECK(channels_of(machine.notifier({.wall = false})->tell(notice())) == "desktop of anna1000, desktop of anna1003");
    REQUIRE(machine.processes.commands.size() == 2);
    const Command &command = machine.processes.commands.front();
    CHECK(command.arguments == std::vector<std::string>{"/usr/sbin/runuser", "-u", "anna1000", "--",
                                                        "/usr/bin/notify-send", "--app-name=multios-update",
                                                        "--urgency=normal", "--", "System update",
                                                        "The update of &lt;w&gt; 1 begins now."});
    const std::set<std::string> environment{command.environment.begin(), command.environment.end()};
    CHECK(environment.contains("DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus"));
    CHECK(environment.contains("XDG_RUNTIME_DIR=/run/user/1000"));
}

TEST_CASE("a user's own level says what is shown to him") {
    Machine machine;
    machine.programs();
    machine.session("1", "1000", "wayland");
    machine.level = UserNoticeLevel::none;
    CHECK(channels_of(machine.notifier({.wall = false})->tell(notice())).empty());
    machine.level = UserNoticeLevel::low;
    CHECK(channels_of(machine.notifier({.wall = false})->tell(notice())).empty());
    CHECK(channels_of(machine.notifier({.wall = false})->tell(notice(NoticeKind::done))) == "desktop of anna1000");
    machine.level = UserNoticeLevel::high;
    machine.processes.commands.clear();
    CHECK(channels_of(machine.notifier({.wall = false})->tell(notice())) == "desktop of anna1000");
    CHECK(machine.processes.commands.front().arguments[6] == "--urgency=critical");
}

TEST_CASE("who is not root tells his own desktop alone, and needs nobody's name for it") {
    Machine machine;
    machine.programs();
    machine.session("1", "1000", "wayland");
    machine.session("2", "1001", "wayland");
    CHECK(channels_of(machine.notifier({.wall = false}, 1001)->tell(notice())) == "desktop of anna1001");
    CHECK(machine.processes.commands.front().arguments.front() == "/usr/bin/notify-send");
}

TEST_CASE("programs that are not there are a failure of their way alone, and looked for once") {
    Machine machine;
    machine.session("1", "1000", "wayland");
    const auto notifier = machine.notifier();
    const auto told = notifier->tell(notice());
    CHECK(channels_of(told) == "wall failed, desktop of anna1000 failed");
    CHECK(told[0].failure->message() == "there is no program 'wall' (util-linux, bsdutils)");
    CHECK(told[1].failure->message() == "there is no program 'notify-send (libnotify)'");
    CHECK(notifier->tell(notice()).empty());
    CHECK(machine.processes.commands.empty());
    Machine nobody;  // without a desktop nobody misses notify-send
    nobody.put("usr/bin", "wall");
    CHECK(channels_of(nobody.notifier()->tell(notice())) == "wall");
}

TEST_CASE("a program that fails is tried again, and one that hangs is not") {
    Machine machine;
    machine.programs();
    machine.session("1", "1000", "wayland");
    machine.session("2", "1001", "wayland");
    const auto notifier = machine.notifier();
    machine.processes.answer = ended(Ending::exited, 1, "wall: no terminals\n");
    auto told = notifier->tell(notice());
    CHECK(channels_of(told) == "wall failed, desktop of anna1000 failed, desktop of anna1001 failed");
    CHECK(told[0].failure->message() == "'/usr/bin/wall' has failed: wall: no terminals");
    machine.processes.answer = ended(Ending::timed_out);
    told = notifier->tell(notice());
    CHECK(channels_of(told) == "wall failed, desktop of anna1000 failed");
    CHECK(told[0].failure->message() == "'/usr/bin/wall' took too long, and was stopped");
    CHECK(notifier->tell(notice()).empty());
    machine.processes.answer = Error{Code::PERMISSION, "no"};
    CHECK(channels_of(machine.notifier()->tell(notice())).starts_with("wall failed"));
}
