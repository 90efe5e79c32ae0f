// The volumes of a root: what lies beneath it on one mount and one device.
//
// A mount, a bind mount and a btrfs subvolume are volumes of their own. Nothing can be renamed or linked from one to
// another, and each is flushed alone: so what a transaction stages lies on the volume that it is for, in the folder
// `.multios-stage` at the volume's top. A volume is called by its top, the path of its topmost directory beneath the
// root; "" is the root's own.
#pragma once

#include <mos/base/filesystem.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mos::transaction {

// In the root's own folder of stages: the tops of the other volumes on which there ever was a stage, one a line.
inline constexpr const char *registry_name = "volumes";
inline constexpr std::size_t max_volumes = 1000;

// "the root", or "'boot'".
[[nodiscard]] std::string volume_in_words(std::string_view top);

// Whether `there`, found in a directory with the status `home`, lies on another volume. A file that only has another
// device does not: overlayfs shows such.
[[nodiscard]] bool is_mount_point(const base::FileStatus &home, const base::FileStatus &there);

// Finds out on which volume a directory lies.
class VolumeFinder {
  public:
    explicit VolumeFinder(base::Directory &root) : m_root(root) {}

    // The top of the volume of the directory at `path`, whose status is `status`.
    [[nodiscard]] Result<std::string> top_of(std::string_view path, const base::FileStatus &status);

  private:
    base::Directory &m_root;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> m_tops;  // by mount and device
};

// The tops in the registry, in no order; none where there is no registry. A line that can't be read is passed over: no
// decision rests on it, only the tidying up of what a cut left on other volumes.
[[nodiscard]] Result<std::vector<std::string>> registered_volumes(base::Directory &root);

// Adds `top` to the registry in `stages`, unless it is there. Durable when it returns, since the first stage on that
// volume must never be there without it.
[[nodiscard]] Result<void> register_volume(base::Directory &root, base::Directory &stages, const std::string &top);

// Whether there is a volume with that top now.
[[nodiscard]] Result<bool> is_mounted(base::Directory &root, const std::string &top);

// The folder of stages on a registered volume; nullptr where the volume is not mounted now, or has none.
[[nodiscard]] Result<std::unique_ptr<base::Directory>> find_stages_on(base::Directory &root, const std::string &top);

}  // namespace mos::transaction
