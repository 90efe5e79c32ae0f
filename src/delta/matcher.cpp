#include "matcher.hpp"

#include "parallel.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#ifdef MOS_HAVE_DIVSUFSORT
#include <divsufsort.h>
#endif

namespace mos::delta {

#ifdef MOS_HAVE_DIVSUFSORT

namespace {

using base::ByteView;
using Position = std::int64_t;  // distances between two files can be negative

// Matches are compared so far and no further: what repeats itself would cost the square of its length.
constexpr Position max_compared = 4096;
// So many equal bytes at the alignment of the last match are taken without looking for anything better.
constexpr Position certain_bytes = 48;
constexpr Position report_bytes = 1 << 20;
// A result is looked through in parts of this size, whatever cores there are: the same covers everywhere.
constexpr std::size_t part_bytes = 4U << 20U;
constexpr std::size_t buckets = 1U << 16U;

Position size_of(ByteView bytes) { return static_cast<Position>(bytes.size()); }

// How many bytes are equal at the beginning of both, at most `most`.
Position equal_bytes(const std::byte *a, const std::byte *b, Position most) {
    Position count = 0;
    for (; count + 8 <= most; count += 8) {
        std::uint64_t x = 0;
        std::uint64_t y = 0;
        std::memcpy(&x, a + count, sizeof x);
        std::memcpy(&y, b + count, sizeof y);
        if (x != y && std::endian::native == std::endian::little)
            return count + std::countr_zero(x ^ y) / 8;
        if (x != y)
            break;
    }
    while (count < most && a[count] == b[count])
        ++count;
    return count;
}

struct Match {
    Position base_at = 0;
    Position bytes = 0;
};

// The suffixes of the base in order, with an index of their first two bytes.
class SuffixArray {
  public:
    [[nodiscard]] static Result<SuffixArray> create(ByteView base, MemoryBudget &memory) {
        if (base.size() > static_cast<std::size_t>(std::numeric_limits<saidx_t>::max()))
            return Error{Code::LIMIT, "the base is too large for the codec 'suffix'"}.with_remedy(
                "use the codec 'vcdiff' or 'full'");
        SuffixArray array;
        array.m_base = base;
        MOS_TRY(array.m_order,
                CountedBytes::create(memory, std::uint64_t{base.size()} * sizeof(saidx_t), "the suffix array"));
        MOS_TRY(array.m_starts, CountedBytes::create(memory, (buckets + 1) * sizeof(saidx_t), "the suffix array"));
        if (!base.empty() && divsufsort(reinterpret_cast<const sauchar_t *>(base.data()), array.order(),
                                        static_cast<saidx_t>(base.size())) != 0)
            return Error{Code::OUT_OF_MEMORY, "no memory for the suffix array"};
        array.count_buckets();
        return array;
    }

    // Of all places in the base one that has most of `wanted`'s beginning.
    [[nodiscard]] Match find(ByteView wanted) const {
        if (wanted.size() < 2)
            return {};
        const Position most = std::min(size_of(wanted), max_compared);
        const std::size_t bucket = bucket_of(wanted[0], wanted[1]);
        Position low = starts()[bucket];
        Position high = starts()[bucket + 1];
        if (low == high)
            return {};
        Position equal_low = 0;
        Position equal_high = 0;
        while (high - low > 1) {
            const Position middle = low + (high - low) / 2;
            const Position equal = compare(middle, wanted, most, std::min(equal_low, equal_high));
            if (is_before(middle, wanted, most, equal)) {
                low = middle;
                equal_low = equal;
            } else {
                high = middle;
                equal_high = equal;
            }
        }
        const Match below{.base_at = order()[low], .bytes = compare(low, wanted, most, 0)};
        if (high == size_of(m_base))
            return below;
        const Match above{.base_at = order()[high], .bytes = compare(high, wanted, most, 0)};
        return above.bytes > below.bytes ? above : below;
    }

  private:
    [[nodiscard]] saidx_t *order() { return reinterpret_cast<saidx_t *>(m_order.data()); }
    [[nodiscard]] const saidx_t *order() const { return reinterpret_cast<const saidx_t *>(m_order.view().data()); }
    [[nodiscard]] saidx_t *starts() { return reinterpret_cast<saidx_t *>(m_starts.data()); }
    [[nodiscard]] const saidx_t *starts() const { return reinterpret_cast<const saidx_t *>(m_starts.view().data()); }

    [[nodiscard]] static std::size_t bucket_of(std::byte first, std::byte second) {
        return std::to_integer<std::size_t>(first) << 8U | std::to_integer<std::size_t>(second);
    }

