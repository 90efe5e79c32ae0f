// Digests over lists of fields.
#include <mos/crypto/field_digest.hpp>

#include "expect.hpp"

#include <vector>

using mos::crypto::FieldDigest;

namespace {

std::string digest_of(const std::vector<std::string> &texts) {
    FieldDigest digest;
    for (const std::string &text : texts)
        digest.text(text);
    return digest.finish();
}

}  // namespace

TEST_CASE("lists of fields with the same bytes one after the other have different digests") {
    CHECK(digest_of({"ab", "c"}) != digest_of({"a", "bc"}));
    CHECK(digest_of({"ab", ""}) != digest_of({"", "ab"}));
    CHECK(digest_of({"a"}) != digest_of({"a", ""}));
    CHECK(digest_of({}) != digest_of({""}));
    CHECK(digest_of({"a", "b"}) == digest_of({"a", "b"}));
}

TEST_CASE("a list is its numbers in eight bytes, little-endian, and its texts with their length before them") {
    const std::string large(10'000, 'x');  // more than is gathered
    FieldDigest digest;
    digest.number(0x0102030405060708);
    digest.text(large);
    digest.text("end");
    const std::string bytes = std::string{"\x08\x07\x06\x05\x04\x03\x02\x01", 8} +
                              std::string{"\x10\x27\0\0\0\0\0\0", 8} + large + std::string{"\x03\0\0\0\0\0\0\0", 8} +
                              "end";
    CHECK(digest.finish() == mos::base::to_hex(mos::crypto::sha256(mos::base::as_bytes(bytes))));
}
