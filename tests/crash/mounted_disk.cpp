#include "mounted_disk.hpp"

#include "change.hpp"
#include "cut_states.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <thread>
#include <unistd.h>

namespace mos::test {

namespace {

constexpr std::string_view root_name = "root";
constexpr int unmount_attempts = 200;
constexpr std::chrono::milliseconds unmount_pause{5};

// btrfs remembers devices by UUID and refuses one that looks older than what it has seen elsewhere: as every state on a
// second device does.
void forget_btrfs_devices() {
    const base::real::Descriptor control{::open("/dev/btrfs-control", O_RDWR | O_CLOEXEC)};
    btrfs_ioctl_vol_args all_unmounted = {};
    if (control.is_open())
        (void)::ioctl(control.number(), BTRFS_IOC_FORGET_DEV, &all_unmounted);
}

TreeImage bystanders_image() {
    return ImageBuilder{}
        .directory("beside", 0711)
        .file("beside/file", std::string(6000, 'b'), 0640)
        .owner(7, 8)
        .symlink("beside/link", "../root/usr/bin/tool")
        .file("root-not", "has the root's name at its beginning")
        .image();
}

}  // namespace

Result<std::unique_ptr<MountedDisk>> MountedDisk::mount(const Filesystem &filesystem,
                                                        const std::vector<LoopDevice> &devices,
                                                        const std::vector<std::string> &tops, std::string at,
                                                        int mark) {
    if (filesystem.type == "btrfs")
        forget_btrfs_devices();
    std::unique_ptr<MountedDisk> disk{new MountedDisk{filesystem, devices, at, mark}};
    MOS_CHECK(disk->mount_next(at));
    for (const std::string &top : tops) {
        const std::string folder = disk->path() + "/" + top;
        if (::access(folder.c_str(), F_OK) == 0)
            MOS_CHECK(disk->mount_next(folder));
    }
    return disk;
}

Result<void> MountedDisk::mount_next(const std::string &at) {
    const LoopDevice &device = m_devices[m_mounted.size()];
    if (::mount(device.path().c_str(), at.c_str(), m_filesystem.type.c_str(), 0, m_filesystem.mount_options.c_str()) !=
        0)
        return base::system_error(errno, "mount", m_filesystem.name);
    m_mounted.push_back(at);
    return {};
}

Result<void> MountedDisk::mount(std::string_view path) {
    const std::string at = this->path() + "/" + std::string{path};
    MOS_CHECK(mount_next(at));
    // What ext4 puts into a new filesystem belongs to no picture.
    MOS_TRY(const auto top, base::open_root(at));
    return base::remove_tree(*top, "lost+found");
}

MountedDisk::~MountedDisk() {
    for (; !m_mounted.empty(); m_mounted.pop_back())
        ::umount2(m_mounted.back().c_str(), MNT_DETACH);
}

Result<void> MountedDisk::unmount() {
    while (!m_mounted.empty())
        MOS_CHECK(unmount_last());
    return {};
}

// The kernel may hold a file for a moment longer than we do.
Result<void> MountedDisk::unmount_last() {
    for (int attempt = 0; attempt < unmount_attempts; ++attempt) {
        if (::umount2(m_mounted.back().c_str(), 0) == 0) {
            m_mounted.pop_back();
            return {};
        }
        if (errno != EBUSY)
            break;
        std::this_thread::sleep_for(unmount_pause);
    }
    return base::system_error(errno, "unmount", m_mounted.back());
}

Result<void> MountedDisk::furnish() {
    MOS_TRY(const auto top, base::open_root(m_at));
    MOS_CHECK(build(*top, bystanders_image()));
    return top->make_directory(root_name, 0755);
}

Result<TreeImage> MountedDisk::bystanders() {
    MOS_TRY(const auto top, base::open_root(m_at));
    const std::array except = {root_name};
    return scan(*top, except);
}

Result<void> MountedDisk::check_marks() const {
    if (m_mark_error)
        return *m_mark_error;
    return {};
}

Result<std::unique_ptr<base::Directory>> MountedDisk::root() { return base::open_root(path()); }

std::string MountedDisk::path() const { return m_at + "/" + std::string{root_name}; }

void MountedDisk::allow(Allowed allowed) {
    const std::string mark = mark_of(allowed);
    if (m_mark >= 0 && ::write(m_mark, mark.data(), mark.size()) != static_cast<ssize_t>(mark.size()) && !m_mark_error)
        m_mark_error = base::system_error(errno, "write a mark", mark);
}

}  // namespace mos::test
