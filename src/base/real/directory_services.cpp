// What a directory answers about its filesystem: its entries, its room, its lock and its sync descriptor.
#include "attributes.hpp"
#include "directory.hpp"
#include "ext4.hpp"
#include "overlay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <dirent.h>
#include <fcntl.h>
#include <limits>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace mos::base::real {

namespace {

constexpr int max_lock_attempts = 16;  // the lock's file may be replaced between opening and locking it

struct FilesystemName {
    std::uint32_t magic;
    std::string_view name;
};
// The numbers of <linux/magic.h>, which lacks some. ext2, ext3 and ext4 share theirs.
constexpr std::array<FilesystemName, 13> filesystem_names = {{
    {0xEF53U, "ext4"},
    {0x58465342U, "xfs"},
    {0x9123683EU, "btrfs"},
    {0x01021994U, "tmpfs"},
    {0x794C7630U, "overlayfs"},
    {0x4D44U, "vfat"},
    {0x73717368U, "squashfs"},
    {0x6969U, "nfs"},
    {0xF2F52010U, "f2fs"},
    {0x2011BAB0U, "exfat"},
    {0xE0F5E1E2U, "erofs"},
    {0x858458F6U, "ramfs"},
    {0x65735546U, "fuse"},
}};

FileType type_of_entry(unsigned char type) {
    switch (type) {
    case DT_DIR:
        return FileType::directory;
    case DT_LNK:
        return FileType::symlink;
    case DT_CHR:
        return FileType::character_device;
    case DT_BLK:
        return FileType::block_device;
    case DT_FIFO:
        return FileType::fifo;
    case DT_SOCK:
        return FileType::socket;
    default:
        return FileType::regular;
    }
}

struct StreamCloser {
    void operator()(DIR *stream) const noexcept { ::closedir(stream); }
};
using Stream = std::unique_ptr<DIR, StreamCloser>;

class RealSyncPoint final : public SyncPoint {
  public:
    RealSyncPoint(Descriptor descriptor, std::string shown)
        : m_descriptor(std::move(descriptor)), m_shown(std::move(shown)) {}

    [[nodiscard]] Result<void> flush() override {
        if (uninterrupted([&] { return ::syncfs(m_descriptor.number()); }) != 0)
            return system_error(errno, "flush the filesystem of", m_shown);
        return {};
    }

  private:
    Descriptor m_descriptor;
    std::string m_shown;
};

// flock is released with the last descriptor of this description.
class RealFileLock final : public FileLock {
  public:
    explicit RealFileLock(Descriptor descriptor) : m_descriptor(std::move(descriptor)) {}

