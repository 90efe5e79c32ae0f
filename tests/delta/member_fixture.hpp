// Files with compressed members, as other programs make them.
#pragma once

#include "suffix_fixture.hpp"

#include <lzma.h>
#define ZLIB_CONST  // what it reads it leaves as it is
#include <zlib.h>
#include <zstd.h>

#include <stdexcept>
#include <string_view>

namespace mos::test::delta {

// Also before the cases run.
inline void expect(bool is_so) {
    if (!is_so)
        throw std::logic_error{"a compressor does not do as it is told"};
}

// Text that looks like a changelog: it compresses, and so does what was changed in it.
[[nodiscard]] inline Bytes prose(std::size_t size, std::uint32_t seed = 1) {
    constexpr std::string_view words[] = {"update ", "the ",     "of ",     "library\n", "security ",
                                          "fixes ",  "a ",       "buffer ", "CVE-2026",  "overflow",
                                          " in ",    "parser, ", "and ",    "version "};
    Bytes bytes;
    while (bytes.size() < size) {
        seed = seed * 1664525U + 1013904223U;
        for (const char letter : words[(seed >> 20U) % std::size(words)])
            bytes.push_back(static_cast<std::byte>(letter));
        if ((seed >> 28U) == 0)
            for (const char letter : std::to_string(seed))
                bytes.push_back(static_cast<std::byte>(letter));
    }
    bytes.resize(size);
    return bytes;
}

[[nodiscard]] inline Bytes zlib_deflated(base::ByteView content, int level, int memory_level) {
    z_stream stream = {};
    expect(deflateInit2(&stream, level, Z_DEFLATED, -15, memory_level, Z_DEFAULT_STRATEGY) == Z_OK);
    Bytes out(deflateBound(&stream, static_cast<uLong>(content.size())) + 64);
    stream.next_in = reinterpret_cast<const Bytef *>(content.data());
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    expect(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

[[nodiscard]] inline Bytes little_endian(std::uint32_t value) {
    Bytes bytes;
    for (unsigned shift = 0; shift < 32; shift += 8)
        bytes.push_back(static_cast<std::byte>(value >> shift));
    return bytes;
}

constexpr std::size_t gzip_header_bytes = 10;

[[nodiscard]] inline Bytes gzip_of(base::ByteView content, base::ByteView deflated, unsigned extra_flags = 2) {
    const Bytes header = {
        std::byte{0x1f}, std::byte{0x8b}, std::byte{8}, {}, {}, {}, {}, {}, static_cast<std::byte>(extra_flags),
        std::byte{3}};
    const auto crc = crc32(0, reinterpret_cast<const Bytef *>(content.data()), static_cast<uInt>(content.size()));
    return joined({header, deflated, little_endian(static_cast<std::uint32_t>(crc)),
                   little_endian(static_cast<std::uint32_t>(content.size()))});
}

[[nodiscard]] inline Bytes gzip(base::ByteView content, int level = 9) {
    return gzip_of(content, zlib_deflated(content, level, 8), level == 9 ? 2 : 0);
}

[[nodiscard]] inline Bytes xz(base::ByteView content, std::uint32_t preset = 6, std::uint32_t window = 1U << 20U,
                              bool for_x86 = false) {
    lzma_options_lzma options = {};
    expect(lzma_lzma_preset(&options, preset) == 0);
    options.dict_size = window;
    lzma_filter filters[] = {{.id = LZMA_FILTER_X86, .options = nullptr},
                             {.id = LZMA_FILTER_LZMA2, .options = &options},
                             {.id = LZMA_VLI_UNKNOWN, .options = nullptr}};
    lzma_stream stream = LZMA_STREAM_INIT;
    expect(lzma_stream_encoder(&stream, for_x86 ? filters : filters + 1, LZMA_CHECK_CRC32) == LZMA_OK);
    Bytes out(content.size() * 2 + 4096);
    stream.next_in = reinterpret_cast<const std::uint8_t *>(content.data());
    stream.avail_in = content.size();
    stream.next_out = reinterpret_cast<std::uint8_t *>(out.data());
    stream.avail_out = out.size();
    expect(lzma_code(&stream, LZMA_FINISH) == LZMA_STREAM_END);
    out.resize(out.size() - stream.avail_out);
    lzma_end(&stream);
    return out;
}

// As the command zstd makes it, of a file, whose size it knows, or of a pipe: with --single-thread, or in jobs.
struct ZstdMade {
    int level = 3;
    bool of_file = true;
    bool has_checksum = true;
    bool in_jobs = false;
};
[[nodiscard]] inline Bytes zstd(base::ByteView content, ZstdMade made = {}) {
    const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context{ZSTD_createCCtx(), &ZSTD_freeCCtx};
    const auto set = [&](ZSTD_cParameter parameter, int value) {
        expect(ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), parameter, value)) == 0);
    };
    set(ZSTD_c_compressionLevel, made.level);
    set(ZSTD_c_checksumFlag, made.has_checksum ? 1 : 0);
    set(ZSTD_c_nbWorkers, made.in_jobs ? 1 : 0);
    if (made.of_file)
        expect(ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(context.get(), content.size())) == 0);
    Bytes out(ZSTD_compressBound(content.size()));
    ZSTD_outBuffer output{.dst = out.data(), .size = out.size(), .pos = 0};
    const auto give = [&](base::ByteView part, ZSTD_EndDirective directive) {
        ZSTD_inBuffer input{.src = part.data(), .size = part.size(), .pos = 0};
        while (ZSTD_compressStream2(context.get(), &output, &input, directive) != 0 &&
               (directive == ZSTD_e_end || input.pos < input.size))
            expect(output.pos < output.size);
    };
    constexpr std::size_t piece = 128U << 10U;
    for (std::size_t at = 0; at < content.size(); at += piece) {
        const base::ByteView part = content.subspan(at, std::min(piece, content.size() - at));
        give(part, made.of_file && at + part.size() == content.size() ? ZSTD_e_end : ZSTD_e_continue);
    }
    if (!made.of_file)
        give({}, ZSTD_e_end);
    out.resize(output.pos);
    return out;
}

// A few bytes of it are others, and it is longer.
[[nodiscard]] inline Bytes edited(Bytes bytes) {
    for (std::size_t i = 1000; i < bytes.size(); i += 9001)
        bytes[i] = std::byte{'#'};
    return joined({prose(90, 99), bytes});
}

}  // namespace mos::test::delta
