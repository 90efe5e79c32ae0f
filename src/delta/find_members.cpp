#include "find_members.hpp"

#include "member_codec.hpp"

#include <algorithm>
#include <map>

namespace mos::delta {

namespace {

using base::ByteView;

constexpr std::size_t piece_bytes = 64U << 10U;
constexpr std::uint64_t report_bytes = 4U << 20U;
// A member that no rules gave back costs as many attempts as there are rules. After so many such, only the rules are
// tried that its header speaks for.
constexpr unsigned patience = 8;

unsigned byte_at(ByteView bytes, std::size_t at) { return std::to_integer<unsigned>(bytes[at]); }

std::uint32_t number32_at(ByteView bytes, std::size_t at) {
    return byte_at(bytes, at) | byte_at(bytes, at + 1) << 8U | byte_at(bytes, at + 2) << 16U |
           byte_at(bytes, at + 3) << 24U;
}

// How long the header of a .gz member is (RFC 1952), nothing where there is none.
std::optional<std::size_t> gzip_header_bytes(ByteView bytes) {
    constexpr std::size_t fixed = 10;
    constexpr unsigned has_check = 2;
    constexpr unsigned has_extra = 4;
    constexpr unsigned has_name = 8;
    constexpr unsigned has_comment = 16;
    constexpr unsigned unknown = 0xe0;
    if (bytes.size() < fixed || (byte_at(bytes, 3) & unknown) != 0)
        return std::nullopt;
    const unsigned flags = byte_at(bytes, 3);
    std::size_t size = fixed;
    if ((flags & has_extra) != 0) {
        if (bytes.size() < size + 2)
            return std::nullopt;
        size += 2 + byte_at(bytes, size) + (byte_at(bytes, size + 1) << 8U);
    }
    for (const unsigned text : {has_name, has_comment})
        if ((flags & text) != 0) {
            if (size >= bytes.size())
                return std::nullopt;
            const auto end = std::find(bytes.begin() + static_cast<std::ptrdiff_t>(size), bytes.end(), std::byte{});
            size = static_cast<std::size_t>(end - bytes.begin()) + 1;
        }
    if ((flags & has_check) != 0)
        size += 2;
    return size < bytes.size() ? std::optional{size} : std::nullopt;
}

// Expands what begins there as far as it goes; the sink is given the content.
template <class Decoder>
[[nodiscard]] Result<Member> walk(Decoder &decoder, ByteView stream, MemberKind kind, base::MutableByteView piece,
                                  const base::ByteSink &sink) {
    Member member;
    member.kind = kind;
    for (;;) {
        const ByteView rest = stream.subspan(static_cast<std::size_t>(member.bytes));
        MOS_TRY(const auto progress, decoder.decode(rest.first(std::min(rest.size(), piece_bytes)), piece));
        member.bytes += progress.taken;
        member.plain += progress.given;
        MOS_CHECK(sink(piece.first(progress.given)));
        if (progress.ended)
            return member;
        if (progress.taken == 0 && progress.given == 0)
            return truncated_delta();
    }
}

class Finder {
  public:
    Finder(const UnwrapJob &job, ByteView file) : m_job(&job), m_file(file) {}

    [[nodiscard]] Result<Members> run() {
        MOS_TRY(m_piece, CountedBytes::create(m_job->memory, piece_bytes, "looking for compressed members"));
        MOS_TRY(Inflater inflater, Inflater::create(m_job->memory));
        m_inflater = std::move(inflater);
        for (std::size_t at = 0; at < m_file.size() && m_found.size() < max_members;) {
            MOS_TRY(at, examine(next_magic(at)));
            if (at - m_reported >= report_bytes) {
                m_reported = at;
                MOS_CHECK(m_job->observer.checkpoint());
            }
        }
        return std::move(m_found);
    }

  private:
    // Where the next member may begin; a few MiB on where there is none so near.
    [[nodiscard]] std::size_t next_magic(std::size_t at) const {
        const std::size_t end = std::min(m_file.size(), at + report_bytes);
        for (; at < end; ++at) {
            const std::byte first = m_file[at];
            if (first == std::byte{0x1f} && begins(at, gzip_magic))
                return at;
            if (first == std::byte{0xfd} && begins(at, xz_magic))
                return at;
        }
        return at;
    }

    template <std::size_t Count>
    [[nodiscard]] bool begins(std::size_t at, const std::array<std::uint8_t, Count> &magic) const {
        return m_file.size() - at >= Count &&
               std::ranges::equal(m_file.subspan(at, Count), std::as_bytes(std::span{magic}));
    }

