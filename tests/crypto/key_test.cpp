#include <mos/crypto/key.hpp>

#include <mos/crypto/der.hpp>
#include <mos/crypto/limits.hpp>

#include "expect.hpp"
#include "keys.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;
using mos::base::as_bytes;
using mos::base::as_text;
using mos::base::Bytes;
using mos::base::ByteView;
using mos::base::from_hex;
using mos::base::to_bytes;

namespace {

std::string pem_of(const PrivateKey &key) { return std::string{as_text(key.to_pem())}; }

// The one PEM block of `label` around `der`.
std::string pem_block(std::string_view label, ByteView der) {
    return "-----BEGIN " + std::string{label} + "-----\n" + mos::base::to_base64(der) + "\n-----END " +
           std::string{label} + "-----\n";
}

Bytes der_of(std::string_view pem) {
    std::string base64;
    std::size_t begin = pem.find('\n') + 1;
    for (const char c : pem.substr(begin, pem.find("\n-----END") - begin))
        if (c != '\n')
            base64 += c;
    return must(mos::base::from_base64(base64));
}

std::vector<PrivateKey> one_of_each() {
    std::vector<PrivateKey> keys;
    keys.push_back(must(PrivateKey::generate(KeyType::ed25519)));
    keys.push_back(must(PrivateKey::generate(KeyType::ecc_p384)));
    keys.push_back(must(PrivateKey::from_pem(rsa_4096_pem, "rsa")));
    return keys;
}

// Replaces the first occurrence, which must be there.
Bytes with(Bytes der, std::string_view from, std::string_view to) {
    const Bytes old_bytes = must(from_hex(from));
    const Bytes new_bytes = must(from_hex(to));
    REQUIRE(old_bytes.size() == new_bytes.size());
    const auto found = std::search(der.begin(), der.end(), old_bytes.begin(), old_bytes.end());
    REQUIRE(found != der.end());
    std::copy(new_bytes.begin(), new_bytes.end(), found);
    return der;
}

}  // namespace

TEST_CASE("a key type is known by its name") {
    for (const KeyType type : {KeyType::ed25519, KeyType::ecc_p384, KeyType::ecc_p256, KeyType::rsa_4096,
                               KeyType::rsa_3072, KeyType::rsa_2048})
        CHECK(must(parse_key_type(key_type_name(type))) == type);
    CHECK(refusal(parse_key_type("rsa-1024")) == Code::INVALID_ARGUMENT);
    CHECK(refusal(parse_key_type("")) == Code::INVALID_ARGUMENT);
}

TEST_CASE("a key signs and verifies, and its PEM gives the same key back") {
    const Bytes message = to_bytes(as_bytes("message"));
    for (const PrivateKey &key : one_of_each()) {
        const PublicKey &public_key = key.public_key();
        INFO(public_key.algorithm_name());
        const SignatureAlgorithm algorithm = public_key.algorithms().front();
        const Bytes signature = must(key.sign(message));
        must(public_key.verify(algorithm, message, signature));
        CHECK(refusal(public_key.verify(algorithm, as_bytes("messagf"), signature)) == Code::SIGNATURE_INVALID);
        for (std::size_t i = 0; i < signature.size(); i += 7) {
            Bytes damaged = signature;
            damaged[i] ^= std::byte{1};
            CHECK(refusal(public_key.verify(algorithm, message, damaged)) == Code::SIGNATURE_INVALID);
        }
        Bytes longer = signature;
        longer.push_back(std::byte{0});
        CHECK(refusal(public_key.verify(algorithm, message, longer)) == Code::SIGNATURE_INVALID);
        CHECK(refusal(public_key.verify(algorithm, message, {})) == Code::SIGNATURE_INVALID);

        const PrivateKey again = must(PrivateKey::from_pem(pem_of(key), "again"));
        CHECK(again.public_key() == public_key);
        CHECK(must(again.sign(message)) == signature);  // every kind is deterministic
        CHECK(pem_of(again) == pem_of(key));
        const PublicKey public_again = must(PublicKey::from_pem(public_key.to_pem(), "again"));
        CHECK(public_again == public_key);
        CHECK(public_again.id() == sha256(public_key.der()));
        CHECK(public_again.fingerprint() == "SHA256:" + mos::base::to_hex(public_key.id()));
    }
}

TEST_CASE("an RSA key of 4096 bits can be made" * doctest::timeout(300)) {
    const PrivateKey key = must(PrivateKey::generate(KeyType::rsa_4096));
    CHECK(key.public_key().algorithm_name() == "RSA-4096-SHA256");
    must(key.public_key().verify(SignatureAlgorithm::rsa_pkcs1_sha256, as_bytes("x"), must(key.sign(as_bytes("x")))));
    CHECK(must(PrivateKey::from_pem(pem_of(key), "again")).public_key() == key.public_key());
}

