// How much of what its control groups allow a process has used: in a container, or a service with limits, that is what
// is scarce. Version 2 alone (the kernel's Documentation/admin-guide/cgroup-v2.rst): a group's limits hold for all
// below it, so each group from the process's own to the root is looked at, and the fullest counts.
#pragma once

#include <mos/base/filesystem.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::schedule {

// What a group that may not use all processors has used of them.
struct GroupTime {
    std::string group;             // "system.slice/multios-update.service", "" for the root
    std::uint64_t used_us = 0;     // of all its processors together
    std::uint64_t allowed_us = 0;  // in each period
    std::uint64_t period_us = 0;

    friend bool operator==(const GroupTime &, const GroupTime &) = default;
};

// Of the process that reads, on the machine whose "/" is `system`. Empty, or nullopt, where nothing is limited or
// known.
[[nodiscard]] std::vector<GroupTime> read_group_times(base::Directory &system);
[[nodiscard]] std::optional<std::int64_t> read_group_memory_usage(base::Directory &system);  // percent

// Of what the fullest group was allowed between the two, in percent.
[[nodiscard]] std::optional<std::int64_t> group_cpu_usage(const std::vector<GroupTime> &before,
                                                          const std::vector<GroupTime> &after, std::int64_t elapsed_us);

// Of the files' text; nullopt for what they do not understand, and for no limit.

// proc/self/cgroup: the path of the process's group, without the leading '/'.
[[nodiscard]] std::optional<std::string> parse_control_group(std::string_view text);
// cpu.max and cpu.stat.
[[nodiscard]] std::optional<GroupTime> parse_group_time(std::string_view limit, std::string_view statistics);
// memory.max, memory.current and memory.stat. Cached files that nobody used lately count as free: the kernel takes them
// back before it refuses anything.
[[nodiscard]] std::optional<std::int64_t> parse_group_memory_usage(std::string_view limit, std::string_view current,
                                                                   std::string_view statistics);

}  // namespace mos::schedule
