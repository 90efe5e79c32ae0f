// RFC 3284 by xdelta3, in both directions interoperable with the xdelta3 command. Where the build has no xdelta3 (see
// docs/decisions/0003-xdelta3.md), both directions answer NOT_BUILT.
#include "codecs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <memory>

#ifdef MOS_HAVE_XDELTA3
#include <mos_xdelta3.h>
#endif

namespace mos::delta {

#ifdef MOS_HAVE_XDELTA3

namespace {

constexpr std::size_t base_block_bytes = 128U << 10U;
constexpr std::size_t input_bytes = 64U << 10U;
constexpr std::uint64_t most_window = 8U << 20U;  // of xdelta3's own program
constexpr std::uint64_t least_window = 64U << 10U;
constexpr std::uint64_t most_dictionary = 2U << 20U;
constexpr std::uint64_t least_dictionary = 64U << 10U;
// A window's share of the device's memory. What is new in all of it stands there three times: as it comes in, expanded,
// and in the window itself; and there are three dictionaries.
constexpr std::uint64_t window_share = 8;
constexpr std::uint64_t dictionary_share = 16;

struct FreeCoder {
    void operator()(mos_xd3 *coder) const noexcept { mos_xd3_free(coder); }
};
using Coder = std::unique_ptr<mos_xd3, FreeCoder>;

// What the C side calls back; errors of the base wait here until it has returned.
class Hooks {
  public:
    Hooks(MemoryBudget &memory, base::Source &base) : m_memory(&memory), m_base(&base) {}

    [[nodiscard]] Result<void> make_room() {
        MOS_TRY(m_block, CountedBytes::create(*m_memory, base_block_bytes, "reading the base"));
        return {};
    }
    [[nodiscard]] mos_xd3_hooks table() noexcept {
        return {.user = this, .allocate = allocate, .release = release, .read_block = read_block};
    }
    [[nodiscard]] const Result<std::size_t> &block() const noexcept { return m_read; }
    [[nodiscard]] const MemoryBudget &memory() const noexcept { return *m_memory; }

  private:
    static void *allocate(void *user, std::size_t bytes) {
        return static_cast<Hooks *>(user)->m_memory->allocate(bytes);
    }
    static void release(void *user, void *address) { static_cast<Hooks *>(user)->m_memory->release(address); }
    static int read_block(void *user, std::uint64_t number, const std::uint8_t **bytes, std::size_t *count) {
        Hooks &self = *static_cast<Hooks *>(user);
        if (self.m_block.size() == 0)
            return -1;  // the encoder's base is in memory
        self.m_read = self.m_base->read_at(number * base_block_bytes, self.m_block.view());
        if (!self.m_read)
            return -1;
        *bytes = reinterpret_cast<const std::uint8_t *>(self.m_block.data());
        *count = *self.m_read;
        return 0;
    }

