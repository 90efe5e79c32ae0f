#include <mos/crypto/key.hpp>

#include "encrypted_key.hpp"
#include "key_encoding.hpp"
#include "oids.hpp"
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

constexpr std::string_view plain_label = "PRIVATE KEY";
constexpr std::string_view encrypted_label = "ENCRYPTED PRIVATE KEY";

struct KeyTypeRow {
    KeyType type;
    std::string_view name;
    unsigned rsa_bits;
};

constexpr std::array key_types = {
    KeyTypeRow{KeyType::ed25519, "ed25519", 0},      KeyTypeRow{KeyType::ecc_p384, "ecc-p384", 0},
    KeyTypeRow{KeyType::ecc_p256, "ecc-p256", 0},    KeyTypeRow{KeyType::rsa_4096, "rsa-4096", 4096},
    KeyTypeRow{KeyType::rsa_3072, "rsa-3072", 3072}, KeyTypeRow{KeyType::rsa_2048, "rsa-2048", 2048},
};

unsigned rsa_bits_of(KeyType type) {
    const auto *const row = std::find_if(key_types.begin(), key_types.end(),
                                         [&](const KeyTypeRow &candidate) { return candidate.type == type; });
    return row->rsa_bits;
}

constexpr std::uint32_t ec_private_key_version = 1;  // RFC 5915 section 3

const unsigned char *data_of(ByteView bytes) { return reinterpret_cast<const unsigned char *>(bytes.data()); }
template <class Buffer>
unsigned char *writable(Buffer &buffer) {
    return reinterpret_cast<unsigned char *>(buffer.data());
}

// What a PKCS #8 file says: the secret as PrivateKey keeps it, and the public key where the file repeats it.
struct KeyFile {
    KeyFamily family = KeyFamily::ed25519;
    SecretBytes secret;
    Bytes claimed_public_key;
};

SecretBytes secret_copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

// RSAPrivateKey, with all numbers in sizes that the modulus allows, so that no number takes memory beyond limits.hpp.
Result<mbed::RsaPrivate> read_rsa_private_key(ByteView der) {
    MOS_TRY(der::Reader fields, der::open(der, Tag::sequence));
    MOS_TRY(const std::uint32_t version, fields.small_unsigned_integer());
    if (version != 0)
        return Error{Code::UNSUPPORTED, "an RSA key of more than two primes is not supported"};
    ByteView numbers[8];  // modulus, public and private exponent, two primes, two exponents, coefficient
    for (ByteView &number : numbers) {
        MOS_TRY(number, fields.unsigned_integer());
        if (number.size() > max_rsa_bits / 8)
            return Error{Code::FORMAT, fmt::format("an RSA key has more than {} bits", max_rsa_bits)};
    }
    MOS_CHECK(fields.expect_end());
    return mbed::RsaPrivate{{numbers[0], numbers[1]}, numbers[2], numbers[3], numbers[4]};
}

SecretBytes write_rsa_private_key(const mbed::RsaNumbers &key) {
    const auto number = [](ByteView value) { return der::unsigned_integer<SecretBytes>(value); };
    return der::element<SecretBytes>(Tag::sequence,
                                     {number({}), number(key.modulus), number(key.exponent),
                                      number(key.private_exponent), number(key.prime_1), number(key.prime_2),
                                      number(key.exponent_1), number(key.exponent_2), number(key.coefficient)});
}

Result<KeyFile> read_ed25519(ByteView private_key) {
    der::Reader reader{private_key};
    MOS_TRY(const der::Element seed, reader.next(Tag::octet_string));  // RFC 8410 section 7: CurvePrivateKey
    MOS_CHECK(reader.expect_end());
    if (seed.content.size() != crypto_sign_SEEDBYTES)
        return Error{Code::FORMAT, "an Ed25519 private key has 32 bytes"};
    return KeyFile{KeyFamily::ed25519, secret_copy(seed.content), {}};
}

