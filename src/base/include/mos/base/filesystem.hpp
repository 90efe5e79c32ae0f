// The filesystem port: the only way by which the engine touches a target root, its stage and its database.
//
// A test's twin (tests/support/twin) implements the same port in memory and can cut the power at every call, drop,
// reorder or tear what was not flushed, and reuse inode numbers at once. So this port names exactly those system calls
// whose durability the transaction reasons about.
//
// Paths never leave the root: a Directory is opened beneath another one by the kernel (openat2), and everything else
// takes a single name in an open directory and never follows a symbolic link there. Errors carry the errno; ENOENT is
// NOT_FOUND, EEXIST and ENOTEMPTY are EXISTS, ENOSPC and EDQUOT are NO_SPACE, EROFS is READ_ONLY, EACCES and EPERM are
// PERMISSION, ELOOP is SYMLINK_IN_PATH, EXDEV is CROSS_MOUNT, all others IO. Objects are used by one thread at a time,
// but a Directory of the real filesystem, which is nothing but a descriptor, by several.
#pragma once

#include <mos/base/bytes.hpp>
#include <mos/base/source.hpp>

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::base {

enum class FileType : std::uint8_t { regular, directory, symlink, character_device, block_device, fifo, socket };

[[nodiscard]] std::string_view file_type_name(FileType type) noexcept;

struct FileTime {
    std::int64_t seconds = 0;  // since 1970-01-01 UTC
    std::int32_t nanoseconds = 0;
    friend auto operator<=>(const FileTime &, const FileTime &) = default;
};

struct FileStatus {
    FileType type = FileType::regular;
    std::uint32_t mode = 0;  // the lower twelve bits
    std::uint32_t owner = 0;
    std::uint32_t group = 0;
    std::uint64_t size = 0;  // bytes; 0 for all but regular files and symbolic links
    FileTime modified;
    std::uint64_t inode = 0;
    std::uint64_t device = 0;  // differs between btrfs subvolumes of one mount
    std::uint64_t mount = 0;   // identifies the mount
    std::uint32_t links = 1;
    bool immutable = false;  // chattr +i or +a
};

struct ExtendedAttribute {
    std::string name;
    Bytes value;
    friend bool operator==(const ExtendedAttribute &, const ExtendedAttribute &) = default;
};
using ExtendedAttributes = std::vector<ExtendedAttribute>;  // sorted by name

struct FilesystemUsage {
    std::string type;  // "ext4", "xfs", "btrfs", …; empty when unknown
    bool read_only = false;
    bool fast_commit = false;  // ext4's short commits; false when that can't be found out
    // False on an overlay that was not seen to move directories of its lower layer (redirect_dir=on).
    bool moves_directories = true;
    std::uint64_t free_bytes = 0;
    std::uint64_t free_inodes = 0;  // the largest number where the filesystem has no such limit
};

enum class OpenMode : std::uint8_t { read, write, create_new };  // create_new: mode 0600, EXISTS when the name is taken
enum class RenameMode : std::uint8_t { replace, keep_existing, exchange };  // rename, NOREPLACE, EXCHANGE
enum class LockMode : std::uint8_t { shared, exclusive };
enum class Symlinks : std::uint8_t { refuse, follow_in_root };

class File {
  public:
    File() = default;
    File(const File &) = delete;
    File &operator=(const File &) = delete;
    virtual ~File() = default;

    [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) = 0;
    [[nodiscard]] virtual Result<void> write_at(std::uint64_t offset,
                                                ByteView bytes) = 0;  // all of them; past the end leaves a hole
    [[nodiscard]] virtual Result<void> resize(std::uint64_t size) = 0;

    // Makes the content of this file, which is new and empty, that of `source`, the blocks being shared until one of
    // the two is written to (FICLONE). False where that can't be had (another filesystem, or one that shares nothing):
    // nothing has happened then, and the caller copies.
    [[nodiscard]] virtual Result<bool> share_content_of(File & /*source*/) { return false; }
    [[nodiscard]] virtual Result<FileStatus> status() = 0;
    [[nodiscard]] virtual Result<void> set_owner(std::uint32_t owner, std::uint32_t group) = 0;
    [[nodiscard]] virtual Result<void> set_mode(std::uint32_t mode) = 0;
    [[nodiscard]] virtual Result<void> set_modified(FileTime time) = 0;
    [[nodiscard]] virtual Result<void> set_extended_attribute(const ExtendedAttribute &attribute) = 0;
    [[nodiscard]] virtual Result<ExtendedAttributes> extended_attributes() = 0;
    [[nodiscard]] virtual Result<void> flush() = 0;  // fsync

    // flock, held until this File is destroyed; needs no right to write. LOCKED at once when another File of the same
    // inode, in this process or another, holds a lock that excludes it.
    [[nodiscard]] virtual Result<void> lock(LockMode mode) = 0;
};

// One filesystem's sync descriptor. Open it before the first write whose fate matters: an error that another process's
// sync collects first is otherwise lost.
class SyncPoint {
  public:
    SyncPoint() = default;
    SyncPoint(const SyncPoint &) = delete;
    SyncPoint &operator=(const SyncPoint &) = delete;
    virtual ~SyncPoint() = default;

    // syncfs. After an error the data written since the last success may be gone; never call again and hope.
    [[nodiscard]] virtual Result<void> flush() = 0;
};

// Held until destroyed; the kernel lets go when the process dies.
class FileLock {
  public:
    FileLock() = default;
    FileLock(const FileLock &) = delete;
    FileLock &operator=(const FileLock &) = delete;
    virtual ~FileLock() = default;
};

struct DirectoryEntry {
    std::string name;
    FileType type = FileType::regular;
};

class Directory {
  public:
    Directory() = default;
    Directory(const Directory &) = delete;
    Directory &operator=(const Directory &) = delete;
    virtual ~Directory() = default;

    // `path` is relative, "" is this directory itself. `follow_in_root` resolves symbolic links as if this directory
    // were
    // "/" (so only for a root); `refuse` makes one in any component an error.
    [[nodiscard]] virtual Result<std::unique_ptr<Directory>> open_directory(std::string_view path,
                                                                            Symlinks symlinks) = 0;

    [[nodiscard]] virtual Result<std::unique_ptr<File>> open_file(std::string_view name, OpenMode mode) = 0;
    [[nodiscard]] virtual Result<FileStatus> own_status() = 0;
    [[nodiscard]] virtual Result<std::optional<FileStatus>>
    find(std::string_view name) = 0;                                       // nullopt when there is none
    [[nodiscard]] virtual Result<std::vector<DirectoryEntry>> list() = 0;  // sorted by name bytes
    [[nodiscard]] virtual Result<std::string> read_symlink(std::string_view name) = 0;
    [[nodiscard]] virtual Result<ExtendedAttributes> extended_attributes(std::string_view name) = 0;

    [[nodiscard]] virtual Result<void> make_directory(std::string_view name,
                                                      std::uint32_t mode) = 0;  // EXISTS when taken
    [[nodiscard]] virtual Result<void> make_symlink(std::string_view name, std::string_view target) = 0;
    [[nodiscard]] virtual Result<void> make_link(std::string_view name, Directory &to, std::string_view new_name) = 0;
    [[nodiscard]] virtual Result<void> rename(std::string_view name, Directory &to, std::string_view new_name,
                                              RenameMode mode) = 0;
    [[nodiscard]] virtual Result<void> remove_file(std::string_view name) = 0;  // anything but a directory
    [[nodiscard]] virtual Result<void> remove_directory(std::string_view name) = 0;

    // Of the entry itself, never of what a symbolic link points to. A link has no mode of its own: set_mode is then an
    // error.
    [[nodiscard]] virtual Result<void> set_owner(std::string_view name, std::uint32_t owner, std::uint32_t group) = 0;
    [[nodiscard]] virtual Result<void> set_mode(std::string_view name, std::uint32_t mode) = 0;
    [[nodiscard]] virtual Result<void> set_modified(std::string_view name, FileTime time) = 0;
    [[nodiscard]] virtual Result<void> set_extended_attribute(std::string_view name,
                                                              const ExtendedAttribute &attribute) = 0;
    [[nodiscard]] virtual Result<void> remove_extended_attribute(std::string_view name, std::string_view attribute) = 0;

    [[nodiscard]] virtual Result<void> flush() = 0;  // fsync: its entries are durable
    [[nodiscard]] virtual Result<std::unique_ptr<SyncPoint>> open_sync_point() = 0;
    [[nodiscard]] virtual Result<FilesystemUsage> usage() = 0;

    // Creates the file if need be and locks it. LOCKED when another holder has it: the error's message then is the text
    // that the holder left in it. `note` replaces that text.
    [[nodiscard]] virtual Result<std::unique_ptr<FileLock>> lock(std::string_view name, std::string_view note) = 0;

    // For a program that is to be given this directory: the kernel's descriptor, which stays this object's; nullopt
    // where the directory only exists in memory.
    [[nodiscard]] virtual std::optional<int> native_descriptor() const noexcept { return std::nullopt; }
};

// Whether an entry, or a directory above it, is not there any more: taken away, or a file or a symbolic link stands in
// its place (NOT_FOUND, SYMLINK_IN_PATH).
[[nodiscard]] bool is_gone(const Error &error) noexcept;

// The real one. The root itself is found by following links, like any argument of a command.
[[nodiscard]] Result<std::unique_ptr<Directory>> open_root(const std::string &path);
// A descriptor of the caller's (duplicated).
[[nodiscard]] Result<std::unique_ptr<Directory>> open_root(int descriptor);

// Removes `name` and all below it; nothing when there is none.
[[nodiscard]] Result<void> remove_tree(Directory &parent, std::string_view name);

enum class NewNames : std::uint8_t {
    flushed,
    unflushed,  // the caller flushes the volume before it relies on them
};

// Opens `path` beneath `root`, making what is missing (mode 0755).
[[nodiscard]] Result<std::unique_ptr<Directory>> make_directories(Directory &root, std::string_view path,
                                                                  NewNames names = NewNames::flushed);

// Reads a whole file of at most `limit` bytes; LIMIT when it is larger.
[[nodiscard]] Result<Bytes> read_file(Directory &directory, std::string_view name, std::uint64_t limit);

// Writes a file so that after a crash it is the old one or the new one: temporary name, fsync, rename, fsync of the
// directory.
[[nodiscard]] Result<void> replace_file(Directory &directory, std::string_view name, ByteView content,
                                        std::uint32_t mode);

// The same, but whom the file that is there belongs to and who may read it stays; a new one gets `new_mode`. PERMISSION
// where the caller can't give it back to its owner: then nothing is changed.
[[nodiscard]] Result<void> replace_content(Directory &directory, std::string_view name, ByteView content,
                                           std::uint32_t new_mode);

// The same for a file that must not be there yet: EXISTS if it is. After a crash it is there whole, or not at all.
// Whoever may not read it by `mode` can't read the temporary file either.
[[nodiscard]] Result<void> create_file(Directory &directory, std::string_view name, ByteView content,
                                       std::uint32_t mode);

// A file beneath a root as a Source.
[[nodiscard]] std::unique_ptr<Source> make_source(std::unique_ptr<File> file, std::string name);

}  // namespace mos::base
