// What the targets of deltas share: a base that is always the same, and a payload that is anything.
#pragma once

#include "target.hpp"

#include <mos/delta/delta.hpp>

namespace mos::fuzz {

// Text with repetitions, so that copies from it go somewhere.
[[nodiscard]] inline base::Bytes delta_base() {
    base::Bytes bytes;
    for (std::uint32_t i = 0; bytes.size() < 6000; i = i * 5 + 1)
        for (const char letter : std::to_string(i % 9973))
            bytes.push_back(static_cast<std::byte>(letter));
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
