// The codec that holds the result itself: LZMA2's property byte, then the stream.
#include "codecs.hpp"
#include "lzma.hpp"

#include <algorithm>

namespace mos::delta {

namespace {

constexpr std::size_t input_bytes = 64U << 10U;
constexpr std::size_t output_bytes = 256U << 10U;
constexpr std::uint64_t most_dictionary = 8U << 20U;

}  // namespace

Result<base::Bytes> create_full(const CreateJob &job) {
    const std::uint32_t dictionary =
        dictionary_for(job.result_is.size, std::min(most_dictionary, job.apply_memory / 2));
    MOS_TRY(LzmaEncoder encoder, LzmaEncoder::create(job.memory, dictionary, {}));
    base::Bytes payload{encoder.property()};
    MOS_CHECK(read_through(job.result, job.result_is.size, job.observer, [&](base::ByteView part) {
        return encoder.code(part, LzmaEncoder::Action::more, payload);
    }));
    MOS_CHECK(encoder.code({}, LzmaEncoder::Action::end, payload));
    return payload;
}

Result<void> apply_full(const ApplyJob &job) {
    MOS_TRY(const std::uint8_t property, job.payload.read_byte());
    MOS_TRY(CountedBytes input, CountedBytes::create(job.memory, input_bytes, "reading the delta"));
    MOS_TRY(CountedBytes output, CountedBytes::create(job.memory, output_bytes, "writing the result"));
    MOS_TRY(LzmaDecoder decoder, LzmaDecoder::create(job.memory, std::byte{property}));
    base::ByteView waiting;
    for (;;) {
        if (waiting.empty()) {
            MOS_TRY(const std::size_t count, job.payload.read_some(input.view()));
            waiting = input.view().first(count);
        }
        MOS_TRY(const auto progress, decoder.decode(waiting, output.view()));
        MOS_CHECK(job.result.write(output.view().first(progress.given)));
        waiting = waiting.subspan(progress.taken);
        if (progress.ended && !waiting.empty())
            return Error{Code::TRAILING_DATA, "the delta goes on after its end"};
        if (progress.ended)
            return {};
        if (progress.taken == 0 && progress.given == 0 && waiting.empty())
            return truncated_delta();
        if (progress.taken == 0 && progress.given == 0)
            return malformed_delta("a compressed part does not go on");
    }
}

}  // namespace mos::delta
