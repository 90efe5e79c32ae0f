// The clock port: everything that asks what time it is asks here, so that a test can turn the hands.
#pragma once

#include <cstdint>
#include <string>

namespace mos::base {

class Clock {
  public:
    Clock() = default;
    Clock(const Clock &) = delete;
    Clock &operator=(const Clock &) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual std::int64_t now_unix_s() const = 0;    // wall clock, may jump
    [[nodiscard]] virtual std::int64_t monotonic_ms() const = 0;  // never goes back within one boot
    // Differs from boot to boot; empty where that can't be told.
    [[nodiscard]] virtual std::string boot_id() const { return {}; }
};

// The system's own clock. Thread-safe, lives for ever.
[[nodiscard]] const Clock &system_clock() noexcept;

}  // namespace mos::base
