#include <mos/package/duplicates.hpp>

#include <mos/base/path.hpp>
#include <mos/crypto/file_digest.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace mos::package {

namespace {

bool counts(const Entry &entry) {
    const bool has_content = entry.type == EntryType::hard_link ||
                             (entry.type == EntryType::regular && entry.size > 0 && entry.origin == Origin::stored);
    return has_content && is_content(entry) && section_of(entry.path) != Section::metadata;
}

}  // namespace

Result<void> Duplicates::add(File file) {
    if (m_files.size() >= max_compared_files)
        return Error{Code::LIMIT, fmt::format("there are more than {} files to compare", max_compared_files)};
    file.source = m_sources.size() - 1;
    m_files.push_back(std::move(file));
    return {};
}

Result<void> Duplicates::add_entry(const Entry &entry, const Entry &content) {
    const bool shares = entry.type == EntryType::hard_link || !entry.copy_of.empty();
    return add({.digest = content.sha256,
                .size = content.size,
                .source = 0,
                .path = entry.path,
                .stored = shares ? Stored::with_another : Stored::apart});
}

Result<void> Duplicates::add_package(Package &package, std::string source) {
    m_sources.push_back(std::move(source));
    std::map<std::string, Entry, std::less<>> firsts;  // of hard links
    MOS_TRY(EntryCursor cursor, package.entries());
    for (;;) {
        MOS_TRY(const std::optional<Entry> entry, cursor.next());
        if (!entry)
            return {};
        if (!counts(*entry))
            continue;
        if (entry->links > 1)
            firsts.emplace(entry->path, *entry);
        if (entry->type != EntryType::hard_link)
            MOS_CHECK(add_entry(*entry, *entry));
        else if (const auto first = firsts.find(entry->target); first != firsts.end())
            MOS_CHECK(add_entry(*entry, first->second));
    }
}

Result<void> Duplicates::add_tree(base::Directory &folder, std::string source, base::Observer &observer) {
    m_sources.push_back(std::move(source));
    return add_below(folder, {}, 0, observer);
}

Result<void> Duplicates::add_file(base::Directory &folder, std::string_view name, std::string source,
                                  base::Observer &observer) {
    m_sources.push_back(std::move(source));
    return add_present(folder, name, {}, observer);
}

Result<void> Duplicates::add_below(base::Directory &folder, const std::string &path, std::size_t depth,
                                   base::Observer &observer) {
    if (depth > max_folder_depth)
        return Error{Code::LIMIT,
                     fmt::format("{} lies more than {} folders deep", base::in_quotes(path), max_folder_depth)}
            .about(path);
    MOS_TRY(const std::vector<base::DirectoryEntry> entries, folder.list());
    for (const base::DirectoryEntry &entry : entries) {
        const std::string below = base::join_path(path, entry.name);
        if (entry.type == base::FileType::directory) {
            MOS_TRY(const auto opened, folder.open_directory(entry.name, base::Symlinks::refuse));
            MOS_CHECK(add_below(*opened, below, depth + 1, observer));
        } else if (entry.type == base::FileType::regular) {
            MOS_CHECK(add_present(folder, entry.name, below, observer));
        }
    }
    return {};
}

Result<void> Duplicates::add_present(base::Directory &folder, std::string_view name, std::string path,
                                     base::Observer &observer) {
    MOS_TRY(const auto file, folder.open_file(name, base::OpenMode::read));
    MOS_TRY(const base::FileStatus status, file->status());
    if (status.size == 0)
        return {};
    MOS_TRY(const crypto::Sha256Digest digest, crypto::sha256_of(*file, observer));
    const bool shares = status.links > 1 && !m_several.emplace(status.device, status.inode).second;
    return add({.digest = digest,
                .size = status.size,
                .source = 0,
                .path = std::move(path),
                .stored = shares ? Stored::with_another : Stored::apart});
}

std::vector<Duplicates::Duplicate> Duplicates::find() const {
    std::vector<std::size_t> order(m_files.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        return std::tie(m_files[a].digest, a) < std::tie(m_files[b].digest, b);
    });
    std::vector<std::pair<std::size_t, std::size_t>> pairs;  // original, duplicate
    std::size_t original = 0;
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (m_files[order[i]].digest != m_files[order[original]].digest)
            original = i;
        else
            pairs.emplace_back(order[original], order[i]);
    }
    std::ranges::sort(pairs);
    std::vector<Duplicate> duplicates;
    duplicates.reserve(pairs.size());
    for (const auto &[first, again] : pairs) {
        const File &file = m_files[again];
        duplicates.push_back({.size = file.size,
                              .source = m_sources[file.source],
                              .path = file.path,
                              .original_source = m_sources[m_files[first].source],
                              .original_path = m_files[first].path,
                              .is_stored_once = file.stored == Stored::with_another});
    }
    return duplicates;
}

Duplicates::Totals Duplicates::totals() const {
    Totals totals;
    totals.files = m_files.size();
    for (const File &file : m_files)
        totals.bytes += file.size;
    for (const Duplicate &duplicate : find()) {
        ++totals.duplicates;
        totals.duplicate_bytes += duplicate.size;
        totals.stored_once_bytes += duplicate.is_stored_once ? duplicate.size : 0;
    }
    return totals;
}

}  // namespace mos::package
