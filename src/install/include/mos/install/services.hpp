// The service manager port: stops, starts and reloads units of the system that runs from the root.
#pragma once

#include <mos/base/process.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mos::install {

inline constexpr std::size_t max_unit_bytes = 255;
inline constexpr std::chrono::seconds service_time{120};  // systemd's own limits for a unit are 90 s

enum class ServiceAction : std::uint8_t { stop = 0, start = 1, restart = 2, reload = 3, reload_manager = 4 };

// "stop", as in messages.
[[nodiscard]] std::string_view service_action_name(ServiceAction action) noexcept;

// A unit's name by systemd.unit(5): letters, digits and ":-_.\", at most one "@", a known type at its end, at most 255
// bytes. INVALID_ARGUMENT otherwise; so no name is a path, an option or a pattern.
[[nodiscard]] Result<void> check_unit_name(std::string_view unit);

class ServiceManager {
  public:
    ServiceManager() = default;
    ServiceManager(const ServiceManager &) = delete;
    ServiceManager &operator=(const ServiceManager &) = delete;
    virtual ~ServiceManager() = default;

    // Whether there is anything to manage: false where the root is not the running system.
    [[nodiscard]] virtual bool is_running_system() const noexcept = 0;

    // Returns when it is done. `unit` is empty for reload_manager, which makes the manager read all units again.
    // SERVICE_FAILED, with the unit and what the manager said; INVALID_ARGUMENT for what is no unit's name.
    [[nodiscard]] virtual Result<void> act(ServiceAction action, std::string_view unit) = 0;

    // Whether the unit runs now, or is being started; false for one that is not known.
    [[nodiscard]] virtual Result<bool> is_active(std::string_view unit) = 0;
};

// systemd, by its command.
class SystemdServices final : public ServiceManager {
  public:
    // `processes` must outlive it; `command` is the path of systemctl.
    SystemdServices(base::ProcessRunner &processes, std::string command)
        : m_processes(processes), m_command(std::move(command)) {}

    [[nodiscard]] bool is_running_system() const noexcept override { return true; }
    [[nodiscard]] Result<void> act(ServiceAction action, std::string_view unit) override;
    [[nodiscard]] Result<bool> is_active(std::string_view unit) override;

  private:
    [[nodiscard]] Result<base::Ended> run(std::vector<std::string> arguments);

    base::ProcessRunner &m_processes;
    const std::string m_command;
};

// For a root that nobody runs from: there is nothing to stop, and nothing is active. `act` is SERVICE_FAILED, "not the
// running system".
class NoServices final : public ServiceManager {
  public:
    [[nodiscard]] bool is_running_system() const noexcept override { return false; }
    [[nodiscard]] Result<void> act(ServiceAction action, std::string_view unit) override;
    [[nodiscard]] Result<bool> is_active(std::string_view unit) override;
};

// Whether `root` is this process's "/".
[[nodiscard]] Result<bool> is_own_root(base::Directory &root);

// systemd's where `root` is this process's "/" and systemd runs the system; else NoServices.
[[nodiscard]] Result<std::unique_ptr<ServiceManager>> find_services(base::Directory &root,
                                                                    base::ProcessRunner &processes);

}  // namespace mos::install
