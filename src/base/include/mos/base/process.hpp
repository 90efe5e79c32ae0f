// The process port: runs one program to its end, and never longer than it may take.
//
// A test's double implements the same port and does to a twin's Directory what a program would do. Nothing of the
// embedding process is touched: not its signal handlers, masks, environment, working directory, or other children.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/base/observer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::base {

inline constexpr std::size_t max_report_bytes = 65536;
inline constexpr int root_descriptor_number = 3;    // where the program finds Command::directory
inline constexpr int report_descriptor_number = 4;  // where it writes its report

// Whether the program says what became of it on a pipe of its own, which nobody can mistake for its output, and which
// is believed where the embedding process, or its SIG_IGN for SIGCHLD, took the exit status.
enum class ReportPipe : std::uint8_t { none, open };

struct Command {
    std::vector<std::string> arguments;          // the first is the program's path; no search
    std::vector<std::string> environment;        // "NAME=value", complete: nothing is inherited
    std::chrono::milliseconds time_limit{0};     // must be above 0
    std::chrono::milliseconds stop_time{5'000};  // from the request to stop (SIGTERM) to SIGKILL
    std::size_t kept_output = 4096;              // how many bytes of the output's end are in Ended
    Directory *directory = nullptr;              // open for the program; must outlive the call
    ReportPipe report = ReportPipe::none;
};

enum class Ending : std::uint8_t {
    exited,
    killed,     // by a signal that we did not send
    timed_out,  // and was stopped
    unseen,     // somebody else in this process took the status; only a report can tell
};

struct Ended {
    Ending how = Ending::exited;
    int number = 0;          // exit status or signal
    std::string output;      // the last bytes of what it wrote, standard output and standard error in one
    bool shortened = false;  // it wrote more than that
    std::string report;      // at most max_report_bytes
};

// Takes what the program writes, as it comes and on the thread that called run(); may be empty.
using OutputSink = std::function<void(std::string_view chunk)>;

class ProcessRunner {
  public:
    ProcessRunner() = default;
    ProcessRunner(const ProcessRunner &) = delete;
    ProcessRunner &operator=(const ProcessRunner &) = delete;
    virtual ~ProcessRunner() = default;

    // Starts the program in a session of its own, with default signals, an empty signal mask, an empty standard input,
    // and no descriptor beyond those above, and returns when it has ended; what it started may live on. Asks
    // `observer.check_cancelled()` about ten times a second, and returns its error once the program has been stopped.
    // Errors: what starting it says (NOT_FOUND, PERMISSION, IO), INVALID_ARGUMENT for a command without a path, without
    // a time limit, or with a NUL in a string, UNSUPPORTED for a directory that only exists in memory.
    [[nodiscard]] virtual Result<Ended> run(const Command &command, Observer &observer, const OutputSink &output) = 0;
};

// The environment's PATH of a program that we start: the system's own folders.
inline constexpr const char *search_path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";

// The last line of an output that has something in it, printable and cut at 200 bytes: for a message. May be empty.
[[nodiscard]] std::string last_line(std::string_view output);

// Runs real programs. Thread-safe, lives for ever.
[[nodiscard]] ProcessRunner &system_processes() noexcept;

}  // namespace mos::base
