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

// Whether a script or a service has failed; anything else says that it could not be called.
bool is_verdict(const Error &error) {
    return error.code() == Code::SCRIPT_FAILED || error.code() == Code::SCRIPT_TIMEOUT ||
           error.code() == Code::SERVICE_FAILED;
}

}  // namespace

Result<std::optional<state::Hook>> as_tolerant(const state::Hook &hook, const std::string &package) {
    MOS_TRY(Call call, read_hook(hook));
    if (auto *const script = std::get_if<Script>(&call)) {
        if (!package.empty() && script->package != package)
            return std::optional<state::Hook>{};
        script->may_fail = true;
    } else if (auto *const service = std::get_if<ServiceCall>(&call); service != nullptr && package.empty()) {
        service->may_fail = true;
    } else {
        return std::optional<state::Hook>{};
    }
    return std::optional{write_hook(hook.moment, call)};
}

state::Hook health_hook(const HealthCall &call) { return write_hook(state::Hook::Moment::after_apply, call); }

Result<void> PackageHooks::act(const ServiceCall &call) {
    // What was planned while the system ran may be completed from another one, which has nothing to restart.
    if (!m_services.is_running_system())
        return {};
    // To restart would start what somebody has stopped since.
    if (call.action == ServiceAction::restart || call.action == ServiceAction::reload) {
        MOS_TRY(const bool is_active, m_services.is_active(call.unit));
        if (!is_active)
            return {};
    }
    return m_services.act(call.action, call.unit);
}

Result<void> PackageHooks::call(const state::Hook &hook, base::Directory & /*stage*/, base::Observer &observer,
                                transaction::Interruption interruption) {
    MOS_TRY(const Call call, read_hook(hook));
    Uninterrupted uninterrupted{observer};
    base::Observer &heard = interruption == transaction::Interruption::allowed ? observer : uninterrupted;
    if (const auto *const health = std::get_if<HealthCall>(&call))
        return m_health.judge(*health, heard);
    const auto *const service = std::get_if<ServiceCall>(&call);
    Result<void> called = service != nullptr ? act(*service) : m_scripts.run(m_root, std::get<Script>(call), heard);
    if (called || !is_verdict(called.error()))
        return called;
    const bool may_fail = service != nullptr ? service->may_fail : std::get<Script>(call).may_fail;
    const bool is_settled = hook.moment != state::Hook::Moment::after_apply || !m_takes_back;
    if (!may_fail && (is_settled || m_takes_back(called.error())))
        return called;
    observer.notice_failure(called.error());
    return {};
}

}  // namespace mos::install
