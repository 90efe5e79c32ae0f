#include <mos/crypto/digest.hpp>

#include "expect.hpp"

#include <string>

using namespace mos::crypto;
using mos::Code;
using mos::base::as_bytes;
using mos::base::to_hex;
using mos::test::must;
using mos::test::refusal;

TEST_CASE("digests of 'abc' are those of FIPS 180-4's examples and RFC 7693 appendix A") {
    const auto shown = [](DigestAlgorithm algorithm) { return to_hex(digest(algorithm, as_bytes("abc"))); };
    CHECK(shown(DigestAlgorithm::sha256) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(shown(DigestAlgorithm::sha384) == "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                                            "8086072ba1e7cc2358baeca134c825a7");
    CHECK(shown(DigestAlgorithm::sha512) == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                                            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    CHECK(shown(DigestAlgorithm::blake2b_512) == "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                                                 "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

TEST_CASE("a digest does not depend on how the bytes were cut, and a hasher starts anew") {
    const std::string text(1000, 'x');
    for (const DigestAlgorithm algorithm :
         {DigestAlgorithm::sha256, DigestAlgorithm::sha384, DigestAlgorithm::sha512, DigestAlgorithm::blake2b_512}) {
        const auto whole = digest(algorithm, as_bytes(text));
        Hasher hasher{algorithm};
        for (int round = 0; round < 2; ++round) {
            for (std::size_t i = 0; i < text.size(); i += 37)
                hasher.update(as_bytes(std::string_view{text}.substr(i, 37)));
            CHECK(hasher.finish() == whole);
        }
        Hasher moved{std::move(hasher)};
        moved.update(as_bytes(text));
        CHECK(moved.finish() == whole);
        CHECK(Hasher{algorithm}.finish() == digest(algorithm, {}));
    }
}

TEST_CASE("a SHA-256 digest in text has exactly 64 digits") {
    const std::string text = to_hex(sha256(as_bytes("abc")));
    CHECK(must(sha256_from_hex(text)) == sha256(as_bytes("abc")));
    CHECK(refusal(sha256_from_hex(text.substr(2))) == Code::FORMAT);
    CHECK(refusal(sha256_from_hex(text + "00")) == Code::FORMAT);
    CHECK(refusal(sha256_from_hex(text.substr(1) + "g")) == Code::FORMAT);
}

TEST_CASE("equality in constant time is equality") {
    CHECK(equal_in_constant_time(as_bytes("abc"), as_bytes("abc")));
    CHECK_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("abd")));
    CHECK_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("ab")));
    CHECK(equal_in_constant_time({}, {}));
}
