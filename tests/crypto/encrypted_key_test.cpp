#include "encrypted_key.hpp"

#include <mos/crypto/key.hpp>

#include "expect.hpp"
#include "keys.hpp"

#include <mos/crypto/der.hpp>

#include <string>

using namespace mos::crypto;
using namespace mos::test;
using mos::Code;
using mos::base::as_text;
using mos::base::Bytes;

namespace {

// `openssl pkcs8 -topk8 -v2 aes-256-cbc` with a few other choices; the passphrase is "secret".
struct Choices {
    std::string_view derivation = "2a864886f70d01050c";  // PBKDF2
    std::string_view function = "2a864886f70d0209";      // HMAC-SHA-256
    std::string_view cipher = "60864801650304012a";      // AES-256-CBC
    std::string_view rounds = "02020800";
    std::size_t salt_bytes = 8;
    std::size_t vector_bytes = 16;
    std::size_t data_bytes = 32;
};

Bytes oid(std::string_view hex) { return der::element(der::Tag::object_identifier, {must(mos::base::from_hex(hex))}); }
Bytes octets(std::size_t size) { return der::element(der::Tag::octet_string, {Bytes(size)}); }

Bytes file_of(const Choices &choices) {
    using der::element;
    constexpr auto sequence = der::Tag::sequence;
    const Bytes function = element(sequence, {oid(choices.function), element(der::Tag::null, {})});
    const Bytes derivation =
        element(sequence,
                {oid(choices.derivation),
                 element(sequence, {octets(choices.salt_bytes), must(mos::base::from_hex(choices.rounds)), function})});
    const Bytes cipher = element(sequence, {oid(choices.cipher), octets(choices.vector_bytes)});
    const Bytes scheme = element(sequence, {oid("2a864886f70d01050d"), element(sequence, {derivation, cipher})});
    return element(sequence, {scheme, octets(choices.data_bytes)});
}

}  // namespace

TEST_CASE("an encrypted key opens with its passphrase, and is another file each time") {
    const std::string pem{as_text(must(rsa_2048().to_encrypted_pem("correct horse")))};
    CHECK(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    CHECK(must(PrivateKey::from_pem(pem, "k", "correct horse")).public_key() == rsa_2048().public_key());
    CHECK(as_text(must(rsa_2048().to_encrypted_pem("correct horse"))) != pem);
}

TEST_CASE("an encrypted key without its passphrase, or with another, is refused by name") {
    const std::string pem{as_text(must(rsa_2048().to_encrypted_pem("correct horse")))};
    const auto none = PrivateKey::from_pem(pem, "k.pem");
    CHECK(refusal(none) == Code::WRONG_PASSPHRASE);
    CHECK(none.error().full_message().find("'k.pem' is encrypted") != std::string::npos);
    for (const std::string_view wrong : {"correct horsf", "correct hors", " ", "CORRECT HORSE"}) {
        const Code code = refusal(PrivateKey::from_pem(pem, "k.pem", wrong));
        // One garbage in 256 is padded by chance, and then is no key.
        CHECK((code == Code::WRONG_PASSPHRASE || code == Code::KEY_INVALID));
    }
}

TEST_CASE("a passphrase for a key that is not encrypted is a mistake, and an empty one protects nothing") {
    CHECK(refusal(PrivateKey::from_pem(rsa_2048_pem, "k", "secret")) == Code::KEY_INVALID);
    CHECK(refusal(rsa_2048().to_encrypted_pem("")) == Code::INVALID_ARGUMENT);
}

TEST_CASE("an encryption that is not PBES2 with PBKDF2, HMAC-SHA-2 and AES-CBC is told by its identifier") {
    for (const Choices &choices : {Choices{.derivation = "2b06010401da470"
                                                         "40b"},              // scrypt
                                   Choices{.function = "2a864886f70d0207"},   // HMAC-SHA-1
                                   Choices{.cipher = "2a864886f70d0307"}}) {  // DES-EDE3-CBC
        const auto refused = decrypt_key(file_of(choices), "secret");
        CHECK(refusal(refused) == Code::UNSUPPORTED);
        CHECK(refused.error().message().find("openssl pkcs8 -topk8") != std::string::npos);
    }
}

TEST_CASE("an encrypted key whose parameters make no sense is refused before work is done") {
    CHECK(refusal(decrypt_key(file_of({}), "secret")) == Code::WRONG_PASSPHRASE);  // the form itself is good
    CHECK(refusal(decrypt_key(file_of({.rounds = "0204ffffffff"}), "secret")) != Code::WRONG_PASSPHRASE);
    CHECK(refusal(decrypt_key(file_of({.rounds = "020400989681"}), "secret")) == Code::LIMIT);
    for (const Choices &choices :
         {Choices{.rounds = "020100"}, Choices{.salt_bytes = 0}, Choices{.salt_bytes = 65}, Choices{.vector_bytes = 15},
          Choices{.vector_bytes = 17}, Choices{.data_bytes = 0}, Choices{.data_bytes = 31}})
        CHECK(refusal(decrypt_key(file_of(choices), "secret")) == Code::FORMAT);
    Bytes trailing = file_of({});
    trailing.push_back(std::byte{0});
    CHECK(refusal(decrypt_key(trailing, "secret")) == Code::FORMAT);
}

TEST_CASE("a file that is called an encrypted key, and is none, is no usable key") {
    const std::string_view pem = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    CHECK(refusal(PrivateKey::from_pem(pem, "k", "secret")) == Code::KEY_INVALID);
    CHECK(refusal(PrivateKey::from_pem(pem, "k")) == Code::WRONG_PASSPHRASE);
}