    // Takes the member that begins there, if one does, and tells where to go on.
    [[nodiscard]] Result<std::size_t> examine(std::size_t at) {
        const bool is_gzip = begins(at, gzip_magic);
        if (!is_gzip && !begins(at, xz_magic))
            return at;
        const auto member = is_gzip ? gzip_at(at) : xz_at(at);
        if (!member || member->plain == 0 || member->plain > most_plain(member->kind, member->bytes))
            return at + 1;
        m_found.push_back(*member);
        return static_cast<std::size_t>(member->at + member->bytes);
    }

    // A whole one, whose checksum is right.
    [[nodiscard]] std::optional<Member> gzip_at(std::size_t at) {
        const auto header = gzip_header_bytes(m_file.subspan(at));
        if (!header)
            return std::nullopt;
        const std::size_t begin = at + *header;
        std::uint32_t crc = 0;
        m_inflater->restart();
        auto member = walk(*m_inflater, m_file.subspan(begin), MemberKind::deflate, m_piece.view(),
                           [&](ByteView part) -> Result<void> {
                               crc = lzma_crc32(reinterpret_cast<const std::uint8_t *>(part.data()), part.size(), crc);
                               return {};
                           });
        constexpr std::size_t trailer_bytes = 8;
        if (!member || m_file.size() - begin - member->bytes < trailer_bytes)
            return std::nullopt;
        const std::size_t end = begin + static_cast<std::size_t>(member->bytes);
        if (number32_at(m_file, end) != crc ||
            number32_at(m_file, end + 4) != static_cast<std::uint32_t>(member->plain))
            return std::nullopt;
        member->at = begin;
        member->rules.deflate.level = level_told(byte_at(m_file, at + 8));
        return *member;
    }

    // What a header says of the level: most, least, or nothing.
    [[nodiscard]] static std::uint8_t level_told(unsigned extra_flags) {
        return extra_flags == 2 ? 9 : extra_flags == 4 ? 1 : 6;
    }

    [[nodiscard]] std::optional<Member> xz_at(std::size_t at) {
        const ByteView stream = m_file.subspan(at);
        const auto rules = xz_rules_of(stream);
        if (!rules || XzEncoder::memory_bytes(*rules) > m_job->apply_memory ||
            XzDecoder::memory_bytes(*rules) > m_job->memory.left())
            return std::nullopt;
        auto decoder = XzDecoder::create(m_job->memory);
        if (!decoder)
            return std::nullopt;
        auto member = walk(*decoder, stream, MemberKind::xz, m_piece.view(), [](ByteView) { return Result<void>{}; });
        if (!member)
            return std::nullopt;
        member->at = at;
        member->rules.xz = *rules;
        member->rules.crc32 = lzma_crc32(reinterpret_cast<const std::uint8_t *>(stream.data()),
                                         static_cast<std::size_t>(member->bytes), 0);
        return *member;
    }

    static constexpr std::array<std::uint8_t, 3> gzip_magic = {0x1f, 0x8b, 8};
    static constexpr std::array<std::uint8_t, 6> xz_magic = {0xfd, '7', 'z', 'X', 'Z', 0};

    const UnwrapJob *m_job;
    ByteView m_file;
    CountedBytes m_piece;
    std::optional<Inflater> m_inflater;
    Members m_found;
    std::size_t m_reported = 0;
};

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
        if (member.kind == MemberKind::xz)
            return find_preset(member);
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
            if (memory_to_compress(member) > std::min(m_job->apply_memory, m_job->memory.left()))
                continue;
            MOS_TRY(const bool same, comes_out_the_same(member));
            if (same)
                return true;
        }
        return false;
    }

    // Stops at the first byte that differs.
    [[nodiscard]] Result<bool> comes_out_the_same(const Member &member) {
        const ByteView wanted = bytes_of(member, m_job->result);
        std::size_t done = 0;
        bool same = true;
        const base::ByteSink compare = [&](ByteView part) -> Result<void> {
            same = part.size() <= wanted.size() - done && std::ranges::equal(part, wanted.subspan(done, part.size()));
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

// A compressor of .xz takes most of what a device has. It is not worth that without an .xz member of the base, whose
// content is what makes it small.
void fit(FoundMembers &found, std::uint64_t memory) {
    FoundMembers all = found;
    if (has_kind(found.result, MemberKind::xz) && keep_within_memory(found, memory) &&
        has_kind(found.base, MemberKind::xz))
        return;
    drop_kind(all.base, MemberKind::xz);
    drop_kind(all.result, MemberKind::xz);
    found = std::move(all);
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
    MOS_TRY(found.result, Finder(job, job.result).run());
    if (found.result.empty())
        return found;
    MOS_TRY(found.base, Finder(job, job.base).run());
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
