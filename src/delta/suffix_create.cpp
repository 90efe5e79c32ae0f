// The codec 'suffix', writing: covers become commands, commands become three streams, and these are cut into blocks.
#include "codecs.hpp"
#include "lzma.hpp"
#include "matcher.hpp"
#include "suffix_format.hpp"

#include <algorithm>

namespace mos::delta {

namespace {

using base::Bytes;
using base::ByteView;

// Equal bytes within a cover are worth a command of their own from here on; fewer are cheaper as zeros of the add
// stream. Measured on Debian's update pairs: 256 to 1024 differ by less than 0.1 %.
constexpr std::uint64_t worth_a_copy = 512;
// No command has more of add or extra bytes, so that a block has a bound.
constexpr std::uint64_t max_piece = 256U << 10U;
constexpr std::uint64_t max_block = 1U << 20U;
constexpr std::uint64_t least_block = 32U << 10U;
constexpr std::uint64_t block_share = 32;  // of the device's memory

void append_number(Bytes &out, std::uint64_t number) {
    for (; number >= 0x80U; number >>= 7U)
        out.push_back(static_cast<std::byte>(number | 0x80U));
    out.push_back(static_cast<std::byte>(number));
}

void append(Bytes &out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

// `extra` new bytes; then the base is gone on with from `base_at`: `added` bytes with differences, `copied` without.
struct Command {
    ByteView extra;
    std::uint64_t base_at = 0;
    std::uint64_t result_at = 0;  // of what is added
    std::uint64_t added = 0;
    std::uint64_t copied = 0;
};

struct Written {
    Bytes payload;
    std::uint64_t extra_stored = 0;  // of it, the extra stream
};

class Writer {
  public:
    Writer(ByteView base, ByteView result) : m_base(base), m_result(result) {}

    [[nodiscard]] Result<void> begin(const CreateJob &job) {
        m_block_bytes = std::clamp(job.apply_memory / block_share, least_block, max_block);
        m_payload = {std::byte{suffix::version}, std::byte{0}};
        struct Kind {
            LzmaContext context;
            std::uint64_t share;  // of the device's memory, for its dictionary
        };
        constexpr std::array<Kind, suffix::streams> kinds{Kind{{0, 0, 0}, 32}, Kind{{1, 0, 0}, 4}, Kind{{1, 0, 0}, 4}};
        m_encoders.reserve(kinds.size());
        for (const Kind &kind : kinds) {
            MOS_TRY(LzmaEncoder encoder,
                    LzmaEncoder::create(job.memory, dictionary_for(m_result.size(), job.apply_memory / kind.share),
                                        kind.context));
            m_payload.push_back(encoder.property());
            m_encoders.push_back(std::move(encoder));
        }
        return {};
    }

    [[nodiscard]] Result<void> take(const Cover &cover) {
        MOS_CHECK(take_extra(cover.result_at));
        std::uint64_t from = 0;
        for (std::uint64_t at = 0; at < cover.bytes;) {
            const std::uint64_t equal = equal_run(cover, at);
            const std::uint64_t end = at + equal;
            if (equal >= worth_a_copy || end == cover.bytes) {
                MOS_CHECK(piecewise(cover, from, at, equal));
                from = end;
            }
            at = end;
            while (at < cover.bytes && differs(cover, at))
                ++at;
        }
        if (from < cover.bytes)
            MOS_CHECK(piecewise(cover, from, cover.bytes, 0));
        m_done = cover.result_at + cover.bytes;
        return {};
    }

    [[nodiscard]] Result<Written> finish() {
        MOS_CHECK(take_extra(m_result.size()));
        if (!m_extra.empty())
            MOS_CHECK(write({.extra = m_extra, .base_at = m_base_at}));
        MOS_CHECK(end_block(LzmaEncoder::Action::end));
        return Written{std::move(m_payload), m_extra_stored};
    }

  private:
    [[nodiscard]] bool differs(const Cover &cover, std::uint64_t at) const {
        return m_base[cover.base_at + at] != m_result[cover.result_at + at];
    }
    [[nodiscard]] std::uint64_t equal_run(const Cover &cover, std::uint64_t at) const {
        std::uint64_t end = at;
        while (end < cover.bytes && !differs(cover, end))
            ++end;
        return end - at;
    }

    // What stands before `end` and in no cover; the last piece of it waits for the command that follows.
    [[nodiscard]] Result<void> take_extra(std::uint64_t end) {
        m_extra = m_result.subspan(m_done, end - m_done);
        while (m_extra.size() > max_piece) {
            MOS_CHECK(write({.extra = m_extra.first(max_piece), .base_at = m_base_at}));
            m_extra = m_extra.subspan(max_piece);
        }
        return {};
    }

    // The bytes of a cover from `from` to `to`, and `copied` equal ones behind them.
    [[nodiscard]] Result<void> piecewise(const Cover &cover, std::uint64_t from, std::uint64_t to,
                                         std::uint64_t copied) {
        for (;;) {
            const std::uint64_t added = std::min(to - from, max_piece);
            const bool last = from + added == to;
            MOS_CHECK(write({.extra = std::exchange(m_extra, {}),
                             .base_at = cover.base_at + from,
                             .result_at = cover.result_at + from,
                             .added = added,
                             .copied = last ? copied : 0}));
            from += added;
            if (last)
                return {};
        }
    }

    [[nodiscard]] Result<void> write(const Command &command) {
        Bytes &control = m_streams[suffix::control];
        append_number(control, command.extra.size());
        append_number(control, suffix::folded(static_cast<std::int64_t>(command.base_at - m_base_at)));
        append_number(control, command.added);
        append_number(control, command.copied);
        append(m_streams[suffix::extra], command.extra);
        Bytes &add = m_streams[suffix::add];
        for (std::uint64_t i = 0; i < command.added; ++i)
            add.push_back(static_cast<std::byte>(std::to_integer<unsigned>(m_result[command.result_at + i]) -
                                                 std::to_integer<unsigned>(m_base[command.base_at + i])));
        m_base_at = command.base_at + command.added + command.copied;
        ++m_commands;
        std::uint64_t waiting = 0;
        for (const Bytes &stream : m_streams)
            waiting += stream.size();
        return waiting >= m_block_bytes ? end_block(LzmaEncoder::Action::flush) : Result<void>{};
    }

    [[nodiscard]] Result<void> end_block(LzmaEncoder::Action action) {
        const bool last = action == LzmaEncoder::Action::end;
        append_number(m_payload, m_commands << 1U | (last ? 1U : 0U));
        std::array<Bytes, suffix::streams> stored;
        for (std::size_t i = 0; i < suffix::streams; ++i) {
            MOS_CHECK(m_encoders[i].code(m_streams[i], action, stored[i]));
            m_streams[i].clear();
            append_number(m_payload, stored[i].size());
        }
        for (const Bytes &bytes : stored)
            append(m_payload, bytes);
        m_extra_stored += stored[suffix::extra].size();
        m_commands = 0;
        return {};
    }

    ByteView m_base;
    ByteView m_result;
    std::uint64_t m_block_bytes = 0;
    std::vector<LzmaEncoder> m_encoders;
    std::array<Bytes, suffix::streams> m_streams;
    Bytes m_payload;
    ByteView m_extra;             // that the next command begins with
    std::uint64_t m_done = 0;     // bytes of the result that stand in covers, or before one
    std::uint64_t m_base_at = 0;  // where the last command left the base
    std::uint64_t m_commands = 0;
    std::uint64_t m_extra_stored = 0;
};

[[nodiscard]] Result<Written> write_payload(const CreateJob &job, ByteView base, ByteView result,
                                            const std::vector<Cover> &covers) {
    Writer writer{base, result};
    MOS_CHECK(writer.begin(job));
    for (const Cover &cover : covers) {
        MOS_CHECK(job.observer.checkpoint());
        MOS_CHECK(writer.take(cover));
    }
    return writer.finish();
}

// How many bytes more than the cover before it a new one must have right. 8 is best for most files; 4 for those that
// hold much compressed data, in which only short stretches are the same. Those show by what they make: new bytes, and
// little else. Then both are tried, where that takes little time.
constexpr std::int64_t usual_worth = 8;
constexpr std::int64_t other_worth = 4;
constexpr std::uint64_t small_file = 16U << 20U;

[[nodiscard]] bool is_mostly_new(const Written &written) {
    return written.extra_stored > written.payload.size() / 4 * 3;
}

}  // namespace

Result<base::Bytes> create_suffix(const CreateJob &job) {
    MOS_TRY(CountedBytes base, CountedBytes::create(job.memory, job.base_is.size, "the base"));
    MOS_CHECK(base::read_exactly(job.base, 0, base.view()));
    MOS_TRY(CountedBytes result, CountedBytes::create(job.memory, job.result_is.size, "the result"));
    MOS_CHECK(base::read_exactly(job.result, 0, result.view()));
    MOS_TRY(const Matcher matcher, Matcher::create(base.view(), job.memory));
    const auto attempt = [&](std::int64_t worth) -> Result<Written> {
        MOS_CHECK(job.observer.checkpoint());
        MOS_TRY(const std::vector<Cover> covers, matcher.covers(result.view(), worth, job.observer));
        return write_payload(job, base.view(), result.view(), covers);
    };
    MOS_TRY(Written usual, attempt(usual_worth));
    if (job.result_is.size > small_file || !is_mostly_new(usual))
        return std::move(usual.payload);
    MOS_TRY(Written other, attempt(other_worth));
    return std::move(other.payload.size() < usual.payload.size() ? other.payload : usual.payload);
}

}  // namespace mos::delta
