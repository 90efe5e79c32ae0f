// What a workload runs on and an examiner looks at: the twin of the filesystem port, or a real filesystem.
#pragma once

#include <mos/base/filesystem.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace mos::test {

// Which of a workload's releases a cut may leave: a bit for each.
using Allowed = std::uint32_t;
[[nodiscard]] constexpr Allowed only(std::size_t release) { return Allowed{1} << release; }

class Disk {
  public:
    Disk() = default;
    Disk(const Disk &) = delete;
    Disk &operator=(const Disk &) = delete;
    virtual ~Disk() = default;

    // Makes the empty directory at `path` beneath the root the top of another volume. UNSUPPORTED where a disk has one.
    [[nodiscard]] virtual Result<void> mount(std::string_view path) {
        return Error{Code::UNSUPPORTED, "this disk can't mount '" + std::string{path} + "'"};
    }

    // The root, opened afresh, as after power on.
    [[nodiscard]] virtual Result<std::unique_ptr<base::Directory>> root() = 0;

    // Where the kernel has the root, for programs that run in it; "" for a disk in memory.
    [[nodiscard]] virtual std::string path() const { return {}; }

    // Told what a cut may leave from this moment on. Nothing that the workload does afterwards may reach the disk
    // before this is on record.
    virtual void allow(Allowed /*allowed*/) {}
};

}  // namespace mos::test
