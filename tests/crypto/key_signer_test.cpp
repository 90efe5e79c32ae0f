#include <mos/crypto/key_signer.hpp>

#include "certificate_maker.hpp"
#include "keys.hpp"

#include <mos/crypto/limits.hpp>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;
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

TEST_CASE("a P-256 key makes no signer") {
    CHECK(refusal(make_signer(must(PrivateKey::from_pem(p256_pem, "p256")), {})) == Code::UNSUPPORTED);
}
