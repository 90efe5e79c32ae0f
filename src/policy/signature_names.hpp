// The names that policies give to ways of signing.
#pragma once

#include <mos/crypto/verify.hpp>

#include <string_view>

namespace mos::policy {

// INVALID_ARGUMENT, with the names there are, for any other.
[[nodiscard]] Result<crypto::AllowedAlgorithm> parse_algorithm(std::string_view name);

// Those that are allowed where no policy says otherwise: RSA of 4096 bits, P-384, Ed25519.
[[nodiscard]] bool is_strong(const crypto::AllowedAlgorithm &allowed) noexcept;

}  // namespace mos::policy
