#include "attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace mos::base::real {

namespace {

constexpr int max_size_attempts = 8;  // somebody may lengthen an attribute between the two calls that read it

FileStatus status_of(const struct statx &raw) {
    FileStatus status;
    status.type = type_of_mode(raw.stx_mode);
    status.mode = raw.stx_mode & 07777U;
    status.owner = raw.stx_uid;
    status.group = raw.stx_gid;
    if (status.type == FileType::regular || status.type == FileType::symlink)
        status.size = raw.stx_size;
    status.modified = {raw.stx_mtime.tv_sec, static_cast<std::int32_t>(raw.stx_mtime.tv_nsec)};
    status.inode = raw.stx_ino;
    status.device = makedev(raw.stx_dev_major, raw.stx_dev_minor);
    status.mount = (raw.stx_mask & STATX_MNT_ID) != 0 ? raw.stx_mnt_id : 0;
    status.links = raw.stx_nlink;
    status.immutable = (raw.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0;
    return status;
}

// For kernels before 5.8. A handle of no bytes is always too small, and the mount's number is filled in all the same.
std::uint64_t mount_by_handle(int directory, const char *name) {
    file_handle handle = {};
    int mount = 0;
    if (::name_to_handle_at(directory, name, &handle, &mount, AT_EMPTY_PATH) != 0 && errno != EOVERFLOW)
        return 0;
    return static_cast<std::uint64_t>(mount);
}

}  // namespace

FileType type_of_mode(std::uint32_t mode) noexcept {
    switch (mode & static_cast<std::uint32_t>(S_IFMT)) {
    case S_IFDIR:
        return FileType::directory;
    case S_IFLNK:
        return FileType::symlink;
    case S_IFCHR:
        return FileType::character_device;
    case S_IFBLK:
        return FileType::block_device;
    case S_IFIFO:
        return FileType::fifo;
    case S_IFSOCK:
        return FileType::socket;
    default:
        return FileType::regular;
    }
}

Result<std::optional<FileStatus>> read_status(int directory, const char *name, std::string_view shown) {
    struct statx raw = {};
    const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH;
    if (uninterrupted([&] { return ::statx(directory, name, flags, STATX_BASIC_STATS | STATX_MNT_ID, &raw); }) != 0) {
        if (errno == ENOENT)
            return std::optional<FileStatus>{};
        return system_error(errno, "inspect", shown);
    }
    FileStatus status = status_of(raw);
    if (status.mount == 0)
        status.mount = mount_by_handle(directory, name);
    return std::optional{status};
}

AttributeTarget AttributeTarget::of_descriptor(int descriptor) {
    AttributeTarget target;
    target.m_borrowed = descriptor;
    return target;
}

Result<AttributeTarget> AttributeTarget::of_name(int directory, const std::string &name, std::string_view shown) {
    AttributeTarget target;
    const std::string through = fmt::format("/proc/self/fd/{}", directory);
    if (::access(through.c_str(), F_OK) == 0) {
        target.m_path = through + "/" + name;
        return target;
    }
    // No /proc in early boot: what can be opened is reached all the same.
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    target.m_own = Descriptor{uninterrupted([&] { return ::openat(directory, name.c_str(), flags); })};
    if (!target.m_own.is_open())
        return system_error(errno, "open", shown);
    target.m_borrowed = target.m_own.number();
    return target;
}

ssize_t AttributeTarget::list_into(char *out, std::size_t size) const {
    return m_borrowed >= 0 ? ::flistxattr(m_borrowed, out, size) : ::llistxattr(m_path.c_str(), out, size);
}

ssize_t AttributeTarget::value_into(const char *name, std::byte *out, std::size_t size) const {
    return m_borrowed >= 0 ? ::fgetxattr(m_borrowed, name, out, size) : ::lgetxattr(m_path.c_str(), name, out, size);
}

Result<std::string> AttributeTarget::names(std::string_view shown) const {
    std::string names;
    for (int attempt = 0; attempt < max_size_attempts; ++attempt) {
        const ssize_t needed = list_into(nullptr, 0);
        if (needed < 0 && errno == EOPNOTSUPP)
            return std::string{};
        if (needed < 0)
            return system_error(errno, "list attributes of", shown);
        if (static_cast<std::size_t>(needed) > max_attribute_list_bytes)
            break;
        names.resize(static_cast<std::size_t>(needed));
        const ssize_t got = needed == 0 ? 0 : list_into(names.data(), names.size());
        if (got >= 0) {
            names.resize(static_cast<std::size_t>(got));
            return names;
        }
        if (errno != ERANGE)
            return system_error(errno, "list attributes of", shown);
    }
    return Error{Code::LIMIT, fmt::format("{} has more than {} bytes of attribute names", in_quotes(shown),
                                          max_attribute_list_bytes)}
        .about(std::string{shown});
}

// nullopt when the attribute went away since it was listed.
Result<std::optional<Bytes>> AttributeTarget::value(const char *name, std::string_view shown) const {
    for (int attempt = 0; attempt < max_size_attempts; ++attempt) {
        const ssize_t needed = value_into(name, nullptr, 0);
        if (needed < 0 && errno == ENODATA)
            return std::optional<Bytes>{};
        if (needed < 0)
            return system_error(errno, fmt::format("read attribute {} of", in_quotes(name)), shown);
        if (static_cast<std::size_t>(needed) > max_attribute_value_bytes)
            break;
        Bytes value(static_cast<std::size_t>(needed));
        const ssize_t got = needed == 0 ? 0 : value_into(name, value.data(), value.size());
        if (got >= 0) {
            value.resize(static_cast<std::size_t>(got));
            return std::optional{std::move(value)};
        }
        if (errno == ENODATA)
            return std::optional<Bytes>{};
        if (errno != ERANGE)
            return system_error(errno, fmt::format("read attribute {} of", in_quotes(name)), shown);
    }
    return Error{Code::LIMIT, fmt::format("attribute {} of {} has more than {} bytes", in_quotes(name),
                                          in_quotes(shown), max_attribute_value_bytes)}
        .about(std::string{shown});
}

Result<ExtendedAttributes> AttributeTarget::all(std::string_view shown) const {
    MOS_TRY(const std::string list, names(shown));
    ExtendedAttributes attributes;
    std::size_t total = 0;
    for (std::size_t begin = 0; begin < list.size();) {
        const std::string name = list.c_str() + begin;
        begin += name.size() + 1;
        MOS_TRY(std::optional<Bytes> bytes, value(name.c_str(), shown));
        if (!bytes)
            continue;
        total += name.size() + bytes->size();
        if (total > max_attribute_total_bytes)
            return Error{Code::LIMIT, fmt::format("{} has more than {} bytes of attributes", in_quotes(shown),
                                                  max_attribute_total_bytes)}
                .about(std::string{shown});
        attributes.push_back({name, std::move(*bytes)});
    }
    std::ranges::sort(attributes, {}, &ExtendedAttribute::name);
    return attributes;
}

Result<void> AttributeTarget::set(const ExtendedAttribute &attribute, std::string_view shown) const {
    const char *name = attribute.name.c_str();
    const Bytes &value = attribute.value;
    const int answer = m_borrowed >= 0 ? ::fsetxattr(m_borrowed, name, value.data(), value.size(), 0)
                                       : ::lsetxattr(m_path.c_str(), name, value.data(), value.size(), 0);
    if (answer != 0)
        return system_error(errno, fmt::format("set attribute {} of", in_quotes(attribute.name)), shown);
    return {};
}

Result<void> AttributeTarget::remove(const std::string &name, std::string_view shown) const {
    const int answer =
        m_borrowed >= 0 ? ::fremovexattr(m_borrowed, name.c_str()) : ::lremovexattr(m_path.c_str(), name.c_str());
    if (answer != 0)
        return system_error(errno, fmt::format("remove attribute {} of", in_quotes(name)), shown);
    return {};
}

}  // namespace mos::base::real
