// The one profile by which a certificate chain is judged: RFC 5280, less what packages do not need.
#pragma once

#include <mos/crypto/certificate.hpp>
#include <mos/crypto/limits.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mos::crypto {

enum class EllipticCurves : std::uint8_t { p384, p256_and_p384 };

// What a policy may move. Everything else is fixed.
struct Profile {
    unsigned minimum_rsa_bits = 4096;  // raised to min_rsa_bits when it is lower
    EllipticCurves curves = EllipticCurves::p384;
};

// ALGORITHM_REFUSED, naming `owner` (its subject or fingerprint), when `key` is weaker than the profile allows.
[[nodiscard]] Result<void> check_key_strength(const PublicKey &key, std::string_view owner, const Profile &profile);

struct TrustedPath {
    std::vector<Certificate> certificates;  // leaf first, root last
    std::size_t root = 0;                   // its place in `roots`
};

// Finds a path from `leaf` over any of `intermediates` to one of `roots` in which every signature verifies, and judges
// it at `now_unix_s`. The first path that passes is returned; when none passes, the error is the first path's:
//
// SIGNER_UNTRUSTED     no path leads to a root
// CERTIFICATE_EXPIRED  one of the path is not valid at that time; the message names it and the dates
// ALGORITHM_REFUSED    a key is weaker than `profile`
// CERTIFICATE_INVALID  a signature does not verify or uses a digest older than SHA-2; or the path breaks a rule:
// version 3; serial
//                      number positive, at most 20 bytes; no critical extension but those known here; no name
//                      constraints (not supported yet); issuers are CAs (critical basicConstraints) with keyCertSign, a
//                      path length that holds, and no extended key usage that excludes codeSigning; the leaf is no CA,
//                      has digitalSignature and codeSigning; at most max_path_certificates.
// LIMIT                more than max_chain_certificates intermediates, or a search beyond max_signature_trials
[[nodiscard]] Result<TrustedPath> check_chain(const Certificate &leaf, std::span<const Certificate> intermediates,
                                              std::span<const Certificate> roots, std::int64_t now_unix_s,
                                              const Profile &profile);

}  // namespace mos::crypto
