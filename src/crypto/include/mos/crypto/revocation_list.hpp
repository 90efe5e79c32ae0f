// Certificate revocation lists (RFC 5280 section 5): which certificates their issuer has taken back.
//
// To read a list is not to trust it: check_chain() looks whether it is signed by the certificate's issuer and fresh.
#pragma once

#include <mos/crypto/certificate.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mos::crypto {

// CRLReason (RFC 5280 section 5.3.1) in words: "unspecified" where none is given, "key compromise", "CA compromise",
// "affiliation changed", "superseded", "cessation of operation", "on hold", "privilege withdrawn", "AA compromise".
struct Revocation {
    std::int64_t revoked_unix_s = 0;
    std::string reason;
};

struct RevokedCertificate {
    base::Bytes serial;  // as Certificate::serial() gives it
    Revocation revocation;
};

struct RevocationListFields;  // revocation_list_fields.hpp inside this layer

// Immutable and cheap to copy: copies share the parsed list. Any number of threads may use one.
class RevocationList {
  public:
    // Exactly one list, version 2, of one issuer for all its certificates, complete. LIMIT beyond
    // max_revocation_list_bytes; CERTIFICATE_INVALID, quoting `name`, when it is not strict DER, has no number or a
    // critical one, no time of the next update, no identifier of its issuer's key, or a critical extension that is not
    // known here; nor is a delta list, an indirect one, one for some certificates alone.
    [[nodiscard]] static Result<RevocationList> from_der(base::ByteView der, std::string_view name);
    [[nodiscard]] static Result<RevocationList> from_pem(std::string_view pem, std::string_view name);  // "X509 CRL"
    // Of a file: DER where it begins as DER does, else PEM.
    [[nodiscard]] static Result<RevocationList> from_file(base::ByteView content, std::string_view name);

    [[nodiscard]] base::ByteView der() const noexcept;
    [[nodiscard]] std::string to_pem() const;
    [[nodiscard]] const std::string &issuer() const noexcept;
    [[nodiscard]] base::ByteView issuer_key_id() const noexcept;  // authority key identifier; never empty
    // cRLNumber: grows with every list of an issuer; big-endian without leading zeros, at most 20 bytes.
    [[nodiscard]] base::ByteView number() const noexcept;
    [[nodiscard]] bool is_newer_than(const RevocationList &other) const noexcept;  // by the numbers, of one issuer
    [[nodiscard]] std::int64_t this_update_unix_s() const noexcept;
    [[nodiscard]] std::int64_t next_update_unix_s() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept;  // revoked certificates in it
    [[nodiscard]] RevokedCertificate
    at(std::size_t place) const;  // below size(); in the order of serial numbers as bytes

    // Whether the key of `issuer` has signed it; whether that may sign lists is check_chain()'s to say.
    [[nodiscard]] bool is_signed_by(const Certificate &issuer) const;

    // Whether the certificate, which must be of this list's issuer, is revoked.
    [[nodiscard]] std::optional<Revocation> find(const Certificate &certificate) const;

    [[nodiscard]] const RevocationListFields &fields() const noexcept { return *m_fields; }

  private:
    explicit RevocationList(std::shared_ptr<const RevocationListFields> fields) : m_fields(std::move(fields)) {}

    std::shared_ptr<const RevocationListFields> m_fields;
};

// The list of `ca_certificate`, complete, in any order; a reason may be empty. `number` must grow from list to list.
// INVALID_ARGUMENT when `ca_key` is not the key of the certificate or that may not sign lists (key usage cRLSign), for
// a reason or serial number that is none, or when the next update is not after this one; LIMIT beyond
// max_revocation_list_bytes.
[[nodiscard]] Result<RevocationList> make_revocation_list(const PrivateKey &ca_key, const Certificate &ca_certificate,
                                                          std::span<const RevokedCertificate> entries,
                                                          std::uint64_t number, std::int64_t this_update_unix_s,
                                                          std::int64_t next_update_unix_s);

struct NextList {
    const Certificate *revoked = nullptr;  // to be taken back now; none: the list is only renewed
    std::string reason = {};               // as Revocation has it, or empty
    std::int64_t this_update_unix_s = 0;
    std::int64_t next_update_unix_s = 0;
};

// The authority's list that goes on from `previous`, or its first one: what was revoked stays so as it was, and the
// number is the next one. CERTIFICATE_INVALID when `previous` was not issued and signed by `ca_certificate`, or
// `revoked` not issued; UNSUPPORTED or LIMIT when the next number has more than 64 bits; or an error of
// make_revocation_list().
[[nodiscard]] Result<RevocationList> make_next_revocation_list(const PrivateKey &ca_key,
                                                               const Certificate &ca_certificate,
                                                               const RevocationList *previous, const NextList &next);

}  // namespace mos::crypto
