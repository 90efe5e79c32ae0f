#include <mos/crypto/certificate.hpp>

#include "certificate_maker.hpp"
#include "keys.hpp"

#include <mos/crypto/limits.hpp>
#include <mos/crypto/profile.hpp>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;

namespace {

constexpr Validity validity{now - day, now + day};

Recipe leaf_recipe() { return {.key = &key_number(1), .issuer_key = &key_number(0)}; }

void check_unreadable(const Bytes &der, std::string_view words) {
    const auto result = Certificate::from_der(der, "c.der");
    CHECK(refusal(result) == Code::CERTIFICATE_INVALID);
    const std::string text = result.error().full_message();
    CHECK_MESSAGE(text.starts_with("'c.der' is no usable certificate: "), text);
    CHECK_MESSAGE(text.find(words) != std::string::npos, text);
}

}  // namespace

TEST_CASE("a certificate tells its subject, issuer, times and key") {
    const Bytes der = make_der(leaf_recipe());
    const Certificate certificate = must(Certificate::from_der(der, "c"));
    CHECK(certificate.subject() == "CN=Leaf");
    CHECK(certificate.issuer() == "CN=Root");
    CHECK(certificate.validity().not_before_unix_s == now - day);
    CHECK(certificate.validity().not_after_unix_s == now + day);
    CHECK(certificate.public_key() == key_number(1).public_key());
    CHECK(certificate.fingerprint() == "SHA256:" + mos::base::to_hex(sha256(der)));
    CHECK_FALSE(certificate.is_ca());
    CHECK(mos::base::to_bytes(certificate.der()) == der);
    CHECK(mos::base::to_bytes(must(Certificate::from_pem(certificate.to_pem(), "c")).der()) == der);
}

TEST_CASE("a certificate that is cut off or goes on is refused") {
    const Bytes der = make_der(leaf_recipe());
    for (std::size_t length = 0; length < der.size(); length += 3)
        check_unreadable({der.begin(), der.begin() + static_cast<std::ptrdiff_t>(length)}, "");
    Bytes longer = der;
    longer.push_back(std::byte{0});
    check_unreadable(longer, "1 bytes stand behind the end");
}

TEST_CASE("a certificate with any one bit turned is refused, or differs in what its issuer signed") {
    const Certificate root = make(ca_recipe("Root", key_number(0), "Root", key_number(0)));
    const Bytes der = make_der(leaf_recipe());
    must(judge_chain(must(Certificate::from_der(der, "c")), {}, std::vector{root}, now, {}));
    for (std::size_t i = 0; i < der.size(); ++i) {
        Bytes damaged = der;
        damaged[i] ^= static_cast<std::byte>(1U << i % 8);
        const auto certificate = Certificate::from_der(damaged, "c");
        if (certificate)
            CHECK_FALSE(judge_chain(*certificate, {}, std::vector{root}, now, {}).ok());
    }
}

TEST_CASE("what RFC 5280 does not let a certificate say is refused") {
    Recipe recipe = leaf_recipe();
    recipe.outer_algorithm = rsa_identifier();
    check_unreadable(make_der(recipe), "algorithm that is signed differs");

    recipe = leaf_recipe();
    recipe.extensions.push_back(recipe.extensions.front());
    check_unreadable(make_der(recipe), "extension 2.5.29.19 stands twice");

    recipe = leaf_recipe();
    recipe.extensions.push_back(
        der::element(Tag::sequence, {oid("2a0304"), hex("010100"), der::element(Tag::octet_string, {hex("0500")})}));
    check_unreadable(make_der(recipe), "writes out a default");

    recipe = leaf_recipe();
    recipe.version = hex("a003020100");
    check_unreadable(make_der(recipe), "the version is written out though it is 1");
    recipe.version = hex("a003020103");
    check_unreadable(make_der(recipe), "or is unknown");
    recipe.version = hex("a003020101");
    check_unreadable(make_der(recipe), "the version is not 3");

    recipe = leaf_recipe();
    recipe.unique_id = hex("81020000");
    check_unreadable(make_der(recipe), "stand behind the end");

    recipe = leaf_recipe();
    recipe.validity = der::element(Tag::sequence, {must(der::time(0)), hex("180f32303237303131353038303030305a")});
    check_unreadable(make_der(recipe), "a time before 2050 is no UTCTime");

    recipe = leaf_recipe();
    recipe.algorithm = der::element(Tag::sequence, {oid("2a8648ce3d040303"), der::element(Tag::null, {})});
    check_unreadable(make_der(recipe), "stand behind the end");
    recipe.algorithm = der::element(Tag::sequence, {oid("2a864886f70d01010b")});
    check_unreadable(make_der(recipe), "element 05 is missing");
}

