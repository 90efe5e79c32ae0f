#include <mos/crypto/key.hpp>

#include "key_encoding.hpp"
#include "pem.hpp"

#include <mos/crypto/limits.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include <sodium.h>

namespace mos::crypto {

using base::Bytes;
using base::ByteView;
using der::Tag;

namespace {

const unsigned char *data_of(ByteView bytes) { return reinterpret_cast<const unsigned char *>(bytes.data()); }

unsigned bit_length(ByteView number) {
    if (number.empty())
        return 0;
    unsigned bits = static_cast<unsigned>(number.size()) * 8;
    for (unsigned mask = 0x80; (std::to_integer<unsigned>(number[0]) & mask) == 0; mask >>= 1U)
        --bits;
    return bits;
}

struct Numbers {
    unsigned bits = 0;
    ByteView number;
    ByteView exponent;
};

Result<Numbers> read_ed25519(ByteView key) {
    if (key.size() != crypto_sign_PUBLICKEYBYTES)
        return Error{Code::FORMAT, "an Ed25519 key has 32 bytes"};
    // A point of small order would verify signatures that nobody made.
    if (crypto_core_ed25519_is_valid_point(data_of(key)) != 1)
        return Error{Code::FORMAT, "the key is no point of the main subgroup of edwards25519"};
    return Numbers{256, key, {}};
}

Result<Numbers> read_point(mbed::Curve curve, ByteView key) {
    if (!mbed::is_public_point(curve, key))
        return Error{Code::FORMAT, "the key is no uncompressed point of its curve"};
    return Numbers{static_cast<unsigned>(mbed::curve_bytes(curve)) * 8, key, {}};
}

Result<Numbers> read_rsa(ByteView key) {
    MOS_TRY(der::Reader fields, der::open(key, Tag::sequence));
    MOS_TRY(const ByteView modulus, fields.unsigned_integer());
    MOS_TRY(const ByteView exponent, fields.unsigned_integer());
    MOS_CHECK(fields.expect_end());
    const unsigned bits = bit_length(modulus);
    if (bits < min_rsa_bits || bits > max_rsa_bits)
        return Error{Code::FORMAT, fmt::format("the RSA modulus has {} bits; {} to {} are supported", bits,
                                               min_rsa_bits, max_rsa_bits)};
    // FIPS 186-4 appendix B.3.1: the exponent is odd and above 2^16.
    const bool is_odd = !exponent.empty() && (exponent.back() & std::byte{1}) != std::byte{0};
    if (!is_odd || bit_length(exponent) <= 16 || exponent.size() > max_rsa_exponent_bytes)
        return Error{Code::FORMAT, "the RSA exponent is not odd, below 65537, or too long"};
    if (!mbed::is_rsa_public({modulus, exponent}))
        return Error{Code::FORMAT, "the RSA key is none"};
    return Numbers{bits, modulus, exponent};
}

Result<Numbers> read_numbers(KeyFamily family, ByteView key) {
    switch (family) {
    case KeyFamily::ed25519:
        return read_ed25519(key);
    case KeyFamily::ecc_p256:
    case KeyFamily::ecc_p384:
        return read_point(curve_of(family), key);
    case KeyFamily::rsa:
        break;
    }
    return read_rsa(key);
}

struct KeyInfo {
    KeyFamily family = KeyFamily::ed25519;
    Numbers numbers;
};

Result<KeyInfo> read_key_info(ByteView der) {
    MOS_CHECK(prepare_sodium());
    MOS_TRY(der::Reader fields, der::open(der, Tag::sequence));
    MOS_TRY(const KeyFamily family, read_key_algorithm(fields));
    MOS_TRY(const ByteView key, fields.bit_string());
    MOS_CHECK(fields.expect_end());
    MOS_TRY(const Numbers numbers, read_numbers(family, key));
    return KeyInfo{family, numbers};
}

Error unusable(std::string_view name, Error cause) {
    return Error{Code::KEY_INVALID, fmt::format("{} is no usable public key", base::in_quotes(name))}
        .about(std::string{name})
        .caused_by(std::move(cause));
}

// ECDSA-Sig-Value (RFC 3279 section 2.2.3). mbedTLS would take BER here, and so several encodings of one signature.
Result<mbed::EcdsaNumbers> read_ecdsa_signature(ByteView signature) {
    MOS_TRY(der::Reader fields, der::open(signature, Tag::sequence));
    MOS_TRY(const ByteView r, fields.unsigned_integer());
    MOS_TRY(const ByteView s, fields.unsigned_integer());
    MOS_CHECK(fields.expect_end());
    return mbed::EcdsaNumbers{base::to_bytes(r), base::to_bytes(s)};
}

}  // namespace

Result<PublicKey> PublicKey::from_der(ByteView der, std::string_view name) {
    MOS_CHECK(check_key_size(der.size(), name));
    Result<KeyInfo> info = read_key_info(der);
    if (!info)
        return unusable(name, std::move(info).error());
    PublicKey key;
    key.m_family = info->family;
    key.m_bits = info->numbers.bits;
    key.m_der = base::to_bytes(der);
    key.m_number = base::to_bytes(info->numbers.number);
    key.m_exponent = base::to_bytes(info->numbers.exponent);
    key.m_id = sha256(der);
    return key;
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem, std::string_view name) {
    MOS_CHECK(check_key_size(pem.size(), name));
    Result<SecretBytes> der = parse_single_pem(pem, "PUBLIC KEY");
    if (!der)
        return unusable(name, std::move(der).error());
    return from_der(*der, name);
}

std::string PublicKey::to_pem() const {
    const SecretBytes pem = write_pem("PUBLIC KEY", m_der);
    return std::string{base::as_text(pem)};
}

std::string PublicKey::fingerprint() const { return "SHA256:" + base::to_hex(m_id); }

std::span<const SignatureAlgorithm> PublicKey::algorithms() const noexcept {
    static constexpr std::array of_ed25519 = {SignatureAlgorithm::ed25519};
    static constexpr std::array of_p256 = {SignatureAlgorithm::ecdsa_p256_sha256};
    static constexpr std::array of_p384 = {SignatureAlgorithm::ecdsa_p384_sha384};
    static constexpr std::array of_rsa = {SignatureAlgorithm::rsa_pkcs1_sha256, SignatureAlgorithm::rsa_pss_sha256};
    switch (m_family) {
    case KeyFamily::ed25519:
        return of_ed25519;
    case KeyFamily::ecc_p256:
        return of_p256;
    case KeyFamily::ecc_p384:
        return of_p384;
    case KeyFamily::rsa:
        break;
    }
    return of_rsa;
}

std::string PublicKey::algorithm_name(SignatureAlgorithm algorithm) const {
    if (m_family != KeyFamily::rsa)
        return std::string{crypto::algorithm_name(algorithm)};
    return fmt::format("RSA-{}{}-SHA256", algorithm == SignatureAlgorithm::rsa_pss_sha256 ? "PSS-" : "", m_bits);
}

Result<void> PublicKey::verify(SignatureAlgorithm algorithm, ByteView message, ByteView signature) const {
    const std::span<const SignatureAlgorithm> own = algorithms();
    if (std::find(own.begin(), own.end(), algorithm) == own.end())
        return Error{Code::ALGORITHM_REFUSED,
                     fmt::format("a signature of the kind {} is not what key {} ({}) makes",
                                 crypto::algorithm_name(algorithm), base::in_quotes(fingerprint()), algorithm_name())}
            .about(fingerprint());
    if (!verifies(scheme_of(algorithm), message, signature))
        return Error{Code::SIGNATURE_INVALID, fmt::format("the signature is not that of key {} over this message",
                                                          base::in_quotes(fingerprint()))}
            .about(fingerprint());
    return {};
}

bool PublicKey::verifies(const SignatureScheme &scheme, ByteView message, ByteView signature) const {
    if (m_family == KeyFamily::ed25519)
        return signature.size() == crypto_sign_BYTES &&
               crypto_sign_verify_detached(data_of(signature), data_of(message), message.size(), data_of(m_number)) ==
                   0;
    if (scheme.digest == DigestAlgorithm::blake2b_512)
        return false;  // SHA-2 alone has a name in the schemes
    const Bytes hash = digest(scheme.digest, message);
    if (m_family == KeyFamily::rsa)
        return mbed::rsa_verify({m_number, m_exponent}, scheme, hash, signature);
    const Result<mbed::EcdsaNumbers> numbers = read_ecdsa_signature(signature);
    return numbers && mbed::ecdsa_verify(curve_of(m_family), m_number, hash, numbers->r, numbers->s);
}

}  // namespace mos::crypto
