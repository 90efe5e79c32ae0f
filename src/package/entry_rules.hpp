// The rules that hold between entries, checked while they pass by in order, in memory that does not grow with them.
#pragma once

#include <mos/package/entry.hpp>

#include <array>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace mos::package {

// Paths strictly ascend, and none lies below one that is no directory.
//
// In byte order "a", "a-b", "a/b", what stands between a path and the paths below it begins with it. So it is enough to
// remember those earlier paths that the current one begins with, and each of those begins with the one before: their
// lengths.
class PathOrder {
  public:
    // ENTRY_DUPLICATE, FORMAT, SYMLINK_IN_PATH or PATH_REFUSED, naming the entry.
    [[nodiscard]] Result<void> accept(const Entry &entry);

  private:
    struct Blocker {
        std::size_t length;
        bool symlink;
    };
    std::string m_previous;
    std::vector<Blocker> m_blockers;  // entries that are no directory and that m_previous begins with
};

// What hard links and copies refer to was announced by an earlier regular entry, agrees with it, and comes as often as
// announced. Only such entries are remembered, by a digest of their path.
class SharedEntries {
  public:
    [[nodiscard]] Result<void> accept(const Entry &entry, const Limits &limits);
    // FORMAT when something was announced that has not come.
    [[nodiscard]] Result<void> finish() const;

  private:
    using ShortDigest = std::array<std::byte, 16>;
    struct Hash {
        std::size_t operator()(const ShortDigest &digest) const noexcept;
    };
    struct Shared {
        std::uint32_t links_left;
        std::uint32_t copies_left;
        ShortDigest inode;    // what a hard link must agree with
        ShortDigest content;  // what a copy must agree with
    };
    static ShortDigest short_digest(std::string_view text);
    static ShortDigest inode_digest(const Entry &entry);
    static ShortDigest content_digest(const Entry &entry);
    [[nodiscard]] Result<void> refer(const Entry &entry, const std::string &to);

    std::unordered_map<ShortDigest, Shared, Hash> m_shared;
    std::uint64_t m_left = 0;
};

// What entries say of patches: those of a patch fill its result in the order of the index, patches are numbered in the
// order in which they are first named, and the files of each follow, in that order, and of no others.
class PatchOrder {
  public:
    // FORMAT or LIMIT, naming the entry.
    [[nodiscard]] Result<void> accept(const Entry &entry, const Limits &limits);
    // FORMAT when the files of a patch have not come.
    [[nodiscard]] Result<void> finish() const;

  private:
    [[nodiscard]] Result<void> accept_part(const Entry &entry, const Limits &limits);

    std::vector<std::uint64_t> m_filled;  // of each patch's result, in bytes
    std::uint32_t m_next_file = 0;        // the patch whose files come next
};

// What is no member of a delta package's tar: what comes out of the base or the index, and hard links to it, which
// would lead nowhere.
class AbsentMembers {
  public:
    // Whether the entry is one. All entries in the order of the index.
    [[nodiscard]] bool take(const Entry &entry);

  private:
    std::set<std::string, std::less<>> m_first_names;  // of links that are absent; the cursor bounds their number
};

}  // namespace mos::package
