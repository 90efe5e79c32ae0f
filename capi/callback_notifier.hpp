// The port by which users are told, over the embedder's callback.
#pragma once

#include <multiosupdate/engine.h>

#include <mos/engine/notifier.hpp>

#include <memory>

namespace mos::capi {

class CallbackNotifier final : public engine::Notifier {
  public:
    CallbackNotifier(mos_notify_callback callback, std::shared_ptr<void> owner)
        : m_callback(callback), m_owner(std::move(owner)) {}

    [[nodiscard]] std::vector<engine::Told> tell(const schedule::Notice &notice) override;

  private:
    mos_notify_callback m_callback;
    std::shared_ptr<void> m_owner;  // calls the destroy callback
};

}  // namespace mos::capi