TEST_CASE("a malformed extension is refused though it may not matter") {
    const auto refuse = [](Bytes one, std::string_view words) {
        Recipe recipe = leaf_recipe();
        recipe.extensions = {std::move(one)};
        recipe.has_subject_key_id = recipe.has_authority_key_id = false;
        check_unreadable(make_der(recipe), words);
    };
    refuse(extension("551d13", true, hex("3003010100")), "write out a default");
    refuse(extension("551d13", true, hex("3003020100")), "path length to what is no CA");
    refuse(extension("551d13", true, hex("30060101ff0201ff")), "negative");
    refuse(extension("551d13", true, hex("30080101ff0201000500")), "behind the end");
    refuse(extension("551d0f", true, hex("030100")), "key usage allows nothing");
    refuse(extension("551d0f", true, hex("03020700")), "ends in zeros");
    refuse(extension("551d25", false, hex("3000")), "extended key usage is empty");
    refuse(extension("551d0e", false, hex("0400")), "key identifier is empty");
    refuse(extension("551d23", false, hex("30030101ff")), "behind the end");
    refuse(extension("2b06010505070101", false, hex("3000")), "information access is empty");
    refuse(extension("2b06010505070101", false, hex("68747470")), "stands where 30 should");
    refuse(extension("2b06010505070101", false, hex("3009300706035504038902")), "beyond the end");
    refuse(extension("551d20", false, hex("300a300306012a300306012a")), "a policy stands twice");
    refuse(extension("551d20", false, hex("3007300506012a3000")), "empty instead of absent");
    refuse(extension("551d1f", false, hex("30020500")), "stands where 30 should");
    refuse(extension("551d12", false, hex("3000")), "list of general names is empty");
    Recipe recipe = leaf_recipe();
    for (unsigned i = 0; i < max_certificate_extensions; ++i)
        recipe.extensions.push_back(extension("2a03" + mos::base::to_hex(Bytes{static_cast<std::byte>(i)}), false, {}));
    check_unreadable(make_der(recipe), "more than 32 extensions");
}

TEST_CASE("a certificate of an unsupported key is refused") {
    Bytes der = make_der(leaf_recipe());
    const Bytes p384 = hex("06052b81040022");
    const auto found = std::search(der.begin(), der.end(), p384.begin(), p384.end());
    REQUIRE(found != der.end());
    *(found + 6) = std::byte{0x23};  // P-521
    check_unreadable(der, "curve 1.3.132.0.35 is not supported");
}

TEST_CASE("names are shown escaped, and what is no clean text in hexadecimal") {
    Recipe recipe = leaf_recipe();
    recipe.subject = " #a, \"b\"+c=d\\ ";
    CHECK(make(recipe).subject() == "CN=\\ #a\\, \\\"b\\\"\\+c\\=d\\\\\\ ");
    recipe.subject = "a\x1b[2J";
    CHECK(make(recipe).subject() == "CN=#0c05611b5b324a");
    recipe.subject = "caf\xe9";
    CHECK(make(recipe).subject() == "CN=#0c04636166e9");
}

TEST_CASE("a chain of PEM certificates is read in order, within limits") {
    const Certificate one = make(leaf_recipe());
    const Certificate two = make(ca_recipe("Root", key_number(0), "Root", key_number(0)));
    const auto chain = must(parse_certificate_chain("a comment\n" + one.to_pem() + "\r\n" + two.to_pem(), "c.pem"));
    REQUIRE(chain.size() == 2);
    CHECK(chain[0].fingerprint() == one.fingerprint());
    CHECK(chain[1].fingerprint() == two.fingerprint());

    std::string many;
    for (std::size_t i = 0; i < max_chain_certificates; ++i)
        many += one.to_pem();
    CHECK(must(parse_certificate_chain(many, "c.pem")).size() == max_chain_certificates);
    CHECK(refusal(parse_certificate_chain(many + one.to_pem(), "c.pem")) == Code::LIMIT);
    CHECK(refusal(parse_certificate_chain(std::string(max_certificate_file_bytes + 1, '\n'), "c.pem")) == Code::LIMIT);
    CHECK(refusal(parse_certificate_chain("", "c.pem")) == Code::CERTIFICATE_INVALID);
    CHECK(refusal(parse_certificate_chain(one.to_pem() + one.public_key().to_pem(), "c.pem")) ==
          Code::CERTIFICATE_INVALID);
    CHECK(refusal(Certificate::from_pem(one.to_pem() + two.to_pem(), "c.pem")) == Code::CERTIFICATE_INVALID);
    CHECK(refusal(Certificate::from_der(Bytes(max_certificate_bytes + 1), "c.der")) == Code::LIMIT);
}

