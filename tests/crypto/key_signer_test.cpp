#include <mos/crypto/key_signer.hpp>

#include "certificate_maker.hpp"
#include "keys.hpp"

#include <mos/crypto/limits.hpp>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::base::as_bytes;

namespace {

PrivateKey copy_of(const PrivateKey &key) {
    return must(PrivateKey::from_pem(mos::base::as_text(key.to_pem()), "copy"));
}

const Certificate &root() {
    static const Certificate certificate = make(ca_recipe("Root", key_number(0), "Root", key_number(0)));
    return certificate;
}
Certificate leaf() { return make({.key = &key_number(1), .issuer_key = &key_number(0)}); }

}  // namespace

TEST_CASE("a signer's signature carries algorithm, key and certificates, without the root") {
    const auto signer = must(make_signer(copy_of(key_number(1)), {leaf(), root()}));
    const Signature signature = must(signer->sign(as_bytes("x")));
    CHECK(signature.algorithm == SignatureAlgorithm::ecdsa_p384_sha384);
    CHECK(signature.key_id == mos::base::to_bytes(key_number(1).public_key().id()));
    CHECK(signature.certificates.size() == 1);
    must(key_number(1).public_key().verify(signature.algorithm, as_bytes("x"), signature.value));
}

TEST_CASE("a signer without a chain is for a pinned key") {
    PrivateKey key = must(PrivateKey::generate(KeyType::ed25519));
    const PublicKey public_key = key.public_key();
    const Signature signature = must(must(make_signer(std::move(key), {}))->sign(as_bytes("x")));
    CHECK(signature.certificates.empty());
    must(public_key.verify(SignatureAlgorithm::ed25519, as_bytes("x"), signature.value));
}

TEST_CASE("a chain that is not the key's, in the wrong order, or too long makes no signer") {
    CHECK(refusal(make_signer(copy_of(key_number(2)), {leaf(), root()})) == Code::CERTIFICATE_INVALID);
    CHECK(refusal(make_signer(copy_of(key_number(1)), {leaf(), leaf()})) == Code::CERTIFICATE_INVALID);
    const std::vector<Certificate> long_chain(max_chain_certificates + 1, leaf());
    CHECK(refusal(make_signer(copy_of(key_number(1)), long_chain)) == Code::LIMIT);
}

TEST_CASE("a signer signs by the algorithm that it was asked for, if the key can") {
    const auto pss = must(make_signer(copy_of(rsa_2048()), {}, SignatureAlgorithm::rsa_pss_sha256));
    const Signature signature = must(pss->sign(as_bytes("x")));
    CHECK(signature.algorithm == SignatureAlgorithm::rsa_pss_sha256);
    must(rsa_2048().public_key().verify(SignatureAlgorithm::rsa_pss_sha256, as_bytes("x"), signature.value));
    CHECK(refusal(make_signer(copy_of(rsa_2048()), {}, SignatureAlgorithm::ed25519)) == Code::INVALID_ARGUMENT);
}

TEST_CASE("a key that is elsewhere signs through a function, whose answer is checked") {
    const PublicKey &key = rsa_2048().public_key();
    std::string asked;
    const auto good = must(make_signer(key,
                                       [&](SignatureAlgorithm algorithm, ByteView message) {
                                           asked = std::string{algorithm_name(algorithm)} + " " +
                                                   std::string{mos::base::as_text(message)};
                                           return rsa_2048().sign(algorithm, message);
                                       },
                                       {}));
    const Signature signature = must(good->sign(as_bytes("x")));
    CHECK(asked == "RSA-SHA256 x");
    CHECK(std::ranges::equal(signature.key_id, key.id()));

    const auto wrong = must(make_signer(
        key, [](SignatureAlgorithm algorithm, ByteView) { return rsa_2048().sign(algorithm, as_bytes("y")); }, {}));
    CHECK(refusal(wrong->sign(as_bytes("x"))) == Code::SIGNATURE_INVALID);
    const auto absent = must(make_signer(key,
                                         [](SignatureAlgorithm, ByteView) {
                                             return Result<Bytes>{Error{Code::IO, "the token is gone"}};
                                         },
                                         {}));
    CHECK(refusal(absent->sign(as_bytes("x"))) == Code::IO);
}
