#include "find_members.hpp"

#include "member_codec.hpp"
#include "scan_members.hpp"

#include <algorithm>
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

    // What a worker makes begins as it would without one, so the level that agreed longest is the one to try it with.
    [[nodiscard]] Result<bool> find_level(Member &member) {
        ZstdRules &rules = member.rules.zstd;
        std::vector<std::uint8_t> levels = zstd_levels(rules, member.plain);
        if (m_failed_levels >= patience)
            std::erase_if(levels, [&](std::uint8_t level) { return level != m_last_level; });
        std::stable_partition(levels.begin(), levels.end(), [&](std::uint8_t level) { return level == m_last_level; });
        std::uint8_t best = 0;
        std::size_t most_agreed = 0;
        for (const std::uint8_t level : levels) {
            rules.level = level;
            MOS_TRY(const bool same, fits_and_comes_out_the_same(member));
            if (same)
                return found_level(level);
            if (m_agreed > most_agreed) {
                most_agreed = m_agreed;
                best = level;
            }
        }
        if (most_agreed > 0 && may_be_by_worker(member.plain)) {
            rules.level = best;
            rules.by_worker = true;
            MOS_TRY(const bool same, fits_and_comes_out_the_same(member));
            if (same)
                return found_level(best);
        }
        ++m_failed_levels;
        return false;
    }

    bool found_level(std::uint8_t level) {
        m_last_level = level;
        return true;
    }

    // In the memory that the device has for it.
    [[nodiscard]] Result<bool> fits_and_comes_out_the_same(const Member &member) {
        m_agreed = 0;
        if (memory_to_compress(member) > std::min(m_job->apply_memory, m_job->memory.left()))
            return false;
        return comes_out_the_same(member);
    }

    // Stops at the first byte that differs.
    [[nodiscard]] Result<bool> comes_out_the_same(const Member &member) {
        const ByteView wanted = bytes_of(member, m_job->result);
        std::size_t &done = m_agreed;
        done = 0;
        bool same = true;
        const base::ByteSink compare = [&](ByteView part) -> Result<void> {
            same = part.size() <= wanted.size() - done && std::ranges::equal(part, wanted.subspan(done, part.size()));
            if (same)
                done += part.size();
            return same ? Result<void>{} : Result<void>{Error{Code::CANCELLED, "it differs"}};
        };
        MOS_CHECK(m_recompressor.begin(member, compare));
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
        if (!outcome && same)
            return std::move(outcome).error();
        return same && done == wanted.size();
    }

    const UnwrapJob *m_job;
    Recompressor m_recompressor;
    DeflateRules m_last;
    unsigned m_failed = 0;
    std::uint8_t m_last_level = 0;  // of zstd, that was right
    unsigned m_failed_levels = 0;
    std::size_t m_agreed = 0;  // compressed bytes that were right in the last attempt
};

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
    std::uint64_t left = memory > overhead ? memory - overhead : 0;
    std::ranges::stable_sort(found.base, {}, &Member::plain);
    std::size_t kept = 0;
    while (kept < found.base.size() && found.base[kept].plain <= left)
        left -= found.base[kept++].plain;
    found.base.resize(kept);
    std::ranges::sort(found.base, {}, &Member::at);
    return kept > 0;
}

void drop_kind(Members &members, MemberKind kind) {
    std::erase_if(members, [&](const Member &member) { return member.kind == kind; });
}

[[nodiscard]] bool has_kind(const Members &members, MemberKind kind) {
    return std::ranges::find(members, kind, &Member::kind) != members.end();
}

// A compressor of .xz or zstd can take most of what a device has. It is not worth that without such a member of the
// base, whose content is what makes it small.
void fit(FoundMembers &found, std::uint64_t memory) {
    for (const MemberKind kind : {MemberKind::xz, MemberKind::zstd}) {
        FoundMembers kept = found;
        if (has_kind(found.result, kind) && keep_within_memory(kept, memory) && has_kind(kept.base, kind)) {
            found = std::move(kept);
            return;
        }
        drop_kind(found.base, kind);
        drop_kind(found.result, kind);
    }
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
