#include <mos/engine/notifier.hpp>

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::engine {

namespace {

constexpr const char *logins = "run/systemd/sessions";
constexpr std::size_t max_sessions = 1000;
constexpr std::chrono::milliseconds stop_time{500};

// notify-send(1): its body is markup for some servers.
std::string as_markup(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '&')
            escaped += "&amp;";
        else if (c == '<')
            escaped += "&lt;";
        else if (c == '>')
            escaped += "&gt;";
        else
            escaped += c;
    }
    return escaped;
}

std::string_view urgency_of(const schedule::Notice &notice, schedule::UserNoticeLevel user) {
    if (user == schedule::UserNoticeLevel::high || notice.level == schedule::NoticeLevel::urgent)
        return "critical";
    return notice.level == schedule::NoticeLevel::info ? "low" : "normal";
}

}  // namespace

SystemNotifier::Ran SystemNotifier::run(base::Command command) {
    command.environment.insert(command.environment.end(), {base::search_path, "LANG=C.UTF-8", "TERM=dumb"});
    command.time_limit = std::min(notifier_time, m_time_left);
    command.stop_time = stop_time;
    const std::string name = command.arguments.front();
    const auto begun = std::chrono::steady_clock::now();
    // Nobody cancels here: it is over in seconds.
    const Result<base::Ended> ended = m_ports.processes.run(command, base::silent_observer(), {});
    m_time_left -= std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    if (!ended)
        return {ended.error()};
    // Whose status somebody else in this process has taken has run to its end.
    if (ended->how == base::Ending::unseen || (ended->how == base::Ending::exited && ended->number == 0))
        return {};
    if (ended->how == base::Ending::timed_out)
        return {Error{Code::IO, fmt::format("{} took too long, and was stopped", base::in_quotes(name))}, true};
    const std::string line = base::last_line(ended->output);
    return {Error{Code::IO, fmt::format("{} has failed: {}", base::in_quotes(name),
                                        line.empty() ? fmt::format("it answered {}", ended->number) : line)}};
}

void SystemNotifier::tell_wall(const schedule::Notice &notice, std::vector<Told> &told) {
    const std::string program = m_system.find_program("wall");
    if (program.empty()) {
        m_channels.wall = false;
        told.push_back({"wall", Error{Code::NOT_FOUND, "there is no program 'wall' (util-linux, bsdutils)"}});
        return;
    }
    base::Command command;
    command.arguments = {program, notice.text};
    Ran ran = run(std::move(command));
    m_channels.wall = !ran.was_slow;
    told.push_back({"wall", std::move(ran.failure)});
}

std::vector<schedule::DesktopSession> SystemNotifier::desktops() {
    std::vector<schedule::DesktopSession> found;
    std::size_t looked_at = 0;
    for (const std::string &name : m_system.names(logins)) {
        if (name.ends_with(".ref") || ++looked_at > max_sessions || found.size() == max_told_desktops)
            continue;
        const auto session = schedule::parse_desktop_session(m_system.text(logins, name));
        const bool is_known =
            session && std::ranges::find(found, session->user, &schedule::DesktopSession::user) != found.end();
        if (session && !is_known && (m_ports.own_user == 0 || m_ports.own_user == session->user) &&
            m_system.has(fmt::format("run/user/{}", session->user), "bus"))
            found.push_back(*session);
    }
    std::ranges::sort(found, {}, &schedule::DesktopSession::user);
    return found;
}

// As the user, for the bus of a session lets nobody else in.
void SystemNotifier::tell_desktops(const schedule::Notice &notice, std::vector<Told> &told) {
    for (const schedule::DesktopSession &desktop : desktops()) {
        const std::string channel = "desktop of " + desktop.name;
        const std::string program = m_system.find_program("notify-send");
        const std::string change_user = m_system.find_program("runuser");
        if (program.empty() || (change_user.empty() && desktop.user != m_ports.own_user)) {
            m_channels.desktop = false;
            told.push_back({channel, Error{Code::NOT_FOUND, fmt::format("there is no program '{}'",
                                                                        program.empty() ? "notify-send (libnotify)"
                                                                                        : "runuser (util-linux)")}});
            return;
        }
        const schedule::UserNoticeLevel level = m_ports.level(desktop.name);
        if (!is_told(level, notice.kind))
            continue;
        base::Command command;
        if (desktop.user != m_ports.own_user)
            command.arguments = {change_user, "-u", desktop.name, "--"};
        command.arguments.insert(command.arguments.end(), {program, "--app-name=multios-update",
                                                           fmt::format("--urgency={}", urgency_of(notice, level)), "--",
                                                           "System update", as_markup(notice.text)});
        command.environment = {fmt::format("XDG_RUNTIME_DIR=/run/user/{}", desktop.user),
                               fmt::format("DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/{}/bus", desktop.user)};
        Ran ran = run(std::move(command));
        m_channels.desktop = !ran.was_slow;
        told.push_back({channel, std::move(ran.failure)});
        if (ran.was_slow || m_time_left <= std::chrono::milliseconds{0})
            return;
    }
}

std::vector<Told> SystemNotifier::tell(const schedule::Notice &notice) {
    std::vector<Told> told;
    m_time_left = notice_time;
    if (m_channels.wall)
        tell_wall(notice, told);
    if (m_channels.desktop && m_time_left > std::chrono::milliseconds{0})
        tell_desktops(notice, told);
    return told;
}

}  // namespace mos::engine