Result<KeyFile> read_ec(KeyFamily family, ByteView private_key) {
    MOS_TRY(der::Reader fields, der::open(private_key, Tag::sequence));
    MOS_TRY(const std::uint32_t version, fields.small_unsigned_integer());
    MOS_TRY(const der::Element scalar, fields.next(Tag::octet_string));
    if (version != ec_private_key_version || scalar.content.size() != mbed::curve_bytes(curve_of(family)))
        return Error{Code::FORMAT, "the EC private key has another version or size than its curve asks for"};
    if (fields.next_is(der::context_constructed(0))) {
        MOS_TRY(der::Reader parameters, fields.enter(der::context_constructed(0)));
        MOS_TRY(const ByteView curve, parameters.object_identifier());
        MOS_CHECK(parameters.expect_end());
        if (!oid::is(curve, family == KeyFamily::ecc_p256 ? oid::curve_p256 : oid::curve_p384))
            return Error{Code::FORMAT, "the EC private key names two curves"};
    }
    KeyFile file{family, secret_copy(scalar.content), {}};
    if (fields.next_is(der::context_constructed(1))) {
        MOS_TRY(der::Reader public_key, fields.enter(der::context_constructed(1)));
        MOS_TRY(const ByteView point, public_key.bit_string());
        MOS_CHECK(public_key.expect_end());
        file.claimed_public_key = base::to_bytes(point);
    }
    MOS_CHECK(fields.expect_end());
    return file;
}

// The key is written anew from the numbers that define it: a file whose other numbers differ does not fit itself.
Result<KeyFile> read_rsa(ByteView private_key) {
    MOS_TRY(const mbed::RsaPrivate key, read_rsa_private_key(private_key));
    MOS_TRY(const mbed::RsaNumbers numbers, mbed::rsa_complete(key));
    SecretBytes complete = write_rsa_private_key(numbers);
    if (!equal_in_constant_time(complete, private_key))
        return Error{Code::FORMAT, "the numbers of the RSA key do not fit each other"};
    return KeyFile{KeyFamily::rsa, std::move(complete), {}};
}

Result<KeyFile> read_private_key(KeyFamily family, ByteView private_key) {
    switch (family) {
    case KeyFamily::ed25519:
        return read_ed25519(private_key);
    case KeyFamily::ecc_p256:
    case KeyFamily::ecc_p384:
        return read_ec(family, private_key);
    case KeyFamily::rsa:
        break;
    }
    return read_rsa(private_key);
}

// OneAsymmetricKey (RFC 5958 section 2), version 1 or 2.
Result<KeyFile> read_pkcs8(ByteView der) {
    MOS_CHECK(prepare_sodium());
    MOS_TRY(der::Reader fields, der::open(der, Tag::sequence));
    MOS_TRY(const std::uint32_t version, fields.small_unsigned_integer());
    if (version > 1)
        return Error{Code::UNSUPPORTED, fmt::format("PKCS #8 version {} is not supported", version + 1)};
    MOS_TRY(const KeyFamily family, read_key_algorithm(fields));
    MOS_TRY(const der::Element private_key, fields.next(Tag::octet_string));
    MOS_TRY(KeyFile file, read_private_key(family, private_key.content));
    if (fields.next_is(der::context_constructed(0))) {  // attributes: notes for other programs
        MOS_TRY([[maybe_unused]] const der::Element attributes, fields.next());
    }
    if (version == 1 && fields.next_is(der::context(1))) {
        MOS_TRY(const der::Element public_key, fields.next());
        if (public_key.content.empty() || public_key.content[0] != std::byte{0})
            return Error{Code::FORMAT, "the public key in the file is not of whole bytes"};
        file.claimed_public_key = base::to_bytes(public_key.content.subspan(1));
    }
    MOS_CHECK(fields.expect_end());
    return file;
}

