#include "data_backup.hpp"

#include "installed_data.hpp"

#include <mos/base/timestamp.hpp>
#include <mos/package/manifest.hpp>
#include <mos/snapshot/archive.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::install {

namespace {

constexpr std::uint32_t archive_mode = 0600;

// "20260131T235959Z"
std::string compact_time(std::int64_t unix_s) {
    std::string text = base::write_timestamp(unix_s);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

}  // namespace

Result<DataBackup> DataBackup::make(transaction::Site &site, const Steps &steps) {
    DataBackup backup;
    for (const RemoveStep &step : steps.removals) {
        if (step.backup_data)
            MOS_CHECK(backup.write(site, step.name));
    }
    return backup;
}

Result<void> DataBackup::write(transaction::Site &site, const std::string &package) {
    state::Packages packages{site.database};
    MOS_TRY(const std::vector<std::string> paths, data_paths(packages, package));
    if (paths.empty()) {
        site.observer.notice(fmt::format("'{}' names no data in its manifest, so there is none to back up", package));
        return {};
    }
    MOS_TRY(m_folder, base::make_directories(site.root, backups_path));
    MOS_TRY(const auto installed, packages.find(package));
    const std::string name = fmt::format("{}-{}-{}.tar.zst", package, installed ? installed->version : std::string{},
                                         compact_time(site.clock.now_unix_s()));
    MOS_TRY(const auto file, m_folder->open_file(name, base::OpenMode::create_new));
    m_written.push_back(name);
    MOS_CHECK(file->set_mode(archive_mode));
    MOS_TRY(const snapshot::ArchiveReport report, snapshot::write_archive(site.root, paths, *file, site.observer));
    MOS_CHECK(file->flush());
    MOS_CHECK(m_folder->flush());
    site.observer.notice(fmt::format("the data of '{}' is in {}/{} ({} entries, {} bytes)", package, backups_path, name,
                                     report.entries, report.archive_bytes));
    return {};
}

DataBackup::~DataBackup() {
    for (const std::string &name : m_written) {
        const Result<void> removed = m_folder->remove_file(name);
        static_cast<void>(removed);  // it is in nobody's way
    }
}

}  // namespace mos::install
