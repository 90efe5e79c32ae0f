#include "suffix_writer.hpp"

#include "parallel.hpp"

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

void append(Bytes &out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

// `extra` new bytes; then the base is gone on with from `base_at`: `added` bytes with differences, `copied` without.
struct Command {
    ByteView extra;
    std::uint64_t base_at = 0;
    std::uint64_t result_at = 0;  // of what is added
    std::uint64_t added = 0;
    std::uint64_t copied = 0;
};

// How each stream is compressed.
constexpr std::array<LzmaContext, suffix::streams> contexts{LzmaContext{0, 0, 0}, LzmaContext{1, 0, 0},
                                                            LzmaContext{1, 0, 0}};

// How large the dictionary of each stream is: what of a fair share of the device's memory one does not need, the other
// gets.
std::array<std::uint32_t, suffix::streams> dictionaries(std::uint64_t device, std::uint64_t added,
                                                        std::uint64_t extra) {
    const std::uint64_t both = device / 16 * 9;
    const std::uint32_t fair = dictionary_for(extra, device / 4);
    const std::uint32_t of_add = dictionary_for(added, both - fair);
    const std::uint32_t of_extra = dictionary_for(extra, both - of_add);
    return {dictionary_for(added + extra, device / 32), of_add, of_extra};
}

// The members of the base that covers reach into. The others are left compressed, so that on the device what stands
// behind them stands elsewhere than in the view that the covers are of.
class NeededMembers {
  public:
    NeededMembers(const SuffixPair &pair, const std::vector<Cover> &covers) {
        if (pair.base_members == nullptr)
            return;
        const Members &all = *pair.base_members;
        std::vector<bool> needed(all.size());
        for (const Cover &cover : covers)
            for (std::size_t i = first_behind(all, cover.base_at);
                 i < all.size() && all[i].view_at < cover.base_at + cover.bytes; ++i)
                needed[i] = true;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (needed[i]) {
                m_members.push_back(all[i]);
                continue;
            }
            m_shift += static_cast<std::int64_t>(all[i].plain) - static_cast<std::int64_t>(all[i].bytes);
            m_shifts.push_back({.from = all[i].view_at + all[i].plain, .by = m_shift});
        }
    }

    [[nodiscard]] const Members &members() const noexcept { return m_members; }
    // By how much a place in the view is farther than the device's.
    [[nodiscard]] std::int64_t shift_at(std::uint64_t view_at) const {
        const auto next = std::ranges::upper_bound(m_shifts, view_at, {}, &Shift::from);
        return next == m_shifts.begin() ? 0 : std::prev(next)->by;
    }

  private:
    struct Shift {
        std::uint64_t from = 0;
        std::int64_t by = 0;
    };
    // The first member that ends behind a place.
    [[nodiscard]] static std::size_t first_behind(const Members &all, std::uint64_t view_at) {
        const auto found = std::ranges::upper_bound(
            all, view_at, {}, [](const Member &member) { return member.view_at + member.plain - 1; });
        const auto index = static_cast<std::size_t>(found - all.begin());
        return index > 0 && all[index - 1].view_at + all[index - 1].plain > view_at ? index - 1 : index;
    }

    Members m_members;
    std::vector<Shift> m_shifts;
    std::int64_t m_shift = 0;
};

// What the device needs for members, besides the codec's own.
std::uint64_t memory_of_members(const Members &base, const Members &result) {
    std::uint64_t bytes = (base.size() + result.size()) * list_bytes_of_a_member;
    std::uint64_t expanding = 0;
    std::uint64_t compressing = 0;
    for (const Member &member : base) {
        bytes += member.plain;
        expanding = std::max(expanding, memory_to_expand(member));
    }
    for (const Member &member : result)
        compressing = std::max(compressing, memory_to_compress(member));
    return bytes + expanding + compressing;
}

class Writer {
  public:
    Writer(const SuffixPair &pair, const std::vector<Cover> &covers)
        : m_pair(&pair), m_base(pair.base), m_result(pair.result), m_needed(pair, covers) {
        for (const Cover &cover : covers)
            m_covered += cover.bytes;
    }