Result<Bytes> find_public_key(KeyFamily family, ByteView secret) {
    switch (family) {
    case KeyFamily::ed25519: {
        Bytes key(crypto_sign_PUBLICKEYBYTES);
        SecretBytes expanded(crypto_sign_SECRETKEYBYTES);
        crypto_sign_seed_keypair(writable(key), writable(expanded), data_of(secret));
        return key;
    }
    case KeyFamily::ecc_p256:
    case KeyFamily::ecc_p384:
        return mbed::ec_public_point(curve_of(family), secret);
    case KeyFamily::rsa:
        break;
    }
    MOS_TRY(const mbed::RsaPrivate key, read_rsa_private_key(secret));
    return write_rsa_public_key(key.public_part.modulus, key.public_part.exponent);
}

Bytes sign_ed25519(ByteView seed, ByteView message) {
    Bytes public_key(crypto_sign_PUBLICKEYBYTES);
    SecretBytes expanded(crypto_sign_SECRETKEYBYTES);
    crypto_sign_seed_keypair(writable(public_key), writable(expanded), data_of(seed));
    Bytes signature(crypto_sign_BYTES);
    crypto_sign_detached(writable(signature), nullptr, data_of(message), message.size(), data_of(expanded));
    return signature;
}

Error unusable(std::string_view name, Error cause) {
    return Error{Code::KEY_INVALID, fmt::format("{} is no usable private key", base::in_quotes(name))}
        .about(std::string{name})
        .caused_by(std::move(cause));
}

}  // namespace

Result<KeyType> parse_key_type(std::string_view text) {
    for (const KeyTypeRow &row : key_types)
        if (text == row.name)
            return row.type;
    std::string names;
    for (const KeyTypeRow &row : key_types)
        names += fmt::format("{}'{}'", names.empty() ? "" : ", ", row.name);
    return Error{Code::INVALID_ARGUMENT, fmt::format("key type {} is none of {}", base::in_quotes(text), names)};
}

std::string_view key_type_name(KeyType type) noexcept {
    for (const KeyTypeRow &row : key_types)
        if (type == row.type)
            return row.name;
    return "unknown";
}

Result<PrivateKey> PrivateKey::from_secret(KeyFamily family, SecretBytes secret, std::string_view name) {
    MOS_TRY(const Bytes public_key, find_public_key(family, secret));
    MOS_TRY(PublicKey checked, PublicKey::from_der(write_public_key_info(family, public_key), name));
    return PrivateKey{std::move(checked), std::move(secret)};
}

Result<PrivateKey> PrivateKey::generate(KeyType type) {
    MOS_CHECK(prepare_sodium());
    switch (type) {
    case KeyType::ed25519: {
        SecretBytes seed(crypto_sign_SEEDBYTES);
        randombytes_buf(seed.data(), seed.size());
        return from_secret(KeyFamily::ed25519, std::move(seed), "new key");
    }
    case KeyType::ecc_p384:
        return from_secret(KeyFamily::ecc_p384, mbed::ec_generate(mbed::Curve::p384), "new key");
    case KeyType::ecc_p256:
        return from_secret(KeyFamily::ecc_p256, mbed::ec_generate(mbed::Curve::p256), "new key");
    case KeyType::rsa_4096:
    case KeyType::rsa_3072:
    case KeyType::rsa_2048:
        break;
    }
    MOS_TRY(const mbed::RsaNumbers numbers, mbed::rsa_generate(rsa_bits_of(type)));
    return from_secret(KeyFamily::rsa, write_rsa_private_key(numbers), "new key");
}

