// Making, finding, checking and deleting backups of a root, with the catalogue that names them.
#pragma once

#include <mos/base/clock.hpp>
#include <mos/snapshot/backup_catalogue.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::snapshot {

enum class Verification : std::uint8_t { done, left_out };

struct BackupRequest {
    std::vector<std::string> paths;  // beneath the root; one that is "" stands for all that the root has at its top
    BackupFolder folder;
    base::ByteSink sink = {};  // gets the archive instead of a file in the folder; then nothing is verified
    Compression compression = Compression::zstd;
    unsigned threads = 1;
    Verification verification = Verification::done;
    // Why a path is left out with all below it, besides what always is: the engine's own folders, and `folder`.
    std::function<std::string(std::string_view path)> exclude = {};
};

// Writes a backup and its record. The archive gets its name only when all of it is flushed and, unless that is left
// out, was read again and compared with its digests: so a cut leaves no half backup under its name, nor does an error,
// after which nothing of it is left. The caller holds the root's lock.
//
// INVALID_ARGUMENT without paths; NOT_FOUND where a path is not there, or a folder outside of the root; BACKUP for an
// archive that does not read as it was written, with the reason as its cause; otherwise what write_backup() says.
[[nodiscard]] Result<BackupRecord> make_backup(base::Directory &root, const BackupRequest &request,
                                               const base::Clock &clock, base::Observer &observer);

// Completes what a cut has left of a backup that was whole, and removes what is left of one that was not, or that was
// being deleted. Called by whoever has the root's lock and changes the catalogue.
[[nodiscard]] Result<void> tidy_backups(base::Directory &root, base::Observer &observer);

enum class BackupStanding : std::uint8_t {
    complete,
    unfinished,  // being written or deleted, or left so by a cut
    missing,     // the archive is not where it was written to, or its folder is not there
    elsewhere,   // it went to the embedder, who alone has it
};
[[nodiscard]] std::string_view standing_name(BackupStanding standing) noexcept;
[[nodiscard]] Result<BackupStanding> standing_of(base::Directory &root, const BackupRecord &record);

struct OpenedBackup {
    std::unique_ptr<base::Source> source;  // its name is for messages
    std::optional<BackupRecord> record;    // of the catalogue, where it has one
};
// The archive of a record; NOT_FOUND where it is missing.
[[nodiscard]] Result<OpenedBackup> open_backup(base::Directory &root, std::uint64_t number);
// The archive at a path: a file, or a folder. Of a folder the newest that the catalogue has there; of one that it has
// none in, the only archive; else INVALID_ARGUMENT names those that there are, for none is guessed.
[[nodiscard]] Result<OpenedBackup> open_backup(base::Directory &root, const BackupFolder &place);

// Whether its bytes are those that were written, by the catalogue's digest where it has one. BACKUP_DAMAGED.
[[nodiscard]] Result<void> check_archive(OpenedBackup &backup, base::Observer &observer);

// Reads all of it and compares: its bytes with the catalogue's digest where it has one, and every entry.
[[nodiscard]] Result<BackupTotals> check_backup(OpenedBackup &backup, const BackupLimits &limits,
                                                base::Observer &observer);

// What cleaning up deletes: backups beyond the newest `keep_at_most`, and those older than that, but never the newest
// `keep_minimum`, nor the last one of any set of paths.
struct BackupRetention {
    std::optional<std::uint64_t> keep_at_most = {};
    std::optional<std::int64_t> older_than_s = {};
    std::uint64_t keep_minimum = 1;
};
[[nodiscard]] std::vector<BackupRecord> due_for_removal(const std::vector<BackupRecord> &records,
                                                        const BackupRetention &retention, std::int64_t now_unix_s);

// The archive, then the record, which says before that it is leaving: after a cut in between tidy_backups() goes on. An
// archive that is not there any more is no error.
[[nodiscard]] Result<void> remove_backup(base::Directory &root, const BackupRecord &record);

}  // namespace mos::snapshot
