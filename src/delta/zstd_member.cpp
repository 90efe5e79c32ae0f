#include "zstd_member.hpp"

#include "ends.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#define ZSTD_STATIC_LINKING_ONLY  // memory by hooks and estimates, and a frame's header before its content
#include <zstd.h>
#include <zstd_errors.h>

namespace mos::delta {

namespace {

constexpr std::size_t part_bytes = 16U << 10U;
constexpr std::uint8_t last_level = 22;
// What a coder takes besides what libzstd estimates, with room for the next version's.
constexpr std::uint64_t overhead = 64U << 10U;
// Of tables that are cleared, for each byte of content; and for any content at all.
constexpr std::uint64_t worth_of_a_byte = 1024;
constexpr std::uint64_t worth_at_least = 1U << 20U;
constexpr std::string_view while_compressing = "making a zstd member again";
constexpr std::string_view while_expanding = "expanding a zstd member";

void *allocate(void *memory, std::size_t bytes) { return static_cast<MemoryBudget *>(memory)->allocate(bytes); }
void release(void *memory, void *address) { static_cast<MemoryBudget *>(memory)->release(address); }
ZSTD_customMem counted_by(MemoryBudget &memory) {
    return {.customAlloc = allocate, .customFree = release, .opaque = &memory};
}

bool is_memory_error(std::size_t status) { return ZSTD_getErrorCode(status) == ZSTD_error_memory_allocation; }

std::uint64_t known_size(const ZstdRules &rules, std::uint64_t content_bytes) {
    return rules.has_size ? content_bytes : ZSTD_CONTENTSIZE_UNKNOWN;
}

ZSTD_compressionParameters parameters(const ZstdRules &rules, std::uint8_t level, std::uint64_t content_bytes) {
    return ZSTD_getCParams(level, known_size(rules, content_bytes), 0);
}

bool begins_as_a_frame(base::ByteView in) {
    return in.size() >= zstd_magic.size() &&
           std::ranges::equal(in.first(zstd_magic.size()), std::as_bytes(std::span{zstd_magic}));
}

// Which search a level has among rows depends on whether the processor that libzstd was built for has SIMD, and on its
// version. As it is on those that have.
ZSTD_paramSwitch_e searches_rows(const ZSTD_compressionParameters &of_level) {
    constexpr unsigned largest_without = 14;
    const bool is_such = of_level.strategy >= ZSTD_greedy && of_level.strategy <= ZSTD_lazy2;
    return is_such && of_level.windowLog > largest_without ? ZSTD_ps_enable : ZSTD_ps_disable;
}

}  // namespace

std::uint32_t this_zstd_version() noexcept { return ZSTD_versionNumber(); }

bool are_known(const ZstdRules &rules) noexcept { return rules.level >= 1 && rules.level <= last_level; }

struct ZstdEncoder::State {
    explicit State(MemoryBudget &budget) noexcept
        : memory(&budget), context(ZSTD_createCCtx_advanced(counted_by(budget))) {}
    State(const State &) = delete;
    State &operator=(const State &) = delete;
    ~State() { ZSTD_freeCCtx(context); }

    MemoryBudget *memory;
    ZSTD_CCtx *context;
    bool has_size = false;
    bool has_ended = false;
    std::uint64_t left = 0;  // of the content
};

void ZstdEncoder::Deleter::operator()(State *state) const noexcept { delete state; }

std::uint64_t ZstdEncoder::memory_bytes(const ZstdRules &rules, std::uint64_t content_bytes) noexcept {
    const std::uint8_t level = std::max<std::uint8_t>(rules.level, 1);
    return ZSTD_estimateCStreamSize_usingCParams(parameters(rules, level, content_bytes)) + overhead;
}

Result<ZstdEncoder> ZstdEncoder::create(MemoryBudget &memory, const ZstdRules &rules, std::uint64_t content_bytes) {
    ZstdEncoder encoder;
    encoder.m_state.reset(new State{memory});
    State &state = *encoder.m_state;
    if (state.context == nullptr)
        return memory.refusal(while_compressing);
    state.has_size = rules.has_size;
    state.left = content_bytes;
    const auto set = [&state](ZSTD_cParameter parameter, int value) {
        return ZSTD_isError(ZSTD_CCtx_setParameter(state.context, parameter, value)) == 0;
    };
    const bool is_set = set(ZSTD_c_compressionLevel, rules.level) &&
                        set(ZSTD_c_checksumFlag, rules.has_checksum ? 1 : 0) &&
                        set(ZSTD_c_useRowMatchFinder, searches_rows(parameters(rules, rules.level, content_bytes))) &&
                        ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(state.context, known_size(rules, content_bytes))) == 0;
    if (!is_set)
        return Error{Code::UNSUPPORTED, "this libzstd can't make a zstd member of the result again"}.with_remedy(
            "take the full package");
    return encoder;
}