Result<PrivateKey> PrivateKey::from_der(ByteView der, std::string_view name) {
    MOS_CHECK(check_key_size(der.size(), name));
    Result<KeyFile> file = read_pkcs8(der);
    if (!file)
        return unusable(name, std::move(file).error());
    Result<PrivateKey> key = from_secret(file->family, std::move(file->secret), name);
    if (!key)
        return unusable(name, std::move(key).error());
    if (!file->claimed_public_key.empty() &&
        write_public_key_info(file->family, file->claimed_public_key) != key->m_public.m_der)
        return unusable(name, Error{Code::FORMAT, "the public key in the file is that of another key"});
    return key;
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem, std::string_view name, std::string_view passphrase) {
    MOS_CHECK(check_key_size(pem.size(), name));
    const Result<SecretBytes> encrypted = parse_single_pem(pem, encrypted_label);
    if (!encrypted && !passphrase.empty())
        return unusable(name, Error{Code::FORMAT, "it is no encrypted key, though a passphrase was given"});
    if (encrypted && passphrase.empty())
        return Error{Code::WRONG_PASSPHRASE,
                     fmt::format("{} is encrypted, and no passphrase was given", base::in_quotes(name))}
            .about(std::string{name});
    Result<SecretBytes> der = encrypted ? decrypt_key(*encrypted, passphrase) : parse_single_pem(pem, plain_label);
    if (!der && der.error().code() == Code::WRONG_PASSPHRASE)
        return base::in_context(std::move(der).error(), fmt::format("can't open key {}", base::in_quotes(name)));
    if (!der)
        return unusable(name, std::move(der).error());
    return from_der(*der, name);
}

SecretBytes PrivateKey::to_der() const {
    const KeyFamily family = m_public.family();
    SecretBytes private_key;
    switch (family) {
    case KeyFamily::ed25519:
        private_key = der::element<SecretBytes>(Tag::octet_string, {m_secret});
        break;
    case KeyFamily::ecc_p256:
    case KeyFamily::ecc_p384: {
        const std::byte version{ec_private_key_version};
        private_key = der::element<SecretBytes>(
            Tag::sequence,
            {der::unsigned_integer({&version, 1}), der::element<SecretBytes>(Tag::octet_string, {m_secret}),
             der::element(der::context_constructed(1), {der::bit_string(m_public.m_number)})});
        break;
    }
    case KeyFamily::rsa:
        private_key = m_secret;
        break;
    }
    return der::element<SecretBytes>(Tag::sequence, {der::unsigned_integer({}), write_key_algorithm(family),
                                                     der::element<SecretBytes>(Tag::octet_string, {private_key})});
}

SecretBytes PrivateKey::to_pem() const { return write_pem(plain_label, to_der()); }

Result<SecretBytes> PrivateKey::to_encrypted_pem(std::string_view passphrase) const {
    if (passphrase.empty())
        return Error{Code::INVALID_ARGUMENT, "an empty passphrase protects nothing"};
    MOS_TRY(const SecretBytes encrypted, encrypt_key(to_der(), passphrase));
    return write_pem(encrypted_label, encrypted);
}

Result<Bytes> PrivateKey::sign(SignatureAlgorithm algorithm, ByteView message) const {
    const std::span<const SignatureAlgorithm> own = m_public.algorithms();
    if (std::find(own.begin(), own.end(), algorithm) == own.end())
        return Error{Code::INVALID_ARGUMENT, fmt::format("a key of the kind {} makes no signature of the kind {}",
                                                         m_public.algorithm_name(), algorithm_name(algorithm))}
            .about(m_public.fingerprint());
    return sign(scheme_of(algorithm), message);
}

Result<Bytes> PrivateKey::sign_unchecked(const SignatureScheme &scheme, ByteView message) const {
    if (m_public.family() == KeyFamily::ed25519)
        return sign_ed25519(m_secret, message);
    const Bytes hash = digest(scheme.digest, message);
    if (m_public.family() == KeyFamily::rsa) {
        MOS_TRY(const mbed::RsaPrivate key, read_rsa_private_key(m_secret));
        return mbed::rsa_sign(key, scheme, hash);
    }
    MOS_TRY(const mbed::EcdsaNumbers numbers,
            mbed::ecdsa_sign(curve_of(m_public.family()), m_secret, scheme.digest, hash));
    return der::element(Tag::sequence, {der::unsigned_integer(numbers.r), der::unsigned_integer(numbers.s)});
}

Result<Bytes> PrivateKey::sign(const SignatureScheme &scheme, ByteView message) const {
    MOS_TRY(Bytes signature, sign_unchecked(scheme, message));
    if (!m_public.verifies(scheme, message, signature))
        return Error{Code::INTERNAL,
                     "a signature that was just made does not verify; it is withheld, the machine may be faulty"};
    return signature;
}

}  // namespace mos::crypto
