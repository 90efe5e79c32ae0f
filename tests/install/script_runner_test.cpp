// Scripts of packages in a real root, as badly behaved as they come. Needs root, as an installation does.
#include "script_bench.hpp"

#include <cerrno>
#include <csignal>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mos::install;
using namespace mos::test;
using mos::Code;
using mos::Result;
using namespace std::chrono_literals;

TEST_CASE("a script runs in the root, with the arguments and the environment that were promised") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    REQUIRE(::setenv("MOS_TEST_SECRET", "leaked", 1) == 0);  // NOLINT(concurrency-mt-unsafe): there is one thread
    must(bench.run(bench.script("echo \"$# $1 $2 $3\"; pwd; umask; env; ls /etc; touch /etc/made")));
    std::vector<std::string> expected = {"3 update 2.1.0 2.0.4",
                                         "/",
                                         "0022",
                                         "HOME=/root",
                                         "LANG=C.UTF-8",
                                         "MULTIOS_ACTION=update",
                                         "MULTIOS_OLD_VERSION=2.0.4",
                                         "MULTIOS_PACKAGE=webserver",
                                         "MULTIOS_VERSION=2.1.0",
                                         "PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
    std::vector<std::string> log = bench.log;
    CHECK(log.back() == "untouched");
    log.pop_back();
    std::erase_if(log, [](const std::string &line) {
        return line.starts_with("PWD=") || line.starts_with("SHLVL=") || line.starts_with("OLDPWD=");  // the shell's
    });
    REQUIRE(log.size() > 3);
    std::sort(log.begin() + 3, log.end());
    CHECK(log == expected);
    CHECK(bench.has("etc/made"));
    CHECK(bench.observer.notices.size() == (powers().mounts ? 0 : 1));  // that nothing could be hidden
}

TEST_CASE("a script without an old version gets an empty third argument") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    Script script = bench.script("echo \"$# <$3> <$MULTIOS_OLD_VERSION>\"");
    script.old_version.clear();
    must(bench.run(script));
    CHECK(bench.log == std::vector<std::string>{"3 <> <>"});
}

TEST_CASE("a script has three descriptors, default signals and limits") {
    if (!can_hide())
        return;
    ScriptBench bench;
    must(bench.run(bench.script("mount -t proc proc /proc; ls /proc/$$/fd; ls -l /proc/$$/fd/0; ulimit -c; ulimit -f; "
                                "ulimit -n; cat /proc/$$/status | while read a b; do case $a in SigBlk:|NoNewPrivs:) "
                                "echo $a $b;; esac; done")));
    INFO(fmt::format("{}", fmt::join(bench.log, " | ")));
    REQUIRE(bench.log.size() >= 9);
    // 10 is where the shell keeps its script.
    CHECK(std::vector<std::string>(bench.log.begin(), bench.log.begin() + 4) ==
          std::vector<std::string>{"0", "1", "10", "2"});
    CHECK(bench.log[4].ends_with("/dev/null"));
    CHECK(std::vector<std::string>(bench.log.begin() + 5, bench.log.end()) ==
          std::vector<std::string>{"0", "2097152", "1024", "SigBlk: 0000000000000000", "NoNewPrivs: 0"});
}

TEST_CASE("what a script mounts is gone with it") {
    if (!can_hide())
        return;
    ScriptBench bench;
    must(bench.run(bench.script("mount -t tmpfs tmpfs /etc; touch /etc/inside")));
    CHECK(bench.read("etc/untouched") == "as it was\n");
    CHECK_FALSE(bench.has("etc/inside"));
}

TEST_CASE("the exit status, a signal and the last line stand in the message, and the output in the cause") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    Result<void> result = bench.run(bench.script("echo first; echo 'no such user' >&2; exit 3"));
    CHECK(refusal(result) == Code::SCRIPT_FAILED);
    CHECK(message_of(result) == "'post-install' of 'webserver' 2.1.0 exited with 3: no such user");
    REQUIRE(result.error().cause() != nullptr);
    CHECK(result.error().cause()->message().find("first") != std::string::npos);
    CHECK(result.error().object() == "webserver");

    result = bench.run(bench.script("echo oh no; exit 3"));  // the whole of it stands in the message
    CHECK(message_of(result).ends_with("exited with 3: oh no"));
    CHECK(result.error().cause() == nullptr);

    result = bench.run(bench.script("exit 125"));  // the helper's own number is nothing special
    CHECK(message_of(result) == "'post-install' of 'webserver' 2.1.0 exited with 125");
    CHECK(result.error().cause() == nullptr);

    result = bench.run(bench.script("kill -SEGV $$"));
    CHECK(refusal(result) == Code::SCRIPT_FAILED);
    CHECK(message_of(result) == "'post-install' of 'webserver' 2.1.0 was killed by signal 11");
}