    // The last byte alone sorts before all suffixes that begin with it, and so does one that goes on with a zero.
    void count_buckets() {
        saidx_t *start = starts();
        std::fill_n(start, buckets + 1, 0);
        for (std::size_t i = 0; i < m_base.size(); ++i)
            ++start[bucket_of(m_base[i], i + 1 < m_base.size() ? m_base[i + 1] : std::byte{}) + 1];
        for (std::size_t i = 0; i < buckets; ++i)
            start[i + 1] += start[i];
    }

    [[nodiscard]] Position compare(Position rank, ByteView wanted, Position most, Position known) const {
        const Position at = order()[rank];
        const Position there = std::min(size_of(m_base) - at, most);
        if (known >= there)
            return there;
        return known + equal_bytes(m_base.data() + at + known, wanted.data() + known, there - known);
    }

    [[nodiscard]] bool is_before(Position rank, ByteView wanted, Position most, Position equal) const {
        if (equal == most)
            return false;
        const Position at = order()[rank] + equal;
        return at == size_of(m_base) || m_base[static_cast<std::size_t>(at)] < wanted[static_cast<std::size_t>(equal)];
    }

    ByteView m_base;
    CountedBytes m_order;
    CountedBytes m_starts;
};

// Walks over a part of the result with two alignments in mind: the one that the last match began, and the best that
// starts here. At first it takes the part to be where it was.
class Scan {
  public:
    Scan(ByteView base, ByteView part, Position part_at, const SuffixArray &array, Position worth)
        : m_base(base), m_result(part), m_array(&array), m_worth(worth), m_from_base(part_at), m_shift(part_at) {}

    [[nodiscard]] Result<std::vector<Cover>> run(SharedProgress &progress) {
        const Position end = size_of(m_result);
        Position reported = 0;
        while (m_at < end) {
            find_better();
            if (m_match.bytes != m_agreeing || m_at == end)
                change_alignment();
            if (m_at - reported >= report_bytes)
                MOS_CHECK(progress.add(static_cast<std::uint64_t>(m_at - std::exchange(reported, m_at))));
        }
        return std::move(m_covers);
    }

  private:
    [[nodiscard]] std::byte base_at(Position at) const { return m_base[static_cast<std::size_t>(at)]; }
    [[nodiscard]] std::byte result_at(Position at) const { return m_result[static_cast<std::size_t>(at)]; }

    // Whether the alignment of the last match has the byte at `at` of the result right.
    [[nodiscard]] bool agrees(Position at) const {
        const Position there = at + m_shift;
        return there >= 0 && there < size_of(m_base) && base_at(there) == result_at(at);
    }

    // How far it goes on without a difference.
    [[nodiscard]] Position agreeing_run(Position at) const {
        const Position there = at + m_shift;
        if (there < 0 || there >= size_of(m_base))
            return 0;
        return equal_bytes(m_base.data() + there, m_result.data() + at,
                           std::min(size_of(m_base) - there, size_of(m_result) - at));
    }

    // Goes to the next place where the best match is worth more than the alignment that there is, or is the same.
    void find_better() {
        m_at += m_match.bytes;
        m_agreeing = 0;
        Position counted = m_at;
        if (const Position run = m_at < size_of(m_result) ? agreeing_run(m_at) : 0; run >= certain_bytes) {
            m_match.bytes = run;
            m_agreeing = run;
            return;
        }
        for (; m_at < size_of(m_result); ++m_at) {
            m_match = m_array->find(m_result.subspan(static_cast<std::size_t>(m_at)));
            for (; counted < m_at + m_match.bytes; ++counted)
                m_agreeing += agrees(counted) ? 1 : 0;
            if (m_match.bytes == m_agreeing && m_match.bytes != 0)
                return;
            if (m_match.bytes > m_agreeing + m_worth)
                return;
            if (agrees(m_at))
                --m_agreeing;
        }
        m_match.bytes = 0;
    }

    // How far the old alignment is worth keeping, forwards from where it began: until more differs than agrees.
    [[nodiscard]] Position forward() const {
        Position best = 0;
        Position best_score = 0;
        Position score = 0;
        for (Position i = 0; m_from + i < m_at && m_from_base + i < size_of(m_base); ++i) {
            score += base_at(m_from_base + i) == result_at(m_from + i) ? 1 : -1;
            if (score > best_score) {
                best_score = score;
                best = i + 1;
            }
        }
        return best;
    }

    // How far the new one reaches back.
    [[nodiscard]] Position backward() const {
        Position best = 0;
        Position best_score = 0;
        Position score = 0;
        for (Position i = 1; m_at - i >= m_from && m_match.base_at >= i; ++i) {
            score += base_at(m_match.base_at - i) == result_at(m_at - i) ? 1 : -1;
            if (score > best_score) {
                best_score = score;
                best = i;
            }
        }
        return best;
    }

