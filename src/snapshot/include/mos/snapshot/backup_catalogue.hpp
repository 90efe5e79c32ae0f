// The catalogue of a root's backups: one small file each, beside the database.
//
// It is no table of the database on purpose: a backup is for the day on which the database is lost, or is taken back to
// an older copy; a record is whole or not there by itself; and what only an older library knows stays as it is.
#pragma once

#include <mos/snapshot/backup.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::snapshot {

inline constexpr const char *catalogue_path = "var/lib/multios/backups";

// "backup-7", and back; INVALID_ARGUMENT for any other text.
[[nodiscard]] std::string backup_name(std::uint64_t number);
[[nodiscard]] Result<std::uint64_t> backup_number(std::string_view name);

// A folder that holds archives.
struct BackupFolder {
    std::string path;      // beneath the root; where it is outside, a path of the system's; "" where nobody kept a file
    bool outside = false;  // of the root
    friend bool operator==(const BackupFolder &, const BackupFolder &) = default;
};

struct BackupRecord {
    std::uint64_t number = 0;
    std::int64_t created_unix_s = 0;
    std::vector<std::string> paths;  // what was walked: of the whole root what stood at its top then
    // What was asked for, "" for the whole root; empty where that is `paths`, and in records of before it was kept.
    std::vector<std::string> asked = {};
    [[nodiscard]] const std::vector<std::string> &set_of_paths() const noexcept {
        return asked.empty() ? paths : asked;
    }
    BackupFolder folder;
    std::string file;  // its name in the folder; "" for what went to the embedder
    Compression compression = Compression::zstd;
    bool written = false;  // whole and flushed, if perhaps not under its name yet; what follows is known then
    bool verified = false;
    bool leaving = false;  // being deleted, or left so by a cut
    std::string digest;    // SHA-256 of the archive, in hexadecimal digits
    std::uint64_t archive_bytes = 0;
    std::uint64_t content_bytes = 0;
    std::uint64_t entries = 0;
    std::uint64_t left_out = 0;
};

[[nodiscard]] std::string record_to_text(const BackupRecord &record);
[[nodiscard]] Result<BackupRecord> record_from_text(std::string_view text);

// One thread; whoever changes it holds the root's lock. `root` must outlive it. A record that can't be read is passed
// over by list(), with its name in `unreadable`, and is BACKUP_DAMAGED by its number.
class BackupCatalogue {
  public:
    explicit BackupCatalogue(base::Directory &root) : m_root(root) {}

    [[nodiscard]] Result<std::vector<BackupRecord>> list();  // oldest first
    [[nodiscard]] const std::vector<std::string> &unreadable() const noexcept { return m_unreadable; }
    [[nodiscard]] Result<BackupRecord> find(std::uint64_t number);  // NOT_FOUND
    // Larger than every number that was ever given, also those of backups that were deleted.
    [[nodiscard]] Result<std::uint64_t> next_number();

    // Durable when they return; a cut leaves the record as it was or as it is to be.
    [[nodiscard]] Result<void> put(const BackupRecord &record);
    [[nodiscard]] Result<void> remove(std::uint64_t number);
    // For whoever relies on records that another process may have left without a flush.
    [[nodiscard]] Result<void> flush();

  private:
    [[nodiscard]] Result<std::unique_ptr<base::Directory>> open();  // null: there is none yet
    [[nodiscard]] static Result<std::vector<std::uint64_t>> numbers(base::Directory &folder);

    base::Directory &m_root;
    std::vector<std::string> m_unreadable;
};

}  // namespace mos::snapshot
