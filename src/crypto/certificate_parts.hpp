// What the makers of certificates and of revocation lists write alike.
#pragma once

#include <mos/crypto/certificate.hpp>

namespace mos::crypto {

enum class Criticality : std::uint8_t { ordinary, critical };

[[nodiscard]] base::Bytes object_identifier(std::string_view oid);
[[nodiscard]] base::Bytes extension(std::string_view oid, Criticality criticality, base::ByteView value);

// RFC 7093 section 2, method 4: a hash of the SubjectPublicKeyInfo, which is what a Signature calls key_id. (The
// methods of RFC 5280 itself are SHA-1.)
[[nodiscard]] base::Bytes key_identifier(const PublicKey &key);
// The extension that leads to `ca`, whose key `ca_key` is.
[[nodiscard]] base::Bytes authority_key_identifier(const Certificate &ca, const PublicKey &ca_key);

// AlgorithmIdentifier of what the key signs certificates with.
[[nodiscard]] base::Bytes signature_identifier(const PublicKey &key);
// `to_be_signed`, the identifier and the signature, in one SEQUENCE.
[[nodiscard]] Result<base::Bytes> sign_object(const PrivateKey &key, base::ByteView to_be_signed);

// INVALID_ARGUMENT when `key` is not that of `ca`, or that is no CA whose key usage has `usage`; `what` says what it
// may not do then.
[[nodiscard]] Result<void> check_authority(const PrivateKey &key, const Certificate &ca, std::uint16_t usage,
                                           std::string_view what);

}  // namespace mos::crypto
