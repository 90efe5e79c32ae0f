// The service manager port over the embedder's callback.
#pragma once

#include <multiosupdate/engine.h>

#include <mos/install/services.hpp>

#include <memory>

namespace mos::capi {

class CallbackServices final : public install::ServiceManager {
  public:
    CallbackServices(mos_service_callback callback, std::shared_ptr<void> owner)
        : m_callback(callback), m_owner(std::move(owner)) {}

    // He who gives a callback has something to manage.
    [[nodiscard]] bool is_running_system() const noexcept override { return true; }
    [[nodiscard]] Result<void> act(install::ServiceAction action, std::string_view unit) override;
    [[nodiscard]] Result<bool> is_active(std::string_view unit) override;

  private:
    mos_service_callback m_callback;
    std::shared_ptr<void> m_owner;  // calls the destroy callback
};

}  // namespace mos::capi
