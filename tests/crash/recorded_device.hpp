// A loop device of which every write and flush is in a log: its backing is a disk_recorder.
#pragma once

#include "image_file.hpp"
#include "loop_device.hpp"

#include <mos/base/bytes.hpp>

#include <memory>
#include <sys/types.h>

namespace mos::test {

class RecordedDevice {
  public:
    // Starts the recorder, with its files at the folder `at`.
    [[nodiscard]] static Result<std::unique_ptr<RecordedDevice>> start(std::uint64_t bytes, std::string at);
    RecordedDevice(const RecordedDevice &) = delete;
    RecordedDevice &operator=(const RecordedDevice &) = delete;
    ~RecordedDevice();

    [[nodiscard]] ImageFile &disk() noexcept { return m_disk; }
    [[nodiscard]] const LoopDevice &device() const noexcept { return *m_device; }
    [[nodiscard]] int mark() const noexcept { return m_mark.number(); }

    // With `image` as the disk and an empty log. Nothing may be mounted.
    [[nodiscard]] Result<void> begin(const DiskImage &image);
    [[nodiscard]] Result<base::Bytes> log() const;

  private:
    RecordedDevice(ImageFile disk, std::string at) : m_disk(std::move(disk)), m_at(std::move(at)) {}
    [[nodiscard]] Result<void> start_recorder();
    [[nodiscard]] Result<void> wait_until_mounted() const;

    ImageFile m_disk;
    std::string m_at;
    base::real::Descriptor m_log;
    pid_t m_recorder = -1;
    base::real::Descriptor m_mark;
    std::unique_ptr<LoopDevice> m_device;
};

}  // namespace mos::test
