#include <mos/schedule/metered_network.hpp>

#include "kernel_text.hpp"

#include <mos/base/system_reader.hpp>

#include <array>

namespace mos::schedule {

std::optional<bool> ask_network_manager(base::Directory &system, base::ProcessRunner &processes) {
    base::SystemReader reader{system};
    const std::string busctl = reader.find_program("busctl");
    if (busctl.empty() || !reader.has("run", "NetworkManager"))
        return std::nullopt;
    base::Command command;
    command.arguments = {busctl,
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
    // NM_METERED_UNKNOWN, _YES, _NO, _GUESS_YES, _GUESS_NO
    constexpr std::array<std::optional<bool>, 5> answers = {std::nullopt, true, false, true, false};
    std::string_view line = take_line(answer);
    if (take_word(line) != "u")
        return std::nullopt;
    const auto value = number(take_word(line));
    return value && *value < answers.size() ? answers[*value] : std::nullopt;
}

}  // namespace mos::schedule
