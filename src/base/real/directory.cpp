#include "directory.hpp"

#include "attributes.hpp"
#include "file.hpp"

#include <mos/base/path.hpp>

#include <fmt/format.h>

#include <array>
#include <climits>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mos::base::real {

namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

int flags_of(OpenMode mode) {
    // O_NONBLOCK: a pipe by that name must not hang us; it has no effect on a regular file.
    constexpr int always = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    switch (mode) {
    case OpenMode::read:
        return always | O_RDONLY;
    case OpenMode::write:
        return always | O_RDWR;
    case OpenMode::create_new:
        return always | O_RDWR | O_CREAT | O_EXCL;
    }
    return always | O_RDONLY;
}

unsigned rename_flags(RenameMode mode) {
    switch (mode) {
    case RenameMode::replace:
        return 0;
    case RenameMode::keep_existing:
        return RENAME_NOREPLACE;
    case RenameMode::exchange:
        return RENAME_EXCHANGE;
    }
    return RENAME_NOREPLACE;
}

Error not_a_file(std::string_view shown, int number) {
    return Error{Code::UNSUPPORTED, fmt::format("{} is not a regular file", in_quotes(shown))}
        .about(std::string{shown})
        .with_errno(number);
}

// Both ends of a rename or a link are on one implementation of the port.
Result<RealDirectory *> as_real(Directory &directory) {
    auto *real = dynamic_cast<RealDirectory *>(&directory);
    if (real == nullptr)
        return Error{Code::INTERNAL, "a real directory was paired with one of another filesystem port"};
    return real;
}

}  // namespace

std::string RealDirectory::shown(std::string_view name) const {
    if (name.empty())
        return m_shown.empty() ? "." : m_shown;
    return m_shown.empty() ? std::string{name} : m_shown + "/" + std::string{name};
}

Result<std::string> RealDirectory::checked(std::string_view name) const {
    MOS_CHECK(check_entry_path(name));
    if (name.find('/') != std::string_view::npos)
        return Error{Code::PATH_REFUSED, fmt::format("name {} holds a slash", in_quotes(name))}.about(shown(name));
    return std::string{name};
}

Result<void> RealDirectory::outcome(int answer, std::string_view what, std::string_view name) const {
    if (answer != 0)
        return system_error(errno, what, shown(name));
    return {};
}

Result<std::unique_ptr<Directory>> RealDirectory::open_directory(std::string_view path, Symlinks symlinks) {
    MOS_TRY(Descriptor opened, open_beneath(descriptor(), path, symlinks, m_resolver, shown(path)));
    return std::make_unique<RealDirectory>(std::move(opened), path.empty() ? m_shown : shown(path), m_resolver);
}

Result<std::unique_ptr<File>> RealDirectory::open_file(std::string_view name, OpenMode mode) {
    MOS_TRY(const std::string entry, checked(name));
    Descriptor file{uninterrupted([&] { return ::openat(descriptor(), entry.c_str(), flags_of(mode), 0600); })};
    if (!file.is_open() && (errno == EISDIR || errno == ENXIO))
        return not_a_file(shown(name), errno);
    if (!file.is_open())
        return system_error(errno, mode == OpenMode::create_new ? "create" : "open", shown(name));
    struct stat status = {};
    if (::fstat(file.number(), &status) != 0)
        return system_error(errno, "inspect", shown(name));
    if (!S_ISREG(status.st_mode))
        return not_a_file(shown(name), S_ISDIR(status.st_mode) ? EISDIR : EINVAL);
    // The caller's umask and default ACLs have no say in what we create.
    if (mode == OpenMode::create_new && (status.st_mode & 07777U) != 0600U)
        MOS_CHECK(outcome(::fchmod(file.number(), 0600), "set the mode of", name));
    return std::make_unique<RealFile>(std::move(file), shown(name));
}