    MemoryBudget *m_memory;
    base::Source *m_base;
    CountedBytes m_block;
    Result<std::size_t> m_read = std::size_t{0};
};

Error error_of(int step, const mos_xd3 *coder, const Hooks &hooks) {
    switch (step) {
    case MOS_XD3_REFUSED_MEMORY:
        return hooks.memory().refusal("a VCDIFF delta");
    case MOS_XD3_BLOCK_FAILED:
        return hooks.block() ? Error{Code::INTERNAL, "a block of the base is missing"} : Error{hooks.block().error()};
    case MOS_XD3_UNSUPPORTED:
        return Error{Code::UNSUPPORTED,
                     fmt::format("the VCDIFF delta uses what is not supported: {}", mos_xd3_message(coder))};
    default:
        return malformed_delta(mos_xd3_message(coder));
    }
}

base::ByteView output_of(mos_xd3 *coder) {
    const std::uint8_t *bytes = nullptr;
    std::size_t count = 0;
    mos_xd3_output(coder, &bytes, &count);
    return std::as_bytes(std::span{bytes, count});
}

void give(mos_xd3 *coder, base::ByteView bytes, bool last) {
    mos_xd3_input(coder, reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size(), last ? 1 : 0);
}

// Before xdelta3 takes memory for a window: what it says of itself must be possible.
Result<void> check_window(const mos_xd3_window &window, const ApplyJob &job) {
    if (window.base_bytes > job.base_bytes || window.base_offset > job.base_bytes - window.base_bytes)
        return malformed_delta(fmt::format("it copies from beyond the {} bytes of the base", job.base_bytes));
    if (window.result_bytes > job.result.left())
        return malformed_delta("it makes more than it should");
    if (window.result_bytes > job.memory.left() || window.delta_bytes > job.memory.left() - window.result_bytes)
        return Error{Code::LIMIT,
                     fmt::format("a window of the VCDIFF delta needs {} bytes of memory and more", window.result_bytes)}
            .with_remedy("allow more memory, or take the full package");
    return {};
}

Result<void> give_more(mos_xd3 *coder, const ApplyJob &job, CountedBytes &input, bool &ended) {
    MOS_TRY(const std::size_t count, job.payload.read_some(input.view()));
    ended = count == 0;
    if (!ended)
        give(coder, input.view().first(count), false);
    return {};
}

std::uint64_t share_of(std::uint64_t memory, std::uint64_t share, std::uint64_t least, std::uint64_t most) {
    return std::clamp(std::bit_floor(std::max<std::uint64_t>(memory / share, 1)), least, most);
}

// Compresses one window's worth of input, or the end of it.
Result<void> encode_part(mos_xd3 *coder, const Hooks &hooks, base::Bytes &payload) {
    for (;;) {
        const int step = mos_xd3_step(coder);
        if (step < 0)
            return error_of(step, coder, hooks);
        if (step == MOS_XD3_WANTS_INPUT)
            return {};
        if (step == MOS_XD3_HAS_OUTPUT) {
            const base::ByteView out = output_of(coder);
            payload.insert(payload.end(), out.begin(), out.end());
        }
    }
}

}  // namespace

bool has_vcdiff() noexcept { return true; }

Result<base::Bytes> create_vcdiff(const CreateJob &job) {
    const auto window = static_cast<std::size_t>(share_of(job.apply_memory, window_share, least_window, most_window));
    const auto dictionary =
        static_cast<std::uint32_t>(share_of(job.apply_memory, dictionary_share, least_dictionary, most_dictionary));
    MOS_TRY(CountedBytes base_copy, CountedBytes::create(job.memory, job.base_is.size, "the base"));
    MOS_CHECK(base::read_exactly(job.base, 0, base_copy.view()));
    MOS_TRY(CountedBytes part, CountedBytes::create(job.memory, std::min<std::uint64_t>(window, job.result_is.size),
                                                    "a window of the result"));
    Hooks hooks{job.memory, job.base};
    const mos_xd3_hooks table = hooks.table();
    const Coder coder{mos_xd3_create_encoder(&table, reinterpret_cast<const std::uint8_t *>(base_copy.data()),
                                             base_copy.size(), window, dictionary)};
    if (coder == nullptr)
        return job.memory.refusal("a VCDIFF delta");
    base::Bytes payload;
    for (std::uint64_t done = 0;;) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(part.size(), job.result_is.size - done));
        const auto view = part.view().first(count);
        MOS_CHECK(base::read_exactly(job.result, done, view));
        done += count;
        give(coder.get(), view, done == job.result_is.size);
        MOS_CHECK(encode_part(coder.get(), hooks, payload));
        job.observer.report({.phase = base::Phase::staging, .done_bytes = done, .total_bytes = job.result_is.size});
        MOS_CHECK(job.observer.checkpoint());
        if (done == job.result_is.size)
            return payload;
    }
}

Result<void> apply_vcdiff(const ApplyJob &job) {
    Hooks hooks{job.memory, job.base};
    MOS_CHECK(hooks.make_room());
    MOS_TRY(CountedBytes input, CountedBytes::create(job.memory, input_bytes, "reading the delta"));
    const mos_xd3_hooks table = hooks.table();
    const Coder coder{mos_xd3_create_decoder(&table, job.base_bytes, base_block_bytes)};
    if (coder == nullptr)
        return job.memory.refusal("a VCDIFF delta");
    bool ended = false;
    give(coder.get(), {}, false);
    while (!ended) {
        const int step = mos_xd3_step(coder.get());
        if (step < 0)
            return error_of(step, coder.get(), hooks);
        if (step == MOS_XD3_AT_WINDOW)
            MOS_CHECK(check_window(mos_xd3_window_of_decoder(coder.get()), job));
        if (step == MOS_XD3_HAS_OUTPUT)
            MOS_CHECK(job.result.write(output_of(coder.get())));
        if (step == MOS_XD3_WANTS_INPUT)
            MOS_CHECK(give_more(coder.get(), job, input, ended));
    }
    if (mos_xd3_may_end(coder.get()) == 0)
        return truncated_delta();
    return {};
}

#else

namespace {

Error not_built() {
    return Error{Code::NOT_BUILT, "this build has no codec 'vcdiff'"}.with_remedy(
        "build the library with xdelta3 (./dev setup gets its source), or use the codec 'suffix'");
}

}  // namespace

bool has_vcdiff() noexcept { return false; }
Result<base::Bytes> create_vcdiff(const CreateJob & /*job*/) { return not_built(); }
Result<void> apply_vcdiff(const ApplyJob & /*job*/) { return not_built(); }

#endif

}  // namespace mos::delta
