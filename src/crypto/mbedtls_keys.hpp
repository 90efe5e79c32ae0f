// Every call of mbedTLS stands behind this header, so that its versions and its memory are dealt with in one file.
//
// Numbers are big-endian. Nothing here keeps state: a call sets up its context and wipes it. Out of memory is
// bad_alloc, never "does not verify".
#pragma once

#include <mos/crypto/digest.hpp>
#include <mos/crypto/secret.hpp>

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
[[nodiscard]] bool rsa_verify(const RsaPublic &key, DigestAlgorithm algorithm, base::ByteView digest,
                              base::ByteView signature);
// INTERNAL when the key does not fit itself.
[[nodiscard]] Result<base::Bytes> rsa_sign(const RsaPrivate &key, DigestAlgorithm algorithm, base::ByteView digest);
[[nodiscard]] Result<RsaNumbers> rsa_generate(unsigned bits);
// All of the numbers, from those that define the others; KEY_INVALID when they do not fit each other.
[[nodiscard]] Result<RsaNumbers> rsa_complete(const RsaPrivate &key);

}  // namespace mos::crypto::mbed
