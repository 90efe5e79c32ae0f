// A loop device on a file, released when its owner goes, however that happens.
#pragma once

#include "descriptor.hpp"

#include <mos/base/result.hpp>

#include <cstdint>
#include <string>

namespace mos::test {

class LoopDevice {
  public:
    // Over the open file `backing`, or a part of it. PERMISSION without the rights, IO when there is no free device.
    [[nodiscard]] static Result<LoopDevice> create(int backing, std::uint64_t offset = 0, std::uint64_t bytes = 0);

    [[nodiscard]] const std::string &path() const noexcept { return m_path; }
    // What was read from it before is read from the file again. Nothing may be mounted.
    [[nodiscard]] Result<void> forget_cache() const;

  private:
    LoopDevice(std::string path, base::real::Descriptor device)
        : m_path(std::move(path)), m_device(std::move(device)) {}
    std::string m_path;
    base::real::Descriptor m_device;  // the kernel takes the device apart when the last one closes
};

}  // namespace mos::test
