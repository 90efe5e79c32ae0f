#include "mounts.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <limits>
#include <sched.h>
#include <string_view>
#include <sys/mount.h>
#include <sys/statvfs.h>

namespace mos::libexec {

namespace {

constexpr const char *scratch_options = "mode=1777,size=64m";
constexpr std::size_t max_mounts = 100'000;  // the kernel's own limit

// The place of an open directory, whatever is renamed meanwhile.
Result<std::string> place_of(base::Directory &directory) {
    const std::optional<int> number = directory.native_descriptor();
    if (!number)
        return Error{Code::INTERNAL, "a directory has no descriptor"};
    return "/proc/self/fd/" + std::to_string(*number);
}

int set_read_only(const char *path, unsigned flags) {
    mount_attr attributes = {};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    return ::mount_setattr(AT_FDCWD, path, flags, &attributes, sizeof attributes);
}

// What else is set for the mount: a remount that does not name it takes it away.
unsigned long flags_of(const std::string &path) {
    struct statvfs status = {};
    if (::statvfs(path.c_str(), &status) != 0)
        return 0;
    return status.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME | ST_NODIRATIME);
}

// As it is done before Linux 5.12. Fails only where the path can still be written to: of mounts that lie under another
// one the path is no longer theirs.
Result<void> remount_read_only(const std::string &path) {
    if (::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | flags_of(path), nullptr) == 0)
        return {};
    const int number = errno;
    struct statvfs status = {};
    const bool is_gone = ::statvfs(path.c_str(), &status) != 0 && errno == ENOENT;
    if (is_gone || (status.f_flag & ST_RDONLY) != 0)
        return {};
    return base::system_error(number, "make read-only what is mounted on", path);
}

// "\040" and its like in a line of mountinfo, by proc(5).
std::string unescaped(std::string_view field) {
    std::string text;
    for (std::size_t i = 0; i < field.size(); ++i) {
        if (field[i] == '\\' && i + 3 < field.size()) {
            text += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0'));
            i += 3;
        } else {
            text += field[i];
        }
    }
    return text;
}

Result<void> remount_all_read_only() {
    std::ifstream file{"/proc/self/mountinfo"};
    std::vector<std::string> places;
    std::string number;
    std::string parent;
    std::string device;
    std::string inner;
    std::string place;
    while (places.size() < max_mounts && file >> number >> parent >> device >> inner >> place) {
        places.push_back(unescaped(place));
        file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    if (places.empty())
        return Error{Code::IO, "can't read '/proc/self/mountinfo'"};
    for (const std::string &path : places)
        MOS_CHECK(remount_read_only(path));
    return {};
}

}  // namespace

Result<void> separate_mounts() {
    if (::unshare(CLONE_NEWNS) != 0)
        return base::system_error(errno, "separate the mounts of", "the script");
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return base::system_error(errno, "separate the mounts below", "/");
    return {};
}

Result<void> cover(base::Directory &root, const std::string &hidden, base::Directory &folder) {
    MOS_TRY(const auto target, root.open_directory(hidden, base::Symlinks::follow_in_root));
    MOS_TRY(const std::string source_place, place_of(folder));
    MOS_TRY(const std::string target_place, place_of(*target));
    if (::mount(source_place.c_str(), target_place.c_str(), nullptr, MS_BIND, nullptr) != 0)
        return base::system_error(errno, "cover", hidden);
    MOS_TRY(const auto top, root.open_directory(hidden, base::Symlinks::follow_in_root));  // of the new mount
    MOS_TRY(const std::string top_place, place_of(*top));
    if (set_read_only(top_place.c_str(), 0) == 0)
        return {};
    if (errno != ENOSYS)
        return base::system_error(errno, "make read-only", hidden);
    return remount_read_only(top_place);
}

Result<void> make_all_read_only() {
    if (set_read_only("/", AT_RECURSIVE) == 0)
        return {};
    if (errno != ENOSYS)
        return base::system_error(errno, "make read-only", "/");
    return remount_all_read_only();
}

Result<void> mount_scratch(base::Directory &root, const std::string &name) {
    MOS_TRY(const auto status, root.find(name));
    if (!status || status->type != base::FileType::directory)
        return {};
    MOS_TRY(const auto target, root.open_directory(name, base::Symlinks::refuse));
    MOS_TRY(const std::string place, place_of(*target));
    if (::mount("tmpfs", place.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, scratch_options) != 0)
        return base::system_error(errno, "mount a filesystem in memory on", name);
    return {};
}

}  // namespace mos::libexec
