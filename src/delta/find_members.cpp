#include "find_members.hpp"

#include "member_codec.hpp"
#include "scan_members.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace mos::delta {

namespace {

using base::ByteView;

constexpr std::uint64_t report_bytes = 4U << 20U;
// A member that no rules gave back costs as many attempts as there are rules. After so many such, only the rules are
// tried that its header speaks for.
constexpr unsigned patience = 8;

ByteView bytes_of(const Member &member, ByteView file) {
    return file.subspan(static_cast<std::size_t>(member.at), static_cast<std::size_t>(member.bytes));
}

// Members that are the same in both files compressed need no expanding.
void drop_equal(FoundMembers &found, const UnwrapJob &job) {
    std::multimap<std::pair<std::uint64_t, std::uint32_t>, std::size_t> known;
    const auto key_of = [](const Member &member, ByteView file) {
        const ByteView bytes = bytes_of(member, file);
        return std::pair{member.bytes,
                         lzma_crc32(reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size(), 0)};
    };
    for (std::size_t i = 0; i < found.base.size(); ++i)
        known.emplace(key_of(found.base[i], job.base), i);
    std::vector<bool> is_equal(found.base.size());
    std::erase_if(found.result, [&](const Member &member) {
        const auto [begin, end] = known.equal_range(key_of(member, job.result));
        bool is_there = false;
        for (auto each = begin; each != end; ++each)
            if (std::ranges::equal(bytes_of(found.base[each->second], job.base), bytes_of(member, job.result)))
                is_there = is_equal[each->second] = true;
        return is_there;
    });
    std::size_t index = 0;
    std::erase_if(found.base, [&](const Member &) { return static_cast<bool>(is_equal[index++]); });
}

// Finds the rules by which a member comes out as it is.
class Trial {
  public:
    explicit Trial(const UnwrapJob &job) : m_job(&job), m_recompressor(job.memory) {}

    [[nodiscard]] Result<bool> find_rules(Member &member) {
        MOS_CHECK(m_job->observer.checkpoint());
        switch (member.kind) {
        case MemberKind::deflate:
            break;
        case MemberKind::xz:
            return find_preset(member);
        case MemberKind::zstd:
            return find_level(member);
        }
        std::vector<DeflateRules> candidates = {m_last};
        const std::uint8_t told = member.rules.deflate.level;
        add_programs(candidates, told);
        if (m_failed < patience)
            for (std::uint8_t level = deflate_levels; level >= 1; --level)
                add_programs(candidates, level);
        for (const DeflateRules &rules : candidates) {
            member.rules.deflate = rules;
            MOS_TRY(const bool same, comes_out_the_same(member));
            if (same) {
                m_last = rules;
                return true;
            }
        }
        ++m_failed;
        return false;
    }

  private:
    static void add_programs(std::vector<DeflateRules> &candidates, std::uint8_t level) {
        for (unsigned program = 0; program < deflate_programs; ++program) {
            const DeflateRules rules{.program = static_cast<DeflateRules::Program>(program), .level = level};
            if (std::ranges::find(candidates, rules) == candidates.end())
                candidates.push_back(rules);
        }
    }

    [[nodiscard]] Result<bool> find_preset(Member &member) {
        for (const std::uint8_t preset : xz_presets()) {
            member.rules.xz.preset = preset;
            MOS_TRY(const bool same, fits_and_comes_out_the_same(member));
            if (same)
                return true;
        }
        return false;
    }

    [[nodiscard]] Result<bool> find_level(Member &member) {
        std::vector<std::uint8_t> levels = zstd_levels(member.rules.zstd, member.plain);
        if (m_failed_levels >= patience)
            std::erase_if(levels, [&](std::uint8_t level) { return level != m_last_level; });
        std::stable_partition(levels.begin(), levels.end(), [&](std::uint8_t level) { return level == m_last_level; });
        for (const std::uint8_t level : levels) {
            member.rules.zstd.level = level;
            if (!is_worth_its_tables(member.rules.zstd, member.plain))
                continue;
            MOS_TRY(const bool same, fits_and_comes_out_the_same(member));
            if (same) {
                m_last_level = level;
                return true;
            }
        }
        ++m_failed_levels;
        return false;
    }

    // In the memory that the device has for it.
    [[nodiscard]] Result<bool> fits_and_comes_out_the_same(const Member &member) {
        if (memory_to_compress(member) > std::min(m_job->apply_memory, m_job->memory.left()))
            return false;
        return comes_out_the_same(member);
    }

