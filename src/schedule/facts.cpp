#include <mos/schedule/facts.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace mos::schedule {

namespace {

constexpr std::uint64_t max_file_bytes = 4U << 20U;
constexpr std::size_t max_entries = 10'000;

// Reads what there is; nothing of it is an error.
class Reader {
  public:
    explicit Reader(base::Directory &system) : m_system(system) {}

    [[nodiscard]] std::unique_ptr<base::Directory> folder(const std::string &path) {
        auto opened = m_system.open_directory(path, base::Symlinks::follow_in_root);
        return opened ? std::move(opened).value() : nullptr;
    }
    [[nodiscard]] std::optional<base::Bytes> bytes(const std::string &path, std::string_view name) {
        const auto directory = folder(path);
        if (directory == nullptr)
            return std::nullopt;
        auto content = base::read_file(*directory, name, max_file_bytes);
        return content ? std::optional{std::move(content).value()} : std::nullopt;
    }
    // "" where there is none.
    [[nodiscard]] std::string text(const std::string &path, std::string_view name) {
        const auto content = bytes(path, name);
        return content ? std::string{base::as_text(*content)} : std::string{};
    }
    // Without the line's end.
    [[nodiscard]] std::string line(const std::string &path, std::string_view name) {
        std::string content = text(path, name);
        content.resize(std::min(content.find('\n'), content.size()));
        return content;
    }
    [[nodiscard]] std::vector<std::string> names(const std::string &path) {
        std::vector<std::string> found;
        const auto directory = folder(path);
        auto entries = directory == nullptr
                           ? Result<std::vector<base::DirectoryEntry>>{std::vector<base::DirectoryEntry>{}}
                           : directory->list();
        if (!entries)
            return found;
        for (const base::DirectoryEntry &entry : *entries)
            if (found.size() < max_entries)
                found.push_back(entry.name);
        return found;
    }
    [[nodiscard]] bool has(const std::string &path, std::string_view name) {
        const auto directory = folder(path);
        if (directory == nullptr)
            return false;
        const auto found = directory->find(name);
        return found && found->has_value();
    }

  private:
    base::Directory &m_system;
};

struct Sample {
    std::optional<CpuTimes> processors;
    std::vector<DiskTime> disks;
    std::chrono::steady_clock::time_point at;
};

Sample take_sample(Reader &reader) {
    return {.processors = parse_cpu_times(reader.text("proc", "stat")),
            .disks = parse_disk_times(reader.text("proc", "diskstats")),
            .at = std::chrono::steady_clock::now()};
}

void read_load(Reader &reader, const Sample &before, Facts &facts) {
    const Sample after = take_sample(reader);
    if (before.processors && after.processors)
        facts.cpu_usage = cpu_usage(*before.processors, *after.processors);
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(after.at - before.at);
    facts.disk_usage = disk_usage(before.disks, after.disks, elapsed.count());
    facts.memory_usage = parse_memory_usage(reader.text("proc", "meminfo"));
    facts.cpu_pressure = parse_pressure(reader.text("proc/pressure", "cpu"));
    facts.memory_pressure = parse_pressure(reader.text("proc/pressure", "memory"));
    facts.io_pressure = parse_pressure(reader.text("proc/pressure", "io"));
}

// Sessions of systemd's logins where it keeps them, else those of utmp whose process lives.
std::optional<std::int64_t> count_sessions(Reader &reader) {
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
void read_power(Reader &reader, Facts &facts) {
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

std::vector<std::string> read_features(Reader &reader, const Facts &facts) {
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
    Reader reader{*m_system};
    Facts facts;
    const Sample before = take_sample(reader);
    MOS_CHECK(pause(sample_ms));
    read_load(reader, before, facts);
    facts.active_sessions = count_sessions(reader);
    read_power(reader, facts);
    facts.features = read_features(reader, facts);
    if (const auto usage = m_root.usage())
        facts.free_bytes = static_cast<std::int64_t>(std::min<std::uint64_t>(usage->free_bytes, INT64_MAX));
    return facts;
}

}  // namespace mos::schedule
