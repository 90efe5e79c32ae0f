// The decision: is this message signed by enough of those whom we trust?
#pragma once

#include <mos/crypto/profile.hpp>
#include <mos/crypto/signature.hpp>
#include <mos/crypto/trust_store.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mos::crypto {

struct AllowedAlgorithm {
    SignatureAlgorithm algorithm = SignatureAlgorithm::ed25519;
    unsigned minimum_rsa_bits = 0;  // besides Profile::minimum_rsa_bits, which holds for every key of a path

    friend bool operator==(const AllowedAlgorithm &, const AllowedAlgorithm &) = default;
};

// All that the outcome depends on, besides message, signatures and trust store. A policy fills it.
struct Decision {
    std::vector<AllowedAlgorithm> allowed = {{SignatureAlgorithm::rsa_pkcs1_sha256},
                                             {SignatureAlgorithm::rsa_pss_sha256},
                                             {SignatureAlgorithm::ecdsa_p384_sha384},
                                             {SignatureAlgorithm::ed25519}};
    unsigned required_signatures = 1;  // by so many different keys
    TrustLevel minimum_level = TrustLevel::low;
    bool require_certificate = false;  // a pinned key is not enough
    std::int64_t now_unix_s = 0;
    Profile profile;  // its key sizes hold for pinned keys too
};

struct AcceptedSigner {
    std::string trust_entry;  // the id of the root or pinned key that vouches
    std::string trust_name;   // its name, for people
    std::string signer;       // the certificate's subject, or the key's fingerprint
    std::string algorithm;    // "RSA-4096-SHA256"
    Sha256Digest key_id{};
    TrustLevel level = TrustLevel::high;  // of the entry
    std::vector<std::string> path;        // subjects, leaf first, root last; empty for a pinned key
    std::optional<Validity> validity;     // of the leaf
};

// Who vouches for a signer, though perhaps not for what it has signed.
struct KnownSigner {
    std::string trust_name;
    std::vector<std::string> path;  // as of an AcceptedSigner
};

struct RejectedSigner {
    std::string signer;  // as far as it can be told; a claim
    std::string algorithm;
    Error error;
    std::optional<bool> fits;  // whether it is a signature of the key that it names; none where that key is not known
    std::optional<KnownSigner> known =
        {};  // where a trust entry vouches for the signer, and it was refused for another reason
};

struct Verdict {
    std::vector<AcceptedSigner> accepted;  // at least as many as were required, each with another key
    std::vector<RejectedSigner> rejected;
    std::size_t public_key_operations = 0;  // that it took
};

// The signatures, each judged; whether they are enough is count_signatures()'s to say. A key that is pinned is judged
// by the pin, whatever certificates come with it, and by these only where the pin does not vouch for the subject; a key
// that has signed twice counts once, the second is rejected (EXISTS). `subject` is what the message is about. LIMIT
// beyond max_signatures, max_signature_bytes, max_chain_certificates, max_certificate_bytes, whatever else is there.
//
// It takes at most max_public_key_operations, of which each signature may take own_public_key_operations whatever the
// others are; what others leave of theirs goes to those that need more, in their order. Who needs more than there is
// is rejected (LIMIT): so signatures that somebody has added cost time within a bound, and keep out no usual signer.
[[nodiscard]] Result<Verdict> judge_signatures(base::ByteView message, const Subject &subject,
                                               std::span<const Signature> signatures, const TrustStore &trust,
                                               const Decision &decision);

// Succeeds when enough were accepted; else the error says why, and of several reasons the first of these:
//
// SIGNATURE_INVALID    a trusted key's signature that does not fit the message
// SIGNER_UNTRUSTED     the store vouches for none of them
// SIGNER_NOT_ALLOWED   the entry that vouches may not do so for this subject, at this time, at this level
// CERTIFICATE_REVOKED, REVOCATION_UNKNOWN, CERTIFICATE_EXPIRED, CERTIFICATE_INVALID, ALGORITHM_REFUSED    as in
//                      profile.hpp; the last also when a signature claims an algorithm that its key does not have, or
//                      one that is not allowed
// NOT_SIGNED           no signature at all, or good ones, but fewer than required
//
// INVALID_ARGUMENT when no signature is required: that is no decision.
[[nodiscard]] Result<void> count_signatures(const Verdict &verdict, const Decision &decision);

// Both: a verdict with enough accepted signers, or the error.
[[nodiscard]] Result<Verdict> verify_signatures(base::ByteView message, const Subject &subject,
                                                std::span<const Signature> signatures, const TrustStore &trust,
                                                const Decision &decision);

}  // namespace mos::crypto
