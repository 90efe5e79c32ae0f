#include <mos/crypto/profile.hpp>

#include "certificate_maker.hpp"
#include "keys.hpp"

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;
using mos::Result;

static const Profile defaults;

namespace {

// Root, intermediate and leaf that pass; a test spoils one of them.
struct Chain {
    Recipe root = ca_recipe("Root", key_number(0), "Root", key_number(0));
    Recipe intermediate = ca_recipe("Intermediate", key_number(1), "Root", key_number(0));
    Recipe leaf = {.subject = "Leaf", .issuer = "Intermediate", .key = &key_number(2), .issuer_key = &key_number(1)};

    [[nodiscard]] Result<TrustedPath> check(const Profile &profile = defaults, std::int64_t time = now) const {
        return judge_chain(make(leaf), std::vector{make(intermediate)}, std::vector{make(root)}, time, profile);
    }
};

// The refusal's code and words.
void check_refusal(const Result<TrustedPath> &result, Code code, std::string_view words) {
    CHECK(refusal(result) == code);
    CHECK_MESSAGE(result.error().full_message().find(words) != std::string::npos, result.error().full_message());
}

void check_invalid(const Chain &chain, std::string_view words) {
    check_refusal(chain.check(), Code::CERTIFICATE_INVALID, words);
}

}  // namespace

TEST_CASE("a chain of root, intermediate and leaf passes, and the path is returned") {
    const TrustedPath path = must(Chain{}.check());
    CHECK(path.root == 0);
    REQUIRE(path.certificates.size() == 3);
    CHECK(path.certificates[0].subject() == "CN=Leaf");
    CHECK(path.certificates[2].subject() == "CN=Root");
}

TEST_CASE("a leaf that a root issued itself passes") {
    Chain chain;
    chain.leaf.issuer = "Root";
    chain.leaf.issuer_key = &key_number(0);
    CHECK(must(chain.check()).certificates.size() == 2);
}

TEST_CASE("a root that is not self-signed is trusted as it stands") {
    const Chain chain;
    CHECK(must(judge_chain(make(chain.leaf), {}, std::vector{make(chain.intermediate)}, now, defaults))
              .certificates.size() == 2);
}

TEST_CASE("a chain to no root is untrusted") {
    const Chain chain;
    check_refusal(judge_chain(make(chain.leaf), std::vector{make(chain.intermediate)}, {}, now, defaults),
                  Code::SIGNER_UNTRUSTED, "'CN=Leaf'");
    check_refusal(judge_chain(make(chain.leaf), {}, std::vector{make(chain.root)}, now, defaults),
                  Code::SIGNER_UNTRUSTED, "issued by 'CN=Intermediate'");
}

TEST_CASE("a certificate that its issuer did not sign is refused") {
    Chain chain;
    chain.leaf.issuer_key = &key_number(5);
    check_invalid(chain, "'CN=Leaf' names 'CN=Intermediate' as its issuer, but was not signed by it");
    chain = {};
    chain.intermediate.issuer_key = &key_number(5);
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
}

TEST_CASE("a certificate without a subject is refused") {
    Chain chain;
    chain.leaf.subject = "";
    check_invalid(chain, "has no subject");
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
}

TEST_CASE("name constraints are refused, critical or not") {
    for (const bool is_critical : {true, false}) {
        Chain chain;
        chain.intermediate.extensions.push_back(extension("551d1e", is_critical, der::element(Tag::sequence, {})));
        check_invalid(chain, "'CN=Intermediate' has name constraints");
    }
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
    check_invalid(chain, "'CN=Intermediate' issued a certificate, but its key usage does not allow it");
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
    check_invalid(chain, "'CN=Leaf' may not sign");
    chain.leaf.extensions.push_back(key_usage(1U << 2U));
    check_invalid(chain, "'CN=Leaf' may not sign");
    chain.leaf.extensions.back() = key_usage(digital_signature | certificate_sign);
    check_invalid(chain, "may sign certificates though it is no CA");
}

TEST_CASE("a leaf is for code signing by name") {
    Chain chain;
    chain.leaf.extensions = {leaf_constraints(), key_usage(digital_signature)};
    check_invalid(chain, "'CN=Leaf' is not for code signing");
    chain.leaf.extensions.push_back(extended_key_usage({server_auth_oid}));
    check_invalid(chain, "'CN=Leaf' is not for code signing");
    chain.leaf.extensions.back() = extended_key_usage({any_usage_oid});
    check_invalid(chain, "'CN=Leaf' is not for code signing");
}

TEST_CASE("a path has at most four certificates") {
    const std::vector roots = {make(ca_recipe("Root", key_number(0), "Root", key_number(0)))};
    std::vector<Certificate> intermediates = {make(ca_recipe("A", key_number(1), "Root", key_number(0))),
                                              make(ca_recipe("B", key_number(2), "A", key_number(1))),
                                              make(ca_recipe("C", key_number(3), "B", key_number(2)))};
    const auto leaf_of = [](std::string issuer, std::size_t number) {
        return make({.issuer = std::move(issuer), .key = &key_number(4), .issuer_key = &key_number(number)});
    };
    CHECK(must(judge_chain(leaf_of("B", 2), intermediates, roots, now, defaults)).certificates.size() == 4);
    check_refusal(judge_chain(leaf_of("C", 3), intermediates, roots, now, defaults), Code::CERTIFICATE_INVALID,
                  "needs more than 4 certificates");
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

TEST_CASE("key identifiers choose among issuers of one name") {
    Chain chain;
    chain.root.extensions.push_back(subject_key_id("one"));
    chain.intermediate.extensions.push_back(authority_key_id("two"));
    check_refusal(chain.check(), Code::SIGNER_UNTRUSTED, "nothing in the trust folder vouches");
    chain.intermediate.extensions.back() = authority_key_id("one");
    must(chain.check());
}

TEST_CASE("of two paths the one that passes is taken") {
    Chain chain;
    Recipe expired = chain.intermediate;
    expired.not_before = now - 3 * day;
    expired.not_after = now - 2 * day;
    const std::vector intermediates = {make(expired), make(chain.intermediate)};
    Recipe stranger = ca_recipe("Root", key_number(6), "Root", key_number(6));
    const std::vector roots = {make(stranger), make(chain.root)};
    CHECK(must(judge_chain(make(chain.leaf), intermediates, roots, now, defaults)).root == 1);
}

TEST_CASE("certificates that all bear one name do not make the search long") {
    std::vector<Certificate> intermediates;
    for (std::size_t i = 0; i < max_chain_certificates; ++i) {
        Recipe twin = ca_recipe("Twin", key_number(1), "Twin", key_number(1));
        twin.serial = der::unsigned_integer(Bytes{static_cast<std::byte>(i + 1)});
        intermediates.push_back(make(twin));
    }
    const Certificate leaf = make({.issuer = "Twin", .key = &key_number(2), .issuer_key = &key_number(1)});
    CHECK(refusal(judge_chain(leaf, intermediates, {}, now, defaults)) == Code::LIMIT);
    intermediates.push_back(intermediates.front());
    CHECK(refusal(judge_chain(leaf, intermediates, {}, now, defaults)) == Code::LIMIT);
}
