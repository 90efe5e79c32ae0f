#include <mos/package/frame.hpp>

#include "zstd_status.hpp"

#include <mos/base/thread.hpp>

#include <fmt/format.h>

#define ZSTD_STATIC_LINKING_ONLY  // ZSTD_getFrameHeader: the window is checked before memory is taken
#include <zstd.h>

#include <algorithm>
#include <new>

namespace mos::package {

namespace {

// RFC 8878 section 3.1.1: magic number; a header that says "single segment, content size in four bytes"; the size.
constexpr std::uint32_t zstd_magic = 0xFD2FB528;
constexpr auto raw_descriptor = std::byte{0xA0};
constexpr std::uint64_t raw_header_bytes = 4 + 1 + 4;
constexpr std::uint64_t block_header_bytes = 3;
constexpr std::uint64_t max_block_bytes = 128U << 10U;
// Of the frame header descriptor, the byte after the magic number: dictionary id, checksum, reserved and unused bits.
constexpr std::size_t descriptor_at = 4;
constexpr auto refused_descriptor_bits = std::byte{0x1F};
constexpr std::size_t max_cores = 4;

std::uint64_t raw_blocks(std::uint64_t plain_bytes) {
    return std::max<std::uint64_t>(1, (plain_bytes + max_block_bytes - 1) / max_block_bytes);
}

void append_raw_block(base::Bytes &out, base::ByteView plain, bool last) {
    const auto header = static_cast<std::uint32_t>(plain.size() << 3U) | (last ? 1U : 0U);  // block type 0: raw
    for (unsigned i = 0; i < block_header_bytes; ++i)
        out.push_back(static_cast<std::byte>((header >> (8 * i)) & 0xFFU));
    out.insert(out.end(), plain.begin(), plain.end());
}

template <class T>
T *or_bad_alloc(T *pointer) {
    if (pointer == nullptr)
        throw std::bad_alloc{};
    return pointer;
}

}  // namespace

std::size_t frame_threads() noexcept { return std::min(base::usable_cores(), max_cores) - 1; }

base::Bytes skippable_header(std::uint32_t magic, std::uint32_t content_bytes) {
    base::Bytes header;
    base::append_u32(header, magic);
    base::append_u32(header, content_bytes);
    return header;
}

std::uint64_t raw_frame_bytes(std::uint64_t plain_bytes) noexcept {
    return raw_header_bytes + raw_blocks(plain_bytes) * block_header_bytes + plain_bytes;
}

std::uint64_t max_stored_bytes(std::uint64_t plain_bytes) noexcept { return plain_bytes + plain_bytes / 256 + 64; }

Result<void> check_frame_header(base::ByteView stored, std::uint64_t plain_bytes, std::uint32_t window_log) {
    ZSTD_frameHeader header{};
    if (ZSTD_getFrameHeader(&header, stored.data(), stored.size()) != 0 || header.frameType != ZSTD_frame)
        return Error{Code::FORMAT, "it is no zstd frame"};
    if (header.frameContentSize != plain_bytes)
        return Error{Code::FORMAT, fmt::format("it does not say that it holds {} bytes", plain_bytes)};
    if ((stored[descriptor_at] & refused_descriptor_bits) != std::byte{0})
        return Error{Code::FORMAT, "it has a dictionary, a checksum or a reserved bit"};
    if (header.windowSize > (std::uint64_t{1} << window_log))
        return Error{Code::LIMIT, fmt::format("it needs a window of {} bytes, at most 2^{} are allowed",
                                              header.windowSize, window_log)};
    return {};
}

base::Bytes raw_frame(base::ByteView plain) {
    base::Bytes out;
    out.reserve(static_cast<std::size_t>(raw_frame_bytes(plain.size())));
    base::append_u32(out, zstd_magic);
    out.push_back(raw_descriptor);
    base::append_u32(out, static_cast<std::uint32_t>(plain.size()));
    const std::uint64_t blocks = raw_blocks(plain.size());
    for (std::uint64_t i = 0; i < blocks; ++i) {
        const std::size_t count = std::min<std::size_t>(max_block_bytes, plain.size());
        append_raw_block(out, plain.first(count), i + 1 == blocks);
        plain = plain.subspan(count);
    }
    return out;
}

struct FrameCompressor::State {
    explicit State(int wanted) : level(wanted), context(or_bad_alloc(ZSTD_createCCtx())) {
        ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
        ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 1);
        ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 0);  // the index has better ones
    }
    struct Free {
        void operator()(ZSTD_CCtx *pointer) const { ZSTD_freeCCtx(pointer); }
    };
    int level;
    std::unique_ptr<ZSTD_CCtx, Free> context;
};

FrameCompressor::FrameCompressor(int level) : m_state(std::make_unique<State>(level)) {}
FrameCompressor::FrameCompressor(FrameCompressor &&) noexcept = default;
FrameCompressor &FrameCompressor::operator=(FrameCompressor &&) noexcept = default;
FrameCompressor::~FrameCompressor() = default;

Result<base::Bytes> FrameCompressor::compress(base::ByteView plain) {
    if (m_state->level == 0)
        return raw_frame(plain);
    base::Bytes stored(ZSTD_compressBound(plain.size()));
    const std::size_t size = unless_out_of_memory(
        ZSTD_compress2(m_state->context.get(), stored.data(), stored.size(), plain.data(), plain.size()));
    if (ZSTD_isError(size) != 0)
        return Error{Code::INTERNAL, fmt::format("zstd can't compress a frame: {}", ZSTD_getErrorName(size))};
    stored.resize(size);
    return stored;
}

struct FrameDecompressor::State {
    State() : context(or_bad_alloc(ZSTD_createDCtx())) {}
    struct Free {
        void operator()(ZSTD_DCtx *pointer) const { ZSTD_freeDCtx(pointer); }
    };
    std::unique_ptr<ZSTD_DCtx, Free> context;
};

FrameDecompressor::FrameDecompressor() : m_state(std::make_unique<State>()) {}
FrameDecompressor::FrameDecompressor(FrameDecompressor &&) noexcept = default;
FrameDecompressor &FrameDecompressor::operator=(FrameDecompressor &&) noexcept = default;
FrameDecompressor::~FrameDecompressor() = default;

Result<void> FrameDecompressor::decompress(base::ByteView stored, base::MutableByteView plain, const Limits &limits) {
    MOS_CHECK(check_frame_header(stored, plain.size(), limits.frame_window_log));
    const std::size_t length = ZSTD_findFrameCompressedSize(stored.data(), stored.size());
    if (ZSTD_isError(length) != 0 || length != stored.size())
        return Error{Code::FORMAT, "it does not end where the index says"};
    const std::size_t size = unless_out_of_memory(
        ZSTD_decompressDCtx(m_state->context.get(), plain.data(), plain.size(), stored.data(), stored.size()));
    if (ZSTD_isError(size) != 0)
        return Error{Code::FORMAT, fmt::format("zstd can't decompress it: {}", ZSTD_getErrorName(size))};
    if (size != plain.size())
        return Error{Code::FORMAT, fmt::format("it expands to {} bytes instead of {}", size, plain.size())};
    return {};
}

}  // namespace mos::package
