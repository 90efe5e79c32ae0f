// The kernel's and the machine's files, as text and records.
#include <mos/schedule/facts.hpp>

#include "kernel_text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace mos::schedule {

namespace {

constexpr std::size_t max_disks = 1000;
constexpr std::size_t max_logins = 100'000;

bool is_no_disk(std::string_view name) {
    constexpr std::array<std::string_view, 4> beginnings = {"loop", "ram", "zram", "fd"};
    return std::ranges::any_of(beginnings, [&](std::string_view beginning) { return name.starts_with(beginning); });
}

}  // namespace

std::optional<CpuTimes> parse_cpu_times(std::string_view text) {
    std::string_view line = take_line(text);
    if (take_word(line) != "cpu")
        return std::nullopt;
    // user nice system idle iowait irq softirq steal; guest times are in user's and nice's already.
    constexpr std::size_t columns = 8;
    constexpr std::size_t idle = 3;
    constexpr std::size_t iowait = 4;
    CpuTimes times;
    for (std::size_t i = 0; i < columns; ++i) {
        const std::string_view word = take_word(line);
        if (word.empty() && i > idle)
            break;  // an old kernel's
        const auto value = number(word);
        if (!value || *value > UINT64_MAX / full_percent / columns)
            return std::nullopt;
        times.total += *value;
        if (i != idle && i != iowait)
            times.busy += *value;
    }
    return times;
}

std::optional<std::int64_t> cpu_usage(const CpuTimes &before, const CpuTimes &after) {
    if (after.total < before.total || after.busy < before.busy)
        return std::nullopt;
    return percent(after.busy - before.busy, after.total - before.total);
}

std::vector<DiskTime> parse_disk_times(std::string_view text) {
    constexpr int words_between = 9;  // reads, merged, sectors, ms; writes, merged, sectors, ms; in flight
    std::vector<DiskTime> disks;
    while (!text.empty() && disks.size() < max_disks) {
        std::string_view line = take_line(text);
        const bool has_device = number(take_word(line)) && number(take_word(line));
        const std::string_view name = take_word(line);
        for (int i = 0; i < words_between; ++i)
            take_word(line);
        const auto busy_ms = number(take_word(line));
        if (has_device && busy_ms && !is_no_disk(name))
            disks.push_back({std::string{name}, *busy_ms});
    }
    return disks;
}

std::optional<std::int64_t> disk_usage(const std::vector<DiskTime> &before, const std::vector<DiskTime> &after,
                                       std::int64_t elapsed_ms) {
    std::optional<std::int64_t> most;
    if (elapsed_ms <= 0)
        return most;
    for (const DiskTime &now : after) {
        const auto then = std::ranges::find(before, now.name, &DiskTime::name);
        if (then == before.end() || now.busy_ms < then->busy_ms)
            continue;
        // The counters are brought up to date at the end of a request, so a disk may seem busier than there was time.
        const auto whole = static_cast<std::uint64_t>(elapsed_ms);
        const auto usage = percent(std::min(now.busy_ms - then->busy_ms, whole), whole);
        if (usage)
            most = std::max(most.value_or(0), *usage);
    }
    return most;
}

std::optional<std::int64_t> parse_memory_usage(std::string_view text) {
    std::optional<std::uint64_t> total;
    std::optional<std::uint64_t> available;
    while (!text.empty() && !(total && available)) {
        std::string_view line = take_line(text);
        const std::string_view name = take_word(line);
        if (name == "MemTotal:")
            total = number(take_word(line));
        else if (name == "MemAvailable:")
            available = number(take_word(line));
    }
    if (!total || !available || *available > *total)
        return std::nullopt;
    return percent(*total - *available, *total);
}

std::optional<std::int64_t> parse_pressure(std::string_view text) {
    std::string_view line = take_line(text);
    if (take_word(line) != "some")
        return std::nullopt;
    constexpr std::string_view key = "avg10=";
    std::string_view word = take_word(line);
    if (!word.starts_with(key))
        return std::nullopt;
    word.remove_prefix(key.size());
    const std::size_t point = word.find('.');
    const auto whole = number(word.substr(0, point));
    const std::string_view fraction = point == std::string_view::npos ? "0" : word.substr(point + 1);
    const auto parts = number(fraction);
    if (!whole || !parts || *whole > full_percent)
        return std::nullopt;
    return static_cast<std::int64_t>(std::min(*whole + (*parts > 0 ? 1 : 0), full_percent));
}

bool is_active_session(std::string_view text) {
    bool is_active = false;
    bool is_user = false;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        is_active = is_active || line == "STATE=active";
        is_user = is_user || line == "CLASS=user";
    }
    return is_active && is_user;
}

std::optional<DesktopSession> parse_desktop_session(std::string_view text) {
    constexpr std::string_view user_key = "UID=";
    constexpr std::string_view name_key = "USER=";
    if (!is_active_session(text))
        return std::nullopt;
    DesktopSession session;
    bool is_graphical = false;
    std::optional<std::uint64_t> user;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        is_graphical = is_graphical || line == "TYPE=x11" || line == "TYPE=wayland" || line == "TYPE=mir";
        if (line.starts_with(user_key))
            user = number(line.substr(user_key.size()));
        else if (line.starts_with(name_key))
            session.name = line.substr(name_key.size());
    }
    if (!is_graphical || !user || *user > UINT32_MAX || session.name.empty() || session.name.front() == '-')
        return std::nullopt;
    session.user = static_cast<std::uint32_t>(*user);
    return session;
}

std::vector<LoginRecord> parse_logins(base::ByteView bytes) {
    constexpr std::size_t record_bytes = 384;
    constexpr std::size_t type_offset = 0;
    constexpr std::size_t process_offset = 4;
    constexpr std::size_t user_offset = 44;
    constexpr std::size_t user_bytes = 32;
    constexpr std::int16_t user_process = 7;
    std::vector<LoginRecord> logins;
    for (; bytes.size() >= record_bytes && logins.size() < max_logins; bytes = bytes.subspan(record_bytes)) {
        std::int16_t type = 0;
        LoginRecord login;
        std::memcpy(&type, bytes.data() + type_offset, sizeof type);
        std::memcpy(&login.process, bytes.data() + process_offset, sizeof login.process);
        const std::string_view user = base::as_text(bytes.subspan(user_offset, user_bytes));
        login.user = user.substr(0, user.find('\0'));
        if (type == user_process && login.process > 0 && !login.user.empty())
            logins.push_back(std::move(login));
    }
    return logins;
}

}  // namespace mos::schedule
