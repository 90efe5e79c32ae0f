// The volumes of a root: what lies beneath it on one mount and one device.
//
// A mount, a bind mount and a btrfs subvolume are volumes of their own. Nothing can be renamed or linked from one to
// another, and each is flushed alone: so what a transaction stages lies on the volume that it is for, in the folder
// `.multios-stage` at the volume's top. A volume is called by its top, the path of its topmost directory beneath the
// root; "" is the root's own.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/transaction/site.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mos::transaction {

// In the root's own folder of stages: what the root is called, and the tops of the other volumes on which there ever
// was a stage, one a line.
inline constexpr const char *registry_name = "volumes";
// In the folder of stages on such a volume: what the root is called whose stages these are. Two systems may share a
// volume, and the stages of one must not be leftovers to the other.
inline constexpr const char *owner_name = "owner";
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

struct VolumeRegistry {
    std::string root;  // "" where no volume was registered yet
    std::vector<std::string> tops;
};

// Empty where there is no registry. A line that can't be read is passed over: no decision rests on it, only the tidying
// up of what a cut left on other volumes.
[[nodiscard]] Result<VolumeRegistry> read_volume_registry(base::Directory &root);

// Adds `top` to the registry in `stages`, unless it is there, and returns what the root is called. Durable when it
// returns, since the first stage on that volume must never be there without it.
[[nodiscard]] Result<std::string> register_volume(Site &site, base::Directory &stages, const std::string &top);

// Says in the folder of stages on the volume with that top that they are those of `root`, durably. CONFLICT when they
// are another root's.
[[nodiscard]] Result<void> claim_stages(base::Directory &stages, const std::string &root, const std::string &top);

// Whether there is a volume with that top now.
[[nodiscard]] Result<bool> is_mounted(base::Directory &root, const std::string &top);

// The folders of stages on all registered volumes, as far as these are mounted now, and the stages there this root's.
struct VolumeStages {
    std::string top;
    std::unique_ptr<base::Directory> stages;
};
[[nodiscard]] Result<std::vector<VolumeStages>> stages_on_volumes(base::Directory &root);

}  // namespace mos::transaction
