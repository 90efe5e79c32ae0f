// A revocation list taken apart.
#pragma once

#include "signed_object.hpp"

#include <mos/crypto/revocation_list.hpp>

namespace mos::crypto {

struct RevocationEntry {
    base::ByteView serial;  // the INTEGER's content
    std::int64_t revoked_unix_s = 0;
    std::uint8_t reason = 0;  // CRLReason
};

// All views are into `der`, which never changes: the struct lives behind a shared pointer and is not copied.
struct RevocationListFields {
    explicit RevocationListFields(base::ByteView bytes) : der(base::to_bytes(bytes)) {}
    RevocationListFields(const RevocationListFields &) = delete;
    RevocationListFields &operator=(const RevocationListFields &) = delete;
    ~RevocationListFields() = default;

    const base::Bytes der;
    IssuerSignature signature;
    base::ByteView issuer;  // Name in DER
    std::string issuer_text;
    std::int64_t this_update_unix_s = 0;
    std::int64_t next_update_unix_s = 0;
    AuthorityKeyId authority_key_id;
    base::ByteView number;                 // without leading zeros
    std::vector<RevocationEntry> entries;  // sorted by serial number
};

// The reason as people say it; nothing for what CRLReason does not have, or has for delta lists alone.
[[nodiscard]] std::optional<std::string_view> revocation_reason_text(std::uint32_t reason) noexcept;
[[nodiscard]] std::optional<std::uint8_t> revocation_reason_from_text(std::string_view text) noexcept;

// Reads one list to its last byte. FORMAT or LIMIT, without context.
[[nodiscard]] Result<std::shared_ptr<const RevocationListFields>> read_revocation_list(base::ByteView der);

}  // namespace mos::crypto
