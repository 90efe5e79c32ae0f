#include <mos/crypto/public_key_budget.hpp>

#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

namespace mos::crypto {

Result<void> PublicKeyBudget::spend() {
    if (m_spent == m_operations) {
        m_is_overdrawn = true;
        return Error{Code::LIMIT, fmt::format("the signatures take more than the {} public-key operations that judging "
                                              "them may take",
                                              max_public_key_operations)};
    }
    ++m_spent;
    return {};
}

}  // namespace mos::crypto