// The command says that a file ends with its last bytes, and that a pipe has ended after them.
Result<void> ZstdEncoder::code(base::ByteView in, bool ends, const base::ByteSink &out) {
    State &state = *m_state;
    if (state.has_ended)
        return {};
    state.left -= std::min<std::uint64_t>(state.left, in.size());
    state.has_ended = ends || (state.has_size && state.left == 0);
    const ZSTD_EndDirective directive = state.has_ended ? ZSTD_e_end : ZSTD_e_continue;
    std::array<std::byte, part_bytes> part{};
    ZSTD_inBuffer input{.src = in.data(), .size = in.size(), .pos = 0};
    for (;;) {
        ZSTD_outBuffer output{.dst = part.data(), .size = part.size(), .pos = 0};
        const std::size_t left = ZSTD_compressStream2(state.context, &output, &input, directive);
        if (is_memory_error(left))
            return state.memory->refusal(while_compressing);
        if (ZSTD_isError(left) != 0)
            return Error{Code::INTERNAL, fmt::format("libzstd can't compress: {}", ZSTD_getErrorName(left))};
        MOS_CHECK(out(base::ByteView{part}.first(output.pos)));
        if (state.has_ended ? left == 0 : input.pos == input.size)
            return {};
    }
}

struct ZstdDecoder::State {
    explicit State(MemoryBudget &budget) noexcept
        : memory(&budget), context(ZSTD_createDCtx_advanced(counted_by(budget))) {}
    State(const State &) = delete;
    State &operator=(const State &) = delete;
    ~State() { ZSTD_freeDCtx(context); }

    MemoryBudget *memory;
    ZSTD_DCtx *context;
    bool has_begun = false;
};

void ZstdDecoder::Deleter::operator()(State *state) const noexcept { delete state; }

std::uint64_t ZstdDecoder::memory_bytes(const ZstdRules &rules) noexcept {
    const std::uint64_t bytes = ZSTD_estimateDStreamSize(static_cast<std::size_t>(rules.window));
    return bytes > UINT64_MAX - overhead ? UINT64_MAX : bytes + overhead;
}

Result<ZstdDecoder> ZstdDecoder::create(MemoryBudget &memory) {
    ZstdDecoder decoder;
    decoder.m_state.reset(new State{memory});
    ZSTD_DCtx *context = decoder.m_state->context;
    if (context == nullptr)
        return memory.refusal(while_expanding);
    // The budget is the limit.
    const int most = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound;
    if (ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, most)) != 0)
        return Error{Code::INTERNAL, "libzstd does not take its options"};
    return decoder;
}

Result<LzmaDecoder::Progress> ZstdDecoder::decode(base::ByteView in, base::MutableByteView out) {
    if (!m_state->has_begun && !begins_as_a_frame(in))
        return malformed_delta("a compressed member is no Zstandard frame");
    m_state->has_begun = true;
    ZSTD_inBuffer input{.src = in.data(), .size = in.size(), .pos = 0};
    ZSTD_outBuffer output{.dst = out.data(), .size = out.size(), .pos = 0};
    const std::size_t status = ZSTD_decompressStream(m_state->context, &output, &input);
    if (is_memory_error(status))
        return m_state->memory->refusal(while_expanding);
    if (ZSTD_isError(status) != 0)
        return malformed_delta("a compressed member can't be expanded");
    return LzmaDecoder::Progress{.taken = input.pos, .given = output.pos, .ended = status == 0};
}

std::optional<ZstdRules> zstd_rules_of(base::ByteView frame) {
    ZSTD_frameHeader header = {};
    if (ZSTD_getFrameHeader(&header, frame.data(), frame.size()) != 0 || header.frameType != ZSTD_frame ||
        header.dictID != 0)
        return std::nullopt;
    return ZstdRules{.encoder_version = this_zstd_version(),
                     .has_checksum = header.checksumFlag != 0,
                     .has_size = header.frameContentSize != ZSTD_CONTENTSIZE_UNKNOWN,
                     .window = header.windowSize};
}

std::vector<std::uint8_t> zstd_levels(const ZstdRules &rules, std::uint64_t content_bytes) {
    constexpr std::array<std::uint8_t, last_level> by_use = {3, 19, 1,  9,  6,  15, 22, 2,  4,  5,  7,
                                                             8, 10, 11, 12, 13, 14, 16, 17, 18, 20, 21};
    // Where the whole content is the window, the header does not tell the level's.
    const bool is_one_segment = rules.has_size && rules.window == content_bytes;
    std::vector<std::uint8_t> levels;
    std::ranges::copy_if(by_use, std::back_inserter(levels), [&](std::uint8_t level) {
        const std::uint64_t window = std::uint64_t{1} << parameters(rules, level, content_bytes).windowLog;
        return is_one_segment ? window >= content_bytes : window == rules.window;
    });
    return levels;
}

bool is_worth_its_tables(const ZstdRules &rules, std::uint64_t content_bytes) noexcept {
    const std::uint64_t bytes = ZstdEncoder::memory_bytes(rules, content_bytes);
    return bytes <= worth_at_least || (bytes - worth_at_least) / worth_of_a_byte <= content_bytes;
}

}  // namespace mos::delta
