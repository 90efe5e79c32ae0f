#include <mos/crypto/profile.hpp>

#include "chain_maker.hpp"
#include "key_encoding.hpp"
#include "keys.hpp"

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;
using mos::Result;

TEST_CASE("a chain of root, intermediate and leaf passes, and the path is returned") {
    const TrustedPath path = must(Chain{}.check());
    CHECK(path.root == 0);
    REQUIRE(path.certificates.size() == 3);
    CHECK(path.certificates[0].subject() == "CN=Leaf");
    CHECK(path.certificates[2].subject() == "CN=Root");
}

TEST_CASE("a certificate that its issuer did not sign is refused") {
    Chain chain;
    chain.leaf.issuer_key = &key_number(5);
    chain.leaf.has_authority_key_id = false;
    check_invalid(chain, "'CN=Leaf' names 'CN=Intermediate' as its issuer, but was not signed by it");
    chain = {};
    chain.intermediate.issuer_key = &key_number(5);
    chain.intermediate.has_authority_key_id = false;
    check_invalid(chain, "'CN=Intermediate' names 'CN=Root' as its issuer");
    chain = {};
    chain.root.issuer_key = &key_number(5);
    check_invalid(chain, "'CN=Root' names 'CN=Root' as its issuer");
}

TEST_CASE("a certificate that was altered after signing is refused") {
    const Chain chain;
    Bytes der = make_der(chain.leaf);
    const std::string text{mos::base::as_text(der)};
    der[text.find("Leaf") + 3] = std::byte{'k'};  // CN=Leak
    const Certificate altered = must(Certificate::from_der(der, "altered"));
    check_refusal(
        judge_chain(altered, std::vector{make(chain.intermediate)}, std::vector{make(chain.root)}, now, defaults),
        Code::CERTIFICATE_INVALID, "was not signed by it");
}

TEST_CASE("a signature algorithm that is old or does not fit the issuer's key is refused") {
    Chain chain;
    chain.leaf.algorithm = der::element(Tag::sequence, {oid("2a8648ce3d0401")});  // ECDSA with SHA-1
    check_invalid(chain, "is signed by an algorithm that is not allowed (1.2.840.10045.4.1)");
    chain.leaf.algorithm = der::element(Tag::sequence, {oid("2a864886f70d010105"), der::element(Tag::null, {})});
    check_invalid(chain, "(1.2.840.113549.1.1.5)");  // RSA with SHA-1
    chain.leaf.algorithm = rsa_identifier();
    check_invalid(chain, "was not signed by it");
    chain.leaf.algorithm = der::element(Tag::sequence, {oid("2a8648ce3d040302")});  // says SHA-256, is SHA-384
    check_invalid(chain, "was not signed by it");
}

TEST_CASE("a root's own signature may be of an old algorithm, for nothing rests on it") {
    Chain chain;
    chain.root.algorithm = der::element(Tag::sequence, {oid("2a864886f70d010105"), der::element(Tag::null, {})});
    must(chain.check());
}

TEST_CASE("every certificate of the path must be valid at the time") {
    const auto spoil = [](Recipe Chain::*which, std::int64_t before, std::int64_t after) {
        Chain chain;
        (chain.*which).not_before = before;
        (chain.*which).not_after = after;
        return chain.check();
    };
    for (Recipe Chain::*which : {&Chain::leaf, &Chain::intermediate, &Chain::root}) {
        const std::string quoted = "'CN=" + (Chain{}.*which).subject + "'";
        check_refusal(spoil(which, now - 2 * day, now - 1), Code::CERTIFICATE_EXPIRED,
                      quoted + " was valid until 2027-01-15 07:59:59 UTC, and it is 2027-01-15 08:00:00 UTC");
        check_refusal(spoil(which, now + 1, now + day), Code::CERTIFICATE_EXPIRED,
                      quoted + " is not valid before 2027-01-15 08:00:01 UTC");
        must(spoil(which, now, now));
    }
}

TEST_CASE("only version 3 is taken") {
    Chain chain;
    chain.leaf.version = {};
    chain.leaf.extensions = {};
    check_invalid(chain, "'CN=Leaf' is of version 1, not 3");
    chain.leaf.version = hex("a003020101");
    check_invalid(chain, "is of version 2, not 3");
}

