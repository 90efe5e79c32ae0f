// A disk that remembers: a FUSE filesystem with two files, or more for a disk in parts.
//
//   disk_recorder MOUNTPOINT DISK-DESCRIPTOR LOG-DESCRIPTOR PARTS
//
// `disk0`, `disk1` and so on show equal parts of the file behind the first descriptor and are the backing of loop
// devices, each flushed alone; each write, discard and flush
// goes into the log before it is answered. `mark` takes text for the log. Whoever holds the descriptors may change the
// disk's content and empty the log while nothing is mounted. Ends with its parent.
#define FUSE_USE_VERSION 31

#include "disk_log.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

using mos::test::RecordHeader;
using mos::test::RecordKind;

constexpr std::string_view disk_prefix = "/disk";
constexpr std::string_view mark_path = "/mark";
constexpr std::size_t max_mark_bytes = 4096;

struct Files {
    int disk = -1;
    int log = -1;
    int parts = 1;
};

Files &files() { return *static_cast<Files *>(fuse_get_context()->private_data); }

off_t size_of(int descriptor) {
    struct stat status = {};
    return fstat(descriptor, &status) == 0 ? status.st_size : 0;
}

// A part of the disk, by its file's name.
struct Part {
    off_t begin = 0;
    off_t size = 0;
    bool exists = false;
};

Part part_at(std::string_view path) {
    int number = 0;
    if (!path.starts_with(disk_prefix))
        return {};
    const char *const last = path.data() + path.size();
    const auto [end, problem] = std::from_chars(path.data() + disk_prefix.size(), last, number);
    if (problem != std::errc{} || end != last || number < 0 || number >= files().parts)
        return {};
    const off_t size = size_of(files().disk) / files().parts;
    return {number * size, size, true};
}

// One call, so that a record is in the log whole or not at all.
int record(RecordKind kind, off_t offset, off_t length, const char *data) {
    RecordHeader header{kind, static_cast<std::uint64_t>(offset), static_cast<std::uint64_t>(length)};
    const std::size_t data_bytes = data == nullptr ? 0 : static_cast<std::size_t>(length);
    char *const content = const_cast<char *>(data);  // NOLINT(*-const-cast): writev() only reads it
    const std::array<iovec, 2> parts = {{{&header, sizeof header}, {content, data_bytes}}};
    const std::size_t total = sizeof header + data_bytes;
    if (static_cast<std::uint64_t>(size_of(files().log)) + total > mos::test::max_log_bytes)
        return -ENOSPC;
    const ssize_t written = writev(files().log, parts.data(), static_cast<int>(parts.size()));
    return written == static_cast<ssize_t>(total) ? 0 : -EIO;
}

int get_attributes(const char *path, struct stat *status, fuse_file_info * /*file*/) {
    *status = {};
    status->st_nlink = 1;
    status->st_mode = S_IFREG | 0600;
    if (std::string_view{path} == "/")
        status->st_mode = S_IFDIR | 0700;
    else if (const Part part = part_at(path); part.exists)
        status->st_size = part.size;
    else if (path != mark_path)
        return -ENOENT;
    return 0;
}

// No page cache of its own: what the loop device is told is written has reached us.
int open_file(const char * /*path*/, fuse_file_info *file) {
    file->direct_io = 1;
    return 0;
}

int read_file(const char *path, char *out, std::size_t size, off_t offset, fuse_file_info * /*file*/) {
    const Part part = part_at(path);
    if (!part.exists || offset >= part.size)
        return 0;
    const auto left = static_cast<std::size_t>(part.size - offset);
    const ssize_t count = pread(files().disk, out, size < left ? size : left, part.begin + offset);
    return count < 0 ? -errno : static_cast<int>(count);
}

bool is_outside(const Part &part, off_t offset, off_t length) {
    return !part.exists || offset < 0 || length < 0 || offset > part.size || length > part.size - offset;
}

int write_file(const char *path, const char *data, std::size_t size, off_t offset, fuse_file_info * /*file*/) {
    const auto length = static_cast<off_t>(size);
    if (path == mark_path) {
        const int recorded = size > max_mark_bytes ? -EFBIG : record(RecordKind::mark, 0, length, data);
        return recorded < 0 ? recorded : static_cast<int>(size);
    }
    const Part part = part_at(path);
    if (is_outside(part, offset, length))
        return -ENOSPC;
    if (pwrite(files().disk, data, size, part.begin + offset) != static_cast<ssize_t>(size))
        return -EIO;
    const int recorded = record(RecordKind::write, part.begin + offset, length, data);
    return recorded < 0 ? recorded : static_cast<int>(size);
}

// What the loop device makes of discards and of writes of zeros.
int allocate(const char *path, int mode, off_t offset, off_t length, fuse_file_info * /*file*/) {
    const Part part = part_at(path);
    if (!part.exists || (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) == 0)
        return -EOPNOTSUPP;
    if (is_outside(part, offset, length))
        return -ENOSPC;
    if (fallocate(files().disk, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, part.begin + offset, length) != 0)
        return -errno;
    return record(RecordKind::zero, part.begin + offset, length, nullptr);
}

int flush_file(const char *path, int /*data_only*/, fuse_file_info * /*file*/) {
    const Part part = part_at(path);
    return part.exists ? record(RecordKind::flush, part.begin, part.size, nullptr) : 0;
}

int truncate_file(const char *path, off_t /*size*/, fuse_file_info * /*file*/) {
    return path == mark_path ? 0 : -EPERM;
}

bool read_number(const char *text, int &number) {
    const auto [end, problem] = std::from_chars(text, text + std::strlen(text), number);
    return problem == std::errc{} && *end == '\0';
}

bool read_descriptor(const char *text, int &descriptor) {
    return read_number(text, descriptor) && fcntl(descriptor, F_GETFD) >= 0;
}

}  // namespace

int main(int count, char **arguments) {
    Files files;
    if (count != 5 || !read_descriptor(arguments[2], files.disk) || !read_descriptor(arguments[3], files.log) ||
        !read_number(arguments[4], files.parts) || files.parts < 1)
        return 2;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() == 1)
        return 2;
    fuse_operations operations = {};
    operations.getattr = get_attributes;
    operations.open = open_file;
    operations.read = read_file;
    operations.write = write_file;
    operations.fallocate = allocate;
    operations.fsync = flush_file;
    operations.truncate = truncate_file;
    // One thread: the log's order is the order in which the disk answered.
    std::string foreground = "-f";
    std::string single = "-s";
    std::array<char *, 4> fuse_arguments = {arguments[0], foreground.data(), single.data(), arguments[1]};
    return fuse_main(static_cast<int>(fuse_arguments.size()), fuse_arguments.data(), &operations, &files);
}
