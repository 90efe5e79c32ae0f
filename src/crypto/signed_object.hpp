// What certificates and revocation lists have in common: extensions, and the signature of an issuer.
#pragma once

#include <mos/crypto/der.hpp>
#include <mos/crypto/key.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mos::crypto {

struct Extension {
    base::ByteView id;  // an object identifier
    bool is_critical = false;
    base::ByteView value;
};

// Extensions (RFC 5280 section 4.1): at least one, none twice; views into what `list` reads. FORMAT, or LIMIT beyond
// max_certificate_extensions.
[[nodiscard]] Result<std::vector<Extension>> read_extensions(der::Reader list);

// keyIdentifier [0], authorityCertIssuer [1], authorityCertSerialNumber [2] (RFC 5280 section 4.2.1.1).
struct AuthorityKeyId {
    bool is_critical = false;
    base::ByteView key_id;  // empty where there is none
    bool names_certificate = false;
};
[[nodiscard]] Result<AuthorityKeyId> read_authority_key_id(const Extension &extension);

// How a certificate is signed; only what the profile takes has a value.
struct CertificateSignatureAlgorithm {
    DigestAlgorithm digest = DigestAlgorithm::sha256;
    bool is_rsa = false;
};

// All views are into the bytes that were read.
struct IssuerSignature {
    base::ByteView to_be_signed;
    base::ByteView identifier;  // AlgorithmIdentifier in DER
    base::ByteView value;
    std::optional<CertificateSignatureAlgorithm> algorithm;
    std::string algorithm_oid;
};

// The three parts of which a certificate and a list consist, to the last byte of `der`.
[[nodiscard]] Result<IssuerSignature> read_issuer_signature(base::ByteView der);

// The identifier that stands inside of what is signed must be the one outside (RFC 5280 section 4.1.1.2).
[[nodiscard]] Result<void> check_same_algorithm(const IssuerSignature &signature, base::ByteView inside);

// CERTIFICATE_INVALID, saying what `object` ("certificate 'CN=x'") is signed by instead, when `signature` is not made
// by `key` with an algorithm of SHA-2; `issuer` is how the key's owner is called.
[[nodiscard]] Result<void> check_issuer_signature(const IssuerSignature &signature, std::string_view object,
                                                  const PublicKey &key, std::string_view issuer);

}  // namespace mos::crypto
