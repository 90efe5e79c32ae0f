// The codec 'suffix', making: what is tried, of which the smallest counts.
#include "codecs.hpp"
#include "find_members.hpp"
#include "matcher.hpp"
#include "member_codec.hpp"
#include "suffix_writer.hpp"

#include <algorithm>

namespace mos::delta {

namespace {

// How many bytes more than the cover before it a new one must have right. 8 is best for most files; 4 for those that
// hold much compressed data, in which only short stretches are the same. Those show by what they make: new bytes, and
// little else. Then both are tried, where that takes little time.
constexpr std::int64_t usual_worth = 8;
constexpr std::int64_t other_worth = 4;
constexpr std::uint64_t small_file = 16U << 20U;
// Of smaller ones, also what they make with their members left as they are.
constexpr std::uint64_t tiny_file = 256U << 10U;

// A device with less than this gets members as they are.
constexpr std::uint64_t least_memory_for_members = 4U << 20U;
// Of a device's memory the codec itself keeps half, but no more than this, and leaves the rest for members.
constexpr std::uint64_t most_for_streams = 16U << 20U;

[[nodiscard]] bool is_mostly_new(const SuffixPayload &payload) {
    return payload.extra_stored > payload.bytes.size() / 4 * 3;
}

[[nodiscard]] Result<CountedBytes> load(base::Source &file, std::uint64_t bytes, MemoryBudget &memory,
                                        std::string_view what) {
    MOS_TRY(CountedBytes loaded, CountedBytes::create(memory, bytes, what));
    MOS_CHECK(base::read_exactly(file, 0, loaded.view()));
    return loaded;
}

[[nodiscard]] Result<CountedBytes> view_of(base::ByteView file, Members &members, MemoryBudget &memory,
                                           base::Observer &observer) {
    MOS_TRY(CountedBytes view, CountedBytes::create(memory, place_in_view(members, file.size()), "expanded members"));
    std::byte *out = view.data();
    std::uint64_t end = 0;
    const auto append = [&](base::ByteView part) -> Result<void> {
        out = std::ranges::copy(part, out).out;
        return {};
    };
    for (const Member &member : members) {
        MOS_CHECK(observer.checkpoint());
        MOS_CHECK(append(file.subspan(end, member.at - end)));
        MOS_CHECK(expand(member, file.subspan(member.at, member.bytes), memory, append));
        end = member.at + member.bytes;
    }
    MOS_CHECK(append(file.subspan(end)));
    return view;
}

// The smallest of what is worth trying for a pair.
[[nodiscard]] Result<SuffixPayload> best_of(const SuffixPair &pair, MemoryBudget &memory, base::Observer &observer) {
    MOS_TRY(Matcher created, Matcher::create(pair.base, memory));
    std::optional<Matcher> matcher{std::move(created)};
    MOS_TRY(const std::vector<Cover> covers, matcher->covers(pair.result, usual_worth, observer));
    const bool is_small = pair.result.size() <= small_file;
    // Its memory is wanted.
    if (!is_small)
        matcher.reset();
    MOS_TRY(SuffixPayload usual, write_suffix(pair, covers, memory, observer));
    if (!is_small || !is_mostly_new(usual))
        return usual;
    MOS_TRY(const std::vector<Cover> others, matcher->covers(pair.result, other_worth, observer));
    MOS_TRY(SuffixPayload other, write_suffix(pair, others, memory, observer));
    return other.bytes.size() < usual.bytes.size() ? std::move(other) : std::move(usual);
}

[[nodiscard]] Result<FoundMembers> members_of(const CreateJob &job, base::ByteView base, base::ByteView result) {
    if (job.apply_memory < least_memory_for_members)
        return FoundMembers{};
    const std::uint64_t streams = std::min(job.apply_memory / 2, most_for_streams);
    return find_members({.base = base,
                         .result = result,
                         .memory = job.memory,
                         .apply_memory = job.apply_memory - streams,
                         .observer = job.observer});
}

}  // namespace

Result<base::Bytes> create_suffix(const CreateJob &job) {
    MOS_TRY(CountedBytes base, load(job.base, job.base_is.size, job.memory, "the base"));
    MOS_TRY(CountedBytes result, load(job.result, job.result_is.size, job.memory, "the result"));
    const SuffixPair as_they_are{.base = base.view(), .result = result.view(), .apply_memory = job.apply_memory};
    MOS_TRY(FoundMembers members, members_of(job, base.view(), result.view()));
    if (members.result.empty()) {
        MOS_TRY(SuffixPayload payload, best_of(as_they_are, job.memory, job.observer));
        return std::move(payload.bytes);
    }
    MOS_TRY(const CountedBytes base_view, view_of(base.view(), members.base, job.memory, job.observer));
    MOS_TRY(const CountedBytes result_view, view_of(result.view(), members.result, job.memory, job.observer));
    const SuffixPair expanded{.base = base_view.view(),
                              .result = result_view.view(),
                              .base_members = &members.base,
                              .result_members = &members.result,
                              .apply_memory = job.apply_memory};
    if (job.result_is.size > tiny_file) {
        // Twice the time for what the list of members may make larger: a few bytes of each.
        base = {};
        result = {};
        MOS_TRY(SuffixPayload payload, best_of(expanded, job.memory, job.observer));
        return std::move(payload.bytes);
    }
    MOS_TRY(SuffixPayload with, best_of(expanded, job.memory, job.observer));
    MOS_TRY(SuffixPayload without, best_of(as_they_are, job.memory, job.observer));
    return std::move(with.bytes.size() < without.bytes.size() ? with.bytes : without.bytes);
}

}  // namespace mos::delta
