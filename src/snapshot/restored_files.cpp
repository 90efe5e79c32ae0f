#include "restored_files.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <sstream>

namespace mos::snapshot {

namespace {

constexpr std::string_view folder_name = "restored";
constexpr std::string_view list_name = "brought";
constexpr std::uint64_t max_list_bytes = 1U << 30U;
constexpr std::uint32_t list_mode = 0600;

}  // namespace

void RestoredFiles::add(std::string_view path, base::FileType type, std::uint64_t size, base::FileTime modified) {
    m_files.insert_or_assign(std::string{path}, File{type, size, modified});
}

// A line each: type, size, seconds, nanoseconds, the path in base64.
Result<void> RestoredFiles::put_aside(transaction::Stage &stage) const {
    if (m_files.empty())
        return {};
    std::string text;
    for (const auto &[path, file] : m_files)
        text += fmt::format("{} {} {} {} {}\n", static_cast<int>(file.type), file.size, file.modified.seconds,
                            file.modified.nanoseconds, base::to_base64(base::as_bytes(path)));
    return stage.put_aside(folder_name, list_name, base::as_bytes(text), list_mode);
}

Result<RestoredFiles> RestoredFiles::read(base::Directory &stage) {
    RestoredFiles files;
    auto folder = stage.open_directory(folder_name, base::Symlinks::refuse);
    if (!folder && folder.error().code() == Code::NOT_FOUND)
        return files;
    MOS_TRY(const auto opened, std::move(folder));
    MOS_TRY(const base::Bytes bytes, base::read_file(*opened, list_name, max_list_bytes));
    std::istringstream lines{std::string{base::as_text(bytes)}};
    int type = 0;
    File file;
    std::string encoded;
    while (lines >> type >> file.size >> file.modified.seconds >> file.modified.nanoseconds >> encoded) {
        MOS_TRY(const base::Bytes path, base::from_base64(encoded));
        file.type = static_cast<base::FileType>(type);
        files.m_files.insert_or_assign(std::string{base::as_text(path)}, file);
    }
    return files;
}

bool RestoredFiles::stands(const std::string &path, const base::FileStatus &status) const {
    const auto known = m_files.find(path);
    if (known == m_files.end() || known->second.type != status.type)
        return false;
    if (status.type == base::FileType::directory)
        return true;
    const bool same_size = status.type != base::FileType::regular || known->second.size == status.size;
    return same_size && known->second.modified == status.modified;
}

}  // namespace mos::snapshot
