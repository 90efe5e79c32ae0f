// Object identifiers as DER writes them, without identifier and length.
#pragma once

#include <mos/base/bytes.hpp>

#include <string_view>

namespace mos::crypto::oid {

using namespace std::string_view_literals;

[[nodiscard]] inline bool is(base::ByteView found, std::string_view wanted) noexcept {
    return base::as_text(found) == wanted;
}

// Keys: RFC 3279, RFC 5480, RFC 8410.
inline constexpr std::string_view rsa_encryption = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01"sv;  // 1.2.840.113549.1.1.1
inline constexpr std::string_view ec_public_key = "\x2A\x86\x48\xCE\x3D\x02\x01"sv;           // 1.2.840.10045.2.1
inline constexpr std::string_view curve_p256 = "\x2A\x86\x48\xCE\x3D\x03\x01\x07"sv;          // 1.2.840.10045.3.1.7
inline constexpr std::string_view curve_p384 = "\x2B\x81\x04\x00\x22"sv;                      // 1.3.132.0.34
inline constexpr std::string_view ed25519 = "\x2B\x65\x70"sv;                                 // 1.3.101.112

// Encrypted keys: RFC 8018 appendix A, RFC 8018 appendix B.1.2, NIST's register of algorithms.
inline constexpr std::string_view pbes2 = "\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0D"sv;   // 1.2.840.113549.1.5.13
inline constexpr std::string_view pbkdf2 = "\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0C"sv;  // 1.2.840.113549.1.5.12
inline constexpr std::string_view hmac_with_sha1 = "\x2A\x86\x48\x86\xF7\x0D\x02\x07"sv;
inline constexpr std::string_view hmac_with_sha256 = "\x2A\x86\x48\x86\xF7\x0D\x02\x09"sv;  // 1.2.840.113549.2.9
inline constexpr std::string_view hmac_with_sha384 = "\x2A\x86\x48\x86\xF7\x0D\x02\x0A"sv;
inline constexpr std::string_view hmac_with_sha512 = "\x2A\x86\x48\x86\xF7\x0D\x02\x0B"sv;
inline constexpr std::string_view aes_128_cbc = "\x60\x86\x48\x01\x65\x03\x04\x01\x02"sv;  // 2.16.840.1.101.3.4.1.2
inline constexpr std::string_view aes_192_cbc = "\x60\x86\x48\x01\x65\x03\x04\x01\x16"sv;
inline constexpr std::string_view aes_256_cbc = "\x60\x86\x48\x01\x65\x03\x04\x01\x2A"sv;

// Signatures of certificates: RFC 4055, RFC 5758.
inline constexpr std::string_view rsa_with_sha256 = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B"sv;  // 1.2.840.113549.1.1.11
inline constexpr std::string_view rsa_with_sha384 = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C"sv;
inline constexpr std::string_view rsa_with_sha512 = "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D"sv;
inline constexpr std::string_view ecdsa_with_sha256 = "\x2A\x86\x48\xCE\x3D\x04\x03\x02"sv;  // 1.2.840.10045.4.3.2
inline constexpr std::string_view ecdsa_with_sha384 = "\x2A\x86\x48\xCE\x3D\x04\x03\x03"sv;
inline constexpr std::string_view ecdsa_with_sha512 = "\x2A\x86\x48\xCE\x3D\x04\x03\x04"sv;

// Extensions: RFC 5280 section 4.2.
inline constexpr std::string_view subject_key_identifier = "\x55\x1D\x0E"sv;
inline constexpr std::string_view key_usage = "\x55\x1D\x0F"sv;
inline constexpr std::string_view basic_constraints = "\x55\x1D\x13"sv;
inline constexpr std::string_view subject_alternative_name = "\x55\x1D\x11"sv;
inline constexpr std::string_view issuer_alternative_name = "\x55\x1D\x12"sv;
inline constexpr std::string_view crl_number = "\x55\x1D\x14"sv;
inline constexpr std::string_view reason_code = "\x55\x1D\x15"sv;
inline constexpr std::string_view delta_list = "\x55\x1D\x1B"sv;
inline constexpr std::string_view issuing_distribution_point = "\x55\x1D\x1C"sv;
inline constexpr std::string_view certificate_issuer = "\x55\x1D\x1D"sv;
inline constexpr std::string_view name_constraints = "\x55\x1D\x1E"sv;
inline constexpr std::string_view distribution_points = "\x55\x1D\x1F"sv;
inline constexpr std::string_view certificate_policies = "\x55\x1D\x20"sv;
inline constexpr std::string_view freshest_list = "\x55\x1D\x2E"sv;
inline constexpr std::string_view authority_access = "\x2B\x06\x01\x05\x05\x07\x01\x01"sv;  // 1.3.6.1.5.5.7.1.1
inline constexpr std::string_view subject_access = "\x2B\x06\x01\x05\x05\x07\x01\x0B"sv;
inline constexpr std::string_view authority_key_identifier = "\x55\x1D\x23"sv;
inline constexpr std::string_view policy_constraints = "\x55\x1D\x24"sv;
inline constexpr std::string_view extended_key_usage = "\x55\x1D\x25"sv;
inline constexpr std::string_view any_extended_key_usage = "\x55\x1D\x25\x00"sv;
inline constexpr std::string_view server_auth = "\x2B\x06\x01\x05\x05\x07\x03\x01"sv;  // 1.3.6.1.5.5.7.3.1
inline constexpr std::string_view client_auth = "\x2B\x06\x01\x05\x05\x07\x03\x02"sv;
inline constexpr std::string_view code_signing = "\x2B\x06\x01\x05\x05\x07\x03\x03"sv;
inline constexpr std::string_view email_protection = "\x2B\x06\x01\x05\x05\x07\x03\x04"sv;
inline constexpr std::string_view time_stamping = "\x2B\x06\x01\x05\x05\x07\x03\x08"sv;

// Names: PKCS #9 (RFC 2985), RFC 9598.
inline constexpr std::string_view common_name = "\x55\x04\x03"sv;
inline constexpr std::string_view email_address = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x01"sv;  // 1.2.840.113549.1.9.1
inline constexpr std::string_view smtp_utf8_mailbox = "\x2B\x06\x01\x05\x05\x07\x08\x09"sv;  // 1.3.6.1.5.5.7.8.9

}  // namespace mos::crypto::oid
