// The data that an embedder passes with a callback.
#pragma once

#include <multiosupdate/types.h>

#include <memory>
#include <utility>

namespace mos::capi {

// A callback's data, freed exactly once, also when memory runs out before anybody else could own them.
class CallbackData {
  public:
    CallbackData(void *data, mos_destroy_callback destroy) noexcept : m_data(data), m_destroy(destroy) {}
    CallbackData(const CallbackData &) = delete;
    CallbackData &operator=(const CallbackData &) = delete;
    ~CallbackData() {
        if (m_destroy != nullptr)
            m_destroy(m_data);
    }
    // A shared_ptr that can't be made destroys what it was to own, so the data are its from here on.
    [[nodiscard]] std::shared_ptr<void> share() {
        return {m_data, [destroy = std::exchange(m_destroy, nullptr)](void *data) {
                    if (destroy != nullptr)
                        destroy(data);
                }};
    }

  private:
    void *m_data;
    mos_destroy_callback m_destroy;
};

}  // namespace mos::capi