TEST_CASE("a serial number is positive and has at most 20 bytes") {
    Chain chain;
    chain.leaf.serial = hex("020100");
    check_invalid(chain, "serial number that is not positive");
    chain.leaf.serial = hex("0201ff");
    check_invalid(chain, "serial number that is not positive");
    chain.leaf.serial = hex("02147f" + std::string(38, '0'));
    must(chain.check());
    chain.leaf.serial = hex("02157f" + std::string(40, '0'));
    check_invalid(chain, "serial number of more than 20 bytes");
    chain = {};
    chain.intermediate.serial = hex("020100");
    check_invalid(chain, "'CN=Intermediate' has a serial number that is not positive");
    chain = {};
    chain.root.serial = hex("020100");  // as some old ones have
    must(chain.check());
    chain.root.serial = hex("0201ff");
    check_invalid(chain, "'CN=Root' has a serial number that is not positive");
}

TEST_CASE("an unknown extension is refused when it is critical") {
    const Bytes value = hex("0500");
    Chain chain;
    chain.leaf.extensions.push_back(extension("2a0304", true, value));
    check_invalid(chain, "'CN=Leaf' has an unknown critical extension 1.2.3.4");
    chain.leaf.extensions.back() = extension("2a0304", false, value);
    must(chain.check());
    chain.intermediate.extensions.push_back(extension("551d24", true, value));  // policy constraints
    check_invalid(chain, "'CN=Intermediate' has an unknown critical extension 2.5.29.36");
    chain.intermediate.extensions.back() = extension("551d24", false, value);
    check_invalid(chain, "'CN=Intermediate' has policy constraints that are not critical");
    chain = {};
    chain.root.extensions.push_back(extension("2a0304", true, value));
    check_invalid(chain, "'CN=Root' has an unknown critical extension 1.2.3.4");
}

TEST_CASE("every CA has a subject key identifier, which is not critical") {
    Chain chain;
    chain.intermediate.has_subject_key_id = false;
    check_invalid(chain, "'CN=Intermediate' is a CA without a subject key identifier");
    chain.intermediate.extensions.push_back(
        extension("551d0e", true, der::element(Tag::octet_string, {key_number(1).public_key().id()})));
    check_invalid(chain, "'CN=Intermediate' has a subject key identifier that is critical");
    chain = {};
    chain.root.has_subject_key_id = false;
    check_invalid(chain, "'CN=Root' is a CA without a subject key identifier");
    chain = {};
    chain.leaf.has_subject_key_id = false;
    must(chain.check());
}

TEST_CASE("every certificate but a self-signed root identifies its issuer's key, and only that") {
    Chain chain;
    chain.leaf.has_authority_key_id = false;
    check_invalid(chain, "'CN=Leaf' has no authority key identifier");
    const Bytes id = der::element(der::context(0), {key_number(1).public_key().id()});
    const auto spoil = [&](bool is_critical, const Bytes &content, std::string_view words) {
        chain.leaf.extensions = leaf_extensions();
        chain.leaf.extensions.push_back(extension("551d23", is_critical, der::element(Tag::sequence, {content})));
        check_invalid(chain, words);
    };
    spoil(true, id, "'CN=Leaf' has an authority key identifier that is critical");
    spoil(false, {}, "an authority key identifier without a key");
    spoil(false, join({id, hex("a1028200"), hex("820101")}), "names a certificate beside the key");
    chain = {};
    chain.intermediate.has_authority_key_id = false;
    check_invalid(chain, "'CN=Intermediate' has no authority key identifier");
    chain = {};
    chain.root.extensions.push_back(authority_key_id(key_number(0).public_key().id()));
    must(chain.check());
    chain.root.extensions.back() = authority_key_id("another");
    check_invalid(chain, "'CN=Root' signed itself, but names another key");
}

TEST_CASE("an issuer is a CA, by critical basic constraints") {
    Chain chain;
    chain.intermediate.extensions = {leaf_constraints(), key_usage(certificate_sign)};
    check_invalid(chain, "'CN=Intermediate' issued a certificate, but is no CA");
    chain.intermediate.extensions = {key_usage(certificate_sign)};
    check_invalid(chain, "is no CA");
    chain.intermediate.extensions = {ca_constraints(-1, false), key_usage(certificate_sign)};
    check_invalid(chain, "basic constraints that are not critical");
    chain = {};
    chain.root.extensions = {key_usage(certificate_sign)};
    check_invalid(chain, "'CN=Root' issued a certificate, but is no CA");
}

TEST_CASE("an issuer may sign certificates, by its key usage") {
    Chain chain;
    chain.intermediate.extensions = {ca_constraints()};
    check_invalid(chain, "'CN=Intermediate' issued a certificate, but has no key usage");
    chain.intermediate.extensions = {ca_constraints(), key_usage(1U << 6U)};
    check_invalid(chain, "its key usage does not allow it");
}

