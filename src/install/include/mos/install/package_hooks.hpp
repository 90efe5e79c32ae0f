// The hooks of packages: their scripts, the services whose units they bring, and what is asked of the system's health
// after them.
#pragma once

#include <mos/install/health.hpp>
#include <mos/install/script_runner.hpp>
#include <mos/install/services.hpp>
#include <mos/transaction/hooks.hpp>

namespace mos::install {

struct ServiceCall;

// The same hook, whose failure holds nothing up. Nothing where it is not of `package` ("": of any), or asks about
// health.
[[nodiscard]] Result<std::optional<state::Hook>> as_tolerant(const state::Hook &hook, const std::string &package);

// What asks about the system's health when a change is in place, before it counts as done; a no takes it back.
[[nodiscard]] state::Hook health_hook(const HealthCall &call);

// Whether a script or a service that failed after a change takes it back.
using TakesBack = std::function<bool(const Error &failure)>;

class PackageHooks final : public transaction::HookCaller {
  public:
    // All borrowed. Without `takes_back` every failure does.
    PackageHooks(base::Directory &root, ScriptRunner &scripts, ServiceManager &services, HealthChecks &health,
                 TakesBack takes_back = {})
        : m_root(root), m_scripts(scripts), m_services(services), m_health(health),
          m_takes_back(std::move(takes_back)) {}

    [[nodiscard]] ServiceManager &services() const noexcept { return m_services; }

    // SCRIPT_FAILED, SCRIPT_TIMEOUT, SERVICE_FAILED, HEALTH_CHECK_FAILED, HEALTH_CHECK_TIMEOUT; DATABASE_DAMAGED for a
    // hook that nobody of ours has recorded.
    [[nodiscard]] Result<void> call(const state::Hook &hook, base::Directory &stage, base::Observer &observer,
                                    transaction::Interruption interruption) override;

  private:
    [[nodiscard]] Result<void> act(const ServiceCall &call);

    base::Directory &m_root;
    ScriptRunner &m_scripts;
    ServiceManager &m_services;
    HealthChecks &m_health;
    TakesBack m_takes_back;
};

}  // namespace mos::install
