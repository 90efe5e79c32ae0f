// X.509 certificates (RFC 5280): reading them strictly, and making the two kinds that signing packages needs.
//
// To read a certificate is not to trust it: profile.hpp judges.
#pragma once

#include <mos/crypto/key.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mos::crypto {

// Both ends are inside.
struct Validity {
    std::int64_t not_before_unix_s = 0;
    std::int64_t not_after_unix_s = 0;
};

struct CertificateFields;  // what the profile looks at; certificate_fields.hpp inside this layer

// Immutable and cheap to copy: copies share the parsed certificate. Any number of threads may use one.
class Certificate {
  public:
    // Exactly one certificate. LIMIT beyond max_certificate_bytes; CERTIFICATE_INVALID, quoting `name`, when it is not
    // strict DER, its parts contradict each other, or its key is none that key.hpp takes.
    [[nodiscard]] static Result<Certificate> from_der(base::ByteView der, std::string_view name);
    [[nodiscard]] static Result<Certificate> from_pem(std::string_view pem, std::string_view name);

    [[nodiscard]] base::ByteView der() const noexcept;
    [[nodiscard]] std::string to_pem() const;
    // "CN=Example, O=Example Ltd" in the order of the certificate, escaped as in RFC 4514; may be empty.
    [[nodiscard]] const std::string &subject() const noexcept;
    [[nodiscard]] const std::string &issuer() const noexcept;
    // The content of the INTEGER: big-endian, with the zero in front that a high bit needs.
    [[nodiscard]] base::ByteView serial() const noexcept;
    [[nodiscard]] Validity validity() const noexcept;
    [[nodiscard]] const PublicKey &public_key() const noexcept;
    [[nodiscard]] std::string fingerprint() const;  // "SHA256:" and the hexadecimal SHA-256 of der()
    [[nodiscard]] bool is_ca() const noexcept;      // basicConstraints say so
    [[nodiscard]] const CertificateFields &fields() const noexcept { return *m_fields; }

  private:
    explicit Certificate(std::shared_ptr<const CertificateFields> fields) : m_fields(std::move(fields)) {}

    std::shared_ptr<const CertificateFields> m_fields;
};

// All "CERTIFICATE" blocks of `pem`, in their order, at least one. LIMIT beyond max_chain_certificates or
// max_certificate_file_bytes.
[[nodiscard]] Result<std::vector<Certificate>> parse_certificate_chain(std::string_view pem, std::string_view name);

// A self-signed CA certificate: critical basicConstraints and keyUsage (keyCertSign, cRLSign), subject key identifier.
// `subject` is "CN=Example, O=Example Ltd" (CN, O, OU, L, ST, C; escapes as in RFC 4514), or only the common name when
// no '=' is in it. INVALID_ARGUMENT for a malformed subject or validity; UNSUPPORTED for Ed25519, whose keys are pinned
// instead.
[[nodiscard]] Result<Certificate> make_ca_certificate(const PrivateKey &key, std::string_view subject,
                                                      const Validity &validity);

// A leaf that may sign packages: critical basicConstraints (no CA) and keyUsage (digitalSignature), extended key usage
// codeSigning, both key identifiers, a random serial number of 16 bytes. INVALID_ARGUMENT also when `ca_key` is not the
// key of `ca_certificate` or that is no CA.
[[nodiscard]] Result<Certificate> issue_signer_certificate(const PrivateKey &ca_key, const Certificate &ca_certificate,
                                                           const PublicKey &signer, std::string_view subject,
                                                           const Validity &validity);

}  // namespace mos::crypto
