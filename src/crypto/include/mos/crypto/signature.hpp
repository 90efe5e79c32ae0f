// One signature over a message, as a file carries it: a claim until verify.hpp has judged it.
#pragma once

#include <mos/base/bytes.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace mos::crypto {

// The number stands in files, fixed for ever. What a file names here must fit the key that verifies; it chooses
// nothing.
enum class SignatureAlgorithm : std::uint16_t {
    rsa_pkcs1_sha256 = 1,   // RFC 8017 section 8.2
    ecdsa_p384_sha384 = 2,  // FIPS 186-4, deterministic as in RFC 6979, DER Ecdsa-Sig-Value (RFC 3279 section 2.2.3)
    ed25519 = 3,            // RFC 8032
};

// "RSA-4096-SHA256" needs the key's size as well, so this is the family: "RSA-SHA256", "ECC-P384-SHA384", "Ed25519".
[[nodiscard]] std::string_view algorithm_name(SignatureAlgorithm algorithm) noexcept;
[[nodiscard]] std::optional<SignatureAlgorithm> algorithm_from_number(std::uint16_t number) noexcept;

struct Signature {
    SignatureAlgorithm algorithm = SignatureAlgorithm::ed25519;
    base::Bytes key_id;                     // SHA-256 of the signer's SubjectPublicKeyInfo (RFC 5280 section 4.1), DER
    base::Bytes value;                      // the signature itself
    std::vector<base::Bytes> certificates;  // DER, leaf first, without the root; empty for a pinned key
};

// Makes signatures: a key in memory here, later a token or a service behind a callback.
class Signer {
  public:
    Signer() = default;
    Signer(const Signer &) = delete;
    Signer &operator=(const Signer &) = delete;
    virtual ~Signer() = default;

    [[nodiscard]] virtual Result<Signature> sign(base::ByteView message) = 0;
};

}  // namespace mos::crypto
