#include "file.hpp"

#include "attributes.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mos::base::real {

namespace {

constexpr auto max_offset = static_cast<std::uint64_t>(INT64_MAX);

}  // namespace

Result<void> RealFile::outcome(int answer, std::string_view what) const {
    if (answer != 0)
        return system_error(errno, what, m_shown);
    return {};
}

Result<std::size_t> RealFile::read_at(std::uint64_t offset, MutableByteView out) {
    if (offset > max_offset - out.size())
        return std::size_t{0};
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t count = uninterrupted([&] {
            return ::pread(m_descriptor.number(), out.data() + done, out.size() - done,
                           static_cast<off_t>(offset + done));
        });
        if (count < 0)
            return system_error(errno, "read", m_shown);
        if (count == 0)
            break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

Result<void> RealFile::write_at(std::uint64_t offset, ByteView bytes) {
    if (offset > max_offset - bytes.size())
        return system_error(EFBIG, "write", m_shown);
    while (!bytes.empty()) {
        const ssize_t count = uninterrupted(
            [&] { return ::pwrite(m_descriptor.number(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
        if (count <= 0)
            return system_error(count == 0 ? EIO : errno, "write", m_shown);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return {};
}

Result<void> RealFile::resize(std::uint64_t size) {
    if (size > max_offset)
        return system_error(EFBIG, "resize", m_shown);
    return outcome(uninterrupted([&] { return ::ftruncate(m_descriptor.number(), static_cast<off_t>(size)); }),
                   "resize");
}

Result<bool> RealFile::share_content_of(File &source) {
    const auto *const real = dynamic_cast<const RealFile *>(&source);
    if (real == nullptr)
        return false;
    const int answer =
        uninterrupted([&] { return ::ioctl(m_descriptor.number(), FICLONE, real->m_descriptor.number()); });
    if (answer == 0)
        return true;
    switch (errno) {
    case EOPNOTSUPP:  // the filesystem shares nothing
    case ENOTTY:
    case ENOSYS:
    case EXDEV:    // two filesystems
    case EINVAL:   // or this file of it: btrfs shares nothing between files with and without checksums
    case ETXTBSY:  // a swap file
        return false;
    default:
        return system_error(errno, "share the content of another file with", m_shown);
    }
}

Result<FileStatus> RealFile::status() {
    MOS_TRY(const std::optional<FileStatus> status, read_status(m_descriptor.number(), "", m_shown));
    if (!status)
        return system_error(ENOENT, "inspect", m_shown);
    return *status;
}

Result<void> RealFile::set_owner(std::uint32_t owner, std::uint32_t group) {
    return outcome(::fchown(m_descriptor.number(), owner, group), "set the owner of");
}

Result<void> RealFile::set_mode(std::uint32_t mode) {
    return outcome(::fchmod(m_descriptor.number(), mode & 07777U), "set the mode of");
}

Result<void> RealFile::set_modified(FileTime time) {
    const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
                               {.tv_sec = time.seconds, .tv_nsec = time.nanoseconds}};
    return outcome(::futimens(m_descriptor.number(), times), "set the time of");
}

Result<void> RealFile::set_extended_attribute(const ExtendedAttribute &attribute) {
    return AttributeTarget::of_descriptor(m_descriptor.number()).set(attribute, m_shown);
}

Result<ExtendedAttributes> RealFile::extended_attributes() {
    return AttributeTarget::of_descriptor(m_descriptor.number()).all(m_shown);
}

Result<void> RealFile::flush() {
    return outcome(uninterrupted([&] { return ::fsync(m_descriptor.number()); }), "flush");
}

Result<void> RealFile::lock(LockMode mode) {
    const int operation = (mode == LockMode::shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
    const int answer = uninterrupted([&] { return ::flock(m_descriptor.number(), operation); });
    if (answer != 0 && errno == EWOULDBLOCK)
        return Error{Code::LOCKED, fmt::format("{} is in use", in_quotes(m_shown))}.about(m_shown);
    return outcome(answer, "lock");
}

}  // namespace mos::base::real
