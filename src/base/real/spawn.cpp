#include "spawn.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>

namespace mos::base::real {

namespace {

// Above every number that the program gets: so an action never closes what a later one needs, also in a process that
// has closed its own standard output.
constexpr int first_free_number = 16;

struct Pipe {
    Descriptor ours;    // not blocking
    Descriptor theirs;  // at first_free_number or above
};

Result<Descriptor> duplicate_above(int number, std::string_view program) {
    Descriptor duplicate{::fcntl(number, F_DUPFD_CLOEXEC, first_free_number)};
    if (!duplicate.is_open())
        return system_error(errno, "give a descriptor to", program);
    return duplicate;
}

Result<Pipe> make_pipe(std::string_view program) {
    std::array<int, 2> ends = {-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return system_error(errno, "make a pipe for", program);
    const Descriptor written{ends[1]};
    Pipe pipe{Descriptor{ends[0]}, {}};
    if (::fcntl(pipe.ours.number(), F_SETFL, O_NONBLOCK) != 0)
        return system_error(errno, "read the pipe of", program);
    MOS_TRY(pipe.theirs, duplicate_above(written.number(), program));
    return pipe;
}

// The texts as the kernel takes them; they must outlive the pointers.
std::vector<char *> pointers_to(const std::vector<std::string> &texts) {
    std::vector<char *> pointers;
    pointers.reserve(texts.size() + 1);
    for (const std::string &text : texts)
        pointers.push_back(const_cast<char *>(text.c_str()));  // NOLINT(*-const-cast): posix_spawn() writes to none
    pointers.push_back(nullptr);
    return pointers;
}

// posix_spawn's two objects, for as long as they are needed. Their functions answer with the number of an error.
class Instructions {
  public:
    Instructions() {
        keep(::posix_spawn_file_actions_init(&m_actions));
        keep(::posix_spawnattr_init(&m_attributes));
    }
    Instructions(const Instructions &) = delete;
    Instructions &operator=(const Instructions &) = delete;
    ~Instructions() {
        ::posix_spawn_file_actions_destroy(&m_actions);
        ::posix_spawnattr_destroy(&m_attributes);
    }

    void give(const Descriptor &descriptor, int number) {
        keep(::posix_spawn_file_actions_adddup2(&m_actions, descriptor.number(), number));
    }

    void give_or_close(const Descriptor &descriptor, int number) {
        if (descriptor.is_open())
            give(descriptor, number);
        else
            keep(::posix_spawn_file_actions_addclose(&m_actions, number));
    }
    void close_from(int number) { keep(::posix_spawn_file_actions_addclosefrom_np(&m_actions, number)); }

    void give_empty_input() {
        keep(::posix_spawn_file_actions_addopen(&m_actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
    }

    // A session of its own: the terminal's Ctrl-C goes to the embedder alone, who cancels.
    void start_fresh() {
        sigset_t none = {};
        sigset_t all = {};
        sigemptyset(&none);
        sigfillset(&all);
        keep(::posix_spawnattr_setsigmask(&m_attributes, &none));
        keep(::posix_spawnattr_setsigdefault(&m_attributes, &all));
        keep(::posix_spawnattr_setflags(&m_attributes,
                                        POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID));
    }

    [[nodiscard]] Result<pid_t> start(const Command &command) const {
        const std::string &program = command.arguments.front();
        if (m_error != 0)
            return system_error(m_error, "prepare", program);
        const std::vector<char *> arguments = pointers_to(command.arguments);
        const std::vector<char *> environment = pointers_to(command.environment);
        pid_t process = -1;
        const int error =
            ::posix_spawn(&process, program.c_str(), &m_actions, &m_attributes, arguments.data(), environment.data());
        if (error != 0)
            return system_error(error, "start", program);
        return process;
    }

  private:
    void keep(int error) noexcept {
        if (m_error == 0)
            m_error = error;
    }

    posix_spawn_file_actions_t m_actions = {};
    posix_spawnattr_t m_attributes = {};
    int m_error = 0;  // the first
};

Result<void> check(const Command &command) {
    if (command.arguments.empty() || command.arguments.front().find('/') == std::string::npos)
        return Error{Code::INVALID_ARGUMENT, "a command must begin with the path of a program"};
    if (command.time_limit.count() <= 0)
        return Error{Code::INVALID_ARGUMENT,
                     "the time limit of " + in_quotes(command.arguments.front()) + " must be above 0"};
    for (const auto *texts : {&command.arguments, &command.environment}) {
        if (std::ranges::any_of(*texts, [](const std::string &text) { return text.find('\0') != std::string::npos; }))
            return Error{Code::INVALID_ARGUMENT,
                         "an argument of " + in_quotes(command.arguments.front()) + " has a NUL character in it"};
    }
    return {};
}

Result<Descriptor> descriptor_of(const Command &command) {
    if (command.directory == nullptr)
        return Descriptor{};
    const std::optional<int> number = command.directory->native_descriptor();
    if (!number)
        return Error{Code::UNSUPPORTED, in_quotes(command.arguments.front()) +
                                            " needs a directory of a real filesystem, not one in memory"};
    return duplicate_above(*number, command.arguments.front());
}

// -1 where the kernel has no pidfd (before Linux 5.3), or the program has ended and been forgotten already.
Descriptor watch(pid_t process) noexcept { return Descriptor{static_cast<int>(::syscall(SYS_pidfd_open, process, 0))}; }

}  // namespace

Result<Spawned> spawn(const Command &command) {
    MOS_CHECK(check(command));
    const std::string &program = command.arguments.front();
    MOS_TRY(const Descriptor directory, descriptor_of(command));
    MOS_TRY(Pipe output, make_pipe(program));
    Pipe report;
    if (command.report == ReportPipe::open) {
        MOS_TRY(report, make_pipe(program));
    }
    Instructions instructions;
    instructions.start_fresh();
    instructions.give_empty_input();
    instructions.give(output.theirs, STDOUT_FILENO);
    instructions.give(output.theirs, STDERR_FILENO);
    // A descriptor of the embedder's that exec does not close by itself would live on in the program.
    instructions.give_or_close(directory, root_descriptor_number);
    instructions.give_or_close(report.theirs, report_descriptor_number);
    instructions.close_from(report_descriptor_number + 1);
    MOS_TRY(const pid_t process, instructions.start(command));
    return Spawned{process, watch(process), std::move(output.ours), std::move(report.ours)};
}

}  // namespace mos::base::real
