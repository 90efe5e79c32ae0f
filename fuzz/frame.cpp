// A zstd frame. The input is how many bytes it is said to hold (32 bits), then the frame.
#include "target.hpp"

#include <mos/package/frame.hpp>

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace mos;
    base::ByteReader reader{fuzz::input(data, size)};
    const auto claimed = reader.u32();
    if (!claimed)
        return 0;
    constexpr std::uint32_t most_plain_bytes = 1U << 20U;
    base::Bytes plain(std::min(*claimed, most_plain_bytes));
    const base::Bytes stored = base::to_bytes(*reader.take(reader.remaining()));
    package::FrameDecompressor decompressor;
    if (!decompressor.decompress(stored, plain, {}))
        return 0;
    base::Bytes second(plain.size());
    fuzz::must(decompressor.decompress(stored, second, {}), "a frame that was expanded is expanded again");
    fuzz::hold(plain == second, "a frame expands to the same bytes again");
    return 0;
}
