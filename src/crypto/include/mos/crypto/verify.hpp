// The decision: is this message signed by enough of those whom we trust?
#pragma once

#include <mos/crypto/profile.hpp>
#include <mos/crypto/signature.hpp>
#include <mos/crypto/trust_store.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mos::crypto {

// All that the outcome depends on, besides message, signatures and trust store. A policy fills it.
struct Decision {
    std::vector<SignatureAlgorithm> allowed = {SignatureAlgorithm::rsa_pkcs1_sha256, SignatureAlgorithm::rsa_pss_sha256,
                                               SignatureAlgorithm::ecdsa_p384_sha384, SignatureAlgorithm::ed25519};
    unsigned required_signatures = 1;  // by so many different keys
    std::int64_t now_unix_s = 0;
    Profile profile;  // holds for pinned keys too
};

struct AcceptedSigner {
    std::string trust_entry;  // the name of the root or pinned key that vouches
    std::string signer;       // the certificate's subject, or the key's fingerprint
    std::string algorithm;    // "RSA-4096-SHA256"
    Sha256Digest key_id{};
};

struct RejectedSigner {
    std::string signer;  // as far as it can be told; a claim
    std::string algorithm;
    Error error;
};

struct Verdict {
    std::vector<AcceptedSigner> accepted;  // at least as many as were required, each with another key
    std::vector<RejectedSigner> rejected;
};

// Judges every signature and counts those that pass, a key once. A key that is pinned is judged by the pin, whatever
// certificates come with it. Enough of them is a Verdict; else the error says why, and of several reasons the first of
// these:
//
// SIGNATURE_INVALID    a trusted key's signature that does not fit the message
// SIGNER_UNTRUSTED     the store vouches for none of them
// CERTIFICATE_EXPIRED, CERTIFICATE_INVALID, ALGORITHM_REFUSED    as in profile.hpp; the last also when a signature
// claims another
//                      algorithm than its key has, or one that is not allowed
// NOT_SIGNED           no signature at all, or good ones, but fewer than required
//
// LIMIT beyond max_signatures, max_signature_bytes, max_chain_certificates, max_certificate_bytes, whatever else is
// there; INVALID_ARGUMENT when no signature is required: that is no decision.
[[nodiscard]] Result<Verdict> verify_signatures(base::ByteView message, std::span<const Signature> signatures,
                                                const TrustStore &trust, const Decision &decision);

}  // namespace mos::crypto
