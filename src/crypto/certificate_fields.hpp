// A certificate taken apart: what certificate.hpp shows and what the profile judges.
#pragma once

#include "general_name.hpp"
#include "name_constraints.hpp"
#include "signed_object.hpp"

#include <mos/crypto/profile.hpp>

#include <optional>

namespace mos::crypto {

// Bits of KeyUsage (RFC 5280 section 4.2.1.3).
inline constexpr std::uint16_t key_usage_digital_signature = 1U << 0U;
inline constexpr std::uint16_t key_usage_content_commitment = 1U << 1U;
inline constexpr std::uint16_t key_usage_key_encipherment = 1U << 2U;
inline constexpr std::uint16_t key_usage_key_agreement = 1U << 4U;
inline constexpr std::uint16_t key_usage_certificate_sign = 1U << 5U;
inline constexpr std::uint16_t key_usage_crl_sign = 1U << 6U;

struct BasicConstraints {
    bool is_critical = false;
    bool is_ca = false;
    std::optional<std::uint32_t> path_length;
};

struct ExtendedKeyUsage {
    bool is_critical = false;
    std::vector<KeyPurpose> purposes;  // of those that are known here
    bool any = false;
};

struct SubjectKeyId {
    bool is_critical = false;
    base::ByteView key_id;  // not empty
};

struct AlternativeNames {
    bool is_critical = false;
    std::vector<GeneralName> names;
};

// All views are into `der`, which never changes: the struct lives behind a shared pointer and is not copied.
struct CertificateFields {
    explicit CertificateFields(base::ByteView bytes) : der(base::to_bytes(bytes)) {}
    CertificateFields(const CertificateFields &) = delete;
    CertificateFields &operator=(const CertificateFields &) = delete;
    ~CertificateFields() = default;

    const base::Bytes der;
    std::optional<PublicKey> public_key;  // always there once it was read
    IssuerSignature signature;

    std::uint32_t version = 1;  // as people count: 1 to 3
    base::ByteView serial;      // the INTEGER's content
    base::ByteView subject;     // Name in DER
    base::ByteView issuer;
    std::string subject_text;
    std::string issuer_text;
    Validity validity;

    std::optional<BasicConstraints> basic_constraints;
    std::optional<std::uint16_t> key_usage;
    std::optional<ExtendedKeyUsage> extended_key_usage;
    std::optional<SubjectKeyId> subject_key_id;
    std::optional<AuthorityKeyId> authority_key_id;
    std::optional<AlternativeNames> alternative_names;
    std::optional<NameConstraints> name_constraints;
    bool has_ordinary_policy_constraints = false;  // not critical, as they should be
    std::string unknown_critical_extension;        // the first one's identifier
};

// Reads one certificate to its last byte. FORMAT, LIMIT or the error of its key; without context, which the caller
// adds.
[[nodiscard]] Result<std::shared_ptr<const CertificateFields>> read_certificate(base::ByteView der);

}  // namespace mos::crypto
