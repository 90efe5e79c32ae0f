#include <mos/snapshot/backup_store.hpp>

#include "named_path.hpp"

#include <mos/base/path.hpp>
#include <mos/base/timestamp.hpp>
#include <mos/crypto/file_digest.hpp>
#include <mos/transaction/site.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace mos::snapshot {

using base::in_quotes;

namespace {

constexpr std::uint32_t archive_mode = 0600;

// "20260131T235959Z"
std::string compact_time(std::int64_t unix_s) {
    std::string text = base::write_timestamp(unix_s);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

std::string hidden_name(const BackupRecord &record) { return fmt::format(".{}.part", record.file); }

std::string shown_folder(const BackupFolder &folder) { return folder.outside ? folder.path : "/" + folder.path; }

Result<std::unique_ptr<base::Directory>> open_folder(base::Directory &root, const BackupFolder &folder) {
    if (folder.outside)
        return base::open_root(folder.path);
    return root.open_directory(folder.path, base::Symlinks::follow_in_root);
}

// Null where it is not there.
Result<std::unique_ptr<base::Directory>> find_folder(base::Directory &root, const BackupFolder &folder) {
    auto opened = open_folder(root, folder);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return std::unique_ptr<base::Directory>{};
    return opened;
}

Result<std::unique_ptr<base::Directory>> make_folder(base::Directory &root, const BackupFolder &folder) {
    if (!folder.outside)
        MOS_CHECK(check_named_path(folder.path));
    auto made = folder.outside ? base::open_root(folder.path) : base::make_directories(root, folder.path);
    if (made || made.error().system_errno() != ENOTDIR)
        return made;
    return Error{Code::BACKUP, fmt::format("{} can't be the folder of a backup: a file is there, or above it",
                                           in_quotes(shown_folder(folder)))}
        .about(shown_folder(folder))
        .with_remedy("name a folder, or move the file away")
        .caused_by(std::move(made).error());
}

// ---- what is backed up ----

// What each start makes anew.
bool is_made_anew(std::string_view name) {
    constexpr std::array<std::string_view, 6> names{"dev", "lost+found", "proc", "run", "sys", "tmp"};
    return std::ranges::find(names, name) != names.end();
}

Result<void> check_there(base::Directory &root, const std::string &path) {
    MOS_CHECK(check_named_path(path));
    if (is_engines_own(path))
        return Error{Code::INVALID_ARGUMENT, fmt::format("{} is the engine's own, and in no backup", in_quotes(path))}
            .about(path)
            .with_remedy("leave it out; 'multios-update recovery' is about what the engine keeps");
    const base::SplitPath split = base::split_path(path);
    const Error gone =
        Error{Code::NOT_FOUND, fmt::format("{} is not there to be backed up", in_quotes(path))}.about(path);
    auto parent = root.open_directory(split.parent, base::Symlinks::refuse);
    if (!parent && parent.error().code() == Code::NOT_FOUND)
        return gone;
    MOS_TRY(const auto opened, std::move(parent));
    MOS_TRY(const auto status, opened->find(split.name));
    return status ? Result<void>{} : gone;
}

// In order, each once.
void sort_out(std::vector<std::string> &paths) {
    std::ranges::sort(paths);
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
}

Result<std::vector<std::string>> paths_of(base::Directory &root, const BackupRequest &request) {
    std::vector<std::string> paths;
    for (const std::string &path : request.paths) {
        if (!path.empty()) {
            MOS_CHECK(check_there(root, path));
            paths.push_back(path);
            continue;
        }
        MOS_TRY(const auto entries, root.list());
        for (const base::DirectoryEntry &entry : entries) {
            if (!is_made_anew(entry.name) && entry.name != transaction::stages_name)
                paths.push_back(entry.name);
        }
    }
    sort_out(paths);
    if (paths.empty())
        return Error{Code::INVALID_ARGUMENT, "nothing is named that is to be backed up"};
    return paths;
}

// By which one knows another backup of the same: what stands at the top of the root changes.
std::vector<std::string> asked_for(const BackupRequest &request, const std::vector<std::string> &walked) {
    std::vector<std::string> asked = request.paths;
    sort_out(asked);
    return asked == walked ? std::vector<std::string>{} : asked;
}

std::string why_left_out(const BackupRequest &request, std::string_view path) {
    if (is_engines_own(path))
        return "it is the engine's own";
    if (!request.folder.outside && !request.folder.path.empty() && path == request.folder.path)
        return "it is where the backup goes";
    return request.exclude ? request.exclude(path) : std::string{};
}

// ---- writing ----

// What was begun of a backup, and then its record: as long as anything of it is there, the record says whose it is.
Result<void> discard(BackupCatalogue &catalogue, base::Directory *folder, const BackupRecord &record) {
    if (folder != nullptr) {
        if (Result<void> removed = folder->remove_file(hidden_name(record));
            !removed && removed.error().code() != Code::NOT_FOUND)
            return removed;
        MOS_CHECK(folder->flush());
    }
    return catalogue.remove(record.number);
}

// The part of a backup that a failure must not leave.
class Unfinished {
  public:
    Unfinished(BackupCatalogue &catalogue, base::Directory *folder, const BackupRecord &record)
        : m_catalogue(catalogue), m_folder(folder), m_record(record) {}
    Unfinished(const Unfinished &) = delete;
    Unfinished &operator=(const Unfinished &) = delete;
    ~Unfinished() {
        if (!m_kept)  // what can't be removed now is removed by tidy_backups()
            static_cast<void>(discard(m_catalogue, m_folder, m_record).ok());
    }
    void keep() noexcept { m_kept = true; }

  private:
    BackupCatalogue &m_catalogue;
    base::Directory *m_folder;
    const BackupRecord &m_record;
    bool m_kept = false;
};

Error nothing_of(const std::vector<std::string> &paths) {
    const std::string more = paths.size() > 1 ? fmt::format(" and {} more", paths.size() - 1) : std::string{};
    return Error{Code::NOT_FOUND, fmt::format("of {}{} nothing can be backed up", in_quotes(paths.front()), more)}
        .about(paths.front())
        .with_remedy("name files, folders or links: the notices say why all else is left out");
}

Error could_not_be_made(Error cause) {
    return Error{Code::BACKUP, "the backup does not read as it was written, and was given up"}.caused_by(
        std::move(cause));
}

class Maker {
  public:
    Maker(base::Directory &root, const BackupRequest &request, base::Observer &observer)
        : m_root(root), m_request(request), m_observer(observer), m_catalogue(root) {}

    [[nodiscard]] Result<BackupRecord> make(const base::Clock &clock) {
        MOS_TRY(m_record.paths, paths_of(m_root, m_request));
        m_record.asked = asked_for(m_request, m_record.paths);
        MOS_TRY(m_record.number, m_catalogue.next_number());
        m_record.created_unix_s = clock.now_unix_s();
        m_record.compression = m_request.compression;
        return m_request.sink ? make_for_embedder() : make_file();
    }

  private:
    [[nodiscard]] Result<BackupRecord> make_for_embedder() {
        Unfinished unfinished{m_catalogue, nullptr, m_record};
        MOS_CHECK(write(m_request.sink, std::nullopt));
        m_record.written = true;
        MOS_CHECK(m_catalogue.put(m_record));
        unfinished.keep();
        return m_record;
    }

    [[nodiscard]] Result<BackupRecord> make_file() {
        m_record.folder = m_request.folder;
        m_record.file = fmt::format("{}-{}{}", backup_name(m_record.number), compact_time(m_record.created_unix_s),
                                    archive_ending(m_record.compression));
        MOS_TRY(const auto folder, make_folder(m_root, m_record.folder));
        Unfinished unfinished{m_catalogue, folder.get(), m_record};
        MOS_CHECK(m_catalogue.put(m_record));  // so that whatever a cut leaves is known to be ours
        {
            MOS_TRY(const auto file, folder->open_file(hidden_name(m_record), base::OpenMode::create_new));
            MOS_CHECK(file->set_mode(archive_mode));
            MOS_CHECK(write_to(*file));
            MOS_CHECK(file->flush());
        }
        MOS_CHECK(folder->flush());  // its hidden name, before a record says that it is whole
        if (m_request.verification == Verification::done)
            MOS_CHECK(verify(*folder));
        m_record.written = true;
        MOS_CHECK(m_catalogue.put(m_record));
        MOS_CHECK(folder->rename(hidden_name(m_record), *folder, m_record.file, base::RenameMode::keep_existing));
        unfinished.keep();
        MOS_CHECK(folder->flush());
        return m_record;
    }

    [[nodiscard]] Result<void> write_to(base::File &file) {
        MOS_TRY(const base::FileStatus status, file.status());
        std::uint64_t offset = 0;
        return write(
            [&](base::ByteView bytes) -> Result<void> {
                MOS_CHECK(file.write_at(offset, bytes));
                offset += bytes.size();
                return {};
            },
            status);
    }

    [[nodiscard]] Result<void> write(const base::ByteSink &sink, const std::optional<base::FileStatus> &out) {
        const BackupOptions options{.compression = m_request.compression,
                                    .threads = m_request.threads,
                                    .out = out,
                                    .exclude = [this](std::string_view path) { return why_left_out(m_request, path); }};
        MOS_TRY(const BackupReport report,
                write_backup(m_root, {.created_unix_s = m_record.created_unix_s, .paths = m_record.paths}, options,
                             sink, m_observer));
        if (report.archive.entries == 0)
            return nothing_of(m_record.paths);
        m_record.digest = base::to_hex(report.digest);
        m_record.archive_bytes = report.archive.archive_bytes;
        m_record.content_bytes = report.archive.content_bytes;
        m_record.entries = report.archive.entries;
        m_record.left_out = report.archive.left_out;
        return {};
    }

    // As a reader will, but that what we have written ourselves may be of any size.
    [[nodiscard]] Result<void> verify(base::Directory &folder) {
        MOS_TRY(auto file, folder.open_file(hidden_name(m_record), base::OpenMode::read));
        OpenedBackup opened{.source = base::make_source(std::move(file), m_record.file), .record = m_record};
        const auto checked = check_backup(opened, {}, m_observer);
        if (!checked && checked.error().code() == Code::BACKUP_DAMAGED)
            return could_not_be_made(checked.error());
        if (!checked)
            return checked.error();
        m_record.verified = true;
        return {};
    }

    base::Directory &m_root;
    const BackupRequest &m_request;
    base::Observer &m_observer;
    BackupCatalogue m_catalogue;
    BackupRecord m_record;
};

bool is_archive_name(std::string_view name) {
    constexpr std::array<Compression, 4> all{Compression::none, Compression::gzip, Compression::zstd, Compression::lz4};
    return !name.starts_with('.') &&
           std::ranges::any_of(all, [&](Compression one) { return name.ends_with(archive_ending(one)); });
}

Result<std::unique_ptr<base::Source>> open_archive(base::Directory &folder, const BackupFolder &where,
                                                   const std::string &name) {
    MOS_TRY(auto file, folder.open_file(name, base::OpenMode::read));
    return base::make_source(std::move(file), fmt::format("{}/{}", shown_folder(where), name));
}

Result<OpenedBackup> open_recorded(base::Directory &root, const BackupRecord &record) {
    MOS_TRY(const BackupStanding standing, standing_of(root, record));
    if (standing != BackupStanding::complete)
        return Error{Code::NOT_FOUND, fmt::format("the archive of {} is {}: {}/{}", backup_name(record.number),
                                                  standing_name(standing), shown_folder(record.folder), record.file)}
            .about(backup_name(record.number))
            .with_remedy("mount its folder or bring the archive back, or use another backup: 'multios-update "
                         "data-protection list' names them");
    MOS_TRY(const auto folder, open_folder(root, record.folder));
    MOS_TRY(auto source, open_archive(*folder, record.folder, record.file));
    return OpenedBackup{.source = std::move(source), .record = record};
}

// The record of an archive in a folder: the newest of several that are complete where no file is named.
Result<std::optional<BackupRecord>> find_record(base::Directory &root, const BackupFolder &folder,
                                                std::string_view file) {
    MOS_TRY(std::vector<BackupRecord> records, BackupCatalogue{root}.list());
    std::reverse(records.begin(), records.end());
    for (const BackupRecord &record : records) {
        if (record.folder != folder || record.file.empty() || (!file.empty() && record.file != file))
            continue;
        MOS_TRY(const BackupStanding standing, standing_of(root, record));
        if (standing == BackupStanding::complete)
            return std::optional{record};
    }
    return std::optional<BackupRecord>{};
}

}  // namespace

Result<BackupRecord> make_backup(base::Directory &root, const BackupRequest &request, const base::Clock &clock,
                                 base::Observer &observer) {
    return Maker{root, request, observer}.make(clock);
}

Result<void> tidy_backups(base::Directory &root, base::Observer &observer) {
    BackupCatalogue catalogue{root};
    MOS_TRY(const std::vector<BackupRecord> records, catalogue.list());
    for (const BackupRecord &record : records) {
        if (record.file.empty())
            continue;
        MOS_TRY(const auto folder, find_folder(root, record.folder));
        if (folder == nullptr)
            continue;  // not mounted, perhaps: then it is not known what is in it
        if (record.leaving) {
            MOS_CHECK(remove_backup(root, record));
            observer.notice(fmt::format("{}, whose deletion was cut short, is deleted", backup_name(record.number)));
            continue;
        }
        MOS_TRY(const auto hidden, folder->find(hidden_name(record)));
        if (record.written && hidden) {
            // The record may come from a process that was killed before it had flushed it.
            MOS_CHECK(catalogue.flush());
            MOS_CHECK(folder->rename(hidden_name(record), *folder, record.file, base::RenameMode::keep_existing));
            MOS_CHECK(folder->flush());
            continue;
        }
        if (record.written)
            continue;
        MOS_CHECK(discard(catalogue, folder.get(), record));
        observer.notice(
            fmt::format("what was left of {}, which was cut short, is removed", backup_name(record.number)));
    }
    return {};
}

std::string_view standing_name(BackupStanding standing) noexcept {
    switch (standing) {
    case BackupStanding::complete:
        return "complete";
    case BackupStanding::unfinished:
        return "unfinished";
    case BackupStanding::missing:
        return "missing";
    case BackupStanding::elsewhere:
        return "elsewhere";
    }
    return "";
}

Result<BackupStanding> standing_of(base::Directory &root, const BackupRecord &record) {
    if (!record.written || record.leaving)
        return BackupStanding::unfinished;
    if (record.file.empty())
        return BackupStanding::elsewhere;
    MOS_TRY(const auto folder, find_folder(root, record.folder));
    if (folder == nullptr)
        return BackupStanding::missing;
    MOS_TRY(const auto file, folder->find(record.file));
    if (file)
        return BackupStanding::complete;
    MOS_TRY(const auto hidden, folder->find(hidden_name(record)));
    return hidden ? BackupStanding::unfinished : BackupStanding::missing;
}

Result<OpenedBackup> open_backup(base::Directory &root, std::uint64_t number) {
    MOS_TRY(const BackupRecord record, BackupCatalogue{root}.find(number));
    return open_recorded(root, record);
}

Result<OpenedBackup> open_backup(base::Directory &root, const BackupFolder &place) {
    auto opened = open_folder(root, place);
    if (opened) {
        MOS_TRY(const auto newest, find_record(root, place, {}));
        if (newest)
            return open_recorded(root, *newest);
        MOS_TRY(const auto entries, (*opened)->list());
        std::vector<std::string> archives;
        for (const base::DirectoryEntry &entry : entries) {
            if (is_archive_name(entry.name))
                archives.push_back(entry.name);
        }
        if (archives.size() == 1) {
            MOS_TRY(auto source, open_archive(**opened, place, archives.front()));
            return OpenedBackup{.source = std::move(source), .record = std::nullopt};
        }
        if (archives.empty())
            return Error{Code::NOT_FOUND, fmt::format("there is no backup in {}", in_quotes(shown_folder(place)))}
                .about(shown_folder(place));
        return Error{
            Code::INVALID_ARGUMENT,
            fmt::format("{} has {} archives that the catalogue does not know, {} and {} for instance: name one",
                        in_quotes(shown_folder(place)), archives.size(), in_quotes(archives.front()),
                        in_quotes(archives.back()))};
    }
    const base::SplitPath split = base::split_path(place.path);
    const BackupFolder folder{.path = std::string{split.parent.empty() && place.outside ? "/" : split.parent},
                              .outside = place.outside};
    MOS_TRY(const auto parent, open_folder(root, folder));
    MOS_TRY(auto source, open_archive(*parent, folder, std::string{split.name}));
    MOS_TRY(auto record, find_record(root, folder, split.name));
    return OpenedBackup{.source = std::move(source), .record = std::move(record)};
}

Result<void> check_archive(OpenedBackup &backup, base::Observer &observer) {
    if (!backup.record)
        return {};
    MOS_TRY(const crypto::Sha256Digest found, crypto::sha256_of(*backup.source, observer));
    const std::string digest = base::to_hex(found);
    if (digest == backup.record->digest)
        return {};
    return Error{Code::BACKUP_DAMAGED,
                 fmt::format("{} is not the archive that was written: its SHA-256 is {}, the catalogue has {}",
                             in_quotes(backup.source->name()), digest, backup.record->digest)}
        .about(backup.source->name());
}

Result<BackupTotals> check_backup(OpenedBackup &backup, const BackupLimits &limits, base::Observer &observer) {
    MOS_CHECK(check_archive(backup, observer));
    return verify_backup(*backup.source, limits, observer);
}

std::vector<BackupRecord> due_for_removal(const std::vector<BackupRecord> &records, const BackupRetention &retention,
                                          std::int64_t now_unix_s) {
    std::vector<BackupRecord> newest_first = records;
    std::ranges::sort(newest_first, std::greater{}, &BackupRecord::number);
    std::vector<BackupRecord> due;
    std::vector<std::vector<std::string>> seen;
    for (std::size_t place = 0; place < newest_first.size(); ++place) {
        const BackupRecord &record = newest_first[place];
        const bool is_last_of_its_kind = std::ranges::find(seen, record.set_of_paths()) == seen.end();
        if (is_last_of_its_kind)
            seen.push_back(record.set_of_paths());
        if (is_last_of_its_kind || place < retention.keep_minimum)
            continue;
        const bool too_many = retention.keep_at_most && place >= *retention.keep_at_most;
        const bool too_old = retention.older_than_s && now_unix_s - record.created_unix_s > *retention.older_than_s;
        if (too_many || too_old)
            due.push_back(record);
    }
    std::ranges::reverse(due);
    return due;
}

Result<void> remove_backup(base::Directory &root, const BackupRecord &record) {
    if (!record.file.empty()) {
        MOS_TRY(const auto folder, open_folder(root, record.folder));
        BackupRecord leaving = record;
        leaving.leaving = true;
        MOS_CHECK(BackupCatalogue{root}.put(leaving));
        if (auto removed = folder->remove_file(record.file); !removed && removed.error().code() != Code::NOT_FOUND)
            return removed;
        MOS_CHECK(folder->flush());
    }
    return BackupCatalogue{root}.remove(record.number);
}

}  // namespace mos::snapshot
