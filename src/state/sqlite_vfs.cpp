#include <mos/state/sqlite_vfs.hpp>

#include "sqlite_file.hpp"

#include <fmt/format.h>

#include <cstring>
#include <new>
#include <sqlite3.h>

namespace mos::state {

using base::Directory;
using base::FileStatus;
using base::OpenMode;

// One structure for SQLite (`vfs`, whose pAppData leads back here) and for us.
class PortVfs::Registration {
  public:
    Registration(std::unique_ptr<Directory> directory, FileUse use)
        : m_directory(std::move(directory)), m_use(use), m_default(sqlite3_vfs_find(nullptr)),
          m_name(fmt::format("mos-port-{}", fmt::ptr(this))) {}
    Registration(const Registration &) = delete;
    Registration &operator=(const Registration &) = delete;
    ~Registration() {
        if (m_registered)
            sqlite3_vfs_unregister(&m_vfs);
    }

    [[nodiscard]] Result<void> enter();
    [[nodiscard]] const std::string &name() const noexcept { return m_name; }
    [[nodiscard]] Directory &directory() const noexcept { return *m_directory; }
    [[nodiscard]] ErrorKeeper &errors() noexcept { return m_errors; }

  private:
    [[nodiscard]] static Registration &of(sqlite3_vfs *vfs) { return *static_cast<Registration *>(vfs->pAppData); }
    [[nodiscard]] static sqlite3_vfs *default_of(sqlite3_vfs *vfs) { return of(vfs).m_default; }

    static int open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags);
    static int remove(sqlite3_vfs *vfs, const char *name, int sync_directory);
    static int access(sqlite3_vfs *vfs, const char *name, int flags, int *answer);
    static int full_path(sqlite3_vfs *vfs, const char *name, int size, char *out);
    static int last_error(sqlite3_vfs *vfs, int size, char *out);
    [[nodiscard]] int open_to_change(const char *name, sqlite3_file *file, int flags);
    [[nodiscard]] int open_to_read(const char *name, sqlite3_file *file, int flags);
    [[nodiscard]] Result<std::unique_ptr<base::File>> open_port_file(const char *name, int flags);
    [[nodiscard]] int emplace(sqlite3_file *file, std::unique_ptr<base::File> opened, const PortFileTraits &traits);
    [[nodiscard]] static Content content_of(int flags) {
        return (flags & SQLITE_OPEN_MAIN_DB) != 0 ? Content::database : Content::other;
    }

    std::unique_ptr<Directory> m_directory;
    FileUse m_use;
    sqlite3_vfs *m_default;
    std::string m_name;
    ErrorKeeper m_errors;
    sqlite3_vfs m_vfs = {};
    bool m_registered = false;
};

Result<void> PortVfs::Registration::enter() {
    if (m_default == nullptr)
        return Error{Code::INTERNAL, "SQLite has no default VFS to take time and randomness from"};
    m_vfs.iVersion = 2;
    m_vfs.szOsFile = static_cast<int>(port_file_bytes);
    m_vfs.mxPathname = 255;
    m_vfs.zName = m_name.c_str();
    m_vfs.pAppData = this;
    m_vfs.xOpen = open;
    m_vfs.xDelete = remove;
    m_vfs.xAccess = access;
    m_vfs.xFullPathname = full_path;
    // No extension is ever loaded: xDlOpen and its kin stay null.
    m_vfs.xRandomness = [](sqlite3_vfs *vfs, int size, char *out) {
        return default_of(vfs)->xRandomness(default_of(vfs), size, out);
    };
    m_vfs.xSleep = [](sqlite3_vfs *vfs, int microseconds) {
        return default_of(vfs)->xSleep(default_of(vfs), microseconds);
    };
    m_vfs.xCurrentTime = [](sqlite3_vfs *vfs, double *out) {
        return default_of(vfs)->xCurrentTime(default_of(vfs), out);
    };
    m_vfs.xCurrentTimeInt64 = [](sqlite3_vfs *vfs, sqlite3_int64 *out) {
        return default_of(vfs)->xCurrentTimeInt64(default_of(vfs), out);
    };
    m_vfs.xGetLastError = last_error;
    const int status = sqlite3_vfs_register(&m_vfs, 0);
    if (status == SQLITE_NOMEM)
        throw std::bad_alloc{};
    if (status != SQLITE_OK)
        return Error{Code::INTERNAL, "SQLite refused to register the VFS of the database"};
    m_registered = true;
    return {};
}

Result<std::unique_ptr<base::File>> PortVfs::Registration::open_port_file(const char *name, int flags) {
    const bool may_create = (flags & SQLITE_OPEN_CREATE) != 0;
    if (may_create && (flags & SQLITE_OPEN_EXCLUSIVE) != 0)
        return m_directory->open_file(name, OpenMode::create_new);
    auto opened = m_directory->open_file(name, (flags & SQLITE_OPEN_READWRITE) != 0 ? OpenMode::write : OpenMode::read);
    if (!opened && may_create && opened.error().code() == Code::NOT_FOUND)
        return m_directory->open_file(name, OpenMode::create_new);
    return opened;
}

