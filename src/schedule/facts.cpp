#include <mos/schedule/facts.hpp>

#include <mos/base/system_reader.hpp>
#include <mos/schedule/control_group.hpp>
#include <mos/schedule/metered_network.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace mos::schedule {

namespace {

struct Sample {
    std::optional<CpuTimes> processors;
    std::vector<GroupTime> groups;
    std::vector<DiskTime> disks;
    std::chrono::steady_clock::time_point at;
};

Sample take_sample(base::Directory &system) {
    base::SystemReader reader{system};
    return {.processors = parse_cpu_times(reader.text("proc", "stat")),
            .groups = read_group_times(system),
            .disks = parse_disk_times(reader.text("proc", "diskstats")),
            .at = std::chrono::steady_clock::now()};
}

void read_load(base::Directory &system, const Sample &before, Facts &facts) {
    base::SystemReader reader{system};
    const Sample after = take_sample(system);
    const auto elapsed = after.at - before.at;
    const auto elapsed_us = std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count();
    if (before.processors && after.processors)
        facts.cpu_usage = cpu_usage(*before.processors, *after.processors);
    // What nobody limits or knows, nullopt, is below all.
    facts.cpu_usage = std::max(facts.cpu_usage, group_cpu_usage(before.groups, after.groups, elapsed_us));
    facts.disk_usage =
        disk_usage(before.disks, after.disks, std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count());
    facts.memory_usage = std::max(parse_memory_usage(reader.text("proc", "meminfo")), read_group_memory_usage(system));
    facts.cpu_pressure = parse_pressure(reader.text("proc/pressure", "cpu"));
    facts.memory_pressure = parse_pressure(reader.text("proc/pressure", "memory"));
    facts.io_pressure = parse_pressure(reader.text("proc/pressure", "io"));
}

// Sessions of systemd's logins where it keeps them, else those of utmp whose process lives.
std::optional<std::int64_t> count_sessions(base::SystemReader &reader) {
    constexpr const char *logins = "run/systemd/sessions";
    std::int64_t sessions = 0;
    if (reader.folder(logins) != nullptr) {
        for (const std::string &name : reader.names(logins))
            if (!name.ends_with(".ref") && is_active_session(reader.text(logins, name)))
                ++sessions;
        return sessions;
    }
    const auto records = reader.bytes("run", "utmp");
    if (!records)
        return std::nullopt;
    for (const LoginRecord &login : parse_logins(*records))
        if (reader.has("proc", std::to_string(login.process)))
            ++sessions;
    return sessions;
}

// A machine without a battery is on mains; of several batteries the emptiest counts.
void read_power(base::SystemReader &reader, Facts &facts) {
    constexpr const char *supplies = "sys/class/power_supply";
    if (reader.folder(supplies) == nullptr)
        return;
    bool has_mains = false;
    bool is_online = false;
    for (const std::string &name : reader.names(supplies)) {
        const std::string path = fmt::format("{}/{}", supplies, name);
        const std::string type = reader.line(path, "type");
        if (type == "Battery" && reader.line(path, "scope") != "Device") {  // not a mouse's
            std::int64_t charge = -1;
            const std::string text = reader.line(path, "capacity");
            if (!text.empty() && text.size() <= 3 &&
                std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
                charge = std::min<std::int64_t>(std::stoi(text), 100);
            if (charge >= 0)
                facts.battery = std::min(facts.battery.value_or(charge), charge);
        } else if (type == "Mains" || type == "USB") {
            has_mains = true;
            is_online = is_online || reader.line(path, "online") == "1";
        }
    }
    if (has_mains && (is_online || facts.battery))
        facts.on_mains = is_online;
    else if (!facts.battery)
        facts.on_mains = true;
}

std::vector<std::string> read_features(base::SystemReader &reader, const Facts &facts) {
    std::vector<std::string> features;
    if (facts.battery)
        features.emplace_back("battery");
    if (reader.has("dev", "kvm"))
        features.emplace_back("kvm");
    if (reader.folder("run/systemd/system") != nullptr)
        features.emplace_back("systemd");
    if (reader.line("sys/class/tpm/tpm0", "tpm_version_major") == "2")
        features.emplace_back("tpm2");
    if (reader.folder("sys/firmware/efi") != nullptr)
        features.emplace_back("uefi");
    return features;
}

}  // namespace

Result<Facts> SystemFacts::read(const Pause &pause) {
    base::SystemReader reader{*m_system};
    Facts facts;
    const Sample before = take_sample(*m_system);
    MOS_CHECK(pause(sample_ms));
    read_load(*m_system, before, facts);
    facts.active_sessions = count_sessions(reader);
    read_power(reader, facts);
    facts.metered = ask_network_manager(*m_system, m_processes);
    facts.features = read_features(reader, facts);
    if (const auto usage = m_root.usage())
        facts.free_bytes = static_cast<std::int64_t>(std::min<std::uint64_t>(usage->free_bytes, INT64_MAX));
    return facts;
}

}  // namespace mos::schedule
