// What this layer takes from outside at most. Each is checked before memory is taken or work begins.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mos::crypto {

inline constexpr std::size_t max_key_bytes = 64U << 10U;              // a key file, PEM or DER
inline constexpr std::uint32_t max_key_rounds = 10'000'000;           // of PBKDF2: some ten seconds
inline constexpr std::size_t max_certificate_bytes = 16U << 10U;      // one certificate, DER
inline constexpr std::size_t max_certificate_file_bytes = 1U << 20U;  // a file of certificates, PEM
inline constexpr std::size_t max_chain_certificates = 16;             // certificates beside one signature
inline constexpr std::size_t max_signatures = 16;                     // signatures over one message
inline constexpr std::size_t max_signature_bytes = 64U << 10U;        // the value of one; that of RSA 8,192 has 1 KiB
inline constexpr std::size_t max_revocation_list_bytes = 1U << 20U;   // DER; some 25,000 revoked certificates
inline constexpr std::size_t max_revocation_list_file_bytes = 2 * max_revocation_list_bytes;  // base64 and line breaks
inline constexpr std::size_t max_trust_entries = 1024;                                        // files in a trust folder
inline constexpr std::size_t max_trust_entry_bytes = 64U << 10U;

inline constexpr unsigned min_rsa_bits = 2048;  // a policy may ask for more, never for less
inline constexpr unsigned max_rsa_bits = 8192;
inline constexpr std::size_t max_rsa_exponent_bytes = 8;  // a longer one only makes verifying slow
inline constexpr std::size_t max_certificate_extensions = 32;
inline constexpr std::size_t max_name_attributes = 32;
inline constexpr std::size_t max_path_certificates =
    4;  // from the leaf to the root, both counted, unless policy moves it
inline constexpr std::size_t max_path_intermediates =
    8;  // between them, whatever the policy; self-issued ones not counted
// A path is searched by trying signatures; certificates that all bear one name must not make that long.
inline constexpr std::size_t max_signature_trials = 64;
// Public-key operations that judging all signatures over one message may take, and those that each signature has to
// itself, whatever the others are. A signer of a usual chain takes eight: three links, the root's own signature, three
// lists, the message.
inline constexpr std::size_t max_public_key_operations = 256;
inline constexpr std::size_t own_public_key_operations = max_public_key_operations / max_signatures;
inline constexpr std::size_t max_path_steps = 512;  // tries, those included that need no signature verified again
// Name constraints are compared with every name below them: the product must not make a judgement long.
inline constexpr std::size_t max_name_comparisons = 64U << 10U;
inline constexpr std::size_t max_revocation_lists = 64;  // that one judgement looks at

}  // namespace mos::crypto
