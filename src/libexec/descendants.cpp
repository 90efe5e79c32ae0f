#include "descendants.hpp"

#include <mos/base/clock.hpp>

#include "descriptor.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <memory>
#include <optional>
#include <sched.h>
#include <set>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mos::libexec {

namespace {

using base::real::Descriptor;

constexpr std::int64_t longest_kill_ms = 4'000;  // less than the library waits before it kills us
constexpr useconds_t pause_us = 2'000;
constexpr std::size_t stat_bytes = 1024;

struct CloseFolder {
    void operator()(DIR *folder) const noexcept { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

std::optional<pid_t> parse_number(std::string_view text) {
    pid_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

// proc(5): "PID (COMMAND) STATE PARENT …"; the command may hold blanks and brackets.
std::optional<pid_t> parent_of(pid_t process) {
    const std::string path = "/proc/" + std::to_string(process) + "/stat";
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::string line(stat_bytes, '\0');
    const ssize_t count = ::read(file.number(), line.data(), line.size());
    if (count <= 0)
        return std::nullopt;
    line.resize(static_cast<std::size_t>(count));
    const std::size_t parent = line.rfind(')') + 4;  // ") S "
    const std::size_t end = line.find(' ', std::min(parent, line.size()));
    if (end == std::string::npos)
        return std::nullopt;
    return parse_number(std::string_view{line}.substr(parent, end - parent));
}

std::map<pid_t, pid_t> parents_of_all() {
    std::map<pid_t, pid_t> parents;
    const Folder folder{::opendir("/proc")};
    while (folder) {
        const dirent *entry = ::readdir(folder.get());
        if (entry == nullptr)
            break;
        const std::optional<pid_t> process = parse_number(entry->d_name);
        if (!process)
            continue;
        if (const std::optional<pid_t> parent = parent_of(*process))
            parents.emplace(*process, *parent);
    }
    return parents;
}

bool is_descendant(const std::map<pid_t, pid_t> &parents, pid_t process) {
    const pid_t self = ::getpid();
    // A chain that is being changed while it is read may even be a ring: it is no longer than there are processes.
    for (std::size_t step = 0; step < parents.size(); ++step) {
        const auto found = parents.find(process);
        if (found == parents.end())
            return false;
        if (found->second == self)
            return true;
        process = found->second;
    }
    return false;
}

std::map<pid_t, pid_t> descendants() {
    std::map<pid_t, pid_t> parents = parents_of_all();
    std::map<pid_t, pid_t> found;
    for (const auto &[process, parent] : parents) {
        if (is_descendant(parents, process))
            found.emplace(process, parent);
    }
    return found;
}

// Only while the number still belongs to the process that was seen: a descendant's may be a stranger's by now. The
// descriptor is opened first, so that what is read afterwards is about the process that gets the signal.
void send(pid_t process, pid_t parent, int signal) {
    const Descriptor watch{static_cast<int>(::syscall(SYS_pidfd_open, process, 0))};
    const bool is_unsupported = !watch.is_open() && errno == ENOSYS;
    if (parent_of(process) != parent)
        return;
    if (watch.is_open())
        (void)::syscall(SYS_pidfd_send_signal, watch.number(), signal, nullptr, 0);
    else if (is_unsupported)
        (void)::kill(process, signal);
}

// False once there is no child left, and with that no descendant.
bool reap() {
    pid_t reaped = 0;
    do {
        reaped = ::waitpid(-1, nullptr, WNOHANG);
    } while (reaped > 0);
    return reaped == 0 || errno != ECHILD;
}

// Stops all of them, so that none can start another one while they are being killed.
void stop_all(std::set<pid_t> &seen, std::int64_t deadline) {
    bool is_new = true;
    while (is_new && base::system_clock().monotonic_ms() < deadline) {
        is_new = false;
        for (const auto &[process, parent] : descendants()) {
            if (!seen.insert(process).second)
                continue;
            is_new = true;
            send(process, parent, SIGSTOP);
        }
    }
}

// What is chased may start others as fast as the machine can, and on a busy one we would get our share of it at best.
// Where it is not allowed to go first, the chase is as good as it can be.
void go_first() {
    sched_param lowest{};
    lowest.sched_priority = 1;
    (void)::sched_setscheduler(0, SCHED_FIFO, &lowest);
}

}  // namespace

Result<void> check_descendants_visible() {
    if (parent_of(::getpid()))
        return {};
    return Error{Code::UNSUPPORTED,
                 "scripts need '/proc' to be mounted: what they leave running can't be ended without"};
}

Result<std::size_t> kill_descendants() {
    const std::int64_t deadline = base::system_clock().monotonic_ms() + longest_kill_ms;
    go_first();
    std::set<pid_t> all;
    while (reap()) {
        if (base::system_clock().monotonic_ms() >= deadline)
            return Error{Code::IO, "a process that the script started can't be ended"};
        std::set<pid_t> round;
        stop_all(round, deadline);
        for (const auto &[process, parent] : descendants())
            send(process, parent, SIGKILL);
        all.merge(round);
        ::usleep(pause_us);
    }
    return all.size();
}

}  // namespace mos::libexec
