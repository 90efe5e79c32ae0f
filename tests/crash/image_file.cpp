#include "image_file.hpp"

#include <mos/base/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace mos::test {

using base::real::Descriptor;

namespace {

constexpr std::string_view name = "disk image";

}  // namespace

Result<ImageFile> ImageFile::create(std::uint64_t bytes) {
    Descriptor file{::memfd_create("disk", MFD_CLOEXEC)};
    if (!file.is_open() || ::ftruncate(file.number(), static_cast<off_t>(bytes)) != 0)
        return base::system_error(errno, "make", name);
    void *const map =
        ::mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE, MAP_SHARED, file.number(), 0);
    if (map == MAP_FAILED)
        return base::system_error(errno, "map", name);
    return ImageFile{std::move(file), {static_cast<std::byte *>(map), static_cast<std::size_t>(bytes)}};
}

ImageFile::ImageFile(ImageFile &&other) noexcept
    : m_file(std::move(other.m_file)), m_map(std::exchange(other.m_map, {})) {}

ImageFile::~ImageFile() {
    if (!m_map.empty())
        ::munmap(m_map.data(), m_map.size());
}

std::string ImageFile::path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), m_file.number()); }

// Most of a small filesystem is holes: looking only at the rest is what makes thousands of states quick.
Result<std::vector<bool>> ImageFile::allocated_blocks() const {
    std::vector<bool> allocated(m_map.size() / block_bytes);
    off_t at = 0;
    for (;;) {
        const off_t start = ::lseek(m_file.number(), at, SEEK_DATA);
        if (start < 0 && errno == ENXIO)
            return allocated;
        const off_t end = start < 0 ? -1 : ::lseek(m_file.number(), start, SEEK_HOLE);
        if (end < 0)
            return base::system_error(errno, "find the holes of", name);
        const auto block = static_cast<off_t>(block_bytes);
        std::fill(allocated.begin() + start / block, allocated.begin() + (end + block - 1) / block, true);
        at = end;
    }
}

Result<void> ImageFile::load(const DiskImage &image) {
    MOS_TRY(const std::vector<bool> allocated, allocated_blocks());
    for (std::size_t i = 0; i < allocated.size(); ++i) {
        const Block *const wanted = image.block(i);
        std::byte *const present = m_map.data() + i * block_bytes;
        if (wanted == nullptr && allocated[i]) {
            if (::fallocate(m_file.number(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                            static_cast<off_t>(i * block_bytes), static_cast<off_t>(block_bytes)) != 0)
                return base::system_error(errno, "empty a block of", name);
        } else if (wanted != nullptr && std::memcmp(present, wanted->data(), block_bytes) != 0) {
            std::memcpy(present, wanted->data(), block_bytes);
        }
    }
    return {};
}

Result<DiskImage> ImageFile::content() const {
    MOS_TRY(const std::vector<bool> allocated, allocated_blocks());
    DiskImage image{m_map.size()};
    for (std::size_t i = 0; i < allocated.size(); ++i) {
        if (allocated[i])
            image.write(i * block_bytes, m_map.subspan(i * block_bytes, block_bytes));
    }
    return image;
}

}  // namespace mos::test