    [[nodiscard]] Result<void> begin(MemoryBudget &memory) {
        const bool has_members = m_pair->result_members != nullptr;
        m_payload = {std::byte{suffix::version}, std::byte{has_members ? suffix::has_members : std::uint8_t{0}}};
        std::uint64_t device = m_pair->apply_memory;
        if (has_members) {
            append_members(m_payload, m_needed.members(), MembersOf::base);
            append_members(m_payload, *m_pair->result_members, MembersOf::result);
            device -= std::min(device, memory_of_members(m_needed.members(), *m_pair->result_members));
        }
        m_block_bytes = std::clamp(device / block_share, least_block, max_block);
        const auto sizes = dictionaries(device, m_covered, m_result.size() - m_covered);
        m_encoders.reserve(sizes.size());
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            MOS_TRY(LzmaEncoder encoder, LzmaEncoder::create(memory, sizes[i], contexts[i]));
            m_payload.push_back(encoder.property());
            m_encoders.push_back(std::move(encoder));
        }
        return {};
    }

    [[nodiscard]] Result<void> take(const Cover &cover) {
        m_shift = m_needed.shift_at(cover.base_at);
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

    [[nodiscard]] Result<SuffixPayload> finish() {
        MOS_CHECK(take_extra(m_result.size()));
        if (!m_extra.empty())
            MOS_CHECK(write({.extra = m_extra, .base_at = place_in_view()}));
        MOS_CHECK(end_block(LzmaEncoder::Action::end));
        return SuffixPayload{std::move(m_payload), m_extra_stored};
    }

  private:
    // Where the device is, as the covers count.
    [[nodiscard]] std::uint64_t place_in_view() const { return m_base_at + static_cast<std::uint64_t>(m_shift); }
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
            MOS_CHECK(write({.extra = m_extra.first(max_piece), .base_at = place_in_view()}));
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
        suffix::append_number(control, command.extra.size());
        suffix::append_number(control, suffix::folded(static_cast<std::int64_t>(command.base_at - place_in_view())));
        suffix::append_number(control, command.added);
        suffix::append_number(control, command.copied);
        append(m_streams[suffix::extra], command.extra);
        Bytes &add = m_streams[suffix::add];
        for (std::uint64_t i = 0; i < command.added; ++i)
            add.push_back(static_cast<std::byte>(std::to_integer<unsigned>(m_result[command.result_at + i]) -
                                                 std::to_integer<unsigned>(m_base[command.base_at + i])));
        m_base_at = command.base_at - static_cast<std::uint64_t>(m_shift) + command.added + command.copied;
        ++m_commands;
        std::uint64_t waiting = 0;
        for (const Bytes &stream : m_streams)
            waiting += stream.size();
        return waiting >= m_block_bytes ? end_block(LzmaEncoder::Action::flush) : Result<void>{};
    }

    [[nodiscard]] Result<void> end_block(LzmaEncoder::Action action) {
        const bool last = action == LzmaEncoder::Action::end;
        suffix::append_number(m_payload, m_commands << 1U | (last ? 1U : 0U));
        std::array<Bytes, suffix::streams> stored;
        MOS_CHECK(in_parallel(suffix::streams, [&](std::size_t i) {
            return m_encoders[i].code(std::exchange(m_streams[i], {}), action, stored[i]);
        }));
        for (const Bytes &bytes : stored)
            suffix::append_number(m_payload, bytes.size());
        for (const Bytes &bytes : stored)
            append(m_payload, bytes);
        m_extra_stored += stored[suffix::extra].size();
        m_commands = 0;
        return {};
    }

    const SuffixPair *m_pair;
    ByteView m_base;
    ByteView m_result;
    NeededMembers m_needed;
    std::uint64_t m_covered = 0;  // bytes of the result
    std::int64_t m_shift = 0;     // of the cover at hand
    std::uint64_t m_block_bytes = 0;
    std::vector<LzmaEncoder> m_encoders;
    std::array<Bytes, suffix::streams> m_streams;
    Bytes m_payload;
    ByteView m_extra;             // that the next command begins with
    std::uint64_t m_done = 0;     // bytes of the result that stand in covers, or before one
    std::uint64_t m_base_at = 0;  // where the last command left the base, as the device counts
    std::uint64_t m_commands = 0;
    std::uint64_t m_extra_stored = 0;
};

}  // namespace

Result<SuffixPayload> write_suffix(const SuffixPair &pair, const std::vector<Cover> &covers, MemoryBudget &memory,
                                   base::Observer &observer) {
    Writer writer{pair, covers};
    MOS_CHECK(writer.begin(memory));
    for (const Cover &cover : covers) {
        MOS_CHECK(observer.checkpoint());
        MOS_CHECK(writer.take(cover));
    }
    return writer.finish();
}

}  // namespace mos::delta
