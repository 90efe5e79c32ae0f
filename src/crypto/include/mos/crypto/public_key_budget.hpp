// How much work a judgement may be: hostile signatures and certificates must not keep a device busy.
#pragma once

#include <mos/base/result.hpp>

#include <cstddef>

namespace mos::crypto {

// Counts public-key operations: signatures that are verified, of messages, certificates and lists. Not the machine's
// time, so that the same input has the same outcome everywhere.
class PublicKeyBudget {
  public:
    explicit PublicKeyBudget(std::size_t operations) noexcept : m_operations(operations) {}

    // Before each operation. LIMIT, naming the limit, when none is left.
    [[nodiscard]] Result<void> spend();

    [[nodiscard]] std::size_t spent() const noexcept { return m_spent; }
    // Whether more was asked for than there was.
    [[nodiscard]] bool is_overdrawn() const noexcept { return m_is_overdrawn; }

  private:
    std::size_t m_operations;
    std::size_t m_spent = 0;
    bool m_is_overdrawn = false;
};

}  // namespace mos::crypto
