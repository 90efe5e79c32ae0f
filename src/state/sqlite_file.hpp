// The open files that SQLite gets from the port's VFS.
#pragma once

#include <mos/base/filesystem.hpp>

#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <sqlite3.h>
#include <utility>

namespace mos::state {

// Keeps the first error of the port until it is taken, for SQLite passes on nothing but a number.
class ErrorKeeper {
  public:
    // Answers `code`, or what SQLite knows better: SQLITE_FULL, SQLITE_NOMEM.
    [[nodiscard]] int keep(base::Error error, int code);
    [[nodiscard]] std::optional<base::Error> take() { return std::exchange(m_first, std::nullopt); }
    [[nodiscard]] int last_errno() const noexcept { return m_last_errno; }

  private:
    std::optional<base::Error> m_first;
    int m_last_errno = 0;
};

// What a file needs of its VFS, which outlives it.
struct FileSurroundings {
    base::Directory *directory;
    ErrorKeeper *errors;
    const char *vfs_name;
};

// Whether the directory is still to be flushed with the file's first flush.
enum class NameFlush : std::uint8_t { due, done };

// The pages of a database file carry checksums (checksum.hpp); a log and a journal have their own.
enum class Content : std::uint8_t { database, other };

inline constexpr std::uint64_t no_end = std::numeric_limits<std::uint64_t>::max();

struct PortFileTraits {
    NameFlush names = NameFlush::done;
    Content content = Content::other;
    std::uint64_t visible_bytes = no_end;  // of a file that others append to: what lies behind this is not there
};

extern const std::size_t port_file_bytes;  // sqlite3_vfs::szOsFile

// Make `file`, which has room for port_file_bytes, an open file of the port or of memory. DATABASE_DAMAGED for a
// database whose header contradicts itself.
[[nodiscard]] Result<void> emplace_port_file(sqlite3_file *file, std::unique_ptr<base::File> opened,
                                             const FileSurroundings &surroundings, const PortFileTraits &traits);
void emplace_memory_file(sqlite3_file *file);

// Nothing may be thrown through SQLite's frames: out of memory becomes its code, all else is a bug and ends here.
template <class Work>
[[nodiscard]] int guarded(Work work) noexcept {
    try {
        return work();
    } catch (const std::bad_alloc &) {
        return SQLITE_NOMEM;
    }
}

}  // namespace mos::state
