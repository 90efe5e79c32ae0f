// What the targets of deltas share: a base that is always the same, and a payload that is anything.
#pragma once

#include "target.hpp"

#include <mos/delta/delta.hpp>

#define ZLIB_CONST  // what it reads it leaves as it is
#include <zlib.h>

#include <string>

namespace mos::fuzz {

// 920 bytes of text by xz 5.4.1 with --check=crc32 --lzma2=preset=0,dict=64KiB.
constexpr std::uint8_t delta_xz[] = {
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x01, 0x69, 0x22, 0xde, 0x36, 0x02, 0x00, 0x21, 0x01, 0x08, 0x00,
    0x00, 0x00, 0xd8, 0x0f, 0x23, 0x13, 0xe0, 0x03, 0x97, 0x00, 0x3a, 0x5d, 0x00, 0x20, 0x9b, 0x80, 0x02, 0xe4,
    0x01, 0x27, 0xca, 0x87, 0xc7, 0x83, 0xb3, 0x8a, 0x4b, 0x3e, 0xdd, 0x60, 0xce, 0x56, 0x2a, 0x54, 0xe2, 0xaa,
    0xfc, 0x57, 0x5b, 0x02, 0x3a, 0xb1, 0x4a, 0x96, 0x9c, 0x89, 0xb8, 0x55, 0x57, 0xee, 0xd1, 0xc3, 0x36, 0x77,
    0x01, 0x8e, 0xe7, 0x41, 0x05, 0x89, 0xd1, 0xe3, 0x13, 0xa7, 0x5e, 0x9c, 0x20, 0xff, 0x56, 0x3c, 0x00, 0x00,
    0x00, 0x00, 0xb8, 0x53, 0xd5, 0x06, 0x00, 0x01, 0x52, 0x98, 0x07, 0x00, 0x00, 0x00, 0x49, 0x29, 0xb2, 0xfe,
    0x3e, 0x30, 0x0d, 0x8b, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x59, 0x5a};

// 1,000 bytes of text by zstd 1.5.4 at level 3.
constexpr std::uint8_t delta_zstd[] = {
    0x28, 0xb5, 0x2f, 0xfd, 0x64, 0xe8, 0x02, 0xdd, 0x01, 0x00, 0x24, 0x03, 0x41, 0x20, 0x5a, 0x73, 0x74, 0x61, 0x6e,
    0x64, 0x61, 0x72, 0x64, 0x20, 0x66, 0x72, 0x61, 0x6d, 0x65, 0x20, 0x6f, 0x66, 0x20, 0x74, 0x68, 0x65, 0x20, 0x62,
    0x61, 0x73, 0x65, 0x2c, 0x20, 0x77, 0x68, 0x69, 0x63, 0x68, 0x20, 0x69, 0x73, 0x20, 0x65, 0x78, 0x70, 0x61, 0x6e,
    0x64, 0x65, 0x64, 0x2e, 0x20, 0x01, 0x00, 0x32, 0xbb, 0x56, 0x0a, 0x0a, 0x98, 0xb5, 0x5f, 0xb5};

// Text with repetitions, so that copies from it go somewhere; then some of it as a .gz member of one stored block,
// whose bytes are the same by whatever zlib, an .xz stream, and a Zstandard frame.
[[nodiscard]] inline base::Bytes delta_base() {
    base::Bytes bytes;
    for (std::uint32_t i = 0; bytes.size() < 6000; i = i * 5 + 1)
        for (const char letter : std::to_string(i % 9973))
            bytes.push_back(static_cast<std::byte>(letter));
    constexpr std::uint16_t count = 2000;
    const base::Bytes content{bytes.begin(), bytes.begin() + count};
    for (const unsigned byte : {0x1fU, 0x8bU, 8U, 0U, 0U, 0U, 0U, 0U, 0U, 3U, 1U})
        bytes.push_back(static_cast<std::byte>(byte));
    base::append_u16(bytes, count);
    base::append_u16(bytes, static_cast<std::uint16_t>(~count));
    bytes.insert(bytes.end(), content.begin(), content.end());
    base::append_u32(bytes,
                     static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef *>(content.data()), count)));
    base::append_u32(bytes, count);
    for (const std::uint8_t byte : delta_xz)
        bytes.push_back(std::byte{byte});
    for (const std::uint8_t byte : delta_zstd)
        bytes.push_back(std::byte{byte});
    return bytes;
}

constexpr std::uint64_t delta_memory = 16U << 20U;
constexpr std::uint64_t delta_result_bytes = 100'000;

struct AppliedPayload {
    base::Bytes written;
    bool ok = false;
    friend bool operator==(const AppliedPayload &, const AppliedPayload &) = default;
};

[[nodiscard]] inline AppliedPayload apply_payload(delta::Codec codec, base::ByteView payload,
                                                  const delta::Expected &expected) {
    AppliedPayload applied;
    const auto base = base::make_memory_source(delta_base(), "base");
    const auto outcome =
        delta::apply_payload(codec, *base, delta::stream_of(payload), expected, {.memory_limit = delta_memory},
                             [&](base::ByteView part) -> Result<void> {
                                 applied.written.insert(applied.written.end(), part.begin(), part.end());
                                 return {};
                             });
    applied.ok = outcome.ok();
    hold(applied.written.size() <= expected.size, "no more is written than was declared");
    if (applied.ok)
        hold(crypto::sha256(applied.written) == expected.digest, "what counts has the digest that was declared");
    return applied;
}

// Applies any payload: it must be refused, or make the same file each time.
inline void check_any_payload(delta::Codec codec, base::ByteView payload) {
    const AppliedPayload first = apply_payload(codec, payload, {.size = delta_result_bytes, .digest = {}});
    const delta::Expected made{.size = first.written.size(), .digest = crypto::sha256(first.written)};
    const AppliedPayload second = apply_payload(codec, payload, made);
    hold(second.written.size() <= first.written.size(), "applied again it makes no more");
    if (second.ok)
        hold(second.written == first.written, "applied again it makes the same");
}

}  // namespace mos::fuzz
