// Loop devices of which every write and flush is in one log: their backings are the parts of a disk_recorder's disk.
#pragma once

#include "image_file.hpp"
#include "loop_device.hpp"

#include <mos/base/bytes.hpp>

#include <memory>
#include <sys/types.h>
#include <vector>

namespace mos::test {

class RecordedDevice {
  public:
    // Starts the recorder, with its files at the folder `at`, for `parts` devices of `bytes` each.
    [[nodiscard]] static Result<std::unique_ptr<RecordedDevice>> start(std::uint64_t bytes, std::size_t parts,
                                                                       std::string at);
    RecordedDevice(const RecordedDevice &) = delete;
    RecordedDevice &operator=(const RecordedDevice &) = delete;
    ~RecordedDevice();

    [[nodiscard]] ImageFile &disk() noexcept { return m_disk; }
    [[nodiscard]] const std::vector<LoopDevice> &devices() const noexcept { return m_devices; }
    [[nodiscard]] int mark() const noexcept { return m_mark.number(); }

    // With `image` as the disk and an empty log. Nothing may be mounted.
    [[nodiscard]] Result<void> begin(const DiskImage &image);
    [[nodiscard]] Result<base::Bytes> log() const;

  private:
    RecordedDevice(ImageFile disk, std::string at) : m_disk(std::move(disk)), m_at(std::move(at)) {}
    [[nodiscard]] Result<void> start_recorder(std::size_t parts);
    [[nodiscard]] Result<void> wait_until_mounted() const;

    ImageFile m_disk;
    std::string m_at;
    base::real::Descriptor m_log;
    pid_t m_recorder = -1;
    base::real::Descriptor m_mark;
    std::vector<LoopDevice> m_devices;
};

}  // namespace mos::test
