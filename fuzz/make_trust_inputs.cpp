#include "corpus.hpp"
#include "encrypted_key.hpp"
#include "mbedtls_keys.hpp"
#include "oids.hpp"
#include "sample.hpp"

#include <mos/crypto/certificate.hpp>
#include <mos/crypto/der.hpp>
#include <mos/crypto/key.hpp>
#include <mos/crypto/trust_entry.hpp>

namespace mos::fuzz {

namespace {

using namespace std::string_view_literals;
using base::Bytes;
using base::ByteView;
using crypto::der::Tag;
namespace der = crypto::der;
namespace oid = crypto::oid;

constexpr std::uint32_t few_rounds = 3;

// One file; every choice is one that the reader knows unless said.
struct Encryption {
    crypto::DigestAlgorithm digest = crypto::DigestAlgorithm::sha256;
    std::string_view scheme = oid::pbes2;
    std::string_view derivation = oid::pbkdf2;
    std::string_view function = oid::hmac_with_sha256;
    std::string_view cipher = oid::aes_256_cbc;
    std::size_t key_bytes = 32;
    std::size_t vector_bytes = crypto::mbed::aes_block_bytes;
    std::size_t data_bytes = 0;  // any number but 0: zeros instead of a key
    Bytes rounds = {std::byte{few_rounds}};
    bool says_key_bytes = false;
    std::string_view passphrase = "secret";
};

Bytes identifier(std::string_view text) { return der::element(Tag::object_identifier, {base::as_bytes(text)}); }

Bytes ciphertext(const Encryption &how, ByteView salt, ByteView vector) {
    if (how.data_bytes != 0)
        return Bytes(how.data_bytes);
    const auto key = must(crypto::PrivateKey::from_pem(ed25519_pem, "sample"), "a key is read");
    const crypto::SecretBytes pem = key.to_pem();
    std::string body{base::as_text(pem)};
    body.erase(0, body.find('\n') + 1);
    body.erase(body.find("-----END"));
    std::erase(body, '\n');
    Bytes plain = must(base::from_base64(body), "PEM is base64");
    const std::size_t padding = vector.size() - plain.size() % vector.size();
    plain.resize(plain.size() + padding, static_cast<std::byte>(padding));
    const auto cipher_key =
        crypto::mbed::pbkdf2(how.digest, base::as_bytes(how.passphrase), salt, few_rounds, how.key_bytes);
    return base::to_bytes(crypto::mbed::aes_cbc(crypto::mbed::Direction::encrypt, cipher_key, vector, plain));
}

Bytes encrypted_key(const Encryption &how) {
    const Bytes salt(8, std::byte{'s'});
    const Bytes vector(how.vector_bytes, std::byte{'v'});
    const std::byte key_bytes{static_cast<unsigned char>(how.key_bytes)};
    const Bytes length = how.says_key_bytes ? der::unsigned_integer(ByteView{&key_bytes, 1}) : Bytes{};
    const Bytes function = der::element(Tag::sequence, {identifier(how.function), der::element(Tag::null, {})});
    const Bytes details = der::element(
        Tag::sequence, {der::element(Tag::octet_string, {salt}), der::unsigned_integer(how.rounds), length, function});
    const Bytes derivation = der::element(Tag::sequence, {identifier(how.derivation), details});
    const Bytes cipher =
        der::element(Tag::sequence, {identifier(how.cipher), der::element(Tag::octet_string, {vector})});
    const Bytes parts = der::element(Tag::sequence, {derivation, cipher});
    const Bytes algorithm = der::element(Tag::sequence, {identifier(how.scheme), parts});
    return der::element(Tag::sequence, {algorithm, der::element(Tag::octet_string, {ciphertext(how, salt, vector)})});
}

void make_encrypted_keys(const Corpus &corpus) {
    const auto put = [&](const char *name, const Encryption &how) {
        corpus.put("encrypted_key", name, encrypted_key(how));
    };
    put("plain", {});
    put("sha384-aes192", {.digest = crypto::DigestAlgorithm::sha384,
                          .function = oid::hmac_with_sha384,
                          .cipher = oid::aes_192_cbc,
                          .key_bytes = 24,
                          .says_key_bytes = true});
    put("sha512-aes128", {.digest = crypto::DigestAlgorithm::sha512,
                          .function = oid::hmac_with_sha512,
                          .cipher = oid::aes_128_cbc,
                          .key_bytes = 16});
    put("other-passphrase", {.passphrase = "Secret"});
    put("many-rounds", {.rounds = Bytes(4, std::byte{0x7f})});
    put("no-rounds", {.rounds = {}});
    put("other-scheme", {.scheme = oid::pbkdf2});
    put("other-derivation", {.derivation = oid::pbes2});
    put("other-function", {.function = oid::aes_256_cbc});
    put("other-cipher", {.cipher = oid::hmac_with_sha256});
    put("short-vector", {.vector_bytes = 8, .data_bytes = 16});
    put("half-block", {.data_bytes = 24});
}

void make_trust_entries(const Corpus &corpus) {
    const auto key = must(crypto::PrivateKey::from_pem(ed25519_pem, "sample"), "a key is read");
    const auto ca_key = must(crypto::PrivateKey::from_pem(p384_pem, "ca"), "a key is read");
    const crypto::Validity validity{1'700'000'000, 2'000'000'000};
    const auto ca = must(crypto::make_ca_certificate(ca_key, "CN=Fuzz CA", validity), "a CA");
    const auto leaf =
        must(crypto::issue_signer_certificate(ca_key, ca, ca_key.public_key(), "CN=Fuzz Signer", validity), "a leaf");
    crypto::TrustScope scope{
        crypto::TrustLevel::low, 1'700'000'000, 1'900'000'000, {"kernel-*", "?a*a*a*a*b"}, {"kernel"}};
    corpus.put("trust_entry", "certificate", crypto::write_trust_entry({"input", "Fuzz CA", scope, ca}));
    corpus.put("trust_entry", "leaf", crypto::write_trust_entry({"input", "Fuzz Signer", scope, leaf}));
    corpus.put("trust_entry", "key", crypto::write_trust_entry({"input", "Fuzz key", {}, key.public_key()}));
    scope.level = crypto::TrustLevel::high;
    scope.not_before_unix_s = 1'850'000'000;
    corpus.put("trust_entry", "later", crypto::write_trust_entry({"input", "Later", scope, key.public_key()}));
    scope = {crypto::TrustLevel::medium, {}, 1'750'000'000, {}, {}};
    corpus.put("trust_entry", "earlier", crypto::write_trust_entry({"input", "Earlier", scope, key.public_key()}));
    scope = {crypto::TrustLevel::medium, {}, {}, {}, {"kernel"}};
    corpus.put("trust_entry", "type", crypto::write_trust_entry({"input", "Type", scope, key.public_key()}));
    corpus.put("trust_entry", "ends-first",
               R"({"format":"multiosupdate trust entry 1","not_before":"2027-01-01T00:00:00Z",)"
               R"("not_after":"2026-01-01T00:00:00Z","public_key":"x"})");
    corpus.put("trust_entry", "lists", R"({"packages":["a",1],"types":[],"level":2})");
    corpus.put("trust_entry", "unknown", R"({"format":"multiosupdate trust entry 2","Packages":["a"]})");
}

void make_policies(const Corpus &corpus) {
    corpus.put("security_policy", "everything", R"(# as the guide has it
security_policy:
  update_validation:
    required_signature: true
    require_strong_signature: true
    allowed_signature_algorithms: ["RSA-4096-SHA256", "RSA-PSS-3072-SHA256", "ECC-P256-SHA256", Ed25519]
    required_signatures: 2
    integrity_checking:
      enabled: true
      algorithms:
        - SHA-256
        - BLAKE2b
      verify_embedded_checksums: true
      verify_package_size: true
    trust_requirements:
      minimum_trust_level: "medium"
      require_certified_publisher: true
      allow_untrusted_publisher: false
      revocation: required
      accept_expired_signers: true
      accept_revoked_signers: true
  installation_safety:
    require_backup: true
    require_rollback_support: true
    maximum_package_size: "2GB"
    allow_unsigned_packages: false
    risk_assessment: {enabled: true}
)");
    corpus.put("security_policy", "size", "security_policy: {installation_safety: {maximum_package_size: 3}}\n");
    const auto refused = [&](const char *name, std::string_view section, std::string_view line) {
        corpus.put("security_policy", name,
                   "security_policy:\n  " + std::string{section} + ":\n    " + std::string{line} + "\n");
    };
    refused("off", "update_validation", "required_signature: false");
    refused("on", "installation_safety", "allow_unsigned_packages: true");
    refused("count", "update_validation", "required_signatures: 17");
    refused("digest", "update_validation", "integrity_checking: {algorithms: [MD5]}");
    refused("no-sha256", "update_validation", "integrity_checking: {algorithms: [SHA-512]}");
    refused("level", "update_validation", "trust_requirements: {minimum_trust_level: none}");
    refused("revocation", "update_validation", "trust_requirements: {revocation: maybe}");
    refused("algorithm", "update_validation", "allowed_signature_algorithms: [RSA-1024-SHA1]");
    refused("no-algorithm", "update_validation", "allowed_signature_algorithms: []");
    refused("no-text", "update_validation", "allowed_signature_algorithms: [[]]");
    refused("no-bool", "installation_safety", "require_backup: 7");
    refused("unknown", "installation_safety", "max_package_size: 7");
    refused("weak", "update_validation", "allowed_signature_algorithms: [RSA-2048-SHA256]");
    refused("size-fraction", "installation_safety", "maximum_package_size: 1.5GiB");
    refused("size-decimals", "installation_safety", "maximum_package_size: 1.GiB");
    refused("size-large", "installation_safety", "maximum_package_size: 99999999999999999999EB");
    refused("size-list", "installation_safety", "maximum_package_size: [1]");
    refused("size-negative", "installation_safety", "maximum_package_size: -1");
    refused("units", "installation_safety", "maximum_package_size: 7 parsecs");
    corpus.put("security_policy", "no-section", "security_policy:\n  update_validation: 7\n");
    corpus.put("security_policy", "other-section", "policy: {}\n");
}

void make_edits(const Corpus &corpus) {
    constexpr std::string_view text = "# a comment\n"
                                      "---\n"
                                      "a:\n"
                                      "  b: \"x # y\"  # behind\n"
                                      "  'c': [1, 2]\n"
                                      "\n"
                                      "  list:\n"
                                      "  - one\n"
                                      "  - two\n"
                                      "# of d\n"
                                      "d: {e: 1}\n"
                                      "\"f\": last";
    const auto put = [&](const char *name, std::string_view path, std::string_view value, std::string_view in) {
        const std::string zero(1, '\0');
        corpus.put("yaml_edit", name, std::string{path} + zero + std::string{value} + zero + std::string{in});
    };
    put("replace", "a.b", "false", text);
    put("quoted", "a.c", "\"a b\"", text);
    put("list", "a.list", "[x, y]", text);
    put("braces", "d.e", "2", text);
    put("add", "a.new.deep", "2GB", text);
    put("last", "f", "'it''s'", text);
    put("below-value", "f.g", "1", text);
    put("empty", "a.b.c", "1", "");
    put("anchors", "a", "1", "a: &x\n  b: 1\nc: *x\n");
    put("lines", "a", "1", "a: |\n  two\n  lines\nb: 2\n");
    put("value-lines", "a", "1\nb: 2", "a: 0\n");
    put("malformed", "a", "[", "a: 0\n");
    put("odd-path", ".a..b.", "1", "a: 0\n");
}

}  // namespace

void make_trust_inputs(const Corpus &corpus) {
    make_encrypted_keys(corpus);
    make_trust_entries(corpus);
    make_policies(corpus);
    make_edits(corpus);
}

}  // namespace mos::fuzz
