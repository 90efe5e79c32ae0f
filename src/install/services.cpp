#include <mos/install/services.hpp>

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace mos::install {

namespace {

constexpr std::array<std::string_view, 11> unit_types = {"service", "socket", "device", "mount", "automount", "swap",
                                                         "target",  "path",   "timer",  "slice", "scope"};

// What systemctl(1) answers to is-active: by the manual 3 for a unit that does not run, 4 for one that is not there.
// One that is being started has 3 too, also between two of its attempts.
constexpr int status_active = 0;
constexpr int status_inactive = 3;
constexpr int status_unknown = 4;
constexpr std::string_view being_started = "activating";

bool is_unit_character(char character) {
    constexpr std::string_view others = ":-_.\\@";
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || others.find(character) != std::string_view::npos;
}

Error failure(std::string_view what, std::string_view unit, std::string_view why) {
    const std::string object = unit.empty() ? "the service manager" : base::in_quotes(unit);
    return Error{Code::SERVICE_FAILED, fmt::format("can't {} {}: {}", what, object, base::printable(why))}.about(
        std::string{unit});
}

// systemctl could not be asked at all.
Error failure(std::string_view what, std::string_view unit, Error cause) {
    const std::string why = cause.message();
    return failure(what, unit, why).caused_by(std::move(cause));
}

std::string reason_of(const base::Ended &ended) {
    if (ended.how == base::Ending::timed_out)
        return "it took too long";
    if (ended.how == base::Ending::unseen)
        return "its result is not known, because another part of this program took it";
    if (ended.how == base::Ending::killed)
        return fmt::format("systemctl was killed by signal {}", ended.number);
    const std::string line = base::last_line(ended.output);
    return line.empty() ? fmt::format("systemctl exited with {}", ended.number) : line;
}

Result<bool> is_there(base::Directory &root, std::string_view folder, std::string_view name) {
    const auto opened = root.open_directory(folder, base::Symlinks::follow_in_root);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return false;
    if (!opened)
        return opened.error();
    MOS_TRY(const auto status, opened.value()->find(name));
    return status.has_value();
}

}  // namespace

// Directories of one mount with one inode are the same, however they were reached.
Result<bool> is_own_root(base::Directory &root) {
    MOS_TRY(const auto own, base::open_root(std::string{"/"}));
    MOS_TRY(const base::FileStatus there, root.own_status());
    MOS_TRY(const base::FileStatus here, own->own_status());
    return here.inode == there.inode && here.device == there.device;
}

std::string_view service_action_name(ServiceAction action) noexcept {
    switch (action) {
    case ServiceAction::stop:
        return "stop";
    case ServiceAction::start:
        return "start";
    case ServiceAction::restart:
        return "restart";
    case ServiceAction::reload:
        return "reload";
    case ServiceAction::reload_manager:
        return "daemon-reload";
    }
    return "?";
}

Result<void> check_unit_name(std::string_view unit) {
    const auto refuse = [unit](std::string_view rule) {
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is no unit's name: {}", base::in_quotes(unit), rule)};
    };
    if (unit.size() > max_unit_bytes)
        return refuse("it is longer than 255 bytes");
    if (!std::ranges::all_of(unit, is_unit_character))
        return refuse("it may have letters, digits and ':-_.\\@' alone");
    if (std::ranges::count(unit, '@') > 1)
        return refuse("it has more than one '@'");
    const std::size_t point = unit.rfind('.');
    if (point == std::string_view::npos || std::ranges::find(unit_types, unit.substr(point + 1)) == unit_types.end())
        return refuse("it does not end with a type of unit, such as '.service'");
    // systemd's own root units begin with '-'; after "--" they are no options.
    if (point == 0 || unit.front() == '@')
        return refuse("it has no name before its type, or before its '@'");
    return {};
}

Result<base::Ended> SystemdServices::run(std::vector<std::string> arguments) {
    base::Command command;
    command.arguments = {m_command, "--no-ask-password", "--no-pager"};
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    command.environment = {base::search_path, "LANG=C.UTF-8", "TERM=dumb"};
    command.time_limit = service_time;
    // Nobody may cancel here: systemd goes on with what it was asked, and what follows must know how it ended.
    return m_processes.run(command, base::silent_observer(), {});
}

Result<void> SystemdServices::act(ServiceAction action, std::string_view unit) {
    const std::string_view name = service_action_name(action);
    std::vector<std::string> arguments{std::string{name}};
    if (action != ServiceAction::reload_manager) {
        MOS_CHECK(check_unit_name(unit));
        arguments.insert(arguments.end(), {"--", std::string{unit}});
    } else if (!unit.empty()) {
        return Error{Code::INVALID_ARGUMENT, "the service manager reloads all units, not " + base::in_quotes(unit)};
    }
    Result<base::Ended> ended = run(std::move(arguments));
    if (!ended)
        return failure(name, unit, std::move(ended).error());
    if (ended->how != base::Ending::exited || ended->number != 0)
        return failure(name, unit, reason_of(*ended));
    return {};
}

Result<bool> SystemdServices::is_active(std::string_view unit) {
    constexpr std::string_view what = "find out about";
    MOS_CHECK(check_unit_name(unit));
    Result<base::Ended> ended = run({"is-active", "--", std::string{unit}});
    if (!ended)
        return failure(what, unit, std::move(ended).error());
    if (ended->how == base::Ending::exited && ended->number == status_active)
        return true;
    if (ended->how == base::Ending::exited && ended->number == status_inactive)
        return base::last_line(ended->output) == being_started;
    if (ended->how == base::Ending::exited && ended->number == status_unknown)
        return false;
    return failure(what, unit, reason_of(*ended));
}

Result<void> NoServices::act(ServiceAction action, std::string_view unit) {
    return failure(service_action_name(action), unit, "the root is not the running system");
}

Result<bool> NoServices::is_active(std::string_view /*unit*/) { return false; }

Result<std::unique_ptr<ServiceManager>> find_services(base::Directory &root, base::ProcessRunner &processes) {
    std::unique_ptr<ServiceManager> none = std::make_unique<NoServices>();
    MOS_TRY(const bool is_own, is_own_root(root));
    if (!is_own)
        return none;
    MOS_TRY(const bool has_systemd, is_there(root, "run/systemd", "system"));
    if (!has_systemd)
        return none;
    for (const std::string_view folder : {"usr/bin", "bin"}) {
        MOS_TRY(const bool has_command, is_there(root, folder, "systemctl"));
        if (has_command)
            return std::make_unique<SystemdServices>(processes, fmt::format("/{}/systemctl", folder));
    }
    return none;
}

}  // namespace mos::install
