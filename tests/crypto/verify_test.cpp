#include <mos/crypto/verify.hpp>

#include "signers.hpp"

#include <mos/crypto/limits.hpp>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::base::as_bytes;
using mos::base::to_bytes;

namespace {

// Trusts the root as "vendor", the Ed25519 key as "builder", and key 5 for the packages of others.
TrustStore make_store() {
    TrustStore store;
    must(store.add("vendor", make(root_recipe())));
    must(store.add("builder", ed25519_key().public_key()));
    TrustEntry other{"other", "Other Team", {}, key_number(5).public_key()};
    other.scope.packages = {"other-*"};
    must(store.add(std::move(other)));
    return store;
}

Result<Verdict> verify(const std::vector<Signature> &signatures, const Decision &how = decision()) {
    return verify_signatures(message, subject, signatures, make_store(), how);
}

}  // namespace

TEST_CASE("a certified and a pinned signer are accepted and named") {
    const Verdict verdict = must(verify({sign(key_number(1), {make(leaf_recipe())}), sign(ed25519_key())}));
    REQUIRE(verdict.accepted.size() == 2);
    CHECK(verdict.accepted[0].trust_entry == "vendor");
    CHECK(verdict.accepted[0].signer == "CN=Leaf");
    CHECK(verdict.accepted[0].algorithm == "ECC-P384-SHA384");
    CHECK(verdict.accepted[0].key_id == key_number(1).public_key().id());
    CHECK(verdict.accepted[1].trust_entry == "builder");
    CHECK(verdict.accepted[1].signer == ed25519_key().public_key().fingerprint());
    CHECK(verdict.accepted[1].algorithm == "Ed25519");
    CHECK(verdict.rejected.empty());
}

TEST_CASE("an RSA signer's algorithm is named with the key's size") {
    const PrivateKey rsa = must(PrivateKey::from_pem(rsa_4096_pem, "rsa"));
    Recipe recipe = leaf_recipe();
    recipe.key = &rsa;
    CHECK(must(verify({sign(rsa, {make(recipe)})})).accepted.at(0).algorithm == "RSA-4096-SHA256");
}

TEST_CASE("no signature is not signed") { check_refusal(verify({}), Code::NOT_SIGNED, "there is no signature"); }

TEST_CASE("a trusted key's signature over something else is invalid") {
    Signature signature = sign(key_number(1), {make(leaf_recipe())});
    check_refusal(verify_signatures(as_bytes("another"), subject, std::vector{signature}, make_store(), decision()),
                  Code::SIGNATURE_INVALID, "the signature by 'CN=Leaf' does not fit what is signed");
    signature = sign(ed25519_key());
    signature.value[5] ^= std::byte{1};
    check_refusal(verify({signature}), Code::SIGNATURE_INVALID, "does not fit");
    signature.value.clear();
    check_refusal(verify({signature}), Code::SIGNATURE_INVALID, "does not fit");
}

TEST_CASE("a signer whom nothing vouches for is named") {
    const std::string fingerprint = key_number(3).public_key().fingerprint();
    check_refusal(verify({sign(key_number(3))}), Code::SIGNER_UNTRUSTED,
                  "signed by key '" + fingerprint + "', whom nothing in the trust folder vouches for");
    const Certificate stranger =
        make({.subject = "Stranger", .issuer = "Nobody", .key = &key_number(3), .issuer_key = &key_number(4)});
    check_refusal(verify({sign(key_number(3), {stranger})}), Code::SIGNER_UNTRUSTED,
                  "signed by 'CN=Stranger' (" + fingerprint + "), whom nothing in the trust folder vouches for");
    CHECK(refusal(verify_signatures(message, subject, std::vector{sign(ed25519_key())}, {}, decision())) ==
          Code::SIGNER_UNTRUSTED);
}

TEST_CASE("an expired certificate is named with its dates") {
    Decision later = decision();
    later.now_unix_s = now + 2 * day;
    check_refusal(verify({sign(key_number(1), {make(leaf_recipe())})}, later), Code::CERTIFICATE_EXPIRED,
                  "certificate 'CN=Leaf' was valid until 2027-01-16");
}

