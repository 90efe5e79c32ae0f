#include <mos/schedule/control_group.hpp>

#include "kernel_text.hpp"

#include <mos/base/system_reader.hpp>

#include <algorithm>

namespace mos::schedule {

namespace {

constexpr const char *groups_folder = "sys/fs/cgroup";
constexpr std::size_t max_depth = 32;

std::string folder_of(const std::string &group) {
    return group.empty() ? groups_folder : std::string{groups_folder} + "/" + group;
}

// The process's own group first, the root ("") last.
std::vector<std::string> groups_of_this_process(base::SystemReader &reader) {
    std::vector<std::string> groups;
    const auto own = parse_control_group(reader.text("proc/self", "cgroup"));
    if (!own)
        return groups;
    std::string group = *own;
    while (!group.empty() && groups.size() < max_depth) {
        groups.push_back(group);
        const std::size_t slash = group.rfind('/');
        group.resize(slash == std::string::npos ? 0 : slash);
    }
    groups.emplace_back();
    return groups;
}

// The number behind a name, of lines of "name number".
std::optional<std::uint64_t> value_of(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        std::string_view line = take_line(text);
        if (take_word(line) == name)
            return number(take_word(line));
    }
    return std::nullopt;
}

}  // namespace

std::vector<GroupTime> read_group_times(base::Directory &system) {
    base::SystemReader reader{system};
    std::vector<GroupTime> times;
    for (const std::string &group : groups_of_this_process(reader)) {
        const std::string folder = folder_of(group);
        if (auto time = parse_group_time(reader.text(folder, "cpu.max"), reader.text(folder, "cpu.stat"))) {
            time->group = group;
            times.push_back(*std::move(time));
        }
    }
    return times;
}

std::optional<std::int64_t> group_cpu_usage(const std::vector<GroupTime> &before, const std::vector<GroupTime> &after,
                                            std::int64_t elapsed_us) {
    std::optional<std::int64_t> most;  // nullopt is below all
    if (elapsed_us <= 0)
        return most;
    for (const GroupTime &now : after) {
        const auto then = std::ranges::find(before, now.group, &GroupTime::group);
        if (then == before.end() || now.used_us < then->used_us)
            continue;
        // Of the periods that passed; what a group has saved up may let it use more for a moment.
        const auto elapsed = static_cast<std::uint64_t>(elapsed_us);
        if (now.allowed_us > UINT64_MAX / elapsed)
            continue;
        const std::uint64_t allowed = std::max<std::uint64_t>(now.allowed_us * elapsed / now.period_us, 1);
        most = std::max(most, percent(std::min(now.used_us - then->used_us, allowed), allowed));
    }
    return most;
}

std::optional<std::int64_t> read_group_memory_usage(base::Directory &system) {
    base::SystemReader reader{system};
    std::optional<std::int64_t> most;
    for (const std::string &group : groups_of_this_process(reader)) {
        const std::string folder = folder_of(group);
        most = std::max(most, parse_group_memory_usage(reader.text(folder, "memory.max"),
                                                       reader.text(folder, "memory.current"),
                                                       reader.text(folder, "memory.stat")));
    }
    return most;
}

std::optional<std::string> parse_control_group(std::string_view text) {
    constexpr std::string_view version_2 = "0::/";
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        // A process outside its namespace's root has a path with "..", which leads to nothing that can be read.
        if (line.starts_with(version_2) && line.find("..") == std::string_view::npos)
            return std::string{line.substr(version_2.size())};
    }
    return std::nullopt;
}

std::optional<GroupTime> parse_group_time(std::string_view limit, std::string_view statistics) {
    std::string_view line = take_line(limit);
    const auto allowed = number(take_word(line));  // or "max"
    const auto period = number(take_word(line));
    const auto used = value_of(statistics, "usage_usec");
    if (!allowed || !period || !used || *allowed == 0 || *period == 0)
        return std::nullopt;
    return GroupTime{.group = {}, .used_us = *used, .allowed_us = *allowed, .period_us = *period};
}

std::optional<std::int64_t> parse_group_memory_usage(std::string_view limit, std::string_view current,
                                                     std::string_view statistics) {
    const auto most = number(take_line(limit));  // or "max"
    const auto used = number(take_line(current));
    if (!most || !used)
        return std::nullopt;
    const std::uint64_t reclaimable = std::min(value_of(statistics, "inactive_file").value_or(0), *used);
    return percent(std::min(*used - reclaimable, *most), *most);
}

}  // namespace mos::schedule
