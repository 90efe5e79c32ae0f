// The lists in a backup: what the writer puts into it, and what a reader makes anew and compares.
#pragma once

#include "member.hpp"

#include <mos/crypto/digest.hpp>
#include <mos/snapshot/backup.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mos::snapshot {

inline constexpr std::string_view listing_folder = ".multios-backup";
inline constexpr std::string_view about_path = ".multios-backup/about.json";
inline constexpr std::string_view end_path = ".multios-backup/end.json";
// A list is written when it has grown so large; a reader never holds more than this and a line.
inline constexpr std::size_t listing_bytes = 256U << 10U;
inline constexpr std::uint64_t max_about_bytes = 1U << 20U;

// ".multios-backup/listing-000001" and so on.
[[nodiscard]] std::string listing_path(std::uint64_t number);

[[nodiscard]] std::string about_to_text(const BackupAbout &about);
[[nodiscard]] Result<BackupAbout> about_from_text(std::string_view text);

// One line, ended by a newline, that says all that a backup keeps of an entry. `digest` is that of its content, where
// it has any.
[[nodiscard]] std::string entry_line(const Member &member, const crypto::Sha256Digest &digest);

// The lists of one backup in their order. The writer and the reader tell it of the same entries; so their lists are the
// same bytes, or the backup is damaged.
class BackupListing {
  public:
    explicit BackupListing(std::string_view about) { m_all.update(base::as_bytes(about)); }

    // Whoever writes asks is_full() after each entry, and whoever reads expects a list then.
    void add(const Member &member, const crypto::Sha256Digest &digest);
    [[nodiscard]] bool is_full() const noexcept { return m_pending.size() >= listing_bytes; }
    [[nodiscard]] std::size_t pending_bytes() const noexcept { return m_pending.size(); }
    [[nodiscard]] bool is_empty() const noexcept { return m_pending.empty(); }

    struct List {
        std::string path;
        std::string text;
    };
    [[nodiscard]] List take();

    // Whether a list that was read is the one that is due. BACKUP_DAMAGED with the path of the first entry of which
    // they say different things.
    [[nodiscard]] Result<void> check(std::string_view path, std::string_view text);

    // The content of the last member, after the last list.
    [[nodiscard]] std::string end(std::uint64_t content_bytes);
    [[nodiscard]] std::uint64_t entries() const noexcept { return m_entries; }

  private:
    [[nodiscard]] std::string first_difference(std::string_view text) const;

    crypto::Sha256 m_all;
    std::string m_pending;
    std::vector<std::pair<std::size_t, std::string>> m_pending_paths;  // where in it the line of a path begins
    std::uint64_t m_entries = 0;
    std::uint64_t m_lists = 0;
};

}  // namespace mos::snapshot
