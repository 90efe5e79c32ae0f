#include "xz.hpp"

#include "ends.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

namespace mos::delta {

namespace {

constexpr std::size_t part_bytes = 16U << 10U;
constexpr std::uint8_t extreme = 16;
constexpr std::uint8_t last_preset = 9;
constexpr std::uint8_t last_dictionary = 40;
// What a coder takes besides what liblzma tells, with room for the next version's.
constexpr std::uint64_t overhead = 64U << 10U;

// Which options a preset means, apart from the dictionary's size: 6 to 9 differ in that alone.
constexpr std::array<std::uint8_t, 13> presets = {6, 6 + extreme, 3 + extreme, 5,           4,           3,      2,
                                                  1, 0,           5 + extreme, 2 + extreme, 1 + extreme, extreme};

// The filters of a stream, with what they borrow.
struct Filters {
    explicit Filters(const XzRules &rules) noexcept {
        const auto preset =
            static_cast<std::uint32_t>(rules.preset % extreme) | (rules.preset >= extreme ? LZMA_PRESET_EXTREME : 0U);
        is_right = lzma_lzma_preset(&options, preset) == 0;
        options.dict_size = rules.dictionary == last_dictionary
                                ? UINT32_MAX
                                : (2U | (rules.dictionary & 1U)) << (rules.dictionary / 2U + 11U);
        std::size_t count = 0;
        if (rules.filter != 0)
            chain[count++] = {.id = rules.filter, .options = nullptr};
        chain[count++] = {.id = LZMA_FILTER_LZMA2, .options = &options};
        chain[count] = {.id = LZMA_VLI_UNKNOWN, .options = nullptr};
    }
    lzma_options_lzma options = {};
    std::array<lzma_filter, 3> chain{};
    bool is_right = false;
};

bool is_branch_filter(lzma_vli id) { return id >= LZMA_FILTER_X86 && id <= 0x0a; }

}  // namespace

bool are_known(const XzRules &rules) noexcept {
    return rules.check <= LZMA_CHECK_ID_MAX && lzma_check_is_supported(static_cast<lzma_check>(rules.check)) != 0 &&
           (rules.filter == 0 ||
            (is_branch_filter(rules.filter) && lzma_filter_encoder_is_supported(rules.filter) != 0)) &&
           rules.preset % extreme <= last_preset && rules.preset < 2 * extreme && rules.dictionary <= last_dictionary;
}

std::uint64_t XzEncoder::memory_bytes(const XzRules &rules) noexcept {
    const Filters filters{rules};
    const std::uint64_t bytes = lzma_raw_encoder_memusage(filters.chain.data());
    return bytes > UINT64_MAX - overhead ? UINT64_MAX : bytes + overhead;
}

Result<XzEncoder> XzEncoder::create(MemoryBudget &memory, const XzRules &rules) {
    const Filters filters{rules};
    XzEncoder encoder;
    encoder.m_state = std::make_unique<LzmaCoder>(memory);
    const lzma_ret status = filters.is_right ? lzma_stream_encoder(&encoder.m_state->stream, filters.chain.data(),
                                                                   static_cast<lzma_check>(rules.check))
                                             : LZMA_OPTIONS_ERROR;
    switch (status) {
    case LZMA_OK:
        return encoder;
    case LZMA_MEM_ERROR:
        return memory.refusal("making an .xz member again");
    default:
        return Error{Code::UNSUPPORTED, "this liblzma can't make an .xz member of the result again"}.with_remedy(
            "take the full package");
    }
}

Result<void> XzEncoder::code(base::ByteView in, bool ends, const base::ByteSink &out) {
    std::array<std::byte, part_bytes> part{};
    m_state->give(in, part);
    lzma_stream &stream = m_state->stream;
    for (;;) {
        const lzma_ret status = lzma_code(&stream, ends ? LZMA_FINISH : LZMA_RUN);
        if (status == LZMA_MEM_ERROR)
            return m_state->memory->refusal("making an .xz member again");
        if (status != LZMA_OK && status != LZMA_STREAM_END && status != LZMA_BUF_ERROR)
            return Error{Code::INTERNAL, fmt::format("liblzma can't compress (status {})", static_cast<int>(status))};
        MOS_CHECK(out(base::ByteView{part}.first(part.size() - stream.avail_out)));
        if (status == LZMA_STREAM_END || (!ends && stream.avail_in == 0 && stream.avail_out > 0))
            return {};
        stream.next_out = reinterpret_cast<std::uint8_t *>(part.data());
        stream.avail_out = part.size();
    }
}

std::uint64_t XzDecoder::memory_bytes(const XzRules &rules) noexcept {
    const Filters filters{rules};
    const std::uint64_t bytes = lzma_raw_decoder_memusage(filters.chain.data());
    return bytes > UINT64_MAX - overhead ? UINT64_MAX : bytes + overhead;
}

Result<XzDecoder> XzDecoder::create(MemoryBudget &memory) {
    XzDecoder decoder;
    decoder.m_state = std::make_unique<LzmaCoder>(memory);
    // The budget is the limit.
    switch (lzma_stream_decoder(&decoder.m_state->stream, UINT64_MAX, 0)) {
    case LZMA_OK:
        return decoder;
    case LZMA_MEM_ERROR:
        return memory.refusal("expanding an .xz member");
    default:
        return Error{Code::INTERNAL, "liblzma does not take its options"};
    }
}

Result<LzmaDecoder::Progress> XzDecoder::decode(base::ByteView in, base::MutableByteView out) {
    m_state->give(in, out);
    const lzma_stream &stream = m_state->stream;
    const lzma_ret status = lzma_code(&m_state->stream, LZMA_RUN);
    switch (status) {
    case LZMA_OK:
    case LZMA_STREAM_END:
    case LZMA_BUF_ERROR:
        return LzmaDecoder::Progress{.taken = in.size() - stream.avail_in,
                                     .given = out.size() - stream.avail_out,
                                     .ended = status == LZMA_STREAM_END};
    case LZMA_MEM_ERROR:
        return m_state->memory->refusal("expanding an .xz member");
    default:
        return malformed_delta("a compressed member can't be expanded");
    }
}

std::span<const std::uint8_t> xz_presets() noexcept { return presets; }

std::optional<XzRules> xz_rules_of(base::ByteView stream) {
    const auto *bytes = reinterpret_cast<const std::uint8_t *>(stream.data());
    lzma_stream_flags flags = {};
    if (stream.size() < LZMA_STREAM_HEADER_SIZE + LZMA_BLOCK_HEADER_SIZE_MAX ||
        lzma_stream_header_decode(&flags, bytes) != LZMA_OK)
        return std::nullopt;
    const std::uint8_t *header = bytes + LZMA_STREAM_HEADER_SIZE;
    std::array<lzma_filter, LZMA_FILTERS_MAX + 1> filters{};
    lzma_block block = {};
    block.version = 1;
    block.check = flags.check;
    block.filters = filters.data();
    block.header_size = lzma_block_header_size_decode(*header);
    if (*header == 0 || lzma_block_header_decode(&block, nullptr, header) != LZMA_OK)
        return std::nullopt;
    XzRules rules{.encoder_version = lzma_version_number(), .check = static_cast<std::uint8_t>(flags.check)};
    const bool has_branch = is_branch_filter(filters[0].id) && filters[0].options == nullptr;
    const lzma_filter &last = filters[has_branch ? 1 : 0];
    const bool can_be_repeated = last.id == LZMA_FILTER_LZMA2 && block.compressed_size == LZMA_VLI_UNKNOWN &&
                                 block.uncompressed_size == LZMA_VLI_UNKNOWN;
    if (has_branch)
        rules.filter = static_cast<std::uint8_t>(filters[0].id);
    const bool has_property = can_be_repeated && lzma_properties_encode(&last, &rules.dictionary) == LZMA_OK;
    for (std::size_t i = 0; i < filters.size() && filters[i].id != LZMA_VLI_UNKNOWN; ++i)
        const std::unique_ptr<void, decltype(&std::free)> owned{filters[i].options, &std::free};
    return has_property && are_known(rules) ? std::optional{rules} : std::nullopt;
}

}  // namespace mos::delta
