// Data protection of a root: backups as jobs with events, by the root's settings; what is worth protecting.
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/engine/job.hpp>
#include <mos/snapshot/backup_restore.hpp>
#include <mos/snapshot/backup_store.hpp>
#include <mos/snapshot/data_classes.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mos::engine {

// What the settings below `data_protection` say.
struct ProtectionSettings {
    snapshot::BackupFolder folder;
    snapshot::Compression compression = snapshot::Compression::zstd;
    snapshot::Verification verification = snapshot::Verification::done;
    snapshot::BackupRetention retention;
    std::vector<snapshot::ClassRule> rules;
};
[[nodiscard]] Result<ProtectionSettings> protection_settings(Engine &engine);

// What is not said is as the settings say. Paths may have slashes at either end.
struct BackupOrder {
    std::vector<std::string> paths;
    std::optional<snapshot::BackupFolder> folder = {};
    base::ByteSink sink = {};  // instead of a folder
    std::optional<snapshot::Compression> compression = {};
    std::optional<snapshot::Verification> verification = {};
    unsigned threads = 0;                             // 0: as many as there are processors, at most eight
    std::vector<snapshot::DataClass> leave_out = {};  // paths of these classes, but those that were asked for
};

// A job that writes a backup. Its outcome has one row of kind "backup": the backup's name, and where its archive is.
[[nodiscard]] Result<std::unique_ptr<Job>> make_backup_job(std::shared_ptr<Engine> engine, BackupOrder order);

// Which backup: of the catalogue, or at a place.
struct BackupChoice {
    std::optional<std::uint64_t> number = {};
    snapshot::BackupFolder place = {};
};
[[nodiscard]] Result<snapshot::OpenedBackup> open_chosen(Engine &engine, const BackupChoice &choice);
// "backup-3", or the archive's place.
[[nodiscard]] std::string shown_backup(const snapshot::OpenedBackup &backup);

enum class Detail : std::uint8_t { summary, every_entry };

// A job that reads a backup and compares every byte with its digests. Rows of the outcome: "archive" (where the
// catalogue has a digest), "entries" and "content" say what was found sound; and one for each entry, kinds "file",
// "folder", "symbolic-link", "hard-link", where all are asked for (the first 100,000). BACKUP_DAMAGED.
[[nodiscard]] Result<std::unique_ptr<Job>> make_backup_check_job(std::shared_ptr<Engine> engine, BackupChoice choice,
                                                                 Detail detail);

struct ListedBackup {
    snapshot::BackupRecord record;
    snapshot::BackupStanding standing = snapshot::BackupStanding::complete;
};
// Oldest first. Needs no lock and changes nothing.
[[nodiscard]] Result<std::vector<ListedBackup>> list_backups(Engine &engine);

enum class BackupCleanUp : std::uint8_t { simulated, done };
// Deletes what is due by `retention`, of which what is not said is as the settings say; returns what went or would go.
[[nodiscard]] Result<std::vector<ListedBackup>>
clean_up_backups(Engine &engine, const snapshot::BackupRetention &retention, BackupCleanUp clean_up);

// "critical" and so on: what there is of these classes (empty: critical and important), and why.
[[nodiscard]] Result<std::vector<ReportRow>> protected_paths(Engine &engine,
                                                             const std::vector<snapshot::DataClass> &classes);

}  // namespace mos::engine
