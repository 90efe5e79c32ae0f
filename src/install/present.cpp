#include "present.hpp"

#include <mos/base/path.hpp>
#include <mos/crypto/file_digest.hpp>
#include <mos/transaction/volumes.hpp>

#include <fmt/format.h>

namespace mos::install {

using base::FileStatus;
using base::FileType;

bool same_owner_mode_time(const FileStatus &there, const state::Attributes &attributes) {
    const bool same_mode = there.type == FileType::symlink || there.mode == attributes.mode;
    return same_mode && there.owner == attributes.owner && there.group == attributes.group &&
           there.modified == attributes.modified;
}

Result<std::optional<FileStatus>> Present::find(std::string_view path) {
    const base::SplitPath split = base::split_path(path);
    auto opened = m_cache.open(split.parent);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return std::optional<FileStatus>{};
    if (!opened && opened.error().code() == Code::SYMLINK_IN_PATH)
        return Error{Code::SYMLINK_IN_PATH,
                     fmt::format("{} leads through a symbolic link in the root", base::in_quotes(path))}
            .about(std::string{path})
            .caused_by(std::move(opened).error());
    MOS_TRY(base::Directory *const parent, std::move(opened));
    return parent->find(split.name);
}

Result<bool> Present::has_folder(std::string_view path) {
    auto opened = m_cache.open(base::split_path(path).parent);
    if (!opened && opened.error().code() == Code::NOT_FOUND)
        return false;
    MOS_TRY(const base::Directory *const folder, std::move(opened));
    return folder != nullptr;
}

Result<bool> Present::is_intact(std::string_view path, const FileStatus &there, const state::InstalledFile &installed) {
    if (there.type != installed.type || !same_owner_mode_time(there, installed.attributes))
        return false;
    if (there.type == FileType::regular)
        return there.size == installed.size;
    if (there.type != FileType::symlink)
        return true;
    const base::SplitPath split = base::split_path(path);
    MOS_TRY(base::Directory *const parent, parent_of(path));
    MOS_TRY(const std::string target, parent->read_symlink(split.name));
    return target == installed.link_target;
}

Result<bool> Present::has_content(std::string_view path, const FileStatus &there, FileType type, std::uint64_t size,
                                  const crypto::Sha256Digest &digest, std::string_view link_target) {
    if (there.type != type)
        return false;
    const base::SplitPath split = base::split_path(path);
    MOS_TRY(base::Directory *const parent, parent_of(path));
    if (type == FileType::symlink) {
        MOS_TRY(const std::string target, parent->read_symlink(split.name));
        return target == link_target;
    }
    if (type != FileType::regular || there.size != size)
        return false;
    MOS_TRY(const auto file, parent->open_file(split.name, base::OpenMode::read));
    MOS_TRY(const crypto::Sha256Digest found, crypto::sha256_of(*file, base::silent_observer()));
    return found == digest;
}

Result<bool> Present::is_mount_point(std::string_view path, const FileStatus &there) {
    MOS_TRY(base::Directory *const parent, parent_of(path));
    MOS_TRY(const FileStatus home, parent->own_status());
    return transaction::is_mount_point(home, there);
}

Result<base::Directory *> Present::parent_of(std::string_view path) {
    return m_cache.open(base::split_path(path).parent);
}

Result<std::unique_ptr<base::Directory>> Present::open(std::string_view path) {
    const base::SplitPath split = base::split_path(path);
    MOS_TRY(base::Directory *const parent, parent_of(path));
    return parent->open_directory(split.name, base::Symlinks::refuse);
}

}  // namespace mos::install
