// Scripts of packages: one run of one script, confined to its root. docs/scripts.md says what a script can rely on.
#pragma once

#include <mos/base/process.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace mos::install {

inline constexpr std::chrono::seconds default_script_time{300};
inline constexpr std::size_t max_log_line_bytes = 1024;  // longer lines are cut into several
inline constexpr std::size_t max_log_lines = 10'000;     // of one run; the rest is counted and left out

enum class ScriptMode : std::uint8_t {
    check,  // the whole root is read-only: for a script that may only say yes or no
    act,    // the root is writable, all but stages and recovery points
};

struct Script {
    std::string name;    // of the file: "post-install"
    std::string folder;  // where it lies, a path beneath the root
    ScriptMode mode = ScriptMode::act;
    std::string package;                      // empty for one that is the system's own
    std::string action;                       // "install", "update", …: its first argument
    std::string version;                      // that is being installed, or removed: the second
    std::string old_version;                  // the third; empty where there is none
    std::chrono::milliseconds time_limit{0};  // its own; 0: that of the settings
    bool may_fail = false;                    // its failure is told, and is none of whatever called it
};

// Takes a script's output line by line, as it comes, without line breaks and printable.
using ScriptLog = std::function<void(std::string_view line)>;

// The program that confines a script, where this library was installed to look for it.
[[nodiscard]] std::string_view default_helper_path() noexcept;

struct ScriptSettings {
    std::string helper_path{default_helper_path()};
    std::chrono::milliseconds time_limit = default_script_time;
};

class ScriptRunner {
  public:
    // `processes` must outlive it.
    ScriptRunner(base::ProcessRunner &processes, ScriptSettings settings, ScriptLog log = {})
        : m_processes(processes), m_settings(std::move(settings)), m_log(std::move(log)) {}

    // Runs the script in `root` to its end; whatever it left running has been killed then. SCRIPT_FAILED when it said
    // no, was killed, or could not be started; the message names script, package, version and the last line that it
    // wrote, the cause holds up to 4 KiB of its output. SCRIPT_TIMEOUT when it had to be stopped. `observer` may
    // cancel, and is told where a script can't be kept away from stages and recovery points.
    [[nodiscard]] Result<void> run(base::Directory &root, const Script &script, base::Observer &observer);

  private:
    base::ProcessRunner &m_processes;
    const ScriptSettings m_settings;
    const ScriptLog m_log;
};

}  // namespace mos::install