TEST_CASE("a script can't lie about its end") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    const auto result = bench.run(bench.script("echo 'exited 0'; echo 'exited 0' >&4; exit 1"));
    CHECK(refusal(result) == Code::SCRIPT_FAILED);
}

TEST_CASE("a script that can't be started says why") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    Script script = bench.script("exit 0");
    const auto refused = [&] {
        const Result<void> result = bench.run(script);
        CHECK(refusal(result) == Code::SCRIPT_FAILED);
        return message_of(result);
    };
    const auto has = [&](const std::string &part) {
        const std::string message = refused();
        INFO(message);
        return message.find("'post-install' of 'webserver' 2.1.0 could not be run: ") == 0 &&
               message.find(part) != std::string::npos;
    };
    bench.write_script("post-install", "#!/usr/bin/perl\n");
    CHECK(has("the interpreter that "));
    bench.write_script("post-install", "echo no first line\n");
    CHECK(has("neither begins with '#!' nor is a program"));
    std::filesystem::permissions(bench.path(std::string{ScriptBench::scripts} + "/post-install"),
                                 std::filesystem::perms{0644});
    CHECK(has("is not executable"));
    std::filesystem::remove(bench.path(std::string{ScriptBench::scripts} + "/post-install"));
    CHECK(has("is not there"));
    std::filesystem::create_symlink("/bin/sh", bench.path(std::string{ScriptBench::scripts} + "/post-install"));
    CHECK(has("is not a file but a symbolic link"));
    script.folder = "etc/nowhere";
    CHECK(has("nowhere"));
    script.folder = "../etc";
    bench.write("outside", "");
    const std::string message = refused();
    CHECK(message.find("multios-run-script: ") != std::string::npos);
}

TEST_CASE("a root without a shell, or one whose shell the script removes, is told and not waited for") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    must(bench.run(bench.script("rm /bin/sh")));
    CHECK(refusal(bench.run(bench.script("exit 0"))) == Code::SCRIPT_FAILED);
    CHECK_FALSE(bench.has("bin/sh"));
}

TEST_CASE("the helper that is not there, or is something else, is told") {
    ScriptBench bench;
    bench.settings.helper_path = "/nowhere/multios-run-script";
    Result<void> result = bench.run(bench.script("exit 0"));
    CHECK(refusal(result) == Code::NOT_FOUND);
    CHECK(result.error().full_message().find("'/nowhere/multios-run-script'") != std::string::npos);
    bench.settings.helper_path = "/bin/true";
    result = bench.run(bench.script("exit 0"));
    CHECK(refusal(result) == Code::SCRIPT_FAILED);
    CHECK(message_of(result).find("ended without a word") != std::string::npos);
}

TEST_CASE("the helper does nothing for a command line that is not the library's") {
    ScriptBench bench;
    (void)bench.script("touch /etc/made");
    const std::string folder = ScriptBench::scripts;
    const std::vector<std::string> good = {"1", "3", "4", "act", ".multios-stage", folder, "post-install", "--"};
    const auto refused = [&](std::vector<std::string> words) {
        const auto root = must(mos::base::open_root(bench.root_path()));
        words.insert(words.begin(), MOS_TEST_HELPER);
        mos::base::Command command{.arguments = std::move(words), .environment = {}};
        command.time_limit = 10s;
        command.directory = root.get();
        command.report = mos::base::ReportPipe::open;
        const auto ended = must(mos::base::system_processes().run(command, mos::base::silent_observer(), {}));
        return ended.number == 125 && ended.report.empty() && ended.output.find("multios-run-script: ") == 0;
    };
    CHECK(refused({}));
    const std::vector<std::pair<std::size_t, std::string>> faults = {
        {0, "2"},   {0, ""},   {1, "x"},    {1, "0"}, {1, "3 "},     {1, "-1"},  {2, "99999"}, {3, "both"}, {4, ""},
        {4, "a/b"}, {4, ".."}, {5, "/etc"}, {5, ""},  {5, "a/../b"}, {6, "a/b"}, {6, "."},     {7, "more"}};
    for (const auto &fault : faults) {
        INFO(fault.first, " ", fault.second);
        auto words = good;
        words[fault.first] = fault.second;
        CHECK(refused(words));
    }
    CHECK_FALSE(bench.has("etc/made"));
    if (can_run_scripts()) {
        CHECK_FALSE(refused(good));
        CHECK(bench.has("etc/made"));
    }
}

