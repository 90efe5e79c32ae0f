// Scripts of packages: what they can't reach, and what becomes of them where a kernel or a container allows less.
#include "script_bench.hpp"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

using namespace mos::install;
using namespace mos::test;
using mos::Code;
using namespace std::chrono_literals;

TEST_CASE("a script sees its own folder in the place of stages and recovery points, and can't write there") {
    if (!can_hide())
        return;
    ScriptBench bench;
    Script script =
        bench.script("echo $0; ls /.multios-stage; touch /.multios-stage/x || rm /.multios-stage/post-install "
                     "|| touch /etc/refused");
    SUBCASE("when it acts") { script.mode = ScriptMode::act; }
    SUBCASE("when its folder lies elsewhere") {
        std::filesystem::create_directories(bench.path("var/lib"));
        std::filesystem::rename(bench.path(ScriptBench::scripts), bench.path("var/lib/scripts"));
        script.folder = "var/lib/scripts";
    }
    must(bench.run(script));
    REQUIRE(bench.log.size() >= 2);
    CHECK(bench.log[0] == "/.multios-stage/post-install");
    CHECK(bench.log[1] == "post-install");
    CHECK(bench.has("etc/refused"));
    CHECK(bench.read(".multios-stage/6/old") == "a recovery point\n");
    CHECK(bench.has(script.folder + "/post-install"));
}

TEST_CASE("a root without stages has nothing to hide") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    Script script = bench.script("echo $0");
    std::filesystem::rename(bench.path(ScriptBench::scripts), bench.path("etc/scripts"));
    std::filesystem::remove_all(bench.path(".multios-stage"));
    script.folder = "etc/scripts";
    must(bench.run(script));
    CHECK(bench.log == std::vector<std::string>{"/etc/scripts/post-install"});
}

TEST_CASE("a script can't reach the database, also where the folder of it is a link's target") {
    if (!can_hide())
        return;
    ScriptBench bench;
    std::filesystem::create_directories(bench.path("data"));
    SUBCASE("a folder") { std::filesystem::create_directories(bench.path("var/lib")); }
    SUBCASE("behind a link that is absolute within the root") {
        std::filesystem::create_directories(bench.path("data/lib"));
        std::filesystem::create_symlink("/data", bench.path("var"));
    }
    const bool is_linked = std::filesystem::exists(bench.path("data/lib"));
    const std::string folder = is_linked ? "data/lib/multios" : "var/lib/multios";
    std::filesystem::create_directories(bench.path(folder));
    bench.write(folder + "/state.db", "what is installed\n");
    must(bench.run(bench.script("rm -rf /var/lib/multios /data/lib/multios; rm -f /var/lib/multios/state.db; "
                                "echo x > /var/lib/multios/state.db; touch /etc/made; exit 0")));
    CHECK(bench.has("etc/made"));
    CHECK(bench.read(folder + "/state.db") == "what is installed\n");
}

TEST_CASE("a script that is kept beside the database runs from its cover") {
    if (!can_hide())
        return;
    ScriptBench bench;
    Script script = bench.script("echo $0; ls /var/lib/multios");
    const std::string kept = "var/lib/multios/packages/webserver/scripts";
    std::filesystem::create_directories(bench.path("var/lib/multios/packages/webserver"));
    std::filesystem::rename(bench.path(ScriptBench::scripts), bench.path(kept));
    bench.write("var/lib/multios/state.db", "what is installed\n");
    script.folder = kept;
    std::string place = "/.multios-stage/post-install";
    SUBCASE("with stages") {}
    SUBCASE("without any stage") {
        std::filesystem::remove_all(bench.path(".multios-stage"));
        place = "/var/lib/multios/post-install";
    }
    must(bench.run(script));
    CHECK(bench.log == std::vector<std::string>{place, "post-install"});
}

TEST_CASE("a script that checks can't write anywhere but in a /tmp of its own") {
    if (!can_hide())
        return;
    ScriptBench bench;
    Script script =
        bench.script("for i in /etc/new /new /.multios-stage/new /bin/new; do touch $i && echo wrote $i; done\n"
                     "echo no > /etc/untouched; rm -f /etc/untouched; touch /tmp/x && echo in /tmp; exit 0");
    script.mode = ScriptMode::check;
    must(bench.run(script));
    CHECK(bench.log.back() == "in /tmp");
    for (const std::string &line : bench.log)
        CHECK(line.find("wrote") == std::string::npos);
    CHECK(bench.read("etc/untouched") == "as it was\n");
    CHECK_FALSE(bench.has("etc/new"));
    CHECK_FALSE(bench.has("tmp/x"));
    CHECK(refusal(bench.run([&] {
              Script no = bench.script("echo 'the disk is too small'; exit 1");
              no.mode = ScriptMode::check;
              return no;
          }())) == Code::SCRIPT_FAILED);
}

