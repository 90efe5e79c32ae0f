// A real filesystem as a disk for workloads: mounted, with the root in a folder and files of others beside it.
#pragma once

#include "descriptor.hpp"
#include "disk.hpp"
#include "filesystems.hpp"
#include "loop_device.hpp"
#include "tree_image.hpp"

#include <optional>

namespace mos::test {

class MountedDisk final : public Disk {
  public:
    // Mounts `device` at the folder `at`; what a workload allows is written to `mark`, unless that is -1.
    [[nodiscard]] static Result<std::unique_ptr<MountedDisk>>
    mount(const Filesystem &filesystem, const LoopDevice &device, std::string at, int mark = -1);
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

    [[nodiscard]] Result<std::unique_ptr<base::Directory>> root() override;
    [[nodiscard]] std::string path() const override;
    void allow(Allowed allowed) override;

  private:
    MountedDisk(std::string at, int mark) : m_at(std::move(at)), m_mark(mark) {}
    std::string m_at;
    int m_mark;
    bool m_mounted = true;
    std::optional<Error> m_mark_error;
};

}  // namespace mos::test
