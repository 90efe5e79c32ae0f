#include <mos/schedule/metered_network.hpp>

#include "kernel_text.hpp"
#include "system_reader.hpp"

namespace mos::schedule {

std::optional<bool> ask_network_manager(base::Directory &system, base::ProcessRunner &processes) {
    SystemReader reader{system};
    if (!reader.has("run", "NetworkManager") || !reader.has("usr/bin", "busctl"))
        return std::nullopt;
    base::Command command;
    command.arguments = {"/usr/bin/busctl",
                         "--system",
                         "get-property",
                         "org.freedesktop.NetworkManager",
                         "/org/freedesktop/NetworkManager",
                         "org.freedesktop.NetworkManager",
                         "Metered"};
    command.environment = {base::search_path, "LANG=C.UTF-8", "TERM=dumb"};
    command.time_limit = network_manager_time;
    command.stop_time = std::chrono::milliseconds{500};
    const auto ended = processes.run(command, base::silent_observer(), {});
    return ended ? parse_metered(ended->output) : std::nullopt;
}

std::optional<bool> parse_metered(std::string_view answer) {
    constexpr std::uint64_t yes = 1;
    constexpr std::uint64_t no = 2;
    constexpr std::uint64_t guess_yes = 3;
    constexpr std::uint64_t guess_no = 4;
    std::string_view line = take_line(answer);
    if (take_word(line) != "u")
        return std::nullopt;
    const auto value = number(take_word(line));
    if (value == yes || value == guess_yes)
        return true;
    return value == no || value == guess_no ? std::optional{false} : std::nullopt;
}

}  // namespace mos::schedule
