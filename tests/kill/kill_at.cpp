// Runs a command and kills it at one of the system calls by which it changes files.
//
//   kill-at --report=FILE [--before=N | --after=N] -- COMMAND [ARGUMENT…]
//
// Calls are counted from 1, over all threads and all processes that the command starts. --before=N: the N-th has not
// happened when everybody dies by SIGKILL; --after=N: it has just returned. What other threads and processes have under
// way at that moment has happened or not, as when power is cut. Every call up to then stands in the report, one a line.
// The exit status is the command's, 128 and the signal's number when it died of one, and 125 when kill-at itself could
// not do its work.
#include "calls.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int own_failure = 125;
constexpr int not_started = 127;
constexpr int signalled = 128;
constexpr int system_call_stop = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD

struct Options {
    std::string report;
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    std::vector<char *> command;  // ends with NULL
};

std::string last_error() { return std::generic_category().message(errno); }

[[noreturn]] void die(const std::string &message) {
    fmt::print(stderr, "kill-at: {}\n", message);
    std::exit(own_failure);  // NOLINT(concurrency-mt-unsafe): there is one thread
}

std::uint64_t read_number(std::string_view text, std::string_view argument) {
    std::uint64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || end != text.data() + text.size() || number == 0)
        die(fmt::format("'{}' needs a number from 1 on", argument));
    return number;
}

Options read_options(int count, char **arguments) {
    Options options;
    int i = 1;
    for (; i < count && std::string_view{arguments[i]} != "--"; ++i) {
        const std::string_view argument = arguments[i];
        const std::string_view value = argument.substr(std::min(argument.find('=') + 1, argument.size()));
        if (argument.starts_with("--report="))
            options.report = value;
        else if (argument.starts_with("--before="))
            options.before = read_number(value, argument);
        else if (argument.starts_with("--after="))
            options.after = read_number(value, argument);
        else
            die(fmt::format("does not know '{}'", argument));
    }
    for (++i; i <= count; ++i)
        options.command.push_back(arguments[i]);  // arguments[count] is NULL
    if (options.report.empty() || options.command.size() < 2)
        die("needs --report=FILE and a command behind '--'");
    return options;
}

// The command with all its tasks, which are threads and processes alike.
class Traced {
  public:
    explicit Traced(const Options &options) : m_options(options) {}

    void start();
    // Until nobody is left. The exit status of the command.
    int run();
    [[nodiscard]] const std::vector<std::string> &calls() const { return m_calls; }

  private:
    void stopped(pid_t task, int status);
    void at_call(pid_t task);
    void entered(pid_t task, const __ptrace_syscall_info &info);
    void kill_everybody();

    const Options &m_options;
    pid_t m_command = 0;
    pid_t m_awaited = 0;  // the task that dies when its call returns
    bool m_killed = false;
    std::set<pid_t> m_tasks;
    std::vector<std::string> m_calls;
};

void Traced::start() {
    m_command = ::fork();
    if (m_command < 0)
        die(fmt::format("can't start a process: {}", last_error()));
    if (m_command == 0) {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0)
            die(fmt::format("this machine forbids ptrace: {}", last_error()));
        static_cast<void>(::raise(SIGSTOP));
        ::execvp(m_options.command.front(), m_options.command.data());
        fmt::print(stderr, "kill-at: can't run '{}': {}\n", m_options.command.front(), last_error());
        ::_exit(not_started);
    }
    int status = 0;
    if (::waitpid(m_command, &status, 0) != m_command || !WIFSTOPPED(status))
        std::exit(own_failure);  // NOLINT(concurrency-mt-unsafe): there is one thread; the child has said why
    constexpr auto options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                             PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;
    if (::ptrace(PTRACE_SETOPTIONS, m_command, nullptr, options) != 0 ||
        ::ptrace(PTRACE_SYSCALL, m_command, nullptr, nullptr) != 0)
        die(fmt::format("this machine forbids ptrace: {}", last_error()));
    m_tasks.insert(m_command);
}

int Traced::run() {
    int exit_status = own_failure;
    while (!m_tasks.empty()) {
        int status = 0;
        const pid_t task = ::waitpid(-1, &status, __WALL);
        if (task < 0)
            die(fmt::format("lost the command: {}", last_error()));
        if (WIFSTOPPED(status)) {
            stopped(task, status);
            continue;
        }
        m_tasks.erase(task);
        if (task == m_command)
            exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : signalled + WTERMSIG(status);
    }
    return exit_status;
}

// Lets the task go on to its next stop, with the signal that it stopped for.
void Traced::stopped(pid_t task, int status) {
    int signal = WSTOPSIG(status);
    const bool is_event = status >> 16 != 0;
    const bool is_new = m_tasks.insert(task).second;  // stops once by itself; its creator's event may come later
    if (is_new && m_killed)
        static_cast<void>(::kill(task, SIGKILL));  // a process that was just being made
    if (signal == system_call_stop)
        at_call(task);
    if (signal == system_call_stop || is_event || is_new)
        signal = 0;
    // Fails only where somebody has killed the task meanwhile, and then waitpid() tells.
    static_cast<void>(::ptrace(PTRACE_SYSCALL, task, nullptr, signal));
}

void Traced::at_call(pid_t task) {
    __ptrace_syscall_info info = {};
    if (m_killed || ::ptrace(PTRACE_GET_SYSCALL_INFO, task, sizeof info, &info) <= 0)
        return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
        entered(task, info);
    else if (info.op == PTRACE_SYSCALL_INFO_EXIT && task == m_awaited)
        kill_everybody();
}

void Traced::entered(pid_t task, const __ptrace_syscall_info &info) {
    const auto &entry = info.entry;  // NOLINT(*-union-access): info.op said that it is this one
    auto call = kill_at::mutation({.task = task, .number = entry.nr, .arguments = entry.args});
    if (!call)
        return;
    m_calls.push_back(std::move(*call));
    if (m_calls.size() == m_options.before)
        kill_everybody();  // a task that dies at the entrance of a call does not make it
    if (m_calls.size() == m_options.after)
        m_awaited = task;
}

void Traced::kill_everybody() {
    m_killed = true;
    for (const pid_t task : m_tasks)
        static_cast<void>(::kill(task, SIGKILL));
}

}  // namespace

int main(int count, char **arguments) {
    const Options options = read_options(count, arguments);
    Traced traced{options};
    traced.start();
    const int exit_status = traced.run();
    std::ofstream report{options.report};
    for (const std::string &call : traced.calls())
        report << call << '\n';
    if (!report.flush())
        die(fmt::format("can't write '{}'", options.report));
    return exit_status;
}
