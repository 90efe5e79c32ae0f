// The process port on real programs: what a program gets, how it ends, and how it is stopped.
#include <mos/base/process.hpp>

#include "temporary_root.hpp"

#include <mos/base/clock.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace mos::base;
using mos::test::must;
using mos::test::refusal;
using mos::test::TemporaryRoot;
using namespace std::chrono_literals;

namespace {

Command shell(const std::string &text) {
    Command command;
    command.arguments = {"/bin/sh", "-c", text};
    command.environment = {"PATH=/usr/bin:/bin"};
    command.time_limit = 20s;
    return command;
}

Ended run(const Command &command, const OutputSink &sink = {}) {
    return must(system_processes().run(command, silent_observer(), sink));
}

// Cancels once it was asked a number of times.
class Canceller final : public Observer {
  public:
    explicit Canceller(int patience) : m_patience(patience) {}
    void report(const Progress & /*progress*/) override {}
    Result<void> checkpoint() override { return {}; }
    Result<void> check_cancelled() override {
        if (m_asked++ < m_patience)
            return {};
        return Error{Code::CANCELLED, "the test has had enough"};
    }
    void notice(std::string_view /*message*/) override {}
    [[nodiscard]] int asked() const noexcept { return m_asked; }

  private:
    const int m_patience;
    int m_asked = 0;
};

// "0 /dev/null", "1 pipe": what 'ls -l /proc/self/fd' shows, without the folder that ls itself has open.
std::vector<std::string> descriptors_in(const std::string &listing) {
    std::vector<std::string> found;
    std::istringstream lines{listing};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t arrow = line.find(" -> ");
        if (arrow == std::string::npos || line.find("/proc/", arrow) != std::string::npos)
            continue;
        const std::size_t number = line.rfind(' ', arrow - 1) + 1;
        const std::string target = line.substr(arrow + 4);
        found.push_back(line.substr(number, arrow - number) + ' ' + target.substr(0, target.find(':')));
    }
    return found;
}

std::int64_t now() { return system_clock().monotonic_ms(); }

bool is_alive(const std::string &process) { return ::kill(std::stoi(process), 0) == 0; }

std::uint64_t hex_after(const std::string &text, const std::string &label) {
    const std::size_t found = text.find(label);
    REQUIRE(found != std::string::npos);
    return std::stoull(text.substr(found + label.size()), nullptr, 16);
}

// The handling of a signal, put back at the end.
class Disposition {
  public:
    Disposition(int signal, void (*handler)(int)) : m_signal(signal), m_old(std::signal(signal, handler)) {}
    Disposition(const Disposition &) = delete;
    Disposition &operator=(const Disposition &) = delete;
    ~Disposition() { (void)std::signal(m_signal, m_old); }

  private:
    int m_signal;
    void (*m_old)(int);
};

}  // namespace

TEST_CASE("the exit status and both outputs come back") {
    const Ended ended = run(shell("echo out; echo err >&2; exit 3"));
    CHECK(ended.how == Ending::exited);
    CHECK(ended.number == 3);
    CHECK(ended.output == "out\nerr\n");
    CHECK_FALSE(ended.shortened);
    CHECK(ended.report.empty());
}

TEST_CASE("death by a signal is told from an exit") {
    const Ended ended = run(shell("kill -9 $$"));
    CHECK(ended.how == Ending::killed);
    CHECK(ended.number == SIGKILL);
}

TEST_CASE("a program gets the environment that it was given, and no other") {
    REQUIRE(::setenv("MOS_TEST_SECRET", "leaked", 1) == 0);  // NOLINT(concurrency-mt-unsafe): there is one thread
    Command command = shell("");
    command.arguments = {"/usr/bin/env"};
    command.environment = {"A=1", "B=two words"};
    CHECK(run(command).output == "A=1\nB=two words\n");
}

