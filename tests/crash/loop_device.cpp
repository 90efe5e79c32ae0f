#include "loop_device.hpp"

#include <mos/base/error.hpp>

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace mos::test {

using base::real::Descriptor;

namespace {

constexpr const char *control_path = "/dev/loop-control";
constexpr int attempts = 100;  // others may be quicker to take a free device

// Without udev nobody makes the nodes of new devices.
Result<Descriptor> open_device(const std::string &path, int number) {
    if (::mknod(path.c_str(), S_IFBLK | 0600, makedev(LOOP_MAJOR, static_cast<unsigned>(number))) != 0 &&
        errno != EEXIST)
        return base::system_error(errno, "make", path);
    Descriptor device{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
    if (!device.is_open())
        return base::system_error(errno, "open", path);
    return device;
}

}  // namespace

Result<LoopDevice> LoopDevice::create(int backing, std::uint64_t offset, std::uint64_t bytes) {
    const Descriptor control{::open(control_path, O_RDWR | O_CLOEXEC)};
    if (!control.is_open())
        return base::system_error(errno, "open", control_path);
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const int number = ::ioctl(control.number(), LOOP_CTL_GET_FREE);
        if (number < 0)
            return base::system_error(errno, "get a device from", control_path);
        std::string path = fmt::format("/dev/loop{}", number);
        MOS_TRY(Descriptor device, open_device(path, number));
        loop_config configuration = {};
        configuration.fd = static_cast<std::uint32_t>(backing);
        configuration.info.lo_flags = LO_FLAGS_AUTOCLEAR;
        configuration.info.lo_offset = offset;
        configuration.info.lo_sizelimit = bytes;
        if (::ioctl(device.number(), LOOP_CONFIGURE, &configuration) == 0)
            return LoopDevice{std::move(path), std::move(device)};
        if (errno != EBUSY)
            return base::system_error(errno, "set up", path);
    }
    return Error{Code::IO, "others took every free loop device; try again"};
}

Result<void> LoopDevice::forget_cache() const {
    if (::ioctl(m_device.number(), BLKFLSBUF) != 0)
        return base::system_error(errno, "empty the cache of", m_path);
    return {};
}

}  // namespace mos::test