Result<FileStatus> RealDirectory::own_status() {
    MOS_TRY(const std::optional<FileStatus> status, read_status(descriptor(), "", shown("")));
    if (!status)
        return system_error(ENOENT, "inspect", shown(""));
    return *status;
}

Result<std::optional<FileStatus>> RealDirectory::find(std::string_view name) {
    MOS_TRY(const std::string entry, checked(name));
    return read_status(descriptor(), entry.c_str(), shown(name));
}

Result<FileType> RealDirectory::type_of(const std::string &name) {
    MOS_TRY(const std::optional<FileStatus> status, find(name));
    if (!status)
        return system_error(ENOENT, "inspect", shown(name));
    return status->type;
}

Result<std::string> RealDirectory::read_symlink(std::string_view name) {
    MOS_TRY(const std::string entry, checked(name));
    std::array<char, PATH_MAX> target = {};
    const ssize_t length = ::readlinkat(descriptor(), entry.c_str(), target.data(), target.size());
    if (length < 0)
        return system_error(errno, "read link", shown(name));
    if (static_cast<std::size_t>(length) == target.size())
        return system_error(ENAMETOOLONG, "read link", shown(name));
    return std::string{target.data(), static_cast<std::size_t>(length)};
}

Result<void> RealDirectory::make_directory(std::string_view name, std::uint32_t mode) {
    MOS_TRY(const std::string entry, checked(name));
    MOS_CHECK(outcome(::mkdirat(descriptor(), entry.c_str(), mode & 07777U), "make directory", name));
    MOS_TRY(const std::optional<FileStatus> made, find(name));
    // umask, default ACLs and a set-group-ID parent change what mkdir was told.
    if (made && made->mode != (mode & 07777U))
        return set_mode(name, mode);
    return {};
}

Result<void> RealDirectory::make_symlink(std::string_view name, std::string_view target) {
    MOS_TRY(const std::string entry, checked(name));
    return outcome(::symlinkat(std::string{target}.c_str(), descriptor(), entry.c_str()), "make link", name);
}

Result<void> RealDirectory::make_link(std::string_view name, Directory &to, std::string_view new_name) {
    MOS_TRY(const std::string from_entry, checked(name));
    MOS_TRY(RealDirectory * target, as_real(to));
    MOS_TRY(const std::string to_entry, target->checked(new_name));
    // No AT_SYMLINK_FOLLOW: a link to a symbolic link is a second name of that link.
    return target->outcome(::linkat(descriptor(), from_entry.c_str(), target->descriptor(), to_entry.c_str(), 0),
                           "make link", new_name);
}

Result<void> RealDirectory::rename(std::string_view name, Directory &to, std::string_view new_name, RenameMode mode) {
    MOS_TRY(const std::string from_entry, checked(name));
    MOS_TRY(RealDirectory * target, as_real(to));
    MOS_TRY(const std::string to_entry, target->checked(new_name));
    const int answer =
        ::renameat2(descriptor(), from_entry.c_str(), target->descriptor(), to_entry.c_str(), rename_flags(mode));
    if (answer != 0 && errno == ENOSYS)
        return Error{Code::UNSUPPORTED, fmt::format("this kernel can't exchange or keep names, which {} needs",
                                                    in_quotes(target->shown(new_name)))}
            .about(target->shown(new_name))
            .with_errno(ENOSYS);
    if (answer != 0)
        return system_error(errno,
                            fmt::format("{} {} {}", mode == RenameMode::exchange ? "exchange" : "rename",
                                        in_quotes(shown(name)), mode == RenameMode::exchange ? "with" : "to"),
                            target->shown(new_name));
    return {};
}

Result<void> RealDirectory::remove_file(std::string_view name) {
    MOS_TRY(const std::string entry, checked(name));
    return outcome(::unlinkat(descriptor(), entry.c_str(), 0), "remove", name);
}

Result<void> RealDirectory::remove_directory(std::string_view name) {
    MOS_TRY(const std::string entry, checked(name));
    return outcome(::unlinkat(descriptor(), entry.c_str(), AT_REMOVEDIR), "remove directory", name);
}

