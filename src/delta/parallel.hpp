// Work in parts that do not depend on each other, on all cores. What comes out is the same as on one.
#pragma once

#include <mos/base/observer.hpp>

#include <atomic>
#include <functional>
#include <thread>

namespace mos::delta {

// Does work(0) to work(count - 1), some of it on threads of its own, and returns the error of the first part that has
// one; when one fails, those that were not begun are left out. What a part throws is thrown here.
[[nodiscard]] Result<void> in_parallel(std::size_t count, const std::function<Result<void>(std::size_t)> &work);

// Progress of such work. Only the thread that made it talks to the observer; the others hear from it that they shall
// stop.
class SharedProgress {
  public:
    SharedProgress(base::Observer &observer, std::uint64_t total_bytes) noexcept
        : m_observer(&observer), m_total(total_bytes) {}

    // So many bytes more were worked through. CANCELLED.
    [[nodiscard]] Result<void> add(std::uint64_t bytes);

  private:
    base::Observer *m_observer;
    std::uint64_t m_total;
    std::thread::id m_owner = std::this_thread::get_id();
    std::atomic<std::uint64_t> m_done = 0;
    std::atomic<bool> m_stops = false;
};

}  // namespace mos::delta
