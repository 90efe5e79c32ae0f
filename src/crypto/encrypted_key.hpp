// Private keys behind a passphrase: EncryptedPrivateKeyInfo (RFC 5958 section 3) with PBES2 (RFC 8018 section 6.2).
#pragma once

#include <mos/crypto/secret.hpp>

#include <string_view>

namespace mos::crypto {

// `key` is a PrivateKeyInfo in DER. PBKDF2 with HMAC-SHA-256, 600,000 rounds and a random salt of 16 bytes;
// AES-256-CBC.
[[nodiscard]] Result<SecretBytes> encrypt_key(base::ByteView key, std::string_view passphrase);

// Reads PBKDF2 with HMAC-SHA-256, -384 or -512 and AES-128-CBC, -192 or -256. FORMAT when malformed, UNSUPPORTED for
// another scheme, LIMIT beyond max_key_rounds, WRONG_PASSPHRASE when what comes out is not padded
// as it must be, or is no DER.
[[nodiscard]] Result<SecretBytes> decrypt_key(base::ByteView encrypted, std::string_view passphrase);

}  // namespace mos::crypto
