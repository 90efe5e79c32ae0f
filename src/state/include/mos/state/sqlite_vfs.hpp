// SQLite's file calls, carried by the filesystem port: what a test cuts at every write is what production runs.
#pragma once

#include <mos/base/filesystem.hpp>

#include <memory>
#include <optional>
#include <string>

namespace mos::state {

// What a temporary file may take; SQLite keeps those in memory here (statement journals of large transactions).
inline constexpr std::uint64_t max_temporary_bytes = 64U << 20U;

// What is done with the files: read and written, or only read, as they are when they are opened. What others append to
// the log later is then not seen, and a log that is missing is empty.
enum class FileUse : std::uint8_t { change, read };

// A VFS for the databases of one directory, registered with SQLite for as long as it lives; every connection opened
// with it must be closed before. Database names are single names in the directory: no path is ever resolved, no
// symbolic link followed. Nothing is locked, for that is done for the whole database (database_lock.hpp), and there is
// no shared memory: a WAL database needs `PRAGMA locking_mode=EXCLUSIVE` before anything touches it. Pages of a
// database file that reserves eight bytes for it carry checksums: each is given its own when it is written, and
// DATABASE_DAMAGED is what a read of a page says that has another. One thread at a time.
class PortVfs {
  public:
    // INTERNAL when SQLite refuses the registration.
    [[nodiscard]] static Result<std::unique_ptr<PortVfs>> create(std::unique_ptr<base::Directory> directory,
                                                                 FileUse use = FileUse::change);
    PortVfs(const PortVfs &) = delete;
    PortVfs &operator=(const PortVfs &) = delete;
    ~PortVfs();

    // What sqlite3_open_v2() takes as its last argument.
    [[nodiscard]] const char *name() const noexcept;
    [[nodiscard]] base::Directory &directory() const noexcept;

    // The first error of the port since the last call: the reason behind SQLite's "disk I/O error". Take it after each
    // failed call of SQLite, so that none is left to explain a later one.
    [[nodiscard]] std::optional<base::Error> take_error();

    class Registration;  // the part that SQLite's C functions see

  private:
    explicit PortVfs(std::unique_ptr<Registration> registration);
    std::unique_ptr<Registration> m_registration;
};

}  // namespace mos::state
