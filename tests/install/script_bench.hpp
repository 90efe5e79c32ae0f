// A root in which real scripts run: busybox, and what the tests put beside it.
#pragma once

#include "temporary_root.hpp"

#include <mos/base/clock.hpp>
#include <mos/install/script_runner.hpp>

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace mos::test {

// Whether this machine lets a process change its root, and have mounts of its own. Told once.
struct Powers {
    bool chroot = false;
    bool mounts = false;
};

inline const Powers &powers() {
    static const Powers found = [] {
        const auto may = [](const auto &attempt) {
            const pid_t child = ::fork();
            if (child == 0)
                ::_exit(attempt() ? 0 : 1);
            int status = 1;
            ::waitpid(child, &status, 0);
            return status == 0;
        };
        return Powers{
            .chroot = may([] { return ::chroot("/") == 0; }),
            .mounts = may([] {
                return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
            }),
        };
    }();
    return found;
}

inline bool can_run_scripts() {
    if (!powers().chroot)
        MESSAGE("skipped: this process may not change its root");
    return powers().chroot;
}

inline bool can_hide() {
    if (!powers().chroot || !powers().mounts)
        MESSAGE("skipped: this process may not have mounts of its own");
    return powers().chroot && powers().mounts;
}

// Remembers what it is told, and cancels when `is_enough` says so.
class ScriptObserver final : public base::Observer {
  public:
    void report(const base::Progress & /*progress*/) override {}
    [[nodiscard]] Result<void> checkpoint() override { return {}; }
    [[nodiscard]] Result<void> check_cancelled() override {
        if (is_enough && is_enough())
            return Error{Code::CANCELLED, "the test has had enough"};
        return {};
    }
    void notice(std::string_view message) override { notices.emplace_back(message); }

    std::function<bool()> is_enough;
    std::vector<std::string> notices;
};

class ScriptBench {
  public:
    static constexpr const char *scripts = ".multios-stage/7/scripts";

    ScriptBench() {
        namespace fs = std::filesystem;
        for (const char *folder : {"bin", "etc", "tmp", "proc", "dev", scripts, ".multios-stage/6"})
            fs::create_directories(path(folder));
        fs::copy_file(MOS_BUSYBOX, path("bin/busybox"));
        for (const char *name :
             {"sh", "cat", "dd", "env", "ln", "ls", "mkdir", "mount", "rm", "setsid", "sleep", "touch"})
            fs::create_symlink("busybox", path("bin") + "/" + name);
        write("dev/null", "");  // which the shell gives to what it starts in the background
        write("etc/untouched", "as it was\n");
        write(".multios-stage/6/old", "a recovery point\n");
    }

    [[nodiscard]] const std::string &root_path() const noexcept { return m_temporary.path(); }
    [[nodiscard]] std::string path(const std::string &name) const { return m_temporary.path() + "/" + name; }
    [[nodiscard]] bool has(const std::string &name) const { return std::filesystem::exists(path(name)); }

    void write(const std::string &name, const std::string &content) const {
        std::ofstream{path(name), std::ios::binary} << content;
    }
    [[nodiscard]] std::string read(const std::string &name) const {
        std::ifstream file{path(name), std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    // The script with `text` below its "#!" line, executable; as the engine would hand it over.
    [[nodiscard]] install::Script script(const std::string &text, const std::string &name = "post-install") const {
        write_script(name, "#!/bin/sh\n" + text + "\n");
        install::Script script;
        script.name = name;
        script.folder = scripts;
        script.package = "webserver";
        script.action = "update";
        script.version = "2.1.0";
        script.old_version = "2.0.4";
        return script;
    }
    void write_script(const std::string &name, const std::string &content) const {
        write(std::string{scripts} + "/" + name, content);
        std::filesystem::permissions(path(std::string{scripts} + "/" + name), std::filesystem::perms{0755});
    }

    [[nodiscard]] Result<void> run(const install::Script &script) {
        install::ScriptRunner runner{base::system_processes(), settings,
                                     [this](std::string_view line) { log.emplace_back(line); }};
        const auto root = m_temporary.root();
        return runner.run(*root, script, observer);
    }

    // The notices that say `part`.
    [[nodiscard]] std::vector<std::string> notices_about(std::string_view part) const {
        std::vector<std::string> found;
        for (const std::string &notice : observer.notices) {
            if (notice.find(part) != std::string::npos)
                found.push_back(notice);
        }
        return found;
    }

    install::ScriptSettings settings{.helper_path = MOS_TEST_HELPER, .time_limit = std::chrono::seconds{20}};
    ScriptObserver observer;
    std::vector<std::string> log;

  private:
    TemporaryRoot m_temporary;
};

inline std::int64_t now() { return mos::base::system_clock().monotonic_ms(); }

// The number of processes whose root is the bench's: all that its scripts left.
inline std::size_t left_in(const ScriptBench &bench) {
    std::size_t count = 0;
    for (const auto &entry : std::filesystem::directory_iterator{"/proc"}) {
        std::error_code ignored;
        const auto root = std::filesystem::read_symlink(entry.path() / "root", ignored);
        if (root == bench.root_path())
            ++count;
    }
    return count;
}

inline std::string message_of(const Result<void> &result) {
    REQUIRE_FALSE(result.ok());
    return result.error().message();
}

}  // namespace mos::test
