// Compressed parts of a file, and the file as it looks with these expanded: its view. docs/delta-format.md says how
// lists of them are written.
#pragma once

#include "deflate_encoder.hpp"
#include "ends.hpp"
#include "xz.hpp"
#include "zstd_member.hpp"

#include <vector>

namespace mos::delta {

enum class MemberKind : std::uint8_t {
    deflate = 0,  // a raw deflate stream, such as .gz files have between their header and trailer
    xz = 1,       // one .xz stream, header and footer included
    zstd = 2,     // one Zstandard frame, the same
};
inline constexpr unsigned member_kinds = 3;

// How the compressed bytes are made again.
struct MemberRules {
    DeflateRules deflate;
    XzRules xz;
    ZstdRules zstd;
    std::uint32_t crc32 = 0;  // of the compressed bytes; of xz and zstd, which another version may make otherwise
};

struct Member {
    std::uint64_t at = 0;     // in the file
    std::uint64_t bytes = 0;  // compressed
    std::uint64_t plain = 0;  // expanded
    MemberKind kind = MemberKind::deflate;
    MemberRules rules;          // of members of the result
    std::uint64_t view_at = 0;  // in the view
};

// In the order of the file, none overlapping the next.
using Members = std::vector<Member>;

// Nobody needs more; the list is held in memory.
inline constexpr std::uint64_t max_members = 1U << 16U;
// What each takes in a list that was read, with the place of its content.
inline constexpr std::uint64_t list_bytes_of_a_member = sizeof(Member) + 64;

// How much a compressed byte can become: the bounds of deflate and zstd, and far more than is ever seen of .xz. It
// keeps a small delta from asking for work without end.
[[nodiscard]] std::uint64_t most_plain(MemberKind kind, std::uint64_t bytes) noexcept;

// Sets view_at of each, and returns the size of the view.
std::uint64_t place_in_view(Members &members, std::uint64_t file_bytes) noexcept;

enum class MembersOf : std::uint8_t { base, result };

void append_members(base::Bytes &out, const Members &members, MembersOf side);

// A list that was read, with its share of the memory, and the view's size.
struct MemberList {
    MemoryClaim claim;
    Members members;
    std::uint64_t view_bytes = 0;
};
// FORMAT for what can't be: beyond the file's end, overlapping, empty, more than compressed bytes can become.
// UNSUPPORTED for kinds and rules of later versions. LIMIT.
[[nodiscard]] Result<MemberList> read_members(PayloadReader &payload, MembersOf side, std::uint64_t file_bytes,
                                              MemoryBudget &memory);

// What memory putting a member of the result back takes, and expanding one of the base besides its content.
[[nodiscard]] std::uint64_t memory_to_compress(const Member &member);
[[nodiscard]] std::uint64_t memory_to_expand(const Member &member);

}  // namespace mos::delta
