// Any two files, and such with compressed members: what is made of them by any codec gives the second back.
#include "delta_apply.hpp"

using namespace mos;

namespace {

base::Bytes made(delta::Codec codec, base::Source &base, base::Source &result) {
    base::Bytes file;
    const delta::CreateOptions options{.codec = codec, .memory_limit = std::uint64_t{1} << 30U};
    static_cast<void>(fuzz::must(delta::create_delta(base, result, options,
                                                     [&](base::ByteView part) -> Result<void> {
                                                         file.insert(file.end(), part.begin(), part.end());
                                                         return {};
                                                     }),
                                 "a delta can be made of any two files"));
    return file;
}

// The second half as a .gz member, as zlib makes it at this level.
base::Bytes with_member(base::ByteView bytes, unsigned level) {
    base::Bytes file = base::to_bytes(bytes.first(bytes.size() / 2));
    const base::ByteView content = bytes.subspan(bytes.size() / 2);
    z_stream stream = {};
    constexpr int as_gzip = 15 + 16;
    fuzz::hold(deflateInit2(&stream, static_cast<int>(level), Z_DEFLATED, as_gzip, 8, Z_DEFAULT_STRATEGY) == Z_OK,
               "zlib takes its options");
    base::Bytes member(deflateBound(&stream, static_cast<uLong>(content.size())));
    stream.next_in = reinterpret_cast<const Bytef *>(content.data());
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef *>(member.data());
    stream.avail_out = static_cast<uInt>(member.size());
    fuzz::hold(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib compresses");
    member.resize(stream.total_out);
    deflateEnd(&stream);
    file.insert(file.end(), member.begin(), member.end());
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 2)
        return 0;
    const base::ByteView bytes = fuzz::input(data, size).subspan(2);
    // The first two bytes say where the first file ends, and the codec or the levels of both files' members.
    const std::size_t cut = bytes.size() * data[0] / 255U;
    const bool has_members = data[1] >= 0x80;
    const auto file_of = [&](base::ByteView part, unsigned level) {
        return has_members ? with_member(part, level % 9 + 1) : base::to_bytes(part);
    };
    const base::Bytes fresh = file_of(bytes.subspan(cut), data[1] % 16U);
    const auto base = base::make_memory_source(file_of(bytes.first(cut), data[1] / 16U), "base");
    const auto result = base::make_memory_source(fresh, "result");
    constexpr delta::Codec codecs[] = {delta::Codec::full, delta::Codec::vcdiff, delta::Codec::suffix};
    const delta::Codec codec = has_members ? delta::Codec::suffix : codecs[data[1] % std::size(codecs)];
    if (!delta::can_create(codec))
        return 0;
    const base::Bytes file = made(codec, *base, *result);
    fuzz::hold(fuzz::must(delta::apply_delta_to_bytes(*base, delta::stream_of(file), {}), "what was made is applied") ==
                   fresh,
               "what was made gives the second file back");
    return 0;
}
