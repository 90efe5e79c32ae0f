// Any two files: what is made of them by any codec gives the second back.
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 2)
        return 0;
    const base::ByteView bytes = fuzz::input(data, size).subspan(2);
    // The first two bytes say where the first file ends, and the codec.
    const std::size_t cut = bytes.size() * data[0] / 255U;
    const base::Bytes fresh = base::to_bytes(bytes.subspan(cut));
    const auto base = base::make_memory_source(base::to_bytes(bytes.first(cut)), "base");
    const auto result = base::make_memory_source(fresh, "result");
    constexpr delta::Codec codecs[] = {delta::Codec::full, delta::Codec::vcdiff, delta::Codec::suffix};
    const delta::Codec codec = codecs[data[1] % std::size(codecs)];
    if (!delta::can_create(codec))
        return 0;
    const base::Bytes file = made(codec, *base, *result);
    fuzz::hold(fuzz::must(delta::apply_delta_to_bytes(*base, delta::stream_of(file), {}), "what was made is applied") ==
                   fresh,
               "what was made gives the second file back");
    return 0;
}
