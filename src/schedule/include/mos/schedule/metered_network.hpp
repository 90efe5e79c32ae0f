// Whether what a device downloads is paid for by volume. The kernel doesn't know; NetworkManager does, or guesses.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/base/process.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace mos::schedule {

inline constexpr std::chrono::milliseconds network_manager_time{2'000};  // that its answer may take

// NetworkManager's property Metered, asked for with busctl(1), of the machine whose "/" is `system`. nullopt where
// nobody runs it, where it does not know either, and where it does not answer in time.
[[nodiscard]] std::optional<bool> ask_network_manager(base::Directory &system, base::ProcessRunner &processes);

// What busctl prints of it, "u 4": NMMetered of NetworkManager's D-Bus interface, whose guesses count as answers.
[[nodiscard]] std::optional<bool> parse_metered(std::string_view answer);

}  // namespace mos::schedule
