// What keeps an entry from being changed, found out before anything is written.
//
// Nothing may fail after the decision, so everything that can refuse refuses here: a volume that is read-only or of the
// wrong kind, an immutable entry or directory, a mount point in the way, too little room. The plan and the staging ask
// the same object, so that what is shown and what is done can't differ.
#pragma once

#include <mos/base/directory_cache.hpp>
#include <mos/base/filesystem.hpp>
#include <mos/base/path.hpp>
#include <mos/transaction/volumes.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::transaction {

// What happens at a path.
enum class Touch : std::uint8_t {
    arrive,      // something comes there, and what is there goes
    leave,       // what is there goes
    attributes,  // what is there gets others
};

// What is at a path, and where.
struct Place {
    std::string volume;  // the top of the one that holds the path's directory
    std::optional<base::FileStatus> there;
    bool directory_immutable = false;  // the directory's entries can't come and go
    bool mount_point = false;          // `there` is the top of a volume of its own, or a file that was mounted upon

    // The volume of what is there.
    [[nodiscard]] std::string volume_of_entry(std::string_view path) const {
        return mount_point ? std::string{path} : volume;
    }
};

class Preflight {
  public:
    explicit Preflight(base::Directory &root) : m_root(root), m_cache(root), m_volumes(root) {}

    // The directory that holds `path`, valid until the next call; errors as of look().
    [[nodiscard]] Result<base::Directory *> directory_of(std::string_view path) {
        return m_cache.open(base::split_path(path).parent);
    }

    // Refuses nothing but what can't be looked at: FILESYSTEM_UNSUITABLE where inodes can't be told. NOT_FOUND,
    // SYMLINK_IN_PATH and others when the path's directory can't be opened.
    [[nodiscard]] Result<Place> look(std::string_view path);

    // Whether `touch` can be carried out there: READ_ONLY, PERMISSION, CROSS_MOUNT, FILESYSTEM_UNSUITABLE.
    [[nodiscard]] Result<void> check(std::string_view path, const Place &place, Touch touch);

    // The same for a whole plan, whose changes come in byte order of their paths, and counts what they need: `bytes` of
    // content. What comes into a directory that is itself new needs room on the volume of that one. Returns the volume.
    [[nodiscard]] Result<std::string> plan(std::string_view path, Touch touch, std::uint64_t bytes);
    // NO_SPACE names the first volume that has not the room.
    [[nodiscard]] Result<void> check_space();

    // The root's own volume, on which every stage begins.
    [[nodiscard]] Result<void> check_root() { return check_volume(""); }

    // CROSS_MOUNT for a name that is to share the file at `first`, which lies on another volume.
    [[nodiscard]] static Error links_apart(std::string_view path, std::string_view first);

  private:
    struct Needs {
        std::uint64_t bytes = 0;
        std::uint64_t entries = 0;
    };
    // What comes, and takes what is below it along. A stack by the same argument as Stage's frames.
    struct Cover {
        std::string path;
        std::string volume;
    };
    [[nodiscard]] Result<const base::FilesystemUsage *> usage_of(const std::string &top);
    [[nodiscard]] Result<void> check_volume(const std::string &top);
    [[nodiscard]] Result<std::string> volume_above(std::string_view path);
    [[nodiscard]] const Cover *cover_of(std::string_view path);

    base::Directory &m_root;
    base::DirectoryCache m_cache;
    VolumeFinder m_volumes;
    std::map<std::string, base::FilesystemUsage> m_usages;
    std::map<std::string, Needs> m_needs;
    std::vector<Cover> m_covers;
};

}  // namespace mos::transaction
