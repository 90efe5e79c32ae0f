// One signature over a message, as a file carries it: a claim until verify.hpp has judged it.
#pragma once

#include <mos/crypto/digest.hpp>

#include <array>
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
    rsa_pss_sha256 = 4,     // RFC 8017 section 8.1: MGF1 with SHA-256, a salt of 32 bytes
    ecdsa_p256_sha256 = 5,  // as with P-384
};

inline constexpr std::array every_signature_algorithm = {
    SignatureAlgorithm::rsa_pkcs1_sha256, SignatureAlgorithm::ecdsa_p384_sha384, SignatureAlgorithm::ed25519,
    SignatureAlgorithm::rsa_pss_sha256, SignatureAlgorithm::ecdsa_p256_sha256};

// "RSA-4096-SHA256" needs the key's size as well, so this is the family: "RSA-SHA256", "RSA-PSS-SHA256",
// "ECC-P384-SHA384", "ECC-P256-SHA256", "Ed25519".
[[nodiscard]] std::string_view algorithm_name(SignatureAlgorithm algorithm) noexcept;
[[nodiscard]] std::optional<SignatureAlgorithm> algorithm_from_number(std::uint16_t number) noexcept;

enum class RsaPadding : std::uint8_t { pkcs1, pss };

// How a key signs, in full. A SignatureAlgorithm names the few ways of packages; certificates use some more.
struct SignatureScheme {
    DigestAlgorithm digest = DigestAlgorithm::sha256;       // SHA-2; of no meaning for Ed25519
    RsaPadding padding = RsaPadding::pkcs1;                 // RSA only, as what follows
    DigestAlgorithm mask_digest = DigestAlgorithm::sha256;  // of MGF1 (RFC 8017 appendix B.2.1)
    std::size_t salt_bytes = 32;

    friend bool operator==(const SignatureScheme &, const SignatureScheme &) = default;
};

[[nodiscard]] SignatureScheme scheme_of(SignatureAlgorithm algorithm) noexcept;

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

    // As large as any that it makes, with its certificates, and of no other use: what room they need is known before
    // anything is signed. Nothing where the signer can't tell.
    [[nodiscard]] virtual std::optional<Signature> largest_signature() const { return std::nullopt; }
};

}  // namespace mos::crypto
