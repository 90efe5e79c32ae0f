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
        return m_services.is_running_system() ? m_services.act(service->action, service->unit) : Result<void>{};
    }
    Uninterrupted uninterrupted{observer};
    return m_scripts.run(m_root, std::get<Script>(call),
                         interruption == transaction::Interruption::allowed ? observer : uninterrupted);
}

}  // namespace mos::install
