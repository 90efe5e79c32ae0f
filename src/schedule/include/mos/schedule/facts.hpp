// What the system is doing now, read from the kernel's and the machine's own files.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/base/process.hpp>
#include <mos/schedule/conditions.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::schedule {

// How long two looks at the counters of processors and disks lie apart.
inline constexpr std::int64_t sample_ms = 200;

// Waits so many milliseconds; an error, as CANCELLED, ends the reading.
using Pause = std::function<Result<void>(std::int64_t ms)>;

class FactsPort {
  public:
    FactsPort() = default;
    FactsPort(const FactsPort &) = delete;
    FactsPort &operator=(const FactsPort &) = delete;
    virtual ~FactsPort() = default;

    // What can't be read is not known, and no error; one is only what `pause` says.
    [[nodiscard]] virtual Result<Facts> read(const Pause &pause) = 0;
};

// Of the machine whose "/" is `system` (proc/stat, proc/diskstats, proc/meminfo, proc/pressure, sys/fs/cgroup,
// sys/class/power_supply, run/systemd/sessions or run/utmp), for a root whose volume is to have room. Processors and
// memory are as full as the fullest of the machine and of the control groups of this process. Whether the network is
// metered NetworkManager is asked for.
class SystemFacts final : public FactsPort {
  public:
    // `root` and `processes` are borrowed.
    SystemFacts(std::unique_ptr<base::Directory> system, base::Directory &root, base::ProcessRunner &processes)
        : m_system(std::move(system)), m_root(root), m_processes(processes) {}

    [[nodiscard]] Result<Facts> read(const Pause &pause) override;

  private:
    const std::unique_ptr<base::Directory> m_system;
    base::Directory &m_root;
    base::ProcessRunner &m_processes;
};

// Of the files' text, whoever wrote it. Each is nullopt, or says nothing, for what it does not understand.

struct CpuTimes {
    std::uint64_t busy = 0;
    std::uint64_t total = 0;
};
// /proc/stat, its first line (proc(5)): waiting for disks is not busy, and guests are counted once.
[[nodiscard]] std::optional<CpuTimes> parse_cpu_times(std::string_view text);
[[nodiscard]] std::optional<std::int64_t> cpu_usage(const CpuTimes &before, const CpuTimes &after);  // percent

struct DiskTime {
    std::string name;
    std::uint64_t busy_ms = 0;
};
// /proc/diskstats (the kernel's iostats.rst), without loop devices and memory disks.
[[nodiscard]] std::vector<DiskTime> parse_disk_times(std::string_view text);
// Of the busiest disk, in percent of the time between the two.
[[nodiscard]] std::optional<std::int64_t> disk_usage(const std::vector<DiskTime> &before,
                                                     const std::vector<DiskTime> &after, std::int64_t elapsed_ms);

// /proc/meminfo: what is not available, in percent.
[[nodiscard]] std::optional<std::int64_t> parse_memory_usage(std::string_view text);
// /proc/pressure/*: "some avg10", rounded up, so that a little is not none.
[[nodiscard]] std::optional<std::int64_t> parse_pressure(std::string_view text);

// A file of /run/systemd/sessions: whether it is a user's session that is active.
[[nodiscard]] bool is_active_session(std::string_view text);

// Of one that has a graphical desktop: whose it is.
struct DesktopSession {
    std::uint32_t user = 0;
    std::string name;
};
[[nodiscard]] std::optional<DesktopSession> parse_desktop_session(std::string_view text);

struct LoginRecord {
    std::int32_t process = 0;
    std::string user;
};
// utmp(5) of glibc on Linux: those who are logged in. What is left of a record at the end is passed over.
[[nodiscard]] std::vector<LoginRecord> parse_logins(base::ByteView bytes);

}  // namespace mos::schedule
