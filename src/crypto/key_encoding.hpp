// What public and private keys have in common: the AlgorithmIdentifier of a key, and the SubjectPublicKeyInfo.
#pragma once

#include "mbedtls_keys.hpp"

#include <mos/crypto/der.hpp>
#include <mos/crypto/key.hpp>

namespace mos::crypto {

// libsodium, ready for use by any thread. INTERNAL when it can't be made ready.
[[nodiscard]] Result<void> prepare_sodium();

// Reads an AlgorithmIdentifier; FORMAT for malformed parameters, UNSUPPORTED for another kind of key.
[[nodiscard]] Result<KeyFamily> read_key_algorithm(der::Reader &reader);
[[nodiscard]] base::Bytes write_key_algorithm(KeyFamily family);

// P-256 or P-384; nothing else has a curve.
[[nodiscard]] mbed::Curve curve_of(KeyFamily family) noexcept;

// `key` is the content of the BIT STRING.
[[nodiscard]] base::Bytes write_public_key_info(KeyFamily family, base::ByteView key);
[[nodiscard]] base::Bytes write_rsa_public_key(base::ByteView modulus, base::ByteView exponent);

[[nodiscard]] Result<void> check_key_size(std::size_t size, std::string_view name);

}  // namespace mos::crypto
