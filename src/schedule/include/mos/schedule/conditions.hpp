// What an update may wait for, and what is known of the system at the moment.
#pragma once

#include <mos/base/result.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::schedule {

// Those that whoever measures looks for; there is nothing to hold any other against.
inline constexpr std::array<std::string_view, 5> known_features = {"battery", "kvm", "systemd", "tpm2", "uefi"};

// What was measured; nullopt where nobody could. The caller reads it through its own ports, so that a device's year can
// be simulated.
struct Facts {
    std::optional<std::int64_t> cpu_usage;        // percent
    std::optional<std::int64_t> memory_usage;     // percent
    std::optional<std::int64_t> disk_usage;       // percent of the time in which the busiest disk was at work
    std::optional<std::int64_t> cpu_pressure;     // percent: PSI "some avg10" of /proc/pressure
    std::optional<std::int64_t> memory_pressure;  // percent
    std::optional<std::int64_t> io_pressure;      // percent
    std::optional<std::int64_t> active_sessions;
    std::optional<std::int64_t> battery;  // percent of its charge
    std::optional<bool> on_mains;
    std::optional<bool> metered;  // the network is paid for by volume
    std::optional<std::int64_t> free_bytes;
    std::vector<std::string> features;  // of known_features, that the device has
};

enum class Subject : std::uint8_t {
    cpu_usage,
    memory_usage,
    disk_io,
    cpu_pressure,
    memory_pressure,
    io_pressure,
    active_sessions,
    battery,
    free_space,
    on_mains,
    not_metered,
    feature,
    maintenance_window
};

enum class Comparison : std::uint8_t { below, at_most, above, at_least, equal };

struct Condition {
    Subject subject = Subject::cpu_usage;
    Comparison comparison = Comparison::below;
    std::int64_t limit = 0;  // percent, sessions or bytes; 1 where the subject is true or false
    std::string feature;

    friend bool operator==(const Condition &, const Condition &) = default;
};

// "cpu_usage<50,no_active_sessions,maintenance_window,free_space>=2GB,feature:tpm2,battery>40,on_mains,not_metered":
// all must hold. INVALID_ARGUMENT names the one that is not understood, a feature that nobody looks for, and two that
// can't hold at once ("cpu_usage<10" and "cpu_usage>50").
[[nodiscard]] Result<std::vector<Condition>> parse_conditions(std::string_view text);

// As parse_conditions() reads it.
[[nodiscard]] std::string text_of(const Condition &condition);

// What is known of the subject; nullopt where nothing is. A maintenance window is no fact: whoever asks knows it.
[[nodiscard]] std::optional<std::int64_t> measured(const Condition &condition, const Facts &facts);

// Whether it holds. What is not known holds nothing.
[[nodiscard]] bool holds(const Condition &condition, std::optional<std::int64_t> value);

}  // namespace mos::schedule
