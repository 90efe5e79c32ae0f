// Every call of mbedTLS stands behind this header, so that its versions and its memory are dealt with in one file.
//
// Numbers are big-endian. Nothing here keeps state: a call sets up its context and wipes it. Out of memory is
// bad_alloc, never "does not verify".
#pragma once

#include <mos/crypto/digest.hpp>
#include <mos/crypto/secret.hpp>
#include <mos/crypto/signature.hpp>

namespace mos::crypto::mbed {

enum class Curve : std::uint8_t { p256, p384 };

[[nodiscard]] std::size_t curve_bytes(Curve curve) noexcept;

// An uncompressed point that lies on the curve and is not its zero.
[[nodiscard]] bool is_public_point(Curve curve, base::ByteView point);

struct EcdsaNumbers {
    base::Bytes r;
    base::Bytes s;
};
// `point` as is_public_point() wants it. False also when r or s is 0 or not below the order.
[[nodiscard]] bool ecdsa_verify(Curve curve, base::ByteView point, base::ByteView digest, base::ByteView r,
                                base::ByteView s);
// RFC 6979 with `algorithm` for the HMAC.
[[nodiscard]] Result<EcdsaNumbers> ecdsa_sign(Curve curve, base::ByteView scalar, DigestAlgorithm algorithm,
                                              base::ByteView digest);
// As long as the order.
[[nodiscard]] SecretBytes ec_generate(Curve curve);
// The uncompressed public point; KEY_INVALID when the scalar is 0 or not below the order.
[[nodiscard]] Result<base::Bytes> ec_public_point(Curve curve, base::ByteView scalar);

struct RsaPublic {
    base::ByteView modulus;
    base::ByteView exponent;
};
struct RsaPrivate {
    RsaPublic public_part;
    base::ByteView private_exponent;
    base::ByteView prime_1;
    base::ByteView prime_2;
};
// What RSAPrivateKey (RFC 8017 appendix A.1.2) lists.
struct RsaNumbers {
    SecretBytes modulus, exponent, private_exponent, prime_1, prime_2, exponent_1, exponent_2, coefficient;
};

[[nodiscard]] bool is_rsa_public(const RsaPublic &key);
[[nodiscard]] bool rsa_verify(const RsaPublic &key, const SignatureScheme &scheme, base::ByteView digest,
                              base::ByteView signature);
// INVALID_ARGUMENT for a scheme that the key can't follow, INTERNAL when the key does not fit itself.
[[nodiscard]] Result<base::Bytes> rsa_sign(const RsaPrivate &key, const SignatureScheme &scheme, base::ByteView digest);
[[nodiscard]] Result<RsaNumbers> rsa_generate(unsigned bits);
// All of the numbers, from those that define the others; KEY_INVALID when they do not fit each other.
[[nodiscard]] Result<RsaNumbers> rsa_complete(const RsaPrivate &key);

// RFC 8018 section 5.2 with HMAC; SHA-2 only.
[[nodiscard]] SecretBytes pbkdf2(DigestAlgorithm digest, base::ByteView password, base::ByteView salt,
                                 std::uint32_t rounds, std::size_t size);

inline constexpr std::size_t aes_block_bytes = 16;
enum class Direction : std::uint8_t { encrypt, decrypt };
// `key` of 16, 24 or 32 bytes, `initial_vector` of one block, `data` of whole blocks.
[[nodiscard]] SecretBytes aes_cbc(Direction direction, base::ByteView key, base::ByteView initial_vector,
                                  base::ByteView data);

}  // namespace mos::crypto::mbed
