#include "members.hpp"

#include "member_codec.hpp"
#include "suffix_format.hpp"

namespace mos::delta {

namespace {

using base::Bytes;

constexpr std::uint64_t deflate_ratio = 1032;
constexpr std::uint64_t xz_ratio = 1U << 14U;
constexpr std::uint64_t zstd_ratio = 1U << 15U;  // a block of 128 KiB out of four bytes

// Of the rules of zstd.
constexpr unsigned has_checksum = 1;
constexpr unsigned has_size = 2;
constexpr unsigned known_flags = 3;

Error newer_version() { return Error{Code::UNSUPPORTED, "the delta needs a newer version of this software"}; }

void append_byte(Bytes &out, unsigned value) { out.push_back(static_cast<std::byte>(value)); }

void append_rules(Bytes &out, const DeflateRules &rules) {
    append_byte(out, static_cast<unsigned>(rules.program));
    append_byte(out, rules.level);
}

void append_rules(Bytes &out, const XzRules &rules) {
    suffix::append_number(out, rules.encoder_version);
    append_byte(out, rules.check);
    append_byte(out, rules.filter);
    append_byte(out, rules.preset);
    append_byte(out, rules.dictionary);
}

void append_rules(Bytes &out, const ZstdRules &rules) {
    suffix::append_number(out, rules.encoder_version);
    append_byte(out, (rules.has_checksum ? has_checksum : 0U) | (rules.has_size ? has_size : 0U));
    append_byte(out, rules.level);
}

void append_rules(Bytes &out, const Member &member) {
    switch (member.kind) {
    case MemberKind::deflate:
        append_rules(out, member.rules.deflate);
        return;
    case MemberKind::xz:
        append_rules(out, member.rules.xz);
        break;
    case MemberKind::zstd:
        append_rules(out, member.rules.zstd);
        break;
    }
    suffix::append_number(out, member.rules.crc32);
}

Result<DeflateRules> read_deflate_rules(PayloadReader &payload) {
    MOS_TRY(const std::uint8_t program, payload.read_byte());
    MOS_TRY(const std::uint8_t level, payload.read_byte());
    if (program >= deflate_programs)
        return newer_version();
    if (level < 1 || level > deflate_levels)
        return malformed_delta("a member has a level that there is not");
    return DeflateRules{.program = static_cast<DeflateRules::Program>(program), .level = level};
}

Result<std::uint32_t> read_number32(PayloadReader &payload) {
    MOS_TRY(const std::uint64_t number, payload.read_number());
    if (number > UINT32_MAX)
        return malformed_delta("a number is too large");
    return static_cast<std::uint32_t>(number);
}

Result<XzRules> read_xz_rules(PayloadReader &payload) {
    XzRules rules;
    MOS_TRY(rules.encoder_version, read_number32(payload));
    MOS_TRY(rules.check, payload.read_byte());
    MOS_TRY(rules.filter, payload.read_byte());
    MOS_TRY(rules.preset, payload.read_byte());
    MOS_TRY(rules.dictionary, payload.read_byte());
    if (!are_known(rules))
        return newer_version();
    return rules;
}

Result<ZstdRules> read_zstd_rules(PayloadReader &payload) {
    ZstdRules rules;
    MOS_TRY(rules.encoder_version, read_number32(payload));
    MOS_TRY(const std::uint8_t flags, payload.read_byte());
    MOS_TRY(rules.level, payload.read_byte());
    rules.has_checksum = (flags & has_checksum) != 0;
    rules.has_size = (flags & has_size) != 0;
    if ((flags & ~known_flags) != 0 || !are_known(rules))
        return newer_version();
    return rules;
}

Result<MemberRules> read_rules(PayloadReader &payload, MemberKind kind) {
    MemberRules rules;
    switch (kind) {
    case MemberKind::deflate: {
        MOS_TRY(rules.deflate, read_deflate_rules(payload));
        return rules;
    }
    case MemberKind::xz: {
        MOS_TRY(rules.xz, read_xz_rules(payload));
        break;
    }
    case MemberKind::zstd: {
        MOS_TRY(rules.zstd, read_zstd_rules(payload));
        break;
    }
    }
    MOS_TRY(rules.crc32, read_number32(payload));
    return rules;
}

// `end` is where the one before it ends.
Result<Member> read_member(PayloadReader &payload, MembersOf side, std::uint64_t end, std::uint64_t file_bytes) {
    Member member;
    MOS_TRY(const std::uint64_t gap, payload.read_number());
    MOS_TRY(const std::uint8_t kind, payload.read_byte());
    if (kind >= member_kinds)
        return newer_version();
    member.kind = static_cast<MemberKind>(kind);
    if (side == MembersOf::result) {
        MOS_TRY(member.rules, read_rules(payload, member.kind));
    }
    MOS_TRY(member.bytes, payload.read_number());
    MOS_TRY(member.plain, payload.read_number());
    if (gap > file_bytes - end || member.bytes > file_bytes - end - gap)
        return malformed_delta("a compressed member ends beyond its file");
    member.at = end + gap;
    if (member.bytes == 0 || member.plain == 0)
        return malformed_delta("a compressed member is empty");
    if (member.plain > most_plain(member.kind, member.bytes))
        return malformed_delta("a compressed member would become larger than it can");
    if (side == MembersOf::result && member.kind == MemberKind::zstd &&
        !is_worth_its_tables(member.rules.zstd, member.plain))
        return malformed_delta("a compressed member takes more to be made than its content is worth");
    return member;
}

}  // namespace

std::uint64_t most_plain(MemberKind kind, std::uint64_t bytes) noexcept {
    const std::uint64_t ratio = kind == MemberKind::deflate ? deflate_ratio
                                : kind == MemberKind::xz    ? xz_ratio
                                                            : zstd_ratio;
    return bytes > max_file_bytes / ratio ? max_file_bytes : bytes * ratio;
}

std::uint64_t place_in_view(Members &members, std::uint64_t file_bytes) noexcept {
    std::uint64_t plain = 0;
    std::uint64_t stored = 0;
    for (Member &member : members) {
        member.view_at = member.at - stored + plain;
        stored += member.bytes;
        plain += member.plain;
    }
    return file_bytes - stored + plain;
}

void append_members(Bytes &out, const Members &members, MembersOf side) {
    suffix::append_number(out, members.size());
    std::uint64_t end = 0;
    for (const Member &member : members) {
        suffix::append_number(out, member.at - end);
        out.push_back(static_cast<std::byte>(member.kind));
        if (side == MembersOf::result)
            append_rules(out, member);
        suffix::append_number(out, member.bytes);
        suffix::append_number(out, member.plain);
        end = member.at + member.bytes;
    }
}

Result<MemberList> read_members(PayloadReader &payload, MembersOf side, std::uint64_t file_bytes,
                                MemoryBudget &memory) {
    MOS_TRY(const std::uint64_t count, payload.read_number());
    if (count > max_members)
        return malformed_delta("it has more compressed members than any file");
    MemberList list;
    MOS_TRY(list.claim, MemoryClaim::create(memory, count * list_bytes_of_a_member, "the list of compressed members"));
    list.members.reserve(static_cast<std::size_t>(count));
    std::uint64_t end = 0;
    std::uint64_t plain = 0;
    while (list.members.size() < count) {
        MOS_TRY(const Member member, read_member(payload, side, end, file_bytes));
        end = member.at + member.bytes;
        // Each is at most 2^50.
        plain += member.plain;
        if (plain > max_file_bytes)
            return malformed_delta("compressed members would become larger than any file");
        list.members.push_back(member);
    }
    list.view_bytes = place_in_view(list.members, file_bytes);
    return list;
}

std::uint64_t memory_to_compress(const Member &member) {
    switch (member.kind) {
    case MemberKind::deflate:
        break;
    case MemberKind::xz:
        return XzEncoder::memory_bytes(member.rules.xz);
    case MemberKind::zstd:
        return ZstdEncoder::memory_bytes(member.rules.zstd, member.plain);
    }
    return DeflateEncoder::memory_bytes();
}

std::uint64_t memory_to_expand(const Member &member) {
    switch (member.kind) {
    case MemberKind::deflate:
        break;
    case MemberKind::xz:
        return expanding_bytes + XzDecoder::memory_bytes(member.rules.xz);
    case MemberKind::zstd:
        return expanding_bytes + ZstdDecoder::memory_bytes(member.rules.zstd);
    }
    return expanding_bytes + Inflater::memory_bytes();
}

}  // namespace mos::delta
