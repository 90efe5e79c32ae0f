#include <mos/schedule/systemd_units.hpp>

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::schedule {

namespace {

constexpr std::size_t max_path_bytes = 4096;
constexpr std::int64_t usage_is_learnt_each_s = 600;

constexpr std::string_view head = "# Written by 'multios-update schedule unit'; write it again after a change of the "
                                  "scheduling policy.\n";

// As one word of a command line: systemd expands '%' and '$' in it and takes backslashes for escapes.
Result<std::string> word_of(std::string_view path) {
    if (!path.starts_with('/') || path.size() > max_path_bytes)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is no absolute path of at most {} bytes", base::in_quotes(path), max_path_bytes)};
    const auto breaks_line = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
    if (std::any_of(path.begin(), path.end(), breaks_line))
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} has a character that a unit can't hold", base::in_quotes(path))};
    std::string word = "\"";
    for (const char c : path) {
        if (c == '%' || c == '$')
            word += c;  // doubled, it stands for itself
        if (c == '"' || c == '\\')
            word += '\\';
        word += c;
    }
    return word + '"';
}

}  // namespace

Result<std::string> service_unit(std::string_view program, std::string_view root) {
    MOS_TRY(const std::string command, word_of(program));
    MOS_TRY(const std::string where, word_of(root));
    const std::string option = root == "/" ? "" : fmt::format(" --root={}", where);
    return fmt::format("{}[Unit]\n"
                       "Description=Run the updates that are due\n"
                       "Documentation=man:multios-update(1)\n"
                       "\n"
                       "[Service]\n"
                       "Type=oneshot\n"
                       "ExecStart={} run-due{}\n"
                       "# What is stopped at any moment is recovered; a second process waits for nothing.\n"
                       "KillMode=mixed\n",
                       head, command, option);
}

std::string timer_unit(const Policy &policy) {
    std::string text = fmt::format("{}[Unit]\n"
                                   "Description=When to look for updates that are due\n"
                                   "Documentation=man:multios-update(1)\n"
                                   "\n"
                                   "[Timer]\n",
                                   head);
    for (const Period &window : policy.windows.windows)
        for (const Timetable &opening : window.openings)
            for (const std::string &when : config::calendar_expressions(opening.calendar(), opening.zone().name()))
                text += fmt::format("OnCalendar={}\n", when);
    text += fmt::format("OnBootSec=2min\n"
                        "OnUnitInactiveSec={}s\n"
                        "AccuracySec=1s\n"
                        "Persistent=true\n"
                        "\n"
                        "[Install]\n"
                        "WantedBy=timers.target\n",
                        std::clamp<std::int64_t>(policy.check_interval_s, 1, usage_is_learnt_each_s));
    return text;
}

}  // namespace mos::schedule
