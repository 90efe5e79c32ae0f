// multios-run-script: runs one script of a package for libmultiosupdate, shut into the root, and ends with it whatever
// it started. A program of its own because a library can't fork, unshare or become a subreaper for its embedder.
#include "descendants.hpp"
#include "report.hpp"
#include "request.hpp"
#include "script.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mos::libexec {

namespace {

constexpr int own_failure = 125;    // exit status where the script was not run; the library reads the report
constexpr int signal_offset = 128;  // as a shell says it

sigset_t awaited_signals() {
    sigset_t signals = {};
    sigemptyset(&signals);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP})
        sigaddset(&signals, signal);
    return signals;
}

// The reader of our output is the library: when it is gone before we asked to be told, so is our parent.
bool is_abandoned() {
    pollfd output = {STDOUT_FILENO, 0, 0};
    return ::poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

Result<void> become_supervisor(const Request &request) {
    for (const int number : {request.root, request.report}) {
        if (::fcntl(number, F_SETFD, FD_CLOEXEC) != 0)
            return base::system_error(errno, "use the descriptor", std::to_string(number));
    }
    const sigset_t signals = awaited_signals();
    if (::sigprocmask(SIG_BLOCK, &signals, nullptr) != 0 ||  // NOLINT(concurrency-mt-unsafe): there is one thread
        ::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || ::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
        return base::system_error(errno, "supervise", "the script");
    if (is_abandoned())
        return Error{Code::CANCELLED, "the process that asked for the script is gone"};
    return check_descendants_visible();
}

// The script's wait status, or nullopt when we are to stop.
std::optional<int> wait_for(pid_t script) {
    const sigset_t signals = awaited_signals();
    while (true) {
        const int signal = ::sigwaitinfo(&signals, nullptr);
        if (signal < 0)
            continue;  // EINTR: stopped and continued
        if (signal != SIGCHLD)
            return std::nullopt;
        int status = 0;
        for (pid_t ended = ::waitpid(-1, &status, WNOHANG); ended > 0; ended = ::waitpid(-1, &status, WNOHANG)) {
            if (ended == script)
                return status;
        }
    }
}

int tell_end(const Report &report, const std::optional<int> &status) {
    if (!status) {
        report.stopped();
        return own_failure;
    }
    if (WIFSIGNALED(*status)) {
        report.signal(WTERMSIG(*status));
        return signal_offset + WTERMSIG(*status);
    }
    report.exited(WEXITSTATUS(*status));
    return WEXITSTATUS(*status);
}

void clean_up(const Report &report) {
    const Result<std::size_t> killed = kill_descendants();
    if (!killed)
        report.notice(killed.error().message());
    else if (*killed > 0)
        report.notice("it left processes running, which were killed: " + std::to_string(*killed));
}

int run(const Request &request) {
    const Report report{request.report};
    if (const Result<void> ready = become_supervisor(request); !ready) {
        report.failed(ready.error().full_message());
        return own_failure;
    }
    const pid_t script = ::fork();
    if (script < 0) {
        report.failed(base::system_error(errno, "start a process for", request.name).message());
        return own_failure;
    }
    if (script == 0) {
        report.failed(become_script(request, report).full_message());
        ::_exit(own_failure);
    }
    const std::optional<int> status = wait_for(script);
    clean_up(report);
    return tell_end(report, status);
}

}  // namespace

}  // namespace mos::libexec

namespace {

void complain(const char *what) { static_cast<void>(std::fprintf(stderr, "multios-run-script: %s\n", what)); }

}  // namespace

int main(int count, char **words) {
    try {
        const auto request =
            mos::libexec::parse_request({words + 1, static_cast<std::size_t>(count > 0 ? count - 1 : 0)});
        if (request)
            return mos::libexec::run(*request);
        complain(request.error().message().c_str());
    } catch (const std::exception &failure) {
        complain(failure.what());
    }
    return mos::libexec::own_failure;
}