TEST_CASE("a certificate that breaks the profile, is malformed, or is of another key is refused") {
    Recipe recipe = leaf_recipe();
    recipe.extensions = {leaf_constraints(), key_usage(digital_signature)};
    check_refusal(verify({sign(key_number(1), {make(recipe)})}), Code::CERTIFICATE_INVALID, "not for code signing");
    Signature signature = sign(key_number(1), {make(leaf_recipe())});
    signature.certificates[0].push_back(std::byte{0});
    check_refusal(verify({signature}), Code::CERTIFICATE_INVALID, "certificate 1 beside the signature by SHA256:");
    signature = sign(key_number(1), {make(leaf_recipe())});
    signature.key_id = to_bytes(key_number(2).public_key().id());
    check_refusal(verify({signature}), Code::CERTIFICATE_INVALID, "'CN=Leaf' is not that of the key");
}

TEST_CASE("an algorithm that the policy does not allow, or that is not the key's, is refused") {
    Decision only_rsa = decision();
    only_rsa.allowed = {{SignatureAlgorithm::rsa_pkcs1_sha256}};
    check_refusal(verify({sign(ed25519_key())}, only_rsa), Code::ALGORITHM_REFUSED, "is Ed25519, which the policy");
    only_rsa.allowed = {};
    check_refusal(verify({sign(ed25519_key())}, only_rsa), Code::ALGORITHM_REFUSED, "is Ed25519, which the policy");
    Signature signature = sign(ed25519_key());
    signature.algorithm = SignatureAlgorithm::rsa_pkcs1_sha256;
    check_refusal(verify({signature}), Code::ALGORITHM_REFUSED, "claims to be RSA-SHA256, but the key is Ed25519");
    signature.algorithm = static_cast<SignatureAlgorithm>(99);
    check_refusal(verify({signature}), Code::ALGORITHM_REFUSED, "claims to be unknown");
}

TEST_CASE("a pinned key is as strong as the profile asks") {
    const PrivateKey rsa = must(PrivateKey::from_pem(rsa_2048_pem, "rsa"));
    TrustStore store;
    must(store.add("old", rsa.public_key()));
    const std::vector signatures = {sign(rsa)};
    check_refusal(verify_signatures(message, subject, signatures, store, decision()), Code::ALGORITHM_REFUSED,
                  "the key of 'old' is RSA of 2048 bits");
    Decision weaker = decision();
    weaker.profile.minimum_rsa_bits = 2048;
    CHECK(must(verify_signatures(message, subject, signatures, store, weaker)).accepted.at(0).algorithm ==
          "RSA-2048-SHA256");
}

TEST_CASE("a pin vouches for a key whatever certificates come with it") {
    TrustStore store;
    must(store.add("pin", key_number(1).public_key()));
    Signature signature = sign(key_number(1), {make(leaf_recipe())});
    CHECK(must(verify_signatures(message, subject, std::vector{signature}, store, decision()))
              .accepted.at(0)
              .trust_entry == "pin");
    signature.certificates[0].clear();
    must(verify_signatures(message, subject, std::vector{signature}, store, decision()));
}

TEST_CASE("an intermediate that comes with the signature leads to the root") {
    const Certificate intermediate = make(ca_recipe("Intermediate", key_number(2), "Root", key_number(0)));
    const Certificate leaf = make({.issuer = "Intermediate", .key = &key_number(1), .issuer_key = &key_number(2)});
    must(verify({sign(key_number(1), {leaf, intermediate})}));
    check_refusal(verify({sign(key_number(1), {leaf})}), Code::SIGNER_UNTRUSTED, "signed by 'CN=Leaf'");
}

TEST_CASE("signatures are counted against what is required, each key once") {
    Decision two = decision();
    two.required_signatures = 2;
    const Signature certified = sign(key_number(1), {make(leaf_recipe())});
    const Signature pinned = sign(ed25519_key());
    CHECK(must(verify({certified, pinned}, two)).accepted.size() == 2);
    check_refusal(verify({certified}, two), Code::NOT_SIGNED, "1 good signatures by different keys, 2 are required");
    check_refusal(verify({pinned, pinned}, two), Code::NOT_SIGNED, "1 good signatures");
    Recipe renewed = leaf_recipe();
    renewed.serial = hex("020143");
    renewed.subject = "Leaf again";
    check_refusal(verify({certified, sign(key_number(1), {make(renewed)})}, two), Code::NOT_SIGNED,
                  "1 good signatures");
    check_refusal(verify({certified, sign(key_number(3))}, two), Code::SIGNER_UNTRUSTED,
                  "1 good signatures by different keys, 2 are required: signed by key");
    const Verdict once = must(verify({pinned, pinned}));
    CHECK(once.accepted.size() == 1);
    CHECK(once.rejected.at(0).error.code() == Code::EXISTS);
}

