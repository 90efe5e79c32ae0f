// Wycheproof's vectors, where the environment variable MOS_VECTORS names the folder that has them.
#include <mos/crypto/key.hpp>

#include "expect.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

using namespace mos::crypto;
using mos::base::from_hex;
using mos::test::must;

namespace {

std::optional<nlohmann::json> load(const std::string &file) {
    const char *folder = std::getenv("MOS_VECTORS");
    if (folder == nullptr) {
        MESSAGE(file, " was skipped: MOS_VECTORS is not set");
        return std::nullopt;
    }
    std::ifstream stream{std::string{folder} + "/wycheproof/" + file};
    REQUIRE_MESSAGE(stream.good(), file, " can't be read");
    return nlohmann::json::parse(stream);
}

// "acceptable" is legacy that may be refused.
void run(const std::string &file, SignatureAlgorithm algorithm) {
    const std::optional<nlohmann::json> vectors = load(file);
    if (!vectors)
        return;
    std::size_t count = 0;
    for (const auto &group : vectors->at("testGroups")) {
        const PublicKey key =
            must(PublicKey::from_der(must(from_hex(group.at("publicKeyDer").get<std::string>())), file));
        for (const auto &test : group.at("tests")) {
            const auto message = must(from_hex(test.at("msg").get<std::string>()));
            const auto signature = must(from_hex(test.at("sig").get<std::string>()));
            const bool verified = key.verify(algorithm, message, signature).ok();
            const std::string expected = test.at("result");
            if (expected != "acceptable")
                CHECK_MESSAGE(verified == (expected == "valid"), file, " ", test.at("tcId").dump(), ": ",
                              test.at("comment").get<std::string>());
            ++count;
        }
    }
    CHECK(count == vectors->at("numberOfTests"));
}

}  // namespace

TEST_CASE("Wycheproof and we agree on ECDSA with P-384 and SHA-384") {
    run("ecdsa_secp384r1_sha384_test.json", SignatureAlgorithm::ecdsa_p384_sha384);
}

TEST_CASE("Wycheproof and we agree on Ed25519") { run("ed25519_test.json", SignatureAlgorithm::ed25519); }

TEST_CASE("Wycheproof and we agree on RSA-4096 with SHA-256") {
    run("rsa_signature_4096_sha256_test.json", SignatureAlgorithm::rsa_pkcs1_sha256);
}