int PortVfs::Registration::open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags) {
    file->pMethods = nullptr;  // SQLite closes what has methods, even when opening it failed
    return guarded([&] {
        Registration &self = of(vfs);
        if (out_flags != nullptr)
            *out_flags = flags;
        if (name == nullptr) {
            emplace_memory_file(file);
            return SQLITE_OK;
        }
        if (self.m_use == FileUse::change)
            return self.open_to_change(name, file, flags);
        if (out_flags != nullptr)
            *out_flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
        return self.open_to_read(name, file, flags);
    });
}

int PortVfs::Registration::open_to_change(const char *name, sqlite3_file *file, int flags) {
    auto opened = open_port_file(name, flags);
    if (!opened)
        return m_errors.keep(std::move(opened).error(), SQLITE_CANTOPEN);
    // Also when the file was there already: whoever made it may have been killed before its name was durable.
    const auto names = (flags & SQLITE_OPEN_CREATE) != 0 ? NameFlush::due : NameFlush::done;
    return emplace(file, std::move(opened).value(), {.names = names, .content = content_of(flags)});
}

int PortVfs::Registration::open_to_read(const char *name, sqlite3_file *file, int flags) {
    auto opened = m_directory->open_file(name, OpenMode::read);
    if (!opened && opened.error().code() == Code::NOT_FOUND && (flags & SQLITE_OPEN_WAL) != 0) {
        emplace_memory_file(file);
        return SQLITE_OK;
    }
    if (!opened)
        return m_errors.keep(std::move(opened).error(), SQLITE_CANTOPEN);
    auto status = opened.value()->status();
    if (!status)
        return m_errors.keep(std::move(status).error(), SQLITE_CANTOPEN);
    return emplace(file, std::move(opened).value(),
                   {.names = NameFlush::done, .content = content_of(flags), .visible_bytes = status->size});
}

int PortVfs::Registration::emplace(sqlite3_file *file, std::unique_ptr<base::File> opened,
                                   const PortFileTraits &traits) {
    auto emplaced = emplace_port_file(file, std::move(opened), {m_directory.get(), &m_errors, m_name.c_str()}, traits);
    return emplaced ? SQLITE_OK : m_errors.keep(std::move(emplaced).error(), SQLITE_CANTOPEN);
}

int PortVfs::Registration::remove(sqlite3_vfs *vfs, const char *name, int sync_directory) {
    return guarded([&] {
        Registration &self = of(vfs);
        if (auto removed = self.m_directory->remove_file(name); !removed) {
            if (removed.error().code() == Code::NOT_FOUND)
                return SQLITE_IOERR_DELETE_NOENT;
            return self.m_errors.keep(std::move(removed).error(), SQLITE_IOERR_DELETE);
        }
        if (sync_directory == 0)
            return SQLITE_OK;
        if (auto flushed = self.m_directory->flush(); !flushed)
            return self.m_errors.keep(std::move(flushed).error(), SQLITE_IOERR_DIR_FSYNC);
        return SQLITE_OK;
    });
}

int PortVfs::Registration::access(sqlite3_vfs *vfs, const char *name, int flags, int *answer) {
    return guarded([&] {
        Registration &self = of(vfs);
        *answer = 0;
        auto found = self.m_directory->find(name);
        if (!found)
            return self.m_errors.keep(std::move(found).error(), SQLITE_IOERR_ACCESS);
        const std::optional<FileStatus> &status = *found;
        // As SQLite's own: an empty journal or log is as good as none.
        const bool exists = status && (status->type != base::FileType::regular || status->size > 0);
        *answer = (flags == SQLITE_ACCESS_EXISTS ? exists : status.has_value()) ? 1 : 0;
        return SQLITE_OK;
    });
}

int PortVfs::Registration::full_path(sqlite3_vfs * /*vfs*/, const char *name, int size, char *out) {
    const std::size_t length = std::strlen(name);
    if (length == 0 || length >= static_cast<std::size_t>(size) || std::strchr(name, '/') != nullptr)
        return SQLITE_CANTOPEN;
    std::memcpy(out, name, length + 1);
    return SQLITE_OK;
}

int PortVfs::Registration::last_error(sqlite3_vfs *vfs, int size, char *out) {
    if (size > 0)
        *out = '\0';
    return of(vfs).m_errors.last_errno();
}

PortVfs::PortVfs(std::unique_ptr<Registration> registration) : m_registration(std::move(registration)) {}
PortVfs::~PortVfs() = default;

Result<std::unique_ptr<PortVfs>> PortVfs::create(std::unique_ptr<Directory> directory, FileUse use) {
    const int status = sqlite3_initialize();
    if (status == SQLITE_NOMEM)
        throw std::bad_alloc{};
    if (status != SQLITE_OK)
        return Error{Code::INTERNAL, "SQLite can't be initialized"};
    auto registration = std::make_unique<Registration>(std::move(directory), use);
    MOS_CHECK(registration->enter());
    return std::unique_ptr<PortVfs>{new PortVfs{std::move(registration)}};
}

const char *PortVfs::name() const noexcept { return m_registration->name().c_str(); }
Directory &PortVfs::directory() const noexcept { return m_registration->directory(); }
std::optional<base::Error> PortVfs::take_error() { return m_registration->errors().take(); }

}  // namespace mos::state