    // Stops at the first byte that differs. What can't be tried is left as it is.
    [[nodiscard]] Result<bool> comes_out_the_same(const Member &member) {
        const ByteView wanted = bytes_of(member, m_job->result);
        std::size_t done = 0;
        bool same = true;
        const base::ByteSink compare = [&](ByteView part) -> Result<void> {
            same = part.size() <= wanted.size() - done && std::ranges::equal(part, wanted.subspan(done, part.size()));
            done += part.size();
            return same ? Result<void>{} : Result<void>{Error{Code::CANCELLED, "it differs"}};
        };
        if (!m_recompressor.begin(member, compare))
            return false;
        std::uint64_t fed = 0;
        const base::ByteSink feed = [&](ByteView part) -> Result<void> {
            fed += part.size();
            if (fed / report_bytes != (fed - part.size()) / report_bytes)
                MOS_CHECK(m_job->observer.checkpoint());
            return m_recompressor.add(part);
        };
        auto outcome = expand(member, wanted, m_job->memory, feed);
        if (outcome)
            outcome = m_recompressor.finish();
        m_recompressor.abandon();
        if (!outcome && same && outcome.error().code() == Code::CANCELLED)
            return std::move(outcome).error();
        return outcome.ok() && done == wanted.size();
    }

    const UnwrapJob *m_job;
    Recompressor m_recompressor;
    DeflateRules m_last;
    unsigned m_failed = 0;
    std::uint8_t m_last_level = 0;  // of zstd, that was right
    unsigned m_failed_levels = 0;
};

// Drops the largest until the content of the others fits.
void keep_smallest(Members &members, std::uint64_t most_plain_bytes) {
    std::ranges::stable_sort(members, {}, &Member::plain);
    std::size_t kept = 0;
    while (kept < members.size() && members[kept].plain <= most_plain_bytes)
        most_plain_bytes -= members[kept++].plain;
    members.resize(kept);
    std::ranges::sort(members, {}, &Member::at);
}

// Drops members of the base, the largest first, until the device can hold the rest expanded, beside a coder of each
// kind and both lists. False where that leaves none.
[[nodiscard]] bool keep_within_memory(FoundMembers &found, std::uint64_t memory) {
    std::uint64_t overhead = (found.base.size() + found.result.size()) * list_bytes_of_a_member;
    std::uint64_t compressing = 0;
    std::uint64_t expanding = 0;
    for (const Member &member : found.result)
        compressing = std::max(compressing, memory_to_compress(member));
    for (const Member &member : found.base)
        expanding = std::max(expanding, memory_to_expand(member));
    overhead += compressing + expanding;
    keep_smallest(found.base, memory > overhead ? memory - overhead : 0);
    return !found.base.empty();
}

void drop_kind(Members &members, MemberKind kind) {
    std::erase_if(members, [&](const Member &member) { return member.kind == kind; });
}

[[nodiscard]] bool has_kind(const Members &members, MemberKind kind) {
    return std::ranges::find(members, kind, &Member::kind) != members.end();
}

constexpr std::array large_coders = {MemberKind::xz, MemberKind::zstd};

// A compressor of .xz or zstd can take most of what a device has. It is not worth that without such a member of the
// base, whose content is what makes it small.
[[nodiscard]] bool are_worth_it(FoundMembers &found, std::uint64_t memory) {
    const auto is_in_result = [&found](MemberKind kind) { return has_kind(found.result, kind); };
    return std::ranges::any_of(large_coders, is_in_result) && keep_within_memory(found, memory) &&
           std::ranges::all_of(large_coders,
                               [&](MemberKind kind) { return !is_in_result(kind) || has_kind(found.base, kind); });
}

void drop(FoundMembers &found, MemberKind kind) {
    drop_kind(found.base, kind);
    drop_kind(found.result, kind);
}

// All kinds, else those that the device has the memory for.
void fit(FoundMembers &found, std::uint64_t memory) {
    FoundMembers all = found;
    FoundMembers without_zstd = found;
    FoundMembers without_xz = found;
    drop(without_zstd, MemberKind::zstd);
    drop(without_xz, MemberKind::xz);
    for (FoundMembers *kept : {&all, &without_zstd, &without_xz})
        if (are_worth_it(*kept, memory)) {
            found = std::move(*kept);
            return;
        }
    for (const MemberKind kind : large_coders)
        drop(found, kind);
    if (!found.result.empty() &&
        memory < list_bytes_of_a_member * found.result.size() + memory_to_compress(found.result.front()))
        found.result.clear();
    static_cast<void>(keep_within_memory(found, memory));
    if (found.result.empty())
        found.base.clear();
}

}  // namespace

Result<FoundMembers> find_members(const UnwrapJob &job) {
    FoundMembers found;
    MOS_TRY(found.result, scan_members(job, job.result));
    if (found.result.empty())
        return found;
    MOS_TRY(found.base, scan_members(job, job.base));
    drop_equal(found, job);
    // Views of both files must fit the memory here, beside the arrays that compare them: a small frame can hold
    // gigabytes of zeros.
    const std::uint64_t most_for_a_view = job.memory.left() / 16;
    keep_smallest(found.base, most_for_a_view);
    keep_smallest(found.result, most_for_a_view);
    fit(found, job.apply_memory);
    Trial trial{job};
    Members repeatable;
    repeatable.reserve(found.result.size());
    for (Member &member : found.result) {
        MOS_TRY(const bool has_rules, trial.find_rules(member));
        if (has_rules)
            repeatable.push_back(member);
    }
    found.result = std::move(repeatable);
    fit(found, job.apply_memory);
    return found;
}

}  // namespace mos::delta
