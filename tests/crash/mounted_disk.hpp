// A real filesystem as a disk for workloads: mounted, with the root in a folder and files of others beside it.
#pragma once

#include "descriptor.hpp"
#include "disk.hpp"
#include "filesystems.hpp"
#include "loop_device.hpp"
#include "tree_image.hpp"

#include <optional>
#include <vector>

namespace mos::test {

class MountedDisk final : public Disk {
  public:
    // Mounts the first of `devices` at the folder `at`, and the others at `tops` in its root, as far as these are
    // there; what a workload allows is written to `mark`, unless that is -1.
    [[nodiscard]] static Result<std::unique_ptr<MountedDisk>> mount(const Filesystem &filesystem,
                                                                    const std::vector<LoopDevice> &devices,
                                                                    const std::vector<std::string> &tops,
                                                                    std::string at, int mark = -1);
    // Unmounts what unmount() has not, lazily if need be.
    ~MountedDisk() override;

    // Everything is written. Nobody may have anything open.
    [[nodiscard]] Result<void> unmount();

    // Makes the root and the bystanders in an empty filesystem.
    [[nodiscard]] Result<void> furnish();
    // All that is outside the root.
    [[nodiscard]] Result<TreeImage> bystanders();
    // The first mark that could not be written.
    [[nodiscard]] Result<void> check_marks() const;

    // The next device that is not mounted yet.
    [[nodiscard]] Result<void> mount(std::string_view path) override;
    [[nodiscard]] Result<std::unique_ptr<base::Directory>> root() override;
    [[nodiscard]] std::string path() const override;
    void allow(Allowed allowed) override;

  private:
    MountedDisk(const Filesystem &filesystem, const std::vector<LoopDevice> &devices, std::string at, int mark)
        : m_filesystem(filesystem), m_devices(devices), m_at(std::move(at)), m_mark(mark) {}
    [[nodiscard]] Result<void> mount_next(const std::string &at);
    [[nodiscard]] Result<void> unmount_last();

    const Filesystem &m_filesystem;
    const std::vector<LoopDevice> &m_devices;
    std::string m_at;
    std::vector<std::string> m_mounted;  // folders, in the order of the devices
    int m_mark;
    std::optional<Error> m_mark_error;
};

}  // namespace mos::test
