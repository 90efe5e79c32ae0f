#include <mos/base/thread.hpp>

#include <csignal>
#include <sched.h>

namespace mos::base {

namespace {

// A new thread inherits the mask.
class BlockedSignals {
  public:
    BlockedSignals() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &m_before);
    }
    BlockedSignals(const BlockedSignals &) = delete;
    BlockedSignals &operator=(const BlockedSignals &) = delete;
    ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &m_before, nullptr); }

  private:
    sigset_t m_before{};
};

}  // namespace

std::thread start_thread(std::function<void()> work) {
    const BlockedSignals blocked;
    return std::thread{std::move(work)};
}

// std::thread::hardware_concurrency() may count cores that a container or taskset keeps from us.
std::size_t usable_cores() noexcept {
    cpu_set_t cores;
    if (::sched_getaffinity(0, sizeof cores, &cores) != 0)
        return 1;
    const int count = CPU_COUNT(&cores);
    return count > 0 ? static_cast<std::size_t>(count) : 1;
}

}  // namespace mos::base
