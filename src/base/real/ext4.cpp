#include "ext4.hpp"

#include "descriptor.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace mos::base::real {

namespace {

// Linux, Documentation/filesystems/ext4/super.rst: the superblock's place, and what lies where in it (little-endian).
constexpr off_t superblock_offset = 1024;
constexpr std::size_t magic_offset = 0x38;
constexpr std::size_t compatible_features_offset = 0x5C;
constexpr std::uint16_t magic = 0xEF53;
constexpr std::uint32_t fast_commit_feature = 0x400;
constexpr std::string_view name_line = "DEVNAME=";

// The kernel's own name of the device, as devtmpfs shows it.
std::string device_path(dev_t device) {
    const std::string path = fmt::format("/sys/dev/block/{}:{}/uevent", major(device), minor(device));
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 1024> content = {};
    const ssize_t size = file.is_open() ? ::read(file.number(), content.data(), content.size()) : -1;
    if (size <= 0)
        return {};
    std::string_view text{content.data(), static_cast<std::size_t>(size)};
    const std::size_t begin = text.find(name_line);
    if (begin == std::string_view::npos)
        return {};
    text.remove_prefix(begin + name_line.size());
    return "/dev/" + std::string{text.substr(0, text.find('\n'))};
}

}  // namespace

bool has_fast_commit(dev_t device) noexcept {
    try {
        const std::string path = device_path(device);
        const Descriptor file{path.empty() ? -1 : ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
        struct stat status = {};
        if (!file.is_open() || ::fstat(file.number(), &status) != 0 || !S_ISBLK(status.st_mode) ||
            status.st_rdev != device)
            return false;
        std::array<unsigned char, 0x60> block = {};
        if (::pread(file.number(), block.data(), block.size(), superblock_offset) != static_cast<ssize_t>(block.size()))
            return false;
        const auto byte = [&](std::size_t at) { return static_cast<std::uint32_t>(block[at]); };
        const std::uint32_t found = byte(magic_offset) | (byte(magic_offset + 1) << 8U);
        const std::uint32_t features = byte(compatible_features_offset) | (byte(compatible_features_offset + 1) << 8U);
        return found == magic && (features & fast_commit_feature) != 0;
    } catch (...) {
        return false;  // out of memory: this is only asked to warn
    }
}

}  // namespace mos::base::real
