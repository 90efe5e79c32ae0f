// Several threads on one engine, several processes on one root: who waits, who is refused, and what a reader sees.
#include "capi_bench.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace mos::test::capi;

namespace {

constexpr int versions = 4;

std::string version_of(int number) { return std::to_string(number) + ".0"; }

// Threads may not use the test framework's checks: what goes wrong is counted.
struct Counts {
    std::atomic<int> installed = 0;
    std::atomic<int> refused = 0;
    std::atomic<int> read = 0;
    std::atomic<int> wrong = 0;
};

// The code, with the error freed.
int code_of(const std::function<int(mos_error **)> &call) {
    mos_error *error = nullptr;
    const int code = call(&error);
    mos_error_free(error);
    return code;
}

// Installs `path`, again and again while another one has the root.
void install_when_free(const Bench &bench, const std::string &path, Counts &counts) {
    for (;;) {
        mos_plan *made = nullptr;
        if (mos_plan_create(bench.engine.get(), &made, nullptr) != MOS_OK)
            return void(++counts.wrong);
        const Plan plan{made};
        mos_install_options options = MOS_INSTALL_OPTIONS_INIT;
        options.allow_downgrade = true;
        options.reinstall = true;
        int code =
            code_of([&](auto error) { return mos_plan_install_path(plan.get(), path.c_str(), &options, error); });
        mos_job *job = nullptr;
        if (code == MOS_OK)
            code = code_of([&](auto error) { return mos_plan_job(plan.get(), nullptr, &job, error); });
        const Job owned{job};
        if (code == MOS_OK)
            code = code_of([&](auto error) { return mos_job_run(job, nullptr, nullptr, error); });
        if (code == MOS_OK)
            return void(++counts.installed);
        // Somebody else's job has the root, or has changed it since the plan was made.
        if (code != MOS_E_LOCKED && code != MOS_E_PLAN_CHANGED)
            return void(++counts.wrong);
        ++counts.refused;
        std::this_thread::yield();
    }
}

// A history is whole: nothing but what was installed, the newest first.
void read_history(const Bench &bench, Counts &counts) {
    mos_history *made = nullptr;
    if (mos_history_open(bench.engine.get(), &made, nullptr) != MOS_OK)
        return void(++counts.wrong);
    const History history{made};
    mos_history_record record = MOS_HISTORY_RECORD_INIT;
    int records = 0;
    while (mos_history_next(history.get(), &record, nullptr) == MOS_OK)
        ++records;
    counts.wrong += records >= 1 && records <= 1 + 3 * versions ? 0 : 1;
    ++counts.read;
}

void read_version(const Bench &bench, Counts &counts) {
    char version[256] = {};
    const int code = mos_engine_installed_version(bench.engine.get(), "app", version, sizeof version, nullptr);
    bool known = false;
    for (int number = 0; number <= versions; ++number)
        known = known || version_of(number) == version;
    counts.wrong += code == MOS_OK && known ? 0 : 1;
    ++counts.read;
}

// A job of another process that has the root, and waits.
class OtherProcess {
  public:
    explicit OtherProcess(const Bench &bench, const std::string &path) {
        int ends[2] = {-1, -1};
        REQUIRE(::pipe(ends) == 0);
        m_pid = ::fork();
        REQUIRE(m_pid >= 0);
        if (m_pid == 0)
            hold(bench, path, ends[1]);
        ::close(ends[1]);
        char byte = 0;
        const bool ready = ::read(ends[0], &byte, 1) == 1;
        ::close(ends[0]);
        REQUIRE(ready);
    }
    OtherProcess(const OtherProcess &) = delete;
    OtherProcess &operator=(const OtherProcess &) = delete;
    ~OtherProcess() { kill(); }
    void kill() {
        if (m_pid <= 0)
            return;
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
        m_pid = 0;
    }
    [[nodiscard]] pid_t pid() const { return m_pid; }

