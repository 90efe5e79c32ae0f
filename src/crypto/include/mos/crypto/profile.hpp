// The one profile by which a certificate chain is judged: RFC 5280, less what packages do not need.
#pragma once

#include <mos/crypto/certificate.hpp>
#include <mos/crypto/limits.hpp>
#include <mos/crypto/public_key_budget.hpp>
#include <mos/crypto/revocation_list.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mos::crypto {

enum class EllipticCurves : std::uint8_t { p384, p256_and_p384 };

// What the leaf must be certified for, and what no issuer may exclude: a KeyPurposeId (RFC 5280 section 4.2.1.12).
// Packages want code signing; the others are for embedders who have other chains judged, and for other people's tests.
enum class KeyPurpose : std::uint8_t { code_signing, server_auth, client_auth, email_protection, time_stamping };

// Whether the certificates of a path, the root not counted, are looked up in revocation lists.
enum class RevocationRule : std::uint8_t {
    never,
    if_listed,  // of each issuer that a list is there for, which must be fresh then
    required,   // a fresh list of each issuer must be there
};

// What a policy may move. Everything else is fixed.
struct Profile {
    unsigned minimum_rsa_bits = 4096;  // raised to min_rsa_bits when it is lower
    EllipticCurves curves = EllipticCurves::p384;
    KeyPurpose purpose = KeyPurpose::code_signing;
    RevocationRule revocation = RevocationRule::if_listed;
    // A leaf that has expired, or was revoked, since the time that ChainInput tells was signed; never an authority.
    bool accept_expired = false;
    bool accept_revoked = false;
    // Between leaf and root, self-issued ones not counted (RFC 5280 section 6.1); never above max_path_intermediates.
    std::size_t max_intermediates = max_path_certificates - 2;
};

// ALGORITHM_REFUSED, naming `owner` (its subject or fingerprint), when `key` is weaker than the profile allows.
[[nodiscard]] Result<void> check_key_strength(const PublicKey &key, std::string_view owner, const Profile &profile);

struct TrustedPath {
    std::vector<Certificate> certificates;  // leaf first, root last
    std::size_t root = 0;                   // its place in `roots`
};

// What a path is made of, and the moment it is judged at.
struct ChainInput {
    const Certificate &leaf;
    std::span<const Certificate> intermediates;
    std::span<const Certificate> roots;
    std::span<const RevocationList> revocation_lists;  // those of others are passed over
    std::int64_t now_unix_s = 0;
    // When what the leaf signed says that it was made; nothing where it does not say.
    std::optional<std::int64_t> signed_unix_s = {};
    // What verifying signatures is counted against; none: a search's own limits alone.
    PublicKeyBudget *budget = nullptr;
};

// Finds a path from the leaf over any of the intermediates to one of the roots in which every signature verifies, and
// judges it. The first path that passes is returned; when none passes, the error is the first path's:
//
// SIGNER_UNTRUSTED     no path leads to a root
// CERTIFICATE_EXPIRED  one of the path is not valid at that time; the message names it and the dates
// CERTIFICATE_REVOKED  its issuer has revoked one of the path
// REVOCATION_UNKNOWN   a list that the rule asks for is missing, is older than its next update, or is not good: not
//                      signed by the issuer, or the issuer's key usage does not have cRLSign
// ALGORITHM_REFUSED    a key is weaker than `profile`
// CERTIFICATE_INVALID  a signature does not verify or uses a digest older than SHA-2; or the path breaks a rule of
//                      docs/security.md, "The certificate profile"
// LIMIT                more than max_chain_certificates intermediates, or a search beyond max_signature_trials or
//                      max_path_steps, name constraints beyond max_name_comparisons, lists beyond max_revocation_lists;
//                      or the budget is spent
[[nodiscard]] Result<TrustedPath> check_chain(const ChainInput &input, const Profile &profile);

}  // namespace mos::crypto
