// The content of a disk as a file in memory, for a loop device to show.
#pragma once

#include "descriptor.hpp"
#include "disk_image.hpp"

#include <mos/base/result.hpp>

#include <string>

namespace mos::test {

class ImageFile {
  public:
    // All zeros.
    [[nodiscard]] static Result<ImageFile> create(std::uint64_t bytes);
    ImageFile(ImageFile &&other) noexcept;
    ImageFile &operator=(ImageFile &&) = delete;
    ~ImageFile();

    [[nodiscard]] int descriptor() const noexcept { return m_file.number(); }
    // For programs that take a path.
    [[nodiscard]] std::string path() const;

    // Becomes `image`; writes only what differs. The caller makes whoever has the content cached forget it.
    [[nodiscard]] Result<void> load(const DiskImage &image);
    [[nodiscard]] Result<DiskImage> content() const;

  private:
    ImageFile(base::real::Descriptor file, base::MutableByteView map) : m_file(std::move(file)), m_map(map) {}
    [[nodiscard]] Result<std::vector<bool>> allocated_blocks() const;

    base::real::Descriptor m_file;
    base::MutableByteView m_map;
};

}  // namespace mos::test
