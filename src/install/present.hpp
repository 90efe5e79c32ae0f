// What stands at a path of the root, compared with what was installed there or is wanted there.
#pragma once

#include <mos/base/directory_cache.hpp>
#include <mos/crypto/digest.hpp>
#include <mos/install/change.hpp>

#include <optional>
#include <string_view>

namespace mos::install {

class Present {
  public:
    explicit Present(base::Directory &root) : m_cache(root) {}

    // nullopt when nothing is there, or its directory is not. A symbolic link on the way is SYMLINK_IN_PATH.
    [[nodiscard]] Result<std::optional<base::FileStatus>> find(std::string_view path);

    // Whether the folder of `path` is there.
    [[nodiscard]] Result<bool> has_folder(std::string_view path);

    // Whether it is as it was installed, by type, size, times, mode, owner and link target: cheap, reads no content.
    [[nodiscard]] Result<bool> is_intact(std::string_view path, const base::FileStatus &there,
                                         const state::InstalledFile &installed);

    // Whether type and content are those; reads a file of the right size.
    [[nodiscard]] Result<bool> has_content(std::string_view path, const base::FileStatus &there, base::FileType type,
                                           std::uint64_t size, const crypto::Sha256Digest &digest,
                                           std::string_view link_target);

    // Whether `there`, found at `path`, is the top of a volume of its own, or was mounted upon.
    [[nodiscard]] Result<bool> is_mount_point(std::string_view path, const base::FileStatus &there);

    // Valid until the next call.
    [[nodiscard]] Result<base::Directory *> parent_of(std::string_view path);
    [[nodiscard]] Result<std::unique_ptr<base::Directory>> open(std::string_view path);

  private:
    base::DirectoryCache m_cache;
};

[[nodiscard]] bool same_owner_mode_time(const base::FileStatus &there, const state::Attributes &attributes);

}  // namespace mos::install
