// A signer whose private key is in memory.
#pragma once

#include <mos/crypto/certificate.hpp>
#include <mos/crypto/signature.hpp>

#include <memory>
#include <vector>

namespace mos::crypto {

// `chain` is leaf first, each certificate issued by the next one; empty for a key that is pinned. A self-signed root at
// its end is left out of the signatures. CERTIFICATE_INVALID when the leaf is not of `key` or the order is wrong, LIMIT
// beyond max_chain_certificates, UNSUPPORTED for a P-256 key, which signs no messages.
[[nodiscard]] Result<std::unique_ptr<Signer>> make_signer(PrivateKey key, std::vector<Certificate> chain);

}  // namespace mos::crypto
