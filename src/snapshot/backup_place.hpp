// What an entry of a backup becomes in a root.
#pragma once

#include <mos/snapshot/backup_restore.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace mos::snapshot {

// Where entries go. PATH_REFUSED for a place that is the engine's own, or too long or deep.
class PutBackPaths {
  public:
    PutBackPaths(const BackupAbout &about, std::string destination);
    [[nodiscard]] Result<std::string> place_of(std::string_view path) const;

  private:
    std::string m_destination;
    std::string m_only_path;  // of the backup, where it has one and that is what the destination takes the place of
};

// What the entry gets there. `folder` is the status of the lowest folder above it that is there.
[[nodiscard]] state::Attributes attributes_in_place(const BackupEntry &entry, Permissions permissions,
                                                    const base::FileStatus &folder);
// Of these, what a transaction reads, writes and takes back on something that stays.
[[nodiscard]] state::Attributes managed_only(state::Attributes attributes);

// A file that was modified after `entry` was. Of a hard link, whose own entry has no time, after the backup was made.
[[nodiscard]] bool is_newer(const base::FileStatus &there, const BackupEntry &entry, const BackupAbout &about);

// By what one knows that something else stands in a place by now; 0 for nothing.
[[nodiscard]] std::uint64_t witness_of(const std::optional<base::FileStatus> &there);

// CONFLICT: what is at `place` is another than the backup's, and no restoration takes its place.
[[nodiscard]] Error in_the_way(const std::string &place, const base::FileStatus &there, std::string_view wanted);

// The folders of `place` that are not there, from the outermost on, and the status of the lowest that is. CONFLICT
// where something else stands in the place of one.
struct Above {
    std::vector<std::string> missing;
    base::FileStatus lowest;
};
[[nodiscard]] Result<Above> look_above(base::Directory &root, std::string_view place);

// What a folder gets that no backup has and that one needs.
[[nodiscard]] state::Attributes implied_folder(const base::FileStatus &above, const base::Clock &clock);

}  // namespace mos::snapshot
