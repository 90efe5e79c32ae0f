// The hooks of packages: their scripts, and the services whose units they bring.
#pragma once

#include <mos/install/script_runner.hpp>
#include <mos/install/services.hpp>
#include <mos/transaction/hooks.hpp>

namespace mos::install {

class PackageHooks final : public transaction::HookCaller {
  public:
    // All borrowed.
    PackageHooks(base::Directory &root, ScriptRunner &scripts, ServiceManager &services)
        : m_root(root), m_scripts(scripts), m_services(services) {}

    [[nodiscard]] ServiceManager &services() const noexcept { return m_services; }

    // SCRIPT_FAILED, SCRIPT_TIMEOUT, SERVICE_FAILED; DATABASE_DAMAGED for a hook that nobody of ours has recorded.
    [[nodiscard]] Result<void> call(const state::Hook &hook, base::Directory &stage, base::Observer &observer,
                                    transaction::Interruption interruption) override;

  private:
    base::Directory &m_root;
    ScriptRunner &m_scripts;
    ServiceManager &m_services;
};

}  // namespace mos::install