    // How many of the `shared` bytes that both claim, which end at `end`, the old alignment is better at.
    [[nodiscard]] Position kept_of(Position shared, Position end, Position forwards, Position backwards) const {
        Position kept = 0;
        Position best = 0;
        Position score = 0;
        for (Position i = 0; i < shared; ++i) {
            const std::byte wanted = result_at(end - shared + i);
            score += base_at(m_from_base + forwards - shared + i) == wanted ? 1 : 0;
            score -= base_at(m_match.base_at - backwards + i) == wanted ? 1 : 0;
            if (score > best) {
                best = score;
                kept = i + 1;
            }
        }
        return kept;
    }

    void change_alignment() {
        Position forwards = forward();
        Position backwards = m_at < size_of(m_result) ? backward() : 0;
        if (const Position shared = m_from + forwards - (m_at - backwards); shared > 0) {
            const Position kept = kept_of(shared, m_from + forwards, forwards, backwards);
            forwards += kept - shared;
            backwards -= kept;
        }
        if (forwards > 0)
            m_covers.push_back({.base_at = static_cast<std::uint64_t>(m_from_base),
                                .result_at = static_cast<std::uint64_t>(m_from),
                                .bytes = static_cast<std::uint64_t>(forwards)});
        m_from = m_at - backwards;
        m_from_base = m_match.base_at - backwards;
        m_shift = m_match.base_at - m_at;
    }

    ByteView m_base;
    ByteView m_result;
    const SuffixArray *m_array;
    Position m_worth;
    std::vector<Cover> m_covers;
    Position m_at = 0;        // in the result
    Match m_match;            // the best one that starts there
    Position m_agreeing = 0;  // of its bytes, those that the old alignment has right as well
    Position m_from = 0;      // where the old alignment began, in the result
    Position m_from_base;     // … and in the base
    Position m_shift;         // from a place in the result to the one in the base
};

// Covers of parts as those of the whole: one that a border cut becomes one again.
std::vector<Cover> joined(const std::vector<std::vector<Cover>> &of_parts) {
    std::vector<Cover> all;
    for (std::size_t index = 0; index < of_parts.size(); ++index)
        for (Cover cover : of_parts[index]) {
            cover.result_at += index * part_bytes;
            const bool goes_on = !all.empty() && all.back().base_at + all.back().bytes == cover.base_at &&
                                 all.back().result_at + all.back().bytes == cover.result_at;
            if (goes_on)
                all.back().bytes += cover.bytes;
            else
                all.push_back(cover);
        }
    return all;
}

}  // namespace

struct Matcher::State {
    ByteView base;
    SuffixArray array;
};

bool has_matcher() noexcept { return true; }

Result<Matcher> Matcher::create(ByteView base, MemoryBudget &memory) {
    MOS_TRY(SuffixArray array, SuffixArray::create(base, memory));
    return Matcher{std::make_unique<State>(State{base, std::move(array)})};
}

Result<std::vector<Cover>> Matcher::covers(ByteView result, std::int64_t worth, base::Observer &observer) const {
    std::vector<std::vector<Cover>> of_parts((result.size() + part_bytes - 1) / part_bytes);
    SharedProgress progress{observer, result.size()};
    MOS_CHECK(in_parallel(of_parts.size(), [&](std::size_t index) -> Result<void> {
        const std::size_t at = index * part_bytes;
        const ByteView part = result.subspan(at, std::min(part_bytes, result.size() - at));
        MOS_TRY(of_parts[index],
                Scan(m_state->base, part, static_cast<Position>(at), m_state->array, worth).run(progress));
        return {};
    }));
    return joined(of_parts);
}

#else

struct Matcher::State {};

bool has_matcher() noexcept { return false; }

Result<Matcher> Matcher::create(base::ByteView /*base*/, MemoryBudget & /*memory*/) {
    return Error{Code::NOT_BUILT, "this build can't make deltas of the codec 'suffix'"}.with_remedy(
        "build the library with libdivsufsort, or use another codec");
}

Result<std::vector<Cover>> Matcher::covers(base::ByteView /*result*/, std::int64_t /*worth*/,
                                           base::Observer & /*observer*/) const {
    return std::vector<Cover>{};
}

#endif

Matcher::Matcher(std::unique_ptr<State> state) noexcept : m_state(std::move(state)) {}
Matcher::Matcher(Matcher &&) noexcept = default;
Matcher &Matcher::operator=(Matcher &&) noexcept = default;
Matcher::~Matcher() = default;

}  // namespace mos::delta