  private:
    Descriptor m_descriptor;
};

Error locked_by(int file, std::string_view shown) {
    std::array<char, max_lock_note_bytes> note = {};
    const ssize_t length = uninterrupted([&] { return ::pread(file, note.data(), note.size(), 0); });
    if (length <= 0)
        return Error{Code::LOCKED, fmt::format("{} is held by another process", in_quotes(shown))}.about(
            std::string{shown});
    return Error{Code::LOCKED, printable({note.data(), static_cast<std::size_t>(length)})}.about(std::string{shown});
}

bool is_same_file(int file, int directory, const std::string &name) {
    struct stat opened = {};
    struct stat named = {};
    return ::fstat(file, &opened) == 0 && ::fstatat(directory, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

Result<std::vector<DirectoryEntry>> RealDirectory::list() {
    // An own description: the position in a directory belongs to the description.
    const int own = uninterrupted([&] { return ::openat(descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (own < 0)
        return system_error(errno, "open directory", shown(""));
    const Stream stream{::fdopendir(own)};
    if (!stream) {
        const int number = errno;
        ::close(own);
        return system_error(number, "list", shown(""));
    }
    std::vector<DirectoryEntry> entries;
    for (;;) {
        errno = 0;
        const dirent *entry = ::readdir(stream.get());
        if (entry == nullptr && errno != 0)
            return system_error(errno, "list", shown(""));
        if (entry == nullptr)
            break;
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..")
            continue;
        if (entries.size() == max_listed_entries)
            return Error{Code::LIMIT,
                         fmt::format("directory {} has more than {} entries", in_quotes(shown("")), max_listed_entries)}
                .about(shown(""));
        FileType type = type_of_entry(entry->d_type);
        if (entry->d_type == DT_UNKNOWN) {
            MOS_TRY(const std::optional<FileStatus> status, find(name));
            if (!status)
                continue;
            type = status->type;
        }
        entries.push_back({std::string{name}, type});
    }
    std::ranges::sort(entries, {}, &DirectoryEntry::name);
    return entries;
}

Result<std::unique_ptr<SyncPoint>> RealDirectory::open_sync_point() {
    Descriptor own{uninterrupted([&] { return ::openat(descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); })};
    if (!own.is_open())
        return system_error(errno, "open directory", shown(""));
    return std::make_unique<RealSyncPoint>(std::move(own), shown(""));
}

Result<FilesystemUsage> RealDirectory::usage() {
    struct statfs raw = {};
    if (uninterrupted([&] { return ::fstatfs(descriptor(), &raw); }) != 0)
        return system_error(errno, "inspect the filesystem of", shown(""));
    FilesystemUsage usage;
    const auto *known =
        std::ranges::find(filesystem_names, static_cast<std::uint32_t>(raw.f_type), &FilesystemName::magic);
    if (known != filesystem_names.end())
        usage.type = known->name;
    if (struct stat own = {}; usage.type == "ext4" && ::fstat(descriptor(), &own) == 0)
        usage.fast_commit = has_fast_commit(own.st_dev);
    if (usage.type == "overlayfs") {
        MOS_TRY(const FileStatus own, own_status());
        usage.moves_directories = moves_lower_directories(own.mount);
    }
    usage.read_only = (static_cast<unsigned long>(raw.f_flags) & ST_RDONLY) != 0;
    MOS_TRY(usage.free_bytes, checked_multiply(raw.f_bavail, static_cast<std::uint64_t>(raw.f_frsize)));
    // btrfs and vfat count no inodes.
    usage.free_inodes = raw.f_files == 0 ? std::numeric_limits<std::uint64_t>::max() : raw.f_ffree;
    return usage;
}

Result<std::unique_ptr<FileLock>> RealDirectory::lock(std::string_view name, std::string_view note) {
    MOS_TRY(const std::string entry, checked(name));
    constexpr int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    for (int attempt = 0; attempt < max_lock_attempts; ++attempt) {
        Descriptor file{uninterrupted([&] { return ::openat(descriptor(), entry.c_str(), flags, 0600); })};
        if (!file.is_open())
            return system_error(errno, "open lock", shown(name));
        if (uninterrupted([&] { return ::flock(file.number(), LOCK_EX | LOCK_NB); }) != 0) {
            if (errno == EWOULDBLOCK)
                return locked_by(file.number(), shown(name));
            return system_error(errno, "lock", shown(name));
        }
        // A lock on a file that has meanwhile lost its name excludes nobody.
        if (!is_same_file(file.number(), descriptor(), entry))
            continue;
        const std::string_view kept = note.substr(0, max_lock_note_bytes);
        const ssize_t written = uninterrupted([&] { return ::pwrite(file.number(), kept.data(), kept.size(), 0); });
        if (written != static_cast<ssize_t>(kept.size()) || ::ftruncate(file.number(), written) != 0)
            return system_error(errno, "write lock", shown(name));
        return std::make_unique<RealFileLock>(std::move(file));
    }
    return Error{Code::LOCKED, fmt::format("lock {} is being replaced by others", in_quotes(shown(name)))}.about(
        shown(name));
}

}  // namespace mos::base::real
