// One entry of the trust store: a CA certificate or a public key, and for what it may vouch.
#pragma once

#include <mos/crypto/certificate.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mos::crypto {

// How far an entry is trusted; a policy may ask for more than the least.
enum class TrustLevel : std::uint8_t { low, medium, high };

// "low", "medium", "high"; INVALID_ARGUMENT for anything else.
[[nodiscard]] Result<TrustLevel> parse_trust_level(std::string_view text);
[[nodiscard]] std::string_view trust_level_name(TrustLevel level) noexcept;

// What is signed, as far as an entry may be limited to some of it. Borrowed for the time of one call.
struct Subject {
    std::string_view name;                            // of the package
    std::string_view type;                            // its type in the manifest: "application", "kernel", …
    std::optional<std::int64_t> created_unix_s = {};  // when it says that it was made
};

// For what an entry may vouch. As it stands: for everything, at any time.
struct TrustScope {
    TrustLevel level = TrustLevel::high;
    std::optional<std::int64_t> not_before_unix_s = {};  // both ends are inside
    std::optional<std::int64_t> not_after_unix_s = {};
    std::vector<std::string> packages = {};  // names, '*' for any characters and '?' for one; empty: all
    std::vector<std::string> types = {};     // empty: all

    friend bool operator==(const TrustScope &, const TrustScope &) = default;
};

struct TrustEntry {
    std::string id;    // the name of its file without the ending
    std::string name;  // for people; the id where the file gives none
    TrustScope scope;
    std::variant<Certificate, PublicKey> anchor;

    [[nodiscard]] const Certificate *certificate() const noexcept { return std::get_if<Certificate>(&anchor); }
    [[nodiscard]] const PublicKey &key() const noexcept {
        const auto *const own = std::get_if<PublicKey>(&anchor);
        return own != nullptr ? *own : std::get<Certificate>(anchor).public_key();
    }
    // Of the certificate, or of the key.
    [[nodiscard]] std::string fingerprint() const;
};

// SIGNER_NOT_ALLOWED, saying why, when the entry may not vouch for `subject`, not now, or not at that level.
[[nodiscard]] Result<void> check_scope(const TrustEntry &entry, const Subject &subject, TrustLevel minimum,
                                       std::int64_t now_unix_s);

// The file of an entry, JSON:
//
//   {"format": "multiosupdate trust entry 1", "name": "Example Security Team", "level": "high",
//    "not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z",
//    "packages": ["kernel-*"], "types": ["kernel"],
//    "certificate": "-----BEGIN CERTIFICATE-----\n…" or "public_key": "-----BEGIN PUBLIC KEY-----\n…"}
//
// "format" and one of the last two must be there. FORMAT for anything else in it, so that a limit with a spelling
// mistake is no wider trust; TRUST_UNREADABLE for a certificate that is no CA's; the errors of keys and certificates.
[[nodiscard]] Result<TrustEntry> parse_trust_entry(std::string_view json, std::string id);
[[nodiscard]] std::string write_trust_entry(const TrustEntry &entry);

// INVALID_ARGUMENT when `scope` or `name` could not be written: a pattern that is empty or of characters that no name
// has, an end before the beginning, a name that is no clean text of at most 200 bytes.
[[nodiscard]] Result<void> check_trust_entry(std::string_view name, const TrustScope &scope);

// An error when it is no CA's: to trust one key, its public key is put into the store.
[[nodiscard]] Result<void> check_authority(const Certificate &certificate);

}  // namespace mos::crypto