TEST_CASE("a program has the descriptors that it was given, and no other") {
    // One that exec would not close by itself, as an embedder may have, also where the directory is to be.
    const int leaking = ::open("/dev/null", O_RDONLY);
    REQUIRE(leaking >= 0);
    const int high = ::fcntl(leaking, F_DUPFD, 200);
    REQUIRE(high >= 200);
    Command command = shell("");
    command.arguments = {"/bin/ls", "-l", "/proc/self/fd"};
    CHECK(descriptors_in(run(command).output) == std::vector<std::string>{"0 /dev/null", "1 pipe", "2 pipe"});
    const TemporaryRoot temporary;
    const auto root = temporary.root();
    command.directory = root.get();
    command.report = ReportPipe::open;
    CHECK(descriptors_in(run(command).output) ==
          std::vector<std::string>{"0 /dev/null", "1 pipe", "2 pipe", "3 " + temporary.path(), "4 pipe"});
    command.directory = nullptr;
    CHECK(descriptors_in(run(command).output) == std::vector<std::string>{"0 /dev/null", "1 pipe", "2 pipe", "4 pipe"});
    ::close(high);
    ::close(leaking);
}

TEST_CASE("a program of an embedder without standard descriptors still has its own") {
    // In a child, because the test needs its own.
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        for (int number = 0; number < 3; ++number)
            ::close(number);
        Command command = shell("echo out; echo err >&2; echo said >&4");
        command.report = ReportPipe::open;
        const auto ended = system_processes().run(command, silent_observer(), {});
        ::_exit(ended && ended->output == "out\nerr\n" && ended->report == "said\n" ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("signals are at their defaults and none is blocked, whatever the embedder has") {
    const Disposition ignored{SIGPIPE, SIG_IGN};
    sigset_t blocked = {};
    sigset_t before = {};
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    REQUIRE(::pthread_sigmask(SIG_BLOCK, &blocked, &before) == 0);
    Command command = shell("");
    command.arguments = {"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"};
    const Ended ended = run(command);
    REQUIRE(::pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
    INFO(ended.output);
    // The C library leaves 32 and 33, which are its own, ignored; whoever uses them sets them.
    CHECK(hex_after(ended.output, "SigBlk:") == 0);
    CHECK((hex_after(ended.output, "SigIgn:") & 0x7fffffff) == 0);
}

TEST_CASE("output goes to the sink as it comes, and its end is kept") {
    std::size_t sum = 0;
    Command command = shell("i=0; while [ $i -lt 10240 ]; do printf '%01023d\\n' $i; i=$((i + 1)); done; echo last");
    command.kept_output = 100;
    const Ended ended = run(command, [&](std::string_view chunk) { sum += chunk.size(); });
    CHECK(sum == 10240 * 1024 + 5);
    CHECK(ended.shortened);
    CHECK(ended.output.size() == 100);
    CHECK(ended.output.ends_with("10239\nlast\n"));
    CHECK(last_line(ended.output) == "last");
}

TEST_CASE("the last line of an output is the last with something in it") {
    CHECK(last_line("").empty());
    CHECK(last_line(" \n\n").empty());
    CHECK(last_line("one") == "one");
    CHECK(last_line("one\ntwo\r\n \n") == "two");
    CHECK(last_line("a\x1b[2J\n") == "a\\x1b[2J");
    CHECK(last_line(std::string(5000, 'x')).size() == 200);
}

TEST_CASE("a program that takes too long is asked to stop, and then killed") {
    SUBCASE("one that obeys") {
        Command command = shell("trap 'echo bye; exit 0' TERM; echo $$; while :; do sleep 0.05; done");
        command.time_limit = 300ms;
        const std::int64_t start = now();
        const Ended ended = run(command);
        CHECK(ended.how == Ending::timed_out);
        CHECK(ended.output.ends_with("bye\n"));
        CHECK(now() - start < 3'000);
        CHECK_FALSE(is_alive(ended.output));
    }
    SUBCASE("one that does not") {
        Command command = shell("trap '' TERM; echo $$; while :; do sleep 0.05; done");
        command.time_limit = 200ms;
        command.stop_time = 300ms;
        const std::int64_t start = now();
        const Ended ended = run(command);
        CHECK(ended.how == Ending::timed_out);
        CHECK(now() - start >= 500);
        CHECK(now() - start < 4'000);
        CHECK_FALSE(is_alive(ended.output));
    }
    SUBCASE("one that floods its output") {
        Command command = shell("while :; do echo yes; done");
        command.time_limit = 300ms;
        CHECK(run(command).how == Ending::timed_out);
    }
}

TEST_CASE("a cancel stops the program, and is what the caller gets") {
    std::string process;
    Canceller observer{3};
    const auto ended =
        system_processes().run(shell("echo $$; sleep 60"), observer, [&](std::string_view chunk) { process += chunk; });
    CHECK(refusal(ended) == Code::CANCELLED);
    CHECK(observer.asked() == 4);
    CHECK_FALSE(is_alive(process));
}

TEST_CASE("what lives on with the output in its hands does not hold up the end") {
    const std::int64_t start = now();
    const Ended ended = run(shell("setsid sleep 30 & echo $!"));
    CHECK(ended.how == Ending::exited);
    CHECK(now() - start < 5'000);
    CHECK(is_alive(ended.output));
    ::kill(std::stoi(ended.output), SIGKILL);
}

TEST_CASE("a report is apart from the output, and bounded") {
    Command command = shell("echo out; echo report >&4; exit 1");
    command.report = ReportPipe::open;
    const Ended ended = run(command);
    CHECK(ended.output == "out\n");
    CHECK(ended.report == "report\n");
    command = shell("head -c 1000000 /dev/zero >&4");
    command.report = ReportPipe::open;
    CHECK(run(command).report.size() == max_report_bytes);
}

TEST_CASE("an embedder that ignores SIGCHLD loses the status, and nothing else") {
    const Disposition ignored{SIGCHLD, SIG_IGN};
    Command command = shell("echo out; echo said >&4; exit 3");
    command.report = ReportPipe::open;
    Ended ended = run(command);
    CHECK(ended.how == Ending::unseen);
    CHECK(ended.output == "out\n");
    CHECK(ended.report == "said\n");
    command = shell("echo $$; sleep 60");
    command.time_limit = 300ms;
    ended = run(command);
    CHECK(ended.how == Ending::timed_out);
    CHECK_FALSE(is_alive(ended.output));
}

TEST_CASE("other children of the embedder are left alone") {
    const pid_t other = ::fork();
    REQUIRE(other >= 0);
    if (other == 0)
        ::_exit(7);
    CHECK(run(shell("exit 0")).number == 0);
    int status = -1;
    REQUIRE(::waitpid(other, &status, 0) == other);
    CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("a throwing sink leaves no program behind") {
    std::string process;
    const auto sink = [&](std::string_view chunk) {
        process = chunk;
        throw std::bad_alloc{};
    };
    CHECK_THROWS_AS((void)system_processes().run(shell("echo $$; sleep 60"), silent_observer(), sink), std::bad_alloc);
    CHECK_FALSE(is_alive(process));
}

TEST_CASE("commands that can't be are refused before anything is started") {
    const auto refused = [](const Command &command) {
        return refusal(system_processes().run(command, silent_observer(), {}));
    };
    Command command = shell("exit 0");
    command.time_limit = 0ms;
    CHECK(refused(command) == Code::INVALID_ARGUMENT);
    command = shell("exit 0");
    command.arguments.clear();
    CHECK(refused(command) == Code::INVALID_ARGUMENT);
    command.arguments = {"sh"};
    CHECK(refused(command) == Code::INVALID_ARGUMENT);
    command = shell(std::string{"exit\0 1", 7});
    CHECK(refused(command) == Code::INVALID_ARGUMENT);
    command = shell("exit 0");
    command.environment = {std::string{"A=\0", 3}};
    CHECK(refused(command) == Code::INVALID_ARGUMENT);
    command.environment.clear();
    command.arguments = {"/nowhere/at/all"};
    CHECK(refused(command) == Code::NOT_FOUND);
    command.arguments = {"/etc/passwd"};
    CHECK(refused(command) == Code::PERMISSION);
}

TEST_CASE("programs run on several threads at once") {
    std::array<int, 4> numbers = {};
    std::vector<std::thread> threads;
    threads.reserve(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i)
        threads.emplace_back([&numbers, i] {
            for (int round = 0; round < 10; ++round) {
                const auto ended =
                    system_processes().run(shell("exit " + std::to_string(i + 1)), silent_observer(), {});
                numbers[i] += ended ? ended->number : 1000;
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    CHECK(numbers == std::array<int, 4>{10, 20, 30, 40});
}
