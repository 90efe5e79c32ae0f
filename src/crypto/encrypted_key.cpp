#include "encrypted_key.hpp"

#include "key_encoding.hpp"
#include "mbedtls_keys.hpp"
#include "oids.hpp"

#include <mos/crypto/der.hpp>
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

constexpr std::uint32_t written_rounds = 600'000;
constexpr std::size_t written_salt_bytes = 16;
constexpr std::size_t max_salt_bytes = 64;

struct Cipher {
    std::string_view oid;
    std::size_t key_bytes;
};
constexpr std::array ciphers = {Cipher{oid::aes_256_cbc, 32}, Cipher{oid::aes_192_cbc, 24},
                                Cipher{oid::aes_128_cbc, 16}};

struct PseudoRandomFunction {
    std::string_view oid;
    DigestAlgorithm digest;
};
constexpr std::array functions = {PseudoRandomFunction{oid::hmac_with_sha256, DigestAlgorithm::sha256},
                                  PseudoRandomFunction{oid::hmac_with_sha384, DigestAlgorithm::sha384},
                                  PseudoRandomFunction{oid::hmac_with_sha512, DigestAlgorithm::sha512}};

// What the file says of how it was encrypted.
struct Parameters {
    ByteView salt;
    std::uint32_t rounds = 0;
    DigestAlgorithm digest = DigestAlgorithm::sha256;
    std::size_t key_bytes = 0;
    ByteView initial_vector;
};

template <class Table>
const auto *find_known(const Table &table, ByteView identifier) {
    const auto *const found =
        std::find_if(table.begin(), table.end(), [&](const auto &row) { return oid::is(identifier, row.oid); });
    return found == table.end() ? nullptr : found;
}

Error unsupported(ByteView identifier) {
    return Error{Code::UNSUPPORTED,
                 fmt::format("it is encrypted by {}; PBES2 with PBKDF2, HMAC-SHA-2 and AES-CBC is supported "
                             "('openssl pkcs8 -topk8 -v2 aes-256-cbc' writes it)",
                             der::dotted(identifier))};
}

Result<void> read_derivation(der::Reader fields, Parameters &parameters) {
    MOS_TRY(const ByteView scheme, fields.object_identifier());
    if (!oid::is(scheme, oid::pbkdf2))
        return unsupported(scheme);
    MOS_TRY(der::Reader details, fields.enter(Tag::sequence));
    MOS_CHECK(fields.expect_end());
    MOS_TRY(const der::Element salt, details.next(Tag::octet_string));
    MOS_TRY(parameters.rounds, details.small_unsigned_integer());
    parameters.salt = salt.content;
    if (salt.content.empty() || salt.content.size() > max_salt_bytes || parameters.rounds == 0)
        return Error{Code::FORMAT, "its salt or its number of rounds is none"};
    if (parameters.rounds > max_key_rounds)
        return Error{Code::LIMIT, fmt::format("its passphrase takes {} rounds, at most {} are allowed",
                                              parameters.rounds, max_key_rounds)};
    if (details.next_is(Tag::integer)) {  // the key's length, which the cipher tells as well
        MOS_TRY([[maybe_unused]] const ByteView length, details.unsigned_integer());
    }
    if (details.at_end())
        return unsupported(base::as_bytes(oid::hmac_with_sha1));  // the default
    MOS_TRY(der::Reader function, details.enter(Tag::sequence));
    MOS_CHECK(details.expect_end());
    MOS_TRY(const ByteView identifier, function.object_identifier());
    const PseudoRandomFunction *const known = find_known(functions, identifier);
    if (known == nullptr)
        return unsupported(identifier);
    parameters.digest = known->digest;
    return {};
}

Result<void> read_cipher(der::Reader fields, Parameters &parameters) {
    MOS_TRY(const ByteView identifier, fields.object_identifier());
    const Cipher *const known = find_known(ciphers, identifier);
    if (known == nullptr)
        return unsupported(identifier);
    MOS_TRY(const der::Element vector, fields.next(Tag::octet_string));
    MOS_CHECK(fields.expect_end());
    if (vector.content.size() != mbed::aes_block_bytes)
        return Error{Code::FORMAT, "its initialization vector has another size than a block"};
    parameters.key_bytes = known->key_bytes;
    parameters.initial_vector = vector.content;
    return {};
}