TEST_CASE("an algorithm that is not the key's own is refused") {
    for (const PrivateKey &key : one_of_each()) {
        const Bytes signature = must(key.sign(as_bytes("x")));
        const auto own = key.public_key().algorithms();
        for (const SignatureAlgorithm algorithm : every_signature_algorithm) {
            if (std::find(own.begin(), own.end(), algorithm) != own.end())
                continue;
            CHECK(refusal(key.public_key().verify(algorithm, as_bytes("x"), signature)) == Code::ALGORITHM_REFUSED);
            CHECK(refusal(key.sign(algorithm, as_bytes("x"))) == Code::INVALID_ARGUMENT);
        }
    }
}

TEST_CASE("Ed25519 signs as in RFC 8032 section 7.1, test 3") {
    const Bytes seed = must(from_hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"));
    const Bytes der = der::element(
        der::Tag::sequence, {must(from_hex("020100300506032b6570")),
                             der::element(der::Tag::octet_string, {der::element(der::Tag::octet_string, {seed})})});
    const PrivateKey key = must(PrivateKey::from_der(der, "RFC 8032"));
    CHECK(mos::base::to_hex(must(key.sign(must(from_hex("af82"))))) ==
          "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716e"
          "d28"
          "dc027beceea1ec40a");
}

TEST_CASE("ECDSA signs as in RFC 6979 appendix A.2.6") {
    const Bytes scalar = must(from_hex("6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8"
                                       "96D5724E4C70A825F872C9EA60D2EDF5"));
    const Bytes inner =
        der::element(der::Tag::sequence, {must(from_hex("020101")), der::element(der::Tag::octet_string, {scalar})});
    const Bytes der = der::element(der::Tag::sequence, {must(from_hex("020100301006072a8648ce3d020106052b81040022")),
                                                        der::element(der::Tag::octet_string, {inner})});
    const PrivateKey key = must(PrivateKey::from_der(der, "RFC 6979"));
    const Bytes r = must(from_hex("94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C"
                                  "81A648152E44ACF96E36DD1E80FABE46"));
    const Bytes s = must(from_hex("99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F"
                                  "A329C145786E679E7B82C71A38628AC8"));
    CHECK(must(key.sign(as_bytes("sample"))) ==
          der::element(der::Tag::sequence, {der::unsigned_integer(r), der::unsigned_integer(s)}));
}

TEST_CASE("an ECDSA signature has exactly one encoding") {
    const PrivateKey key = must(PrivateKey::generate(KeyType::ecc_p384));
    const Bytes signature = must(key.sign(as_bytes("x")));
    const auto verify = [&](const Bytes &value) {
        return key.public_key().verify(SignatureAlgorithm::ecdsa_p384_sha384, as_bytes("x"), value);
    };
    must(verify(signature));
    der::Reader reader = must(der::open(signature, der::Tag::sequence));
    const Bytes r = to_bytes(must(reader.next()).whole);
    const Bytes s = to_bytes(must(reader.next()).whole);
    const auto sequence = [](std::initializer_list<ByteView> parts) { return der::element(der::Tag::sequence, parts); };
    CHECK(verify(sequence({r, s})).ok());

    Bytes padded = r;
    padded.insert(padded.begin() + 2, std::byte{0});
    padded[1] = static_cast<std::byte>(padded.size() - 2);
    Bytes long_length = signature;
    long_length.insert(long_length.begin() + 1, std::byte{0x81});
    Bytes indefinite = sequence({r, s, must(from_hex("0000"))});
    indefinite[1] = std::byte{0x80};
    const Bytes zero = must(from_hex("020100"));
    const Bytes empty = must(from_hex("0200"));
    const Bytes order =
        must(from_hex("023100ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77"
                      "aecec196accc52973"));
    for (const Bytes &bad : {sequence({padded, s}), long_length, indefinite, sequence({zero, s}), sequence({r, zero}),
                             sequence({order, s}), sequence({r, order}), sequence({r, s, zero}), sequence({r}),
                             sequence({empty, s}), sequence({zero, zero}), sequence({})})
        CHECK_MESSAGE(refusal(verify(bad)) == Code::SIGNATURE_INVALID, mos::base::to_hex(bad));
}

TEST_CASE("a P-256 key signs as any other; that a policy must allow it is the decision's matter") {
    const PrivateKey key = must(PrivateKey::from_pem(p256_pem, "p256"));
    CHECK(pem_of(key) == p256_pem);
    CHECK(key.public_key().algorithm_name() == "ECC-P256-SHA256");
    const Bytes signature = must(key.sign(as_bytes("x")));
    must(key.public_key().verify(SignatureAlgorithm::ecdsa_p256_sha256, as_bytes("x"), signature));
    CHECK(key.public_key().verifies({.digest = DigestAlgorithm::sha256}, as_bytes("x"), signature));
    CHECK_FALSE(key.public_key().verifies({.digest = DigestAlgorithm::sha384}, as_bytes("x"), signature));
}

TEST_CASE("a key signs by schemes of SHA-2 alone") {
    for (const PrivateKey &key : one_of_each()) {
        if (key.public_key().family() == KeyFamily::ed25519)
            continue;  // it has one scheme, whatever is asked for
        CHECK(refusal(key.sign({.digest = DigestAlgorithm::blake2b_512}, as_bytes("x"))) == Code::INVALID_ARGUMENT);
        CHECK_FALSE(key.public_key().verifies({.digest = DigestAlgorithm::blake2b_512}, as_bytes("x"), Bytes(64)));
    }
}

TEST_CASE("RSA-PSS is another signature each time, and none of PKCS #1 v1.5") {
    const PrivateKey &key = rsa_2048();
    const auto pss = SignatureAlgorithm::rsa_pss_sha256;
    const auto pkcs1 = SignatureAlgorithm::rsa_pkcs1_sha256;
    const Bytes signature = must(key.sign(pss, as_bytes("x")));
    must(key.public_key().verify(pss, as_bytes("x"), signature));
    CHECK(must(key.sign(pss, as_bytes("x"))) != signature);
    CHECK(refusal(key.public_key().verify(pss, as_bytes("y"), signature)) == Code::SIGNATURE_INVALID);
    CHECK(refusal(key.public_key().verify(pkcs1, as_bytes("x"), signature)) == Code::SIGNATURE_INVALID);
    CHECK(refusal(key.public_key().verify(pss, as_bytes("x"), must(key.sign(pkcs1, as_bytes("x"))))) ==
          Code::SIGNATURE_INVALID);
    CHECK(key.public_key().algorithm_name(pss) == "RSA-PSS-2048-SHA256");
}

TEST_CASE("the salt of RSA-PSS is as long as its scheme says, and fits into the key") {
    const PrivateKey &key = rsa_2048();
    const SignatureScheme usual = scheme_of(SignatureAlgorithm::rsa_pss_sha256);
    SignatureScheme unsalted = usual;
    unsalted.salt_bytes = 0;
    const Bytes signature = must(key.sign(unsalted, as_bytes("x")));
    CHECK(key.public_key().verifies(unsalted, as_bytes("x"), signature));
    CHECK_FALSE(key.public_key().verifies(usual, as_bytes("x"), signature));
    SignatureScheme too_long = usual;
    too_long.salt_bytes = 2048 / 8 - 32 - 1;
    CHECK(refusal(key.sign(too_long, as_bytes("x"))) == Code::INVALID_ARGUMENT);
    too_long.salt_bytes = static_cast<std::size_t>(-1);
    CHECK(refusal(key.sign(too_long, as_bytes("x"))) == Code::INVALID_ARGUMENT);
    CHECK_FALSE(key.public_key().verifies(too_long, as_bytes("x"), signature));
}

TEST_CASE("a file that holds no usable private key is refused by name") {
    const auto refused = [](std::string_view pem, std::string_view words) {
        const auto result = PrivateKey::from_pem(pem, "k.pem");
        CHECK(refusal(result) == Code::KEY_INVALID);
        const std::string text = result.error().full_message();
        CHECK_MESSAGE(text.starts_with("'k.pem' is no usable private key: "), text);
        CHECK_MESSAGE(text.find(words) != std::string::npos, text);
    };
    const std::string good{p256_pem};
    refused("", "there is no PEM block 'PRIVATE KEY'");
    refused(good + good, "more than one PEM block");
    refused(must(PrivateKey::from_pem(good, "x")).public_key().to_pem(), "'PUBLIC KEY' where 'PRIVATE KEY'");
    refused(rsa_traditional_pem, "'RSA PRIVATE KEY' where 'PRIVATE KEY'");
    refused("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
            "openssl pkcs8");
    refused(p521_pem, "curve 1.3.132.0.35 is not supported");
    refused(rsa_1024_pem, "has 1024 bits");
    refused(good.substr(0, good.find("-----END")), "has no end");
    refused("-----BEGIN PRIVATE KEY-----\nAA*A\n-----END PRIVATE KEY-----\n", "is not base64");
    refused("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "has no end");
    refused("-----END PRIVATE KEY-----\n", "has no BEGIN");
    refused("-----BEGIN PRIVATE KEY\n", "BEGIN line is malformed");
    CHECK(refusal(PrivateKey::from_pem(std::string(max_key_bytes + 1, ' '), "k.pem")) == Code::LIMIT);
    CHECK(refusal(PrivateKey::from_der(Bytes(max_key_bytes + 1), "k.pem")) == Code::LIMIT);
}

TEST_CASE("a private key whose parts do not fit is refused") {
    const auto refused = [](const Bytes &der) { return refusal(PrivateKey::from_der(der, "k")) == Code::KEY_INVALID; };
    const Bytes p256 = der_of(p256_pem);
    must(PrivateKey::from_der(p256, "k"));
    Bytes other_point = p256;
    other_point.back() ^= std::byte{1};
    CHECK(refused(other_point));
    Bytes trailing = p256;
    trailing.push_back(std::byte{0});
    CHECK(refused(trailing));
    CHECK(refused(with(p256, "020100301306072a8648ce3d0201", "020102301306072a8648ce3d0201")));  // version 3
    CHECK(refused(with(p256, "0201010420", "0201020420")));                                      // inner version

    const Bytes rsa = der_of(rsa_2048_pem);
    must(PrivateKey::from_der(rsa, "k"));
    for (std::size_t i = 40; i < rsa.size(); i += 101) {
        Bytes damaged = rsa;
        damaged[i] ^= std::byte{2};
        CHECK(refused(damaged));
    }
    // A scalar of zero, and one beyond the order.
    for (const std::string &scalar : {std::string(96, '0'), std::string(96, 'f')}) {
        const Bytes inner =
            der::element(der::Tag::sequence,
                         {must(from_hex("020101")), der::element(der::Tag::octet_string, {must(from_hex(scalar))})});
        CHECK(refused(der::element(der::Tag::sequence, {must(from_hex("020100301006072a8648ce3d020106052b81040022")),
                                                        der::element(der::Tag::octet_string, {inner})})));
    }
}

TEST_CASE("an Ed25519 key with its public key beside it is read, when they fit") {
    const PrivateKey key = must(PrivateKey::generate(KeyType::ed25519));
    const Bytes version_1 = der_of(pem_of(key));
    der::Reader fields = must(der::open(version_1, der::Tag::sequence));
    must(fields.next());
    const Bytes algorithm = to_bytes(must(fields.next()).whole);
    const Bytes secret = to_bytes(must(fields.next()).whole);
    const auto version_2 = [&](ByteView public_key) {
        return der::element(der::Tag::sequence, {must(from_hex("020101")), algorithm, secret,
                                                 der::element(der::context(1), {must(from_hex("00")), public_key})});
    };
    const ByteView own = key.public_key().der().subspan(12);
    CHECK(must(PrivateKey::from_der(version_2(own), "k")).public_key() == key.public_key());
    const Bytes other = to_bytes(must(PrivateKey::generate(KeyType::ed25519)).public_key().der().subspan(12));
    CHECK(refusal(PrivateKey::from_der(version_2(other), "k")) == Code::KEY_INVALID);
}

TEST_CASE("a public key that is malformed, off its curve or of small order is refused") {
    const auto refused = [](const Bytes &der) {
        return refusal(PublicKey::from_der(der, "k.pub")) == Code::KEY_INVALID;
    };
    const Bytes ed25519 = to_bytes(must(PrivateKey::generate(KeyType::ed25519)).public_key().der());
    const Bytes p384 = to_bytes(must(PrivateKey::generate(KeyType::ecc_p384)).public_key().der());
    const Bytes rsa = to_bytes(must(PrivateKey::from_pem(rsa_2048_pem, "k")).public_key().der());
    for (const Bytes &good : {ed25519, p384, rsa}) {
        must(PublicKey::from_der(good, "k.pub"));
        Bytes longer = good;
        longer.push_back(std::byte{0});
        CHECK(refused(longer));
        for (std::size_t length = 0; length < good.size(); length += 5)
            CHECK(refused({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)}));
    }
    Bytes off_curve = p384;
    off_curve.back() ^= std::byte{1};
    CHECK(refused(off_curve));
    CHECK(refused(must(from_hex("302a300506032b6570032100"
                                "0100000000000000000000000000000000000000000000000000000000000000"))));
    CHECK(refused(must(from_hex("302a300506032b6570032100"
                                "0000000000000000000000000000000000000000000000000000000000000000"))));
    CHECK(refused(must(from_hex("302c300706032b65700500032100" + mos::base::to_hex(ByteView{ed25519}.subspan(12))))));
    CHECK(refused(with(rsa, "0500", "0501")));              // parameters
    CHECK(refused(with(rsa, "0203010001", "0203010000")));  // an even exponent
    CHECK(refused(with(rsa, "0203010001", "0203000003")));  // a padded one
    CHECK(refusal(PublicKey::from_der(Bytes(max_key_bytes + 1), "k.pub")) == Code::LIMIT);
    const std::string shown = PublicKey::from_pem("x", "k.pub").error().full_message();
    CHECK(shown == "'k.pub' is no usable public key: there is no PEM block 'PUBLIC KEY'");
    CHECK(refusal(PublicKey::from_pem(pem_block("PUBLIC KEY", off_curve), "k.pub")) == Code::KEY_INVALID);
}
