#include "lzma.hpp"

#include "ends.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::delta {

namespace {

constexpr std::size_t part_bytes = 64U << 10U;
// Of LZMA_PRESET_EXTREME; longer does not find more in what deltas hold.
constexpr std::uint32_t nice_length = 273;

void *allocate(void *memory, std::size_t items, std::size_t bytes) {
    if (items != 0 && bytes > SIZE_MAX / items)
        return nullptr;
    return static_cast<MemoryBudget *>(memory)->allocate(items * bytes);
}

void release(void *memory, void *address) { static_cast<MemoryBudget *>(memory)->release(address); }

const std::uint8_t *input_of(base::ByteView bytes) { return reinterpret_cast<const std::uint8_t *>(bytes.data()); }

std::uint8_t *output_of(base::MutableByteView bytes) { return reinterpret_cast<std::uint8_t *>(bytes.data()); }

lzma_action action_of(LzmaEncoder::Action action) {
    switch (action) {
    case LzmaEncoder::Action::more:
        return LZMA_RUN;
    case LzmaEncoder::Action::flush:
        return LZMA_SYNC_FLUSH;
    case LzmaEncoder::Action::end:
        return LZMA_FINISH;
    }
    return LZMA_RUN;
}

}  // namespace

LzmaCoder::LzmaCoder(MemoryBudget &budget) noexcept
    : allocator{.alloc = allocate, .free = release, .opaque = &budget}, memory(&budget) {
    stream.allocator = &allocator;
}

void LzmaCoder::give(base::ByteView in, base::MutableByteView out) noexcept {
    stream.next_in = input_of(in);
    stream.avail_in = in.size();
    stream.next_out = output_of(out);
    stream.avail_out = out.size();
}

// Sizes that the property byte can name are 2^n and 3 × 2^(n-1).
std::uint32_t dictionary_for(std::uint64_t content, std::uint64_t most) noexcept {
    std::uint64_t size = least_dictionary;
    for (;;) {
        const std::uint64_t next = (size & (size - 1)) == 0 ? size + size / 2 : size / 3 * 4;
        if (size >= content || next > std::min<std::uint64_t>(most, largest_dictionary))
            return static_cast<std::uint32_t>(size);
        size = next;
    }
}

Result<LzmaEncoder> LzmaEncoder::create(MemoryBudget &memory, std::uint32_t dictionary_bytes, LzmaContext context) {
    lzma_options_lzma options = {};
    if (lzma_lzma_preset(&options, 9U | LZMA_PRESET_EXTREME) != 0)
        return Error{Code::INTERNAL, "liblzma does not know its own preset"};
    options.dict_size = dictionary_bytes;
    options.lc = context.literal_context_bits;
    options.lp = context.literal_position_bits;
    options.pb = context.position_bits;
    options.nice_len = nice_length;
    const lzma_filter filters[] = {{.id = LZMA_FILTER_LZMA2, .options = &options},
                                   {.id = LZMA_VLI_UNKNOWN, .options = nullptr}};
    LzmaEncoder encoder;
    encoder.m_state = std::make_unique<State>(memory);
    State &state = *encoder.m_state;
    std::uint8_t property = 0;
    if (lzma_properties_encode(filters, &property) != LZMA_OK)
        return Error{Code::INTERNAL, "liblzma does not take its options"};
    state.property = std::byte{property};
    switch (lzma_raw_encoder(&state.stream, filters)) {
    case LZMA_OK:
        return encoder;
    case LZMA_MEM_ERROR:
        return memory.refusal("compressing the delta");
    default:
        return Error{Code::INTERNAL, "liblzma does not take its options"};
    }
}

Result<void> LzmaEncoder::code(base::ByteView in, Action action, base::Bytes &out) {
    lzma_stream &stream = m_state->stream;
    stream.next_in = input_of(in);
    stream.avail_in = in.size();
    const lzma_action wanted = action_of(action);
    for (;;) {
        const std::size_t before = out.size();
        out.resize(before + part_bytes);
        const auto room = base::MutableByteView{out}.subspan(before);
        stream.next_out = output_of(room);
        stream.avail_out = room.size();
        const lzma_ret status = lzma_code(&stream, wanted);
        out.resize(before + room.size() - stream.avail_out);
        if (status == LZMA_STREAM_END || (status == LZMA_OK && wanted == LZMA_RUN && stream.avail_in == 0))
            return {};
        if (status == LZMA_BUF_ERROR && stream.avail_in == 0)
            return {};
        if (status == LZMA_MEM_ERROR)
            return m_state->memory->refusal("compressing the delta");
        if (status != LZMA_OK)
            return Error{Code::INTERNAL, fmt::format("liblzma can't compress (status {})", static_cast<int>(status))};
    }
}

Result<LzmaDecoder> LzmaDecoder::create(MemoryBudget &memory, std::byte property) {
    lzma_filter filters[] = {{.id = LZMA_FILTER_LZMA2, .options = nullptr},
                             {.id = LZMA_VLI_UNKNOWN, .options = nullptr}};
    const auto byte = static_cast<std::uint8_t>(property);
    // Its options are small, and freed below; only the dictionary counts.
    if (lzma_properties_decode(&filters[0], nullptr, &byte, 1) != LZMA_OK)
        return malformed_delta("a compressed part does not say what dictionary it needs");
    const std::unique_ptr<void, decltype(&std::free)> options{filters[0].options, &std::free};
    LzmaDecoder decoder;
    decoder.m_state = std::make_unique<LzmaCoder>(memory);
    switch (lzma_raw_decoder(&decoder.m_state->stream, filters)) {
    case LZMA_OK:
        return decoder;
    case LZMA_MEM_ERROR:
        return memory.refusal("its dictionary");
    default:
        return malformed_delta("a compressed part has a dictionary that this version can't use");
    }
}

Result<LzmaDecoder::Progress> LzmaDecoder::decode(base::ByteView in, base::MutableByteView out) {
    lzma_stream &stream = m_state->stream;
    m_state->give(in, out);
    const lzma_ret status = lzma_code(&stream, LZMA_RUN);
    Progress progress{.taken = in.size() - stream.avail_in,
                      .given = out.size() - stream.avail_out,
                      .ended = status == LZMA_STREAM_END};
    switch (status) {
    case LZMA_OK:
    case LZMA_STREAM_END:
    case LZMA_BUF_ERROR:  // nothing to take or nowhere to put it: the caller sees that in the counts
        return progress;
    case LZMA_MEM_ERROR:
        return m_state->memory->refusal("its dictionary");
    default:
        return malformed_delta("a compressed part can't be expanded");
    }
}

}  // namespace mos::delta