TEST_CASE("mounts below the root are read-only for a check as well, and stay writable for everybody else") {
    if (!can_hide())
        return;
    ScriptBench bench;
    std::filesystem::create_directories(bench.path("with blank"));
    const std::string place = bench.path("with blank");
    REQUIRE(::mount("tmpfs", place.c_str(), "tmpfs", 0, "size=1m") == 0);
    Script script = bench.script("touch '/with blank/x' && exit 1; exit 0");
    script.mode = ScriptMode::check;
    const auto result = bench.run(script);
    bench.write("with blank/ours", "still writable");
    const std::string ours = bench.read("with blank/ours");
    CHECK_FALSE(bench.has("with blank/x"));
    REQUIRE(::umount(place.c_str()) == 0);
    must(result);
    CHECK(ours == "still writable");
}

namespace {

// Runs `body` in a process, with all that it starts, to which the kernel refuses one system call with `number`.
template <class Body>
bool holds_without(long call, int number, const Body &body) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::array<sock_filter, 4> filter = {{
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(number)),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        }};
        const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
            ::_exit(2);
        ::_exit(body() ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("where mounts can't be separated a script acts unhidden, with a notice, and a check is refused") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    Script script = bench.script("echo $0; touch /etc/made");
    CHECK(holds_without(SYS_unshare, EPERM, [&] {
        const bool acted = bench.run(script).ok() && bench.observer.notices.size() == 1 &&
                           bench.observer.notices[0].find("can't be hidden from it") != std::string::npos &&
                           bench.log.front() == "/.multios-stage/7/scripts/post-install";
        script.mode = ScriptMode::check;
        const auto checked = bench.run(script);
        return acted && !checked &&
               checked.error().message().find("can't make the root read-only, and a check must not write") !=
                   std::string::npos;
    }));
    CHECK(bench.has("etc/made"));
}

TEST_CASE("where the root can't be changed nothing of a script runs") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    const Script script = bench.script("touch /etc/made");
    CHECK(holds_without(SYS_chroot, EPERM, [&] {
        const auto result = bench.run(script);
        return !result && result.error().code() == Code::SCRIPT_FAILED &&
               result.error().message().find("could not be run: can't change the root to") != std::string::npos;
    }));
    CHECK_FALSE(bench.has("etc/made"));
}

TEST_CASE("an older kernel makes each mount read-only by itself") {
    if (!can_hide())
        return;
    ScriptBench bench;
    std::filesystem::create_directories(bench.path("with blank"));
    const std::string place = bench.path("with blank");
    REQUIRE(::mount("tmpfs", place.c_str(), "tmpfs", 0, "size=1m") == 0);
    Script script = bench.script("for i in '/with blank/x' /etc/x /.multios-stage/x; do touch \"$i\" && exit 1; done; "
                                 "touch /tmp/x");
    script.mode = ScriptMode::check;
    const bool checked = holds_without(SYS_mount_setattr, ENOSYS, [&] { return bench.run(script).ok(); });
    script.mode = ScriptMode::act;
    const bool acted = holds_without(SYS_mount_setattr, ENOSYS, [&] {
        return bench.run(bench.script("touch /.multios-stage/x && exit 1; touch /etc/x")).ok();
    });
    REQUIRE(::umount(place.c_str()) == 0);
    CHECK(checked);
    CHECK(acted);
    CHECK(bench.has("etc/x"));
}

TEST_CASE("an embedder that ignores SIGCHLD hears of the end all the same") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    auto *const old = std::signal(SIGCHLD, SIG_IGN);
    const auto good = bench.run(bench.script("exit 0"));
    const auto bad = bench.run(bench.script("exit 4"));
    (void)std::signal(SIGCHLD, old);
    must(good);
    CHECK(message_of(bad).ends_with("exited with 4"));
}

TEST_CASE("a script ends with the embedder, also when that is killed") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    const Script script = bench.script("(setsid sleep 100 &); touch /etc/begun; sleep 100");
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        (void)bench.run(script);
        ::_exit(0);
    }
    const std::int64_t deadline = now() + 5'000;
    while (!bench.has("etc/begun") && now() < deadline)
        ::usleep(10'000);
    REQUIRE(bench.has("etc/begun"));
    CHECK(left_in(bench) >= 2);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (left_in(bench) > 0 && now() < deadline)
        ::usleep(10'000);
    CHECK(left_in(bench) == 0);
}

TEST_CASE("a script that kills its own session does not reach its helper") {
    if (!can_run_scripts())
        return;
    ScriptBench bench;
    CHECK(message_of(bench.run(bench.script("kill 0; sleep 1"))).ends_with("was killed by signal 15"));
}