TEST_CASE("an issuer's extended key usage must not exclude code signing") {
    Chain chain;
    chain.intermediate.extensions.push_back(extended_key_usage({server_auth_oid}));
    check_invalid(chain, "'CN=Intermediate' is not for code signing");
    chain.intermediate.extensions.back() = extended_key_usage({server_auth_oid, code_signing_oid});
    must(chain.check());
    chain.intermediate.extensions.back() = extended_key_usage({any_usage_oid});
    must(chain.check());
}

TEST_CASE("a self-signed root has no extended key usage") {
    Chain chain;
    chain.root.extensions.push_back(extended_key_usage({code_signing_oid}));
    check_invalid(chain, "'CN=Root' is a root, but has an extended key usage");
}

TEST_CASE("a path length holds, and self-issued CAs do not count") {
    Chain chain;
    chain.root.extensions = ca_extensions(0);
    check_invalid(chain, "'CN=Root' allows 0 CAs below it, and there are 1");
    chain.root.extensions = ca_extensions(1);
    must(chain.check());
    chain.intermediate.extensions = ca_extensions(0);
    must(chain.check());

    chain.root.extensions = ca_extensions(0);
    chain.intermediate.subject = "Root";  // the root's next key
    chain.leaf.issuer = "Root";
    must(chain.check());
}

TEST_CASE("a leaf is no CA") {
    Chain chain;
    chain.leaf.extensions[0] = ca_constraints();
    check_invalid(chain, "'CN=Leaf' is a CA");
    chain.leaf.extensions.erase(chain.leaf.extensions.begin());
    must(chain.check());
}

TEST_CASE("a leaf may sign, by its key usage, and may not sign certificates") {
    Chain chain;
    chain.leaf.extensions = {leaf_constraints(), extended_key_usage({code_signing_oid})};
    check_invalid(chain, "'CN=Leaf' may not be used for code signing (key usage)");
    chain.leaf.extensions.push_back(key_usage(1U << 2U));
    check_invalid(chain, "'CN=Leaf' may not be used for code signing (key usage)");
    chain.leaf.extensions.back() = key_usage(digital_signature | certificate_sign);
    check_invalid(chain, "may sign certificates though it is no CA");
}

TEST_CASE("a leaf is for code signing by name") {
    Chain chain;
    chain.leaf.extensions = {leaf_constraints(), key_usage(digital_signature)};
    check_invalid(chain, "'CN=Leaf' is not for code signing: it has no extended key usage");
    chain.leaf.extensions.push_back(extended_key_usage({server_auth_oid}));
    check_invalid(chain, "'CN=Leaf' is not for code signing (extended key usage)");
    chain.leaf.extensions.back() = extended_key_usage({any_usage_oid});
    check_invalid(chain, "'CN=Leaf' is not for code signing");
    chain.leaf.extensions.back() = extended_key_usage({any_usage_oid, code_signing_oid});
    check_invalid(chain, "'CN=Leaf' is for any purpose besides");
}

TEST_CASE("the purpose is the profile's") {
    const std::vector<std::pair<KeyPurpose, std::string_view>> purposes = {
        {KeyPurpose::code_signing, code_signing_oid},
        {KeyPurpose::server_auth, server_auth_oid},
        {KeyPurpose::client_auth, "2b06010505070302"},
        {KeyPurpose::email_protection, "2b06010505070304"},
        {KeyPurpose::time_stamping, "2b06010505070308"}};
    for (const auto &[own, own_oid] : purposes)
        for (const auto &[wanted, wanted_oid] : purposes) {
            Chain chain;
            const bool is_critical = own == KeyPurpose::time_stamping;
            chain.leaf.extensions = {key_usage(digital_signature), extended_key_usage({own_oid}, is_critical)};
            chain.intermediate.extensions.push_back(extended_key_usage({own_oid}));
            CHECK(chain.check({.purpose = wanted}).ok() == (own == wanted));
        }
}

TEST_CASE("whether an extended key usage is critical is the purpose's to say") {
    Chain chain;
    chain.leaf.extensions.back() = extended_key_usage({code_signing_oid}, true);
    must(chain.check());
    chain.leaf.extensions.back() = extended_key_usage({server_auth_oid}, true);
    check_refusal(chain.check({.purpose = KeyPurpose::server_auth}), Code::CERTIFICATE_INVALID, "that is critical");
    chain.leaf.extensions.back() = extended_key_usage({"2b06010505070308"});
    check_refusal(chain.check({.purpose = KeyPurpose::time_stamping}), Code::CERTIFICATE_INVALID, "not critical");
}