TEST_CASE("a CA that was made here issues leaves that the profile takes") {
    const PrivateKey rsa = must(PrivateKey::from_pem(rsa_4096_pem, "rsa"));
    for (const PrivateKey *ca_key : {&key_number(0), &rsa})
        for (const PrivateKey *leaf_key : {&key_number(1), &rsa}) {
            const Certificate ca = must(make_ca_certificate(*ca_key, "CN=Root, O=Example Ltd", validity));
            CHECK(ca.is_ca());
            CHECK(ca.subject() == "CN=Root, O=Example Ltd");
            CHECK(ca.issuer() == ca.subject());
            const Certificate leaf =
                must(issue_signer_certificate(*ca_key, ca, leaf_key->public_key(), "Release signing", validity));
            CHECK(leaf.subject() == "CN=Release signing");
            CHECK(leaf.public_key() == leaf_key->public_key());
            must(judge_chain(leaf, {}, std::vector{ca}, now, {}));
            const Certificate other =
                must(issue_signer_certificate(*ca_key, ca, leaf_key->public_key(), "Release signing", validity));
            CHECK(other.fingerprint() != leaf.fingerprint());  // another serial number
        }
}

TEST_CASE("a CA certificate's times stand for decades") {
    constexpr Validity long_validity{now, 4'000'000'000};  // 2096
    const Certificate ca = must(make_ca_certificate(key_number(0), "Root", long_validity));
    CHECK(ca.validity().not_after_unix_s == 4'000'000'000);
}

TEST_CASE("a subject is text in the usual form") {
    const auto subject = [](std::string_view text) {
        return must(make_ca_certificate(key_number(0), text, validity)).subject();
    };
    CHECK(subject("Example, Ltd") == "CN=Example\\, Ltd");
    CHECK(subject("C=DE,O=Example,CN=Root \xc3\xa4") == "C=DE, O=Example, CN=Root \xc3\xa4");
    CHECK(subject("CN=a\\, b\\=c, OU=d, ST=e, L=f") == "CN=a\\, b\\=c, OU=d, ST=e, L=f");
    CHECK(subject("CN= spaces around ") == "CN=spaces around");
    CHECK(subject("CN=" + std::string(64, 'x')) == "CN=" + std::string(64, 'x'));
    for (const std::string &text :
         {std::string{}, std::string{"CN="}, std::string{"CN=a,"}, std::string{"CN=a, b"}, std::string{"X=a"},
          std::string{"C=de"}, std::string{"C=DEU"}, std::string{"CN=a\\"}, std::string{"=a"}, std::string{"CN=a\nb"},
          std::string{"caf\xe9"}, "CN=" + std::string(65, 'x')})
        CHECK_MESSAGE(refusal(make_ca_certificate(key_number(0), text, validity)) == Code::INVALID_ARGUMENT, text);
}

TEST_CASE("a certificate that could not be right is not made") {
    const Certificate ca = must(make_ca_certificate(key_number(0), "Root", validity));
    const PrivateKey ed25519 = must(PrivateKey::generate(KeyType::ed25519));
    CHECK(refusal(make_ca_certificate(ed25519, "Root", validity)) == Code::UNSUPPORTED);
    CHECK(refusal(issue_signer_certificate(key_number(0), ca, ed25519.public_key(), "x", validity)) ==
          Code::UNSUPPORTED);
    CHECK(refusal(make_ca_certificate(key_number(0), "Root", {now, now - 1})) == Code::INVALID_ARGUMENT);
    CHECK(refusal(make_ca_certificate(key_number(0), "Root", {now, INT64_MAX})) == Code::INVALID_ARGUMENT);
    const PublicKey &signer = key_number(2).public_key();
    CHECK(refusal(issue_signer_certificate(key_number(1), ca, signer, "x", validity)) == Code::INVALID_ARGUMENT);
    const Certificate leaf = must(issue_signer_certificate(key_number(0), ca, signer, "x", validity));
    CHECK(refusal(issue_signer_certificate(key_number(2), leaf, signer, "y", validity)) == Code::INVALID_ARGUMENT);
}
