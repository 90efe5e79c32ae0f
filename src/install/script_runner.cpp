#include <mos/install/script_runner.hpp>

#include <mos/base/bytes.hpp>
#include <mos/transaction/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace mos::install {

namespace {

constexpr std::string_view helper_protocol = "1";
constexpr std::size_t kept_output_bytes = 4096;
constexpr const char *state_folder_path = "var/lib/multios";

// Cuts what comes into lines, and hands out no more of them than a log can bear.
class LineCutter {
  public:
    explicit LineCutter(const ScriptLog &log) : m_log(log) {}

    void take(std::string_view chunk) {
        for (const char character : chunk) {
            if (character == '\n')
                end_line();
            else
                m_line += character;
            if (m_line.size() >= max_log_line_bytes)
                end_line();
        }
    }

    void finish() {
        if (!m_line.empty())
            end_line();
        if (m_lines > max_log_lines)
            m_log(fmt::format("({} more lines)", m_lines - max_log_lines));
    }

  private:
    void end_line() {
        if (m_lines++ < max_log_lines)
            m_log(base::printable(m_line));
        m_line.clear();
    }

    const ScriptLog &m_log;
    std::string m_line;
    std::size_t m_lines = 0;
};

// What the helper said became of the script: report.hpp of the helper has the lines.
struct Report {
    std::vector<std::string> notices;
    std::optional<std::string> failed;
    std::optional<int> exited;
    std::optional<int> signal;
};

std::optional<int> parse_number(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

Report parse_report(std::string_view text) {
    Report report;
    // A line without its end was cut off with the helper, and says nothing.
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        const std::size_t blank = std::min(line.find(' '), line.size());
        const std::string_view word = line.substr(0, blank);
        const std::string_view rest = line.substr(std::min(blank + 1, line.size()));
        if (word == "notice")
            report.notices.emplace_back(rest);
        else if (word == "failed")
            report.failed = rest;
        else if (word == "exited")
            report.exited = parse_number(rest);
        else if (word == "signal")
            report.signal = parse_number(rest);
    }
    return report;
}

// "'post-install' of 'webserver' 2.1.0"
std::string shown(const Script &script) {
    if (script.package.empty())
        return base::in_quotes(script.name);
    return fmt::format("{} of {} {}", base::in_quotes(script.name), base::in_quotes(script.package),
                       base::printable(script.version));
}

// The whole of what is left of the output is the cause, for who looks closer than at one line.
Error failure(Code code, const Script &script, std::string_view what, const base::Ended &ended) {
    const std::string line = base::last_line(ended.output);
    std::string message = fmt::format("{} {}", shown(script), what);
    if (line.empty())
        return Error{code, std::move(message)}.about(script.package);
    Error failed = Error{code, fmt::format("{}: {}", message, line)}.about(script.package);
    std::string output =
        base::printable(std::string_view{ended.output}.substr(0, ended.output.find_last_not_of(" \t\r\n") + 1));
    if (output == line)
        return failed;
    return std::move(failed).caused_by(
        Error{code, fmt::format("its output{}: {}", ended.shortened ? " ended with" : "", output)});
}

std::string shown_end_of_helper(const base::Ended &ended) {
    if (ended.how == base::Ending::killed)
        return fmt::format("can't be judged: the program that ran it was killed by signal {}", ended.number);
    return "can't be judged: the program that ran it ended without a word";
}

std::string shown_duration(std::chrono::milliseconds time) {
    constexpr int ms_per_s = 1000;
    return time.count() % ms_per_s == 0 ? fmt::format("{} s", time.count() / ms_per_s)
                                        : fmt::format("{} ms", time.count());
}

Result<void> judge(const Script &script, std::chrono::milliseconds time_limit, const base::Ended &ended,
                   const Report &report) {
    if (ended.how == base::Ending::timed_out)
        return failure(Code::SCRIPT_TIMEOUT, script,
                       fmt::format("took longer than {} and was stopped", shown_duration(time_limit)), ended);
    if (report.failed)
        return failure(Code::SCRIPT_FAILED, script, "could not be run: " + *report.failed, ended);
    if (report.signal)
        return failure(Code::SCRIPT_FAILED, script, fmt::format("was killed by signal {}", *report.signal), ended);
    if (!report.exited)
        return failure(Code::SCRIPT_FAILED, script, shown_end_of_helper(ended), ended);
    if (*report.exited != 0)
        return failure(Code::SCRIPT_FAILED, script, fmt::format("exited with {}", *report.exited), ended);
    return {};
}

std::vector<std::string> environment_of(const Script &script) {
    return {base::search_path,
            "HOME=/root",
            "LANG=C.UTF-8",
            "MULTIOS_PACKAGE=" + script.package,
            "MULTIOS_VERSION=" + script.version,
            "MULTIOS_OLD_VERSION=" + script.old_version,
            "MULTIOS_ACTION=" + script.action};
}

// What the script must not reach besides the root's own stages: those of other volumes, and the folder of the database,
// whose loss would be a change that was acknowledged and is not remembered.
Result<std::vector<std::string>> further_hidden(base::Directory &root) {
    MOS_TRY(const std::vector<transaction::VolumeStages> volumes, transaction::stages_on_volumes(root));
    std::vector<std::string> paths;
    paths.reserve(volumes.size() + 1);
    for (const transaction::VolumeStages &volume : volumes)
        paths.push_back(fmt::format("{}/{}", volume.top, transaction::stages_name));
    if (const auto state = root.open_directory(state_folder_path, base::Symlinks::follow_in_root))
        paths.emplace_back(state_folder_path);
    else if (state.error().code() != Code::NOT_FOUND)
        return state.error();
    return paths;
}

std::vector<std::string> arguments_of(const std::string &helper, const Script &script,
                                      const std::vector<std::string> &hidden) {
    std::vector<std::string> arguments = {helper,
                                          std::string{helper_protocol},
                                          std::to_string(base::root_descriptor_number),
                                          std::to_string(base::report_descriptor_number),
                                          script.mode == ScriptMode::check ? "check" : "act",
                                          transaction::stages_name,
                                          script.folder,
                                          script.name};
    arguments.insert(arguments.end(), hidden.begin(), hidden.end());
    for (const std::string &word : {std::string{"--"}, script.action, script.version, script.old_version})
        arguments.push_back(word);
    return arguments;
}

}  // namespace

std::string_view default_helper_path() noexcept { return MOS_HELPER_PATH; }

Result<void> ScriptRunner::run(base::Directory &root, const Script &script, base::Observer &observer) {
    base::Command command;
    MOS_TRY(const std::vector<std::string> hidden, further_hidden(root));
    command.arguments = arguments_of(m_settings.helper_path, script, hidden);
    command.environment = environment_of(script);
    command.time_limit = script.time_limit.count() > 0 ? script.time_limit : m_settings.time_limit;
    command.kept_output = kept_output_bytes;
    command.directory = &root;
    command.report = base::ReportPipe::open;

    LineCutter cutter{m_log};
    base::OutputSink sink;
    if (m_log)
        sink = [&cutter](std::string_view chunk) { cutter.take(chunk); };
    Result<base::Ended> ended = m_processes.run(command, observer, sink);
    if (m_log)
        cutter.finish();
    if (!ended)
        return in_context(std::move(ended).error(), shown(script) + " did not come to its end");
    const Report report = parse_report(ended->report);
    for (const std::string &notice : report.notices)
        observer.notice(shown(script) + ": " + notice);
    return judge(script, command.time_limit, *ended, report);
}

}  // namespace mos::install
