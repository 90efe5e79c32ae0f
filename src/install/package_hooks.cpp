#include <mos/install/package_hooks.hpp>

#include "hook_text.hpp"

namespace mos::install {

namespace {

// Hears and reports, and never cancels.
class Uninterrupted final : public base::Observer {
  public:
    explicit Uninterrupted(base::Observer &observer) : m_observer(observer) {}
    void report(const base::Progress &progress) override { m_observer.report(progress); }
    [[nodiscard]] Result<void> checkpoint() override { return {}; }
    void notice(std::string_view message) override { m_observer.notice(message); }

  private:
    base::Observer &m_observer;
};

}  // namespace

Result<void> PackageHooks::call(const state::Hook &hook, base::Directory & /*stage*/, base::Observer &observer,
                                transaction::Interruption interruption) {
    MOS_TRY(const Call call, read_hook(hook));
    if (const auto *const service = std::get_if<ServiceCall>(&call)) {
        // What was planned while the system ran may be completed from another one, which has nothing to restart.
        if (!m_services.is_running_system())
            return {};
        // To restart would start what somebody has stopped since.
        if (service->action == ServiceAction::restart || service->action == ServiceAction::reload) {
            MOS_TRY(const bool is_active, m_services.is_active(service->unit));
            if (!is_active)
                return {};
        }
        return m_services.act(service->action, service->unit);
    }
    Uninterrupted uninterrupted{observer};
    return m_scripts.run(m_root, std::get<Script>(call),
                         interruption == transaction::Interruption::allowed ? observer : uninterrupted);
}

}  // namespace mos::install
