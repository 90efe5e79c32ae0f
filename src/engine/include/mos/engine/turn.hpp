// Whose turn it is with a root, among the threads of one engine.
#pragma once

#include <mos/base/result.hpp>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

namespace mos::engine {

class Turns {
  public:
    enum class Holder : std::uint8_t { nobody, call, job };
    struct GiveBack {
        void operator()(Turns *turns) const noexcept;
    };
    using Turn = std::unique_ptr<Turns, GiveBack>;

    // Calls wait for each other, and a job waits for a call. LOCKED while a job has the root: it may take long, and
    // may itself be waiting for the caller's answer. `this` must outlive the turn.
    [[nodiscard]] Result<Turn> take(Holder holder);

  private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    Holder m_holder = Holder::nobody;
};

}  // namespace mos::engine
