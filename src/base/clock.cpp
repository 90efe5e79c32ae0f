#include <mos/base/clock.hpp>

#include <chrono>
#include <fstream>

namespace mos::base {

namespace {

class SystemClock final : public Clock {
  public:
    [[nodiscard]] std::int64_t now_unix_s() const override {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::seconds>(now).count();
    }
    [[nodiscard]] std::int64_t monotonic_ms() const override {
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    }
    [[nodiscard]] std::string boot_id() const override {
        std::string id;
        std::ifstream{"/proc/sys/kernel/random/boot_id"} >> id;
        return id;
    }
};

}  // namespace

const Clock &system_clock() noexcept {
    static const SystemClock clock;
    return clock;
}

}  // namespace mos::base
