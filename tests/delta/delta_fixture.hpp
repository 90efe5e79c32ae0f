// Files that deltas are made of, and what nearly every case does with them.
#pragma once

#include "expect.hpp"
#include "noise.hpp"

#include <mos/delta/delta.hpp>

#include <functional>
#include <string>
#include <vector>

namespace mos::test::delta {

using base::Bytes;
using mos::delta::Codec;

// Lets `checkpoints` of them pass, all where that is negative.
class CancelsAfter final : public base::Observer {
  public:
    explicit CancelsAfter(int checkpoints) : m_left(checkpoints) {}
    void report(const base::Progress &progress) override {
        CHECK(progress.done_bytes <= progress.total_bytes);
        ++reports;
    }
    [[nodiscard]] Result<void> checkpoint() override {
        ++asked;
        if (m_left-- == 0)
            return Error{Code::CANCELLED, "cancelled"};
        return {};
    }
    void notice(std::string_view /*message*/) override {}
    int reports = 0;
    int asked = 0;

  private:
    int m_left;
};

// The same bytes for the same seed, which compress badly.
[[nodiscard]] inline Bytes noise(std::size_t size, std::uint32_t seed = 1) {
    Bytes bytes(size);
    fill_with_noise(bytes, seed);
    return bytes;
}

[[nodiscard]] inline std::unique_ptr<base::Source> source(const Bytes &bytes, const char *name = "file") {
    return base::make_memory_source(bytes, name);
}

struct Pair {
    std::string what;
    Bytes base;
    Bytes result;
};

[[nodiscard]] inline Bytes joined(std::initializer_list<base::ByteView> parts) {
    Bytes whole;
    for (const base::ByteView part : parts)
        whole.insert(whole.end(), part.begin(), part.end());
    return whole;
}

// A change of one byte in every 37: what a new address in each instruction looks like.
[[nodiscard]] inline Bytes sprinkled(Bytes bytes) {
    for (std::size_t i = 5; i < bytes.size(); i += 37)
        bytes[i] = static_cast<std::byte>(static_cast<unsigned>(bytes[i]) + 3U);
    return bytes;
}

[[nodiscard]] inline std::vector<Pair> pairs() {
    const Bytes file = noise(200'000);
    const base::ByteView view{file};
    const Bytes zeros(70'000);
    return {
        {"nothing becomes nothing", {}, {}},
        {"nothing becomes something", {}, noise(1000)},
        {"something becomes nothing", file, {}},
        {"one byte becomes another", noise(1, 1), noise(1, 7)},
        {"equal files", file, file},
        {"one byte changed", file, joined({view.first(99'999), noise(1, 9), view.subspan(100'000)})},
        {"bytes put in", file, joined({view.first(50'000), noise(777, 5), view.subspan(50'000)})},
        {"bytes taken out", file, joined({view.first(50'000), view.subspan(60'001)})},
        {"halves exchanged", file, joined({view.subspan(100'000), view.first(100'000)})},
        {"many small changes", file, sprinkled(file)},
        {"the same part again and again", file, joined({view.first(4096), view.first(4096), view.first(4096)})},
        {"zeros", zeros, joined({zeros, noise(3), zeros})},
        {"unrelated", file, noise(150'000, 77)},
        {"a size that is a power of two", noise(1U << 17U), joined({noise(1U << 17U), noise(1U << 17U)})},
    };
}

[[nodiscard]] inline std::vector<Codec> codecs_for(const Pair &pair) {
    std::vector<Codec> codecs;
    for (const Codec codec : {Codec::keep, Codec::full, Codec::vcdiff, Codec::suffix})
        if (mos::delta::can_create(codec) && (codec != Codec::keep || pair.base == pair.result))
            codecs.push_back(codec);
    return codecs;
}

[[nodiscard]] inline Result<Bytes> made(const Bytes &from, const Bytes &to, const mos::delta::CreateOptions &options) {
    Bytes out;
    const auto base = source(from, "base");
    const auto result = source(to, "result");
    MOS_CHECK(mos::delta::create_delta(*base, *result, options, [&](base::ByteView part) -> Result<void> {
        out.insert(out.end(), part.begin(), part.end());
        return {};
    }));
    return out;
}

[[nodiscard]] inline Bytes delta_of(const Bytes &from, const Bytes &to, Codec codec) {
    return must(made(from, to, {.codec = codec}));
}

// Bytes come in pieces of `piece`, as from a network.
[[nodiscard]] inline mos::delta::ByteStream in_pieces(const Bytes &bytes, std::size_t piece) {
    auto offset = std::make_shared<std::size_t>(0);
    return [&bytes, offset, piece](base::MutableByteView out) -> Result<std::size_t> {
        const std::size_t count = std::min({out.size(), piece, bytes.size() - *offset});
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(*offset), count, out.begin());
        *offset += count;
        return count;
    };
}

struct Applied {
    Bytes result;  // what was written, whatever became of it
    Result<mos::delta::DeltaInfo> outcome;
};

[[nodiscard]] inline Applied applied(const Bytes &from, const Bytes &delta,
                                     const mos::delta::ApplyOptions &options = {},
                                     std::size_t piece = std::size_t{1} << 20U) {
    Bytes out;
    const auto base = source(from, "base");
    auto outcome =
        mos::delta::apply_delta(*base, in_pieces(delta, piece), options, [&](base::ByteView part) -> Result<void> {
            out.insert(out.end(), part.begin(), part.end());
            return {};
        });
    return {std::move(out), std::move(outcome)};
}

// The header's facts with another payload, whose length is put right.
[[nodiscard]] inline Bytes with_payload(const Bytes &delta, const Bytes &payload) {
    auto info = must(mos::delta::decode_header(base::ByteView{delta}.first(mos::delta::header_bytes)));
    info.payload_bytes = payload.size();
    return joined({mos::delta::encode_header(info), payload});
}

[[nodiscard]] inline Bytes payload_of(const Bytes &delta) {
    return base::to_bytes(base::ByteView{delta}.subspan(mos::delta::header_bytes));
}

}  // namespace mos::test::delta
