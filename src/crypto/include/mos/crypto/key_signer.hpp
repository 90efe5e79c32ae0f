// Signers: with a private key in memory, or one that a token, an HSM or a signing service keeps.
#pragma once

#include <mos/crypto/certificate.hpp>
#include <mos/crypto/signature.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace mos::crypto {

// `chain` is leaf first, each certificate issued by the next one; empty for a key that is pinned. A self-signed root at
// its end is left out of the signatures. CERTIFICATE_INVALID when the leaf is not of `key` or the order is wrong, LIMIT
// beyond max_chain_certificates, INVALID_ARGUMENT when the key can't sign by `algorithm`; without one it is the key's
// usual one.
[[nodiscard]] Result<std::unique_ptr<Signer>> make_signer(PrivateKey key, std::vector<Certificate> chain,
                                                          std::optional<SignatureAlgorithm> algorithm = {});

// Signs `message` by `algorithm` with a key that is elsewhere. What it returns is checked before it is used.
using RemoteSign = std::function<Result<base::Bytes>(SignatureAlgorithm algorithm, base::ByteView message)>;

// The same for such a key. sign() of it returns the callback's error, or SIGNATURE_INVALID when what came back is not a
// signature of `key`.
[[nodiscard]] Result<std::unique_ptr<Signer>> make_signer(PublicKey key, RemoteSign sign,
                                                          std::vector<Certificate> chain,
                                                          std::optional<SignatureAlgorithm> algorithm = {});

}  // namespace mos::crypto