TEST_CASE("a bad signature beside enough good ones is reported and does no harm") {
    Signature damaged = sign(key_number(1), {make(leaf_recipe())});
    damaged.value[9] ^= std::byte{1};
    const Verdict verdict = must(verify({damaged, sign(ed25519_key()), sign(key_number(3))}));
    CHECK(verdict.accepted.size() == 1);
    REQUIRE(verdict.rejected.size() == 2);
    CHECK(verdict.rejected[0].signer == "CN=Leaf");
    CHECK(verdict.rejected[0].algorithm == "ECC-P384-SHA384");
    CHECK(verdict.rejected[0].error.code() == Code::SIGNATURE_INVALID);
    CHECK(verdict.rejected[1].error.code() == Code::SIGNER_UNTRUSTED);
}

TEST_CASE("of several reasons the most specific is reported, in whatever order they stand") {
    Signature invalid = sign(ed25519_key());
    invalid.value[0] ^= std::byte{1};
    const Signature unknown = sign(key_number(3));
    Recipe old = leaf_recipe();
    old.not_before = now - 3 * day;
    old.not_after = now - 2 * day;
    const Signature expired = sign(key_number(1), {make(old)});
    Recipe unfit = leaf_recipe();
    unfit.extensions = {leaf_constraints()};
    const Signature misfit = sign(key_number(1), {make(unfit)});
    Signature refused = sign(ed25519_key());
    refused.algorithm = SignatureAlgorithm::rsa_pkcs1_sha256;
    const std::vector<std::pair<Code, Signature>> ranked = {{Code::SIGNATURE_INVALID, invalid},
                                                            {Code::SIGNER_UNTRUSTED, unknown},
                                                            {Code::SIGNER_NOT_ALLOWED, sign(key_number(5))},
                                                            {Code::CERTIFICATE_EXPIRED, expired},
                                                            {Code::CERTIFICATE_INVALID, misfit},
                                                            {Code::ALGORITHM_REFUSED, refused}};
    for (std::size_t i = 0; i < ranked.size(); ++i)
        for (std::size_t k = 0; k < ranked.size(); ++k)
            CHECK(refusal(verify({ranked[i].second, ranked[k].second})) == ranked[std::min(i, k)].first);
}

TEST_CASE("a search for a path that is too long is an error of its own") {
    std::vector<Certificate> chain = {make({.issuer = "Twin", .key = &key_number(1), .issuer_key = &key_number(2)})};
    for (std::size_t i = 1; i < max_chain_certificates; ++i) {
        Recipe twin = ca_recipe("Twin", key_number(2), "Twin", key_number(2));
        twin.serial = der::unsigned_integer(Bytes{static_cast<std::byte>(i)});
        chain.push_back(make(twin));
    }
    CHECK(refusal(verify({sign(key_number(1), chain)})) == Code::LIMIT);
}

TEST_CASE("signatures beyond a limit are refused before anything is judged") {
    const Signature good = sign(ed25519_key());
    must(verify(std::vector<Signature>(max_signatures, good)));
    CHECK(refusal(verify(std::vector<Signature>(max_signatures + 1, good))) == Code::LIMIT);
    Signature bad = good;
    bad.certificates.assign(max_chain_certificates + 1, Bytes{});
    CHECK(refusal(verify({good, bad})) == Code::LIMIT);
    bad = good;
    bad.certificates.assign(1, Bytes(max_certificate_bytes + 1));
    CHECK(refusal(verify({good, bad})) == Code::LIMIT);
    bad = good;
    bad.value.resize(max_signature_bytes + 1);
    CHECK(refusal(verify({good, bad})) == Code::LIMIT);
    bad = good;
    bad.key_id.resize(33);
    CHECK(refusal(verify({good, bad})) == Code::LIMIT);
}

TEST_CASE("a decision that requires nothing is an error") {
    Decision none = decision();
    none.required_signatures = 0;
    CHECK(refusal(verify({sign(ed25519_key())}, none)) == Code::INVALID_ARGUMENT);
    CHECK(refusal(verify({}, none)) == Code::INVALID_ARGUMENT);
}