  private:
    [[noreturn]] static void hold(const Bench &bench, const std::string &path, int ready) {
        const Plan plan = bench.plan();
        mos_job *job = nullptr;
        if (mos_plan_install_path(plan.get(), path.c_str(), nullptr, nullptr) != MOS_OK ||
            mos_plan_job(plan.get(), nullptr, &job, nullptr) != MOS_OK || mos_job_pause(job) != MOS_OK ||
            mos_job_start(job, nullptr) != MOS_OK)
            ::_exit(1);
        mos_progress progress = MOS_PROGRESS_INIT;
        while (mos_job_progress(job, &progress) == MOS_OK && progress.state != MOS_JOB_PAUSED)
            ::usleep(1000);
        if (::write(ready, "", 1) != 1)
            ::_exit(1);
        for (;;)
            ::pause();
    }
    pid_t m_pid = -1;
};

}  // namespace

TEST_CASE("eight threads install, read and recover with one engine, and each reader sees a whole state") {
    const Bench bench;
    bench.install(bench.pack(version_of(0), "content 0"));
    std::vector<std::string> packages;
    for (int number = 1; number <= versions; ++number)
        packages.push_back(bench.pack(version_of(number), "content " + std::to_string(number)));
    Counts counts;
    std::atomic<int> installing = 3;
    std::vector<std::thread> threads;
    threads.reserve(3);
    for (int i = 0; i < 3; ++i)
        threads.emplace_back([&] {
            for (const std::string &path : packages)
                install_when_free(bench, path, counts);
            --installing;
        });
    const auto while_installing = [&](const std::function<void()> &work) {
        threads.emplace_back([&installing, work] {
            do
                work();
            while (installing > 0);
        });
    };
    while_installing([&] { read_history(bench, counts); });
    while_installing([&] { read_history(bench, counts); });
    while_installing([&] { read_version(bench, counts); });
    while_installing([&] { read_version(bench, counts); });
    while_installing([&] {
        const int code = code_of([&](auto error) { return mos_engine_recover(bench.engine.get(), nullptr, error); });
        counts.wrong += code == MOS_OK || code == MOS_E_LOCKED ? 0 : 1;
    });
    for (std::thread &thread : threads)
        thread.join();
    CHECK(counts.wrong == 0);
    CHECK(counts.installed == 3 * versions);
    CHECK(counts.read > 8);
    // The last of each thread's installations is the last version.
    CHECK(bench.root.read("app/file") == "content " + std::to_string(versions));
}

TEST_CASE("a second installer is refused with the name of the first, and readers of other processes are not") {
    const Bench bench;
    bench.install(bench.pack("1.0", "one"));
    const std::string next = bench.pack("2.0", "two");
    const OtherProcess other{bench, next};
    const Plan plan = bench.plan();
    mos_error *error = nullptr;
    must(mos_plan_install_path(plan.get(), next.c_str(), nullptr, &error), error);
    const int code = mos_plan_resolve(plan.get(), &error);
    const ErrorHandle owned{error};
    CHECK(code == MOS_E_LOCKED);
    CHECK(std::string{mos_error_message(error)}.find("process " + std::to_string(other.pid())) != std::string::npos);
    char version[256] = {};
    CHECK(mos_engine_installed_version(bench.engine.get(), "app", version, sizeof version, nullptr) == MOS_OK);
    CHECK(std::string{version} == "1.0");
    CHECK(bench.root.read("app/file") == "one");
}

TEST_CASE("the root of a killed process is free at once, and what it had begun is cleaned up") {
    const Bench bench;
    bench.install(bench.pack("1.0", "one"));
    OtherProcess other{bench, bench.pack("2.0", "two")};
    other.kill();
    std::uint32_t recovered = 1;
    mos_error *error = nullptr;
    must(mos_engine_recover(bench.engine.get(), &recovered, &error), error);
    CHECK(recovered == 0);
    bench.install(bench.pack("3.0", "three"));
    CHECK(bench.root.read("app/file") == "three");
    // The recovery point of each of the two installations, the copy of the database, and nothing else.
    std::set<std::string> stages;
    for (const auto &entry : std::filesystem::directory_iterator{bench.root.at(".multios-stage")})
        stages.insert(entry.path().filename());
    CHECK(stages == std::set<std::string>{"1", "2", "copy"});
}