Result<void> RealDirectory::set_owner(std::string_view name, std::uint32_t owner, std::uint32_t group) {
    MOS_TRY(const std::string entry, checked(name));
    return outcome(::fchownat(descriptor(), entry.c_str(), owner, group, AT_SYMLINK_NOFOLLOW), "set the owner of",
                   name);
}

Result<void> RealDirectory::set_mode(std::string_view name, std::uint32_t mode) {
    MOS_TRY(const std::string entry, checked(name));
    if (::fchmodat(descriptor(), entry.c_str(), mode & 07777U, AT_SYMLINK_NOFOLLOW) == 0)
        return {};
    if (errno != EOPNOTSUPP)
        return system_error(errno, "set the mode of", shown(name));
    MOS_TRY(const FileType type, type_of(entry));
    if (type == FileType::symlink)
        return system_error(EOPNOTSUPP, "set the mode of", shown(name));
    // Before Linux 6.6 the C library goes through /proc, which early boot may lack: open what can be opened.
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    const Descriptor opened{uninterrupted([&] { return ::openat(descriptor(), entry.c_str(), flags); })};
    if (!opened.is_open())
        return system_error(errno, "set the mode of", shown(name));
    return outcome(::fchmod(opened.number(), mode & 07777U), "set the mode of", name);
}

Result<void> RealDirectory::set_modified(std::string_view name, FileTime time) {
    MOS_TRY(const std::string entry, checked(name));
    const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
                               {.tv_sec = time.seconds, .tv_nsec = time.nanoseconds}};
    return outcome(::utimensat(descriptor(), entry.c_str(), times, AT_SYMLINK_NOFOLLOW), "set the time of", name);
}

Result<ExtendedAttributes> RealDirectory::extended_attributes(std::string_view name) {
    MOS_TRY(const std::string entry, checked(name));
    MOS_TRY(const AttributeTarget target, AttributeTarget::of_name(descriptor(), entry, shown(name)));
    return target.all(shown(name));
}

Result<void> RealDirectory::set_extended_attribute(std::string_view name, const ExtendedAttribute &attribute) {
    MOS_TRY(const std::string entry, checked(name));
    MOS_TRY(const AttributeTarget target, AttributeTarget::of_name(descriptor(), entry, shown(name)));
    return target.set(attribute, shown(name));
}

Result<void> RealDirectory::remove_extended_attribute(std::string_view name, std::string_view attribute) {
    MOS_TRY(const std::string entry, checked(name));
    MOS_TRY(const AttributeTarget target, AttributeTarget::of_name(descriptor(), entry, shown(name)));
    return target.remove(std::string{attribute}, shown(name));
}

Result<void> RealDirectory::flush() {
    return outcome(uninterrupted([&] { return ::fsync(descriptor()); }), "flush directory", "");
}

Result<std::unique_ptr<Directory>> open_root_resolving(int descriptor, Resolver resolver) {
    // Opened anew, not duplicated: a duplicate shares its position with the caller, and may be O_PATH.
    Descriptor own{uninterrupted([&] { return ::openat(descriptor, ".", directory_flags); })};
    if (!own.is_open())
        return system_error(errno, "open", "root directory");
    return std::make_unique<RealDirectory>(std::move(own), "", resolver);
}

}  // namespace mos::base::real

namespace mos::base {

Result<std::unique_ptr<Directory>> open_root(const std::string &path) {
    real::Descriptor own{real::uninterrupted([&] { return ::open(path.c_str(), real::directory_flags); })};
    if (!own.is_open())
        return system_error(errno, "open folder", path);
    return std::make_unique<real::RealDirectory>(std::move(own), "", real::Resolver::kernel);
}

Result<std::unique_ptr<Directory>> open_root(int descriptor) {
    return real::open_root_resolving(descriptor, real::Resolver::kernel);
}

}  // namespace mos::base