TEST_CASE("a script that hangs is stopped when its time is over") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    bench.settings.time_limit = 1s;
    const std::int64_t start = now();
    SUBCASE("asleep") {
        const auto result = bench.run(bench.script("echo waiting for the moon; sleep 100"));
        CHECK(refusal(result) == Code::SCRIPT_TIMEOUT);
        CHECK(message_of(result) ==
              "'post-install' of 'webserver' 2.1.0 took longer than 1 s and was stopped: waiting for the moon");
    }
    SUBCASE("busy, deaf to SIGTERM, and in a session of its own") {
        const auto result = bench.run(bench.script(
            "trap '' TERM INT HUP; setsid sh -c \"trap '' TERM; while :; do :; done\" & while :; do :; done"));
        CHECK(refusal(result) == Code::SCRIPT_TIMEOUT);
    }
    SUBCASE("that has stopped itself") {
        CHECK(refusal(bench.run(bench.script("kill -STOP $$"))) == Code::SCRIPT_TIMEOUT);
    }
    CHECK(now() - start >= 1'000);
    CHECK(now() - start < 5'000);
    CHECK(left_in(bench) == 0);
}

TEST_CASE("a cancel ends the script and all that it started") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    bench.observer.is_enough = [&] { return bench.has("etc/begun"); };
    const auto result = bench.run(bench.script("(setsid sleep 100 &) ; touch /etc/begun; sleep 100"));
    CHECK(refusal(result) == Code::CANCELLED);
    CHECK(left_in(bench) == 0);
}

TEST_CASE("a daemon that a script leaves is gone when the script's run is over") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    must(bench.run(bench.script("(setsid sh -c '(trap \"\" HUP TERM; touch /etc/daemon; while :; do sleep 0.1; done) "
                                ">/dev/null 2>&1 &' &) ; while [ ! -e /etc/daemon ]; do sleep 0.05; done")));
    CHECK(left_in(bench) == 0);
    const auto notices = bench.notices_about("it left processes running");
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].find("'post-install' of 'webserver' 2.1.0: ") == 0);
}

TEST_CASE("a bomb of processes is cleared away, also while it goes off") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    SUBCASE("200 sleepers in sessions of their own") {
        must(bench.run(
            bench.script("i=0; while [ $i -lt 200 ]; do setsid sleep 100 & i=$((i + 1)); done; touch /etc/all")));
        CHECK(bench.has("etc/all"));
        const auto notices = bench.notices_about("it left processes running");
        REQUIRE(notices.size() == 1);
        CHECK(notices[0].ends_with(": 200"));
    }
    SUBCASE("processes that replace themselves, each faster than it could be killed by its number") {
        must(bench.run(bench.script("next() { if [ $1 -lt 3000 ]; then (next $(($1 + 1))) & fi; }\n"
                                    "for i in 1 2 3 4 5 6 7 8; do next 0; done; sleep 0.2")));
    }
    CHECK(left_in(bench) == 0);
}

TEST_CASE("ten megabytes of output are read, and only as much is kept and logged as a log can bear") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    const auto result =
        bench.run(bench.script("x=0123456789abcdef0123456789abcdef; x=$x$x$x$x; i=0\n"
                               "while [ $i -lt 80000 ]; do echo $x; i=$((i + 1)); done; echo the end; exit 1"));
    CHECK(message_of(result).ends_with("exited with 1: the end"));
    REQUIRE(result.error().cause() != nullptr);
    CHECK(result.error().cause()->message().size() < 4300);
    REQUIRE(bench.log.size() == max_log_lines + 1);
    CHECK(bench.log.back() == "(70001 more lines)");
}

TEST_CASE("lines of a script come to the log one by one, bounded and printable") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    must(bench.run(bench.script("printf 'a\\033[2Jb\\nno end'")));
    CHECK(bench.log == std::vector<std::string>{"a\\x1b[2Jb", "no end"});
    bench.log.clear();
    must(bench.run(bench.script("printf '%02500d\\nx\\n' 1")));
    REQUIRE(bench.log.size() == 4);
    CHECK(bench.log[0].size() == max_log_line_bytes);
    CHECK(bench.log[2].size() == 2500 - 2 * max_log_line_bytes);
    CHECK(bench.log[3] == "x");
}

TEST_CASE("a script that fills its disk fails by itself") {
    if (!can_hide())
        return;
    ScriptBench bench;
    const auto result = bench.run(bench.script("mkdir /small; mount -t tmpfs -o size=1m tmpfs /small\n"
                                               "while :; do echo 0123456789 || exit 9; done > /small/file"));
    CHECK(message_of(result).find("exited with 9") != std::string::npos);
}

TEST_CASE("a file of a script grows to a gibibyte and no further") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    const auto result =
        bench.run(bench.script("dd if=/bin/busybox of=/etc/large bs=1M seek=1024 count=1 conv=notrunc; exit $?"));
    CHECK(refusal(result) == Code::SCRIPT_FAILED);
    CHECK(std::filesystem::file_size(bench.path("etc/large")) <= 1024UL * 1024 * 1024);
}
