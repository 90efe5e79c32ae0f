#include <mos/package/frame.hpp>

#include "expect.hpp"
#include "noise.hpp"
#include "zstd_status.hpp"

#include <zstd.h>

#include <span>

using namespace mos;
using namespace mos::package;
using mos::test::fill_with_noise;
using mos::test::must;
using mos::test::refusal;

namespace {

struct FrameOptions {
    int level = 3;
    int content_size = 1;
    int checksum = 0;
};

base::Bytes compressed(base::ByteView plain, FrameOptions options = {}) {
    base::Bytes stored(ZSTD_compressBound(plain.size()));
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, options.level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, options.content_size);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, options.checksum);
    stored.resize(ZSTD_compress2(context, stored.data(), stored.size(), plain.data(), plain.size()));
    ZSTD_freeCCtx(context);
    return stored;
}

Result<void> expanded(base::ByteView stored, std::size_t plain_bytes, const Limits &limits = {}) {
    base::Bytes plain(plain_bytes);
    return FrameDecompressor{}.decompress(stored, plain, limits);
}

}  // namespace

TEST_CASE("frames of every level and of raw blocks come back, and fit into what a frame may take") {
    for (const std::size_t size : {1U, 255U, 256U, 70'000U, 131'072U, 131'073U, 1U << 20U}) {
        base::Bytes plain(size);
        fill_with_noise(plain, 1);
        for (const int level : {0, 1, 19}) {
            const base::Bytes stored = must(FrameCompressor{level}.compress(plain));
            CHECK(stored.size() <= max_stored_bytes(size));
            base::Bytes again(size);
            must(FrameDecompressor{}.decompress(stored, again, {}));
            CHECK(again == plain);
        }
    }
}

TEST_CASE("a frame has its content size, and neither checksum nor dictionary") {
    const base::Bytes plain(1000, std::byte{1});
    const base::Bytes good = compressed(plain);
    must(expanded(good, plain.size()));
    CHECK(refusal(expanded(good, plain.size() + 1)) == Code::FORMAT);
    CHECK(refusal(expanded(compressed(plain, {.content_size = 0}), plain.size())) == Code::FORMAT);
    CHECK(refusal(expanded(compressed(plain, {.checksum = 1}), plain.size())) == Code::FORMAT);
    base::Bytes named = good;  // a dictionary's id, even the one that means none
    named[4] |= std::byte{1};
    named.insert(named.begin() + 5, std::byte{0});
    CHECK(refusal(expanded(named, plain.size())) == Code::FORMAT);
    for (const unsigned bit : {0x08U, 0x10U}) {  // reserved, unused
        base::Bytes changed = good;
        changed[4] |= static_cast<std::byte>(bit);
        CHECK(refusal(expanded(changed, plain.size())) == Code::FORMAT);
    }
}

TEST_CASE("what is not exactly one frame is refused") {
    const base::Bytes plain(1000, std::byte{1});
    const base::Bytes good = compressed(plain);
    CHECK(refusal(expanded(skippable_header(statement_frame_magic, 0), plain.size())) == Code::FORMAT);
    CHECK(refusal(expanded(base::ByteView{good}.first(good.size() - 1), plain.size())) == Code::FORMAT);
    CHECK(refusal(expanded({}, plain.size())) == Code::FORMAT);
    base::Bytes twice = good;
    const auto empty = std::as_bytes(std::span{empty_frame});
    twice.insert(twice.end(), empty.begin(), empty.end());
    CHECK(refusal(expanded(twice, plain.size())) == Code::FORMAT);
}

TEST_CASE("a frame that asks for a larger window than allowed is refused before memory is taken") {
    const base::Bytes plain(1U << 20U, std::byte{1});
    const base::Bytes stored = compressed(plain, {.level = 19});
    must(expanded(stored, plain.size()));
    CHECK(refusal(expanded(stored, plain.size(), {.frame_window_log = 19})) == Code::LIMIT);
}

TEST_CASE("libzstd's lack of memory is no damage and no bug") {
    CHECK_THROWS_AS(unless_out_of_memory(static_cast<std::size_t>(-ZSTD_error_memory_allocation)), std::bad_alloc);
    const auto damaged = static_cast<std::size_t>(-ZSTD_error_corruption_detected);
    CHECK(unless_out_of_memory(damaged) == damaged);
    CHECK(unless_out_of_memory(17) == 17);
}