Result<Parameters> read_parameters(der::Reader &file) {
    MOS_TRY(der::Reader algorithm, file.enter(Tag::sequence));
    MOS_TRY(const ByteView scheme, algorithm.object_identifier());
    if (!oid::is(scheme, oid::pbes2))
        return unsupported(scheme);
    MOS_TRY(der::Reader parts, algorithm.enter(Tag::sequence));
    MOS_CHECK(algorithm.expect_end());
    Parameters parameters;
    MOS_TRY(const der::Reader derivation, parts.enter(Tag::sequence));
    MOS_TRY(const der::Reader cipher, parts.enter(Tag::sequence));
    MOS_CHECK(parts.expect_end());
    MOS_CHECK(read_derivation(derivation, parameters));
    MOS_CHECK(read_cipher(cipher, parameters));
    return parameters;
}

Bytes identifier(std::string_view oid) { return der::element(Tag::object_identifier, {base::as_bytes(oid)}); }

Bytes random(std::size_t size) {
    Bytes bytes(size);
    randombytes_buf(bytes.data(), bytes.size());
    return bytes;
}

Bytes write_parameters(const Parameters &parameters) {
    std::array<std::byte, 4> rounds{};
    for (std::size_t i = 0; i < rounds.size(); ++i)
        rounds[i] = static_cast<std::byte>(parameters.rounds >> (8 * (rounds.size() - 1 - i)));
    const Bytes function =
        der::element(Tag::sequence, {identifier(oid::hmac_with_sha256), der::element(Tag::null, {})});
    const Bytes derivation =
        der::element(Tag::sequence, {identifier(oid::pbkdf2),
                                     der::element(Tag::sequence, {der::element(Tag::octet_string, {parameters.salt}),
                                                                  der::unsigned_integer(rounds), function})});
    const Bytes cipher = der::element(
        Tag::sequence, {identifier(oid::aes_256_cbc), der::element(Tag::octet_string, {parameters.initial_vector})});
    return der::element(Tag::sequence, {identifier(oid::pbes2), der::element(Tag::sequence, {derivation, cipher})});
}

SecretBytes cipher_key(const Parameters &parameters, std::string_view passphrase) {
    return mbed::pbkdf2(parameters.digest, base::as_bytes(passphrase), parameters.salt, parameters.rounds,
                        parameters.key_bytes);
}

}  // namespace

Result<SecretBytes> encrypt_key(ByteView key, std::string_view passphrase) {
    MOS_CHECK(prepare_sodium());
    const Bytes salt = random(written_salt_bytes);
    const Bytes initial_vector = random(mbed::aes_block_bytes);
    const Parameters parameters{salt, written_rounds, DigestAlgorithm::sha256, ciphers.front().key_bytes,
                                initial_vector};
    // RFC 8018 appendix B.2.5: as many bytes of that number as fill the last block, at least one.
    const std::size_t padding = mbed::aes_block_bytes - key.size() % mbed::aes_block_bytes;
    SecretBytes padded(key.begin(), key.end());
    padded.resize(key.size() + padding, static_cast<std::byte>(padding));
    const SecretBytes encrypted =
        mbed::aes_cbc(mbed::Direction::encrypt, cipher_key(parameters, passphrase), parameters.initial_vector, padded);
    return der::element<SecretBytes>(
        Tag::sequence, {write_parameters(parameters), der::element<SecretBytes>(Tag::octet_string, {encrypted})});
}

Result<SecretBytes> decrypt_key(ByteView encrypted, std::string_view passphrase) {
    MOS_TRY(der::Reader file, der::open(encrypted, Tag::sequence));
    MOS_TRY(const Parameters parameters, read_parameters(file));
    MOS_TRY(const der::Element data, file.next(Tag::octet_string));
    MOS_CHECK(file.expect_end());
    if (data.content.empty() || data.content.size() % mbed::aes_block_bytes != 0)
        return Error{Code::FORMAT, "what is encrypted is not of whole blocks"};
    SecretBytes key = mbed::aes_cbc(mbed::Direction::decrypt, cipher_key(parameters, passphrase),
                                    parameters.initial_vector, data.content);
    const auto padding = std::to_integer<std::size_t>(key.back());
    const bool is_padded = padding >= 1 && padding <= mbed::aes_block_bytes &&
                           std::all_of(key.end() - static_cast<std::ptrdiff_t>(padding), key.end(),
                                       [&](std::byte byte) { return std::to_integer<std::size_t>(byte) == padding; });
    if (!is_padded)
        return Error{Code::WRONG_PASSPHRASE, "the passphrase does not open it"};
    key.resize(key.size() - padding);
    if (!der::open(key, Tag::sequence))  // garbage that was padded by chance
        return Error{Code::WRONG_PASSPHRASE, "the passphrase does not open it"};
    return key;
}

}  // namespace mos::crypto