TEST_CASE("for other purposes a leaf may leave its key usage out, and a server's key may encipher") {
    Chain chain;
    chain.leaf.extensions = {extended_key_usage({server_auth_oid})};
    must(chain.check({.purpose = KeyPurpose::server_auth}));
    chain.leaf.extensions.push_back(key_usage(1U << 2U));
    must(chain.check({.purpose = KeyPurpose::server_auth}));
    chain.leaf.extensions.back() = key_usage(1U << 3U);
    check_refusal(chain.check({.purpose = KeyPurpose::server_auth}), Code::CERTIFICATE_INVALID,
                  "may not be used for the authentication of servers (key usage)");
}

TEST_CASE("an expired certificate is taken where the policy says so, one that is not valid yet never") {
    Chain chain;
    chain.leaf.not_before = now - 2 * day;
    chain.leaf.not_after = now - day;
    check_refusal(chain.check(), Code::CERTIFICATE_EXPIRED, "was valid until");
    const auto signed_at = [&](std::optional<std::int64_t> time) {
        const std::vector intermediates = {make(chain.intermediate)};
        const std::vector roots = {make(chain.root)};
        return check_chain({make(chain.leaf), intermediates, roots, {}, now, time}, {.accept_expired = true});
    };
    must(signed_at(now - day));
    for (const std::optional<std::int64_t> time :
         {std::optional<std::int64_t>{}, std::optional{now - day + 1}, std::optional{now - 2 * day - 1}})
        check_refusal(signed_at(time), Code::CERTIFICATE_EXPIRED, "'CN=Leaf' was valid until");
    chain.intermediate.not_after = now - 1;
    check_refusal(signed_at(now - day), Code::CERTIFICATE_EXPIRED, "'CN=Intermediate' was valid until");
    chain.intermediate = Chain{}.intermediate;
    chain.leaf.not_before = now + 1;
    chain.leaf.not_after = now + day;
    check_refusal(chain.check({.accept_expired = true}), Code::CERTIFICATE_EXPIRED, "is not valid before");
    chain.leaf.not_before = now - 1;
    chain.leaf.not_after = now - 2;
    check_refusal(chain.check({.accept_expired = true}), Code::CERTIFICATE_INVALID, "ends before it begins");
}

TEST_CASE("RSA is as long as the policy asks, and never shorter than 2048 bits") {
    const PrivateKey rsa_2048 = must(PrivateKey::from_pem(rsa_2048_pem, "2048"));
    const PrivateKey rsa_4096 = must(PrivateKey::from_pem(rsa_4096_pem, "4096"));
    Chain chain;
    chain.leaf.key = &rsa_4096;
    must(chain.check());
    chain.leaf.key = &rsa_2048;
    check_refusal(chain.check(), Code::ALGORITHM_REFUSED, "'CN=Leaf' is RSA of 2048 bits, at least 4096 are required");
    check_refusal(chain.check({.minimum_rsa_bits = 3072}), Code::ALGORITHM_REFUSED, "at least 3072");
    must(chain.check({.minimum_rsa_bits = 2048}));
    must(chain.check({.minimum_rsa_bits = 0}));

    chain.leaf.key = &key_number(2);  // an issuer's key counts as well
    chain.intermediate.key = &rsa_2048;
    chain.leaf.issuer_key = &rsa_2048;
    check_refusal(chain.check(), Code::ALGORITHM_REFUSED, "'CN=Intermediate' is RSA of 2048 bits");
    must(chain.check({.minimum_rsa_bits = 2048}));
}

TEST_CASE("the curve is P-384, and P-256 where the policy says so") {
    const PrivateKey p256 = must(PrivateKey::from_pem(p256_pem, "p256"));
    Chain chain;
    chain.intermediate.key = &p256;
    chain.leaf.issuer_key = &p256;
    check_refusal(chain.check(), Code::ALGORITHM_REFUSED, "'CN=Intermediate' is on the curve P-256");
    must(chain.check({.curves = EllipticCurves::p256_and_p384}));
}

TEST_CASE("an RSA key has whole bytes") {
    Bytes modulus(513, std::byte{0xFF});
    modulus.front() = std::byte{1};  // 4097 bits
    const Bytes key = write_public_key_info(KeyFamily::rsa, write_rsa_public_key(modulus, hex("010001")));
    const Result<void> checked = check_key_strength(must(PublicKey::from_der(key, "odd")), "odd", defaults);
    REQUIRE_FALSE(checked.ok());
    CHECK(checked.error().code() == Code::ALGORITHM_REFUSED);
    CHECK(checked.error().message() == "the key of 'odd' is RSA of 4097 bits, which are no whole bytes");
}
