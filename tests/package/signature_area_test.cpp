#include <mos/package/signature_area.hpp>

#include <mos/package/frame.hpp>

#include "expect.hpp"

using namespace mos;
using namespace mos::package;
using mos::test::must;
using mos::test::refusal;

namespace {

crypto::Signature signature(unsigned key, std::size_t value_bytes = 64) {
    return {crypto::SignatureAlgorithm::ed25519,
            base::Bytes(32, static_cast<std::byte>(key)),
            base::Bytes(value_bytes, std::byte{9}),
            {base::Bytes(300, std::byte{5})}};
}

SignatureArea sample() {
    SignatureArea area;
    area.put(signature(2));
    area.put(signature(1));
    return area;
}

}  // namespace

TEST_CASE("a signature area comes back as it was, sorted by key, in exactly the reserved size") {
    const base::Bytes bytes = must(encode_signature_area(sample(), 4096, {}));
    CHECK(bytes.size() == 4096);
    const SignatureArea area = must(decode_signature_area(bytes, {}));
    CHECK(area.signatures == sample().signatures);
    CHECK(area.signatures[0].key_id[0] == std::byte{1});
    CHECK(area.known().size() == 2);
    CHECK(must(decode_signature_area(must(encode_signature_area({}, 512, {})), {})).signatures.empty());
}

TEST_CASE("the same key's signature is replaced") {
    SignatureArea area = sample();
    crypto::Signature again = signature(2);
    again.value[0] = std::byte{7};
    area.put(again);
    CHECK(area.signatures.size() == 2);
    CHECK(area.signatures[1].value[0] == std::byte{7});
}

TEST_CASE("a signature of an algorithm from the future is carried and counts for nothing") {
    SignatureArea area = sample();
    area.signatures[0].algorithm = 77;
    const SignatureArea read = must(decode_signature_area(must(encode_signature_area(area, 4096, {})), {}));
    CHECK(read.known().size() == 1);
    CHECK(must(signature_text(read, 4096)).find("unknown (77)") != std::string::npos);
}

TEST_CASE("a signature may have 64 KiB and no more") {
    SignatureArea area;
    area.put(signature(1, 64U << 10U));
    CHECK(must(decode_signature_area(must(encode_signature_area(area, 128U << 10U, {})), {})).signatures ==
          area.signatures);
    area.put(signature(1, (64U << 10U) + 1));
    CHECK(refusal(encode_signature_area(area, 128U << 10U, {})) == Code::LIMIT);
}

TEST_CASE("an area that no writer would have written is refused") {
    const base::Bytes bytes = must(encode_signature_area(sample(), 4096, {}));
    const auto refused = [&](std::size_t at, unsigned value) {
        base::Bytes changed = bytes;
        changed[at] = static_cast<std::byte>(value);
        return refusal(decode_signature_area(changed, {}));
    };
    CHECK(refused(0, 'm') == Code::FORMAT);
    CHECK(refused(8, 17) == Code::LIMIT);                       // signatures
    CHECK(refused(14, 17) == Code::LIMIT);                      // certificates of the first
    CHECK(refused(19, 0x80) == Code::LIMIT);                    // the length of its value
    CHECK(refused(20, 9) == Code::FORMAT);                      // its key: now after the second
    CHECK(refused(4095, 1) == Code::FORMAT);                    // padding
    CHECK(refused(12 + 8 + 32 + 64 + 3, 0x80) == Code::LIMIT);  // the length of its certificate
    CHECK(refusal(decode_signature_area(base::ByteView{bytes}.first(500), {})) == Code::TRUNCATED);
    SignatureArea twice = sample();
    twice.signatures.push_back(twice.signatures.back());
    CHECK(refusal(encode_signature_area(twice, 4096, {})) == Code::FORMAT);
    SignatureArea empty = sample();
    empty.signatures[0].value.clear();
    CHECK(refusal(encode_signature_area(empty, 4096, {})) == Code::FORMAT);
    empty = sample();
    empty.signatures[0].certificates[0].clear();
    CHECK(refusal(encode_signature_area(empty, 4096, {})) == Code::FORMAT);
    CHECK(refusal(encode_signature_area(sample(), 512, {})) == Code::LIMIT);
    CHECK(refusal(encode_signature_area(sample(), 4096, {.signatures = 1})) == Code::LIMIT);
}

TEST_CASE("the last frame has a length that the reserved size alone fixes") {
    for (const std::uint32_t reserved : {4096U, 32U << 10U, 256U << 10U}) {
        const base::Bytes with = must(build_last_frame(sample(), reserved));
        CHECK(with.size() == last_frame_stored_bytes(reserved));
        CHECK(must(build_last_frame({}, reserved)).size() == with.size());
        base::Bytes plain(static_cast<std::size_t>(last_frame_plain_bytes(reserved)));
        FrameDecompressor decompressor;
        must(decompressor.decompress(with, plain, {}));
        CHECK(base::as_text(base::ByteView{plain}.first(23)) == "metadata/signature.json");
    }
    CHECK(refusal(build_last_frame(sample(), 512)) == Code::LIMIT);
}
