#include "sqlite_file.hpp"

#include <mos/state/sqlite_vfs.hpp>

#include <algorithm>
#include <cstring>

namespace mos::state {

using base::Bytes;
using base::ByteView;
using base::MutableByteView;

namespace {

// As SQLite's own VFS promises: a cut in the middle of a write leaves the bytes beside it alone. Without that promise
// SQLite pads each commit with a frame that it flushes in part only, and when the rest is lost to a failed flush,
// commits after it are lost too (tests/state/sqlite_vfs_test.cpp found it).
constexpr int sector_bytes = 4096;
constexpr int device_characteristics = SQLITE_IOCAP_POWERSAFE_OVERWRITE;

// What stands where SQLite gave us room for a file: its own part first, then ours.
struct PortFile {
    sqlite3_file head;
    std::unique_ptr<base::File> file;
    FileSurroundings around;
    NameFlush names;
    std::uint64_t visible_bytes;
};
struct MemoryFile {
    sqlite3_file head;
    Bytes content;
};

PortFile &port(sqlite3_file *file) { return *reinterpret_cast<PortFile *>(file); }
MemoryFile &memory(sqlite3_file *file) { return *reinterpret_cast<MemoryFile *>(file); }

MutableByteView view(void *buffer, int size) {
    return {static_cast<std::byte *>(buffer), static_cast<std::size_t>(size)};
}
ByteView view(const void *buffer, int size) {
    return {static_cast<const std::byte *>(buffer), static_cast<std::size_t>(size)};
}

// SQLite relies on the rest being zeros.
int after_reading(MutableByteView out, std::size_t count) {
    std::ranges::fill(out.subspan(count), std::byte{0});
    return count == out.size() ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int outcome(sqlite3_file *file, Result<void> result, int code) {
    return result ? SQLITE_OK : port(file).around.errors->keep(std::move(result).error(), code);
}

int port_close(sqlite3_file *file) {
    port(file).~PortFile();
    return SQLITE_OK;
}

int port_read(sqlite3_file *file, void *buffer, int size, sqlite3_int64 offset) {
    return guarded([&] {
        const auto begin = static_cast<std::uint64_t>(offset);
        const std::uint64_t left = port(file).visible_bytes - std::min(begin, port(file).visible_bytes);
        const MutableByteView out = view(buffer, size);
        auto count = port(file).file->read_at(begin, out.first(std::min<std::uint64_t>(out.size(), left)));
        if (!count)
            return port(file).around.errors->keep(std::move(count).error(), SQLITE_IOERR_READ);
        return after_reading(out, *count);
    });
}

int port_write(sqlite3_file *file, const void *buffer, int size, sqlite3_int64 offset) {
    return guarded([&] {
        return outcome(file, port(file).file->write_at(static_cast<std::uint64_t>(offset), view(buffer, size)),
                       SQLITE_IOERR_WRITE);
    });
}

int port_truncate(sqlite3_file *file, sqlite3_int64 size) {
    return guarded([&] {
        return outcome(file, port(file).file->resize(static_cast<std::uint64_t>(size)), SQLITE_IOERR_TRUNCATE);
    });
}

// A new file is worth nothing without its name: the first flush is followed by the directory's, as with SQLite's own
// UNIXFILE_DIRSYNC. Order matters, for a name must not become durable before what it promises.
int port_sync(sqlite3_file *file, int /*flags*/) {
    return guarded([&] {
        PortFile &self = port(file);
        if (auto flushed = self.file->flush(); !flushed)
            return self.around.errors->keep(std::move(flushed).error(), SQLITE_IOERR_FSYNC);
        if (self.names == NameFlush::done)
            return SQLITE_OK;
        if (auto flushed = self.around.directory->flush(); !flushed)
            return self.around.errors->keep(std::move(flushed).error(), SQLITE_IOERR_DIR_FSYNC);
        self.names = NameFlush::done;
        return SQLITE_OK;
    });
}

int port_size(sqlite3_file *file, sqlite3_int64 *out) {
    return guarded([&] {
        auto status = port(file).file->status();
        if (!status)
            return port(file).around.errors->keep(std::move(status).error(), SQLITE_IOERR_FSTAT);
        *out = static_cast<sqlite3_int64>(std::min(status->size, port(file).visible_bytes));
        return SQLITE_OK;
    });
}

// database_lock.hpp excludes everybody else.
int no_lock(sqlite3_file * /*file*/, int /*level*/) { return SQLITE_OK; }
int nobody_else(sqlite3_file * /*file*/, int *answer) {
    *answer = 0;
    return SQLITE_OK;
}

int port_control(sqlite3_file *file, int operation, void *argument) {
    switch (operation) {
    case SQLITE_FCNTL_LAST_ERRNO:
        *static_cast<int *>(argument) = port(file).around.errors->last_errno();
        return SQLITE_OK;
    case SQLITE_FCNTL_VFSNAME:
        *static_cast<char **>(argument) = sqlite3_mprintf("%s", port(file).around.vfs_name);
        return SQLITE_OK;
    default:
        return SQLITE_NOTFOUND;
    }
}

int sector_size(sqlite3_file * /*file*/) { return sector_bytes; }
int characteristics(sqlite3_file * /*file*/) { return device_characteristics; }

int memory_close(sqlite3_file *file) {
    memory(file).~MemoryFile();
    return SQLITE_OK;
}

int memory_read(sqlite3_file *file, void *buffer, int size, sqlite3_int64 offset) {
    const Bytes &content = memory(file).content;
    const MutableByteView out = view(buffer, size);
    const auto begin = std::min<std::size_t>(static_cast<std::size_t>(offset), content.size());
    const std::size_t count = std::min(out.size(), content.size() - begin);
    std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(begin), count, out.begin());
    return after_reading(out, count);
}

int memory_resize(Bytes &content, std::uint64_t size) {
    if (size > max_temporary_bytes)
        return SQLITE_FULL;
    content.resize(static_cast<std::size_t>(size));
    return SQLITE_OK;
}

int memory_write(sqlite3_file *file, const void *buffer, int size, sqlite3_int64 offset) {
    return guarded([&] {
        Bytes &content = memory(file).content;
        const auto begin = static_cast<std::uint64_t>(offset);
        const std::uint64_t end = begin + static_cast<std::uint64_t>(size);
        if (end > content.size()) {
            if (const int answer = memory_resize(content, end); answer != SQLITE_OK)
                return answer;
        }
        std::memcpy(content.data() + begin, buffer, static_cast<std::size_t>(size));
        return SQLITE_OK;
    });
}

int memory_truncate(sqlite3_file *file, sqlite3_int64 size) {
    return guarded([&] { return memory_resize(memory(file).content, static_cast<std::uint64_t>(size)); });
}

int memory_sync(sqlite3_file * /*file*/, int /*flags*/) { return SQLITE_OK; }

int memory_size(sqlite3_file *file, sqlite3_int64 *out) {
    *out = static_cast<sqlite3_int64>(memory(file).content.size());
    return SQLITE_OK;
}

int memory_control(sqlite3_file * /*file*/, int /*operation*/, void * /*argument*/) { return SQLITE_NOTFOUND; }

// Version 1: without shared memory, so that a log can only be used in exclusive mode, and without memory maps, whose
// errors would be signals.
constexpr sqlite3_io_methods methods_of_port() {
    sqlite3_io_methods methods = {};
    methods.iVersion = 1;
    methods.xClose = port_close;
    methods.xRead = port_read;
    methods.xWrite = port_write;
    methods.xTruncate = port_truncate;
    methods.xSync = port_sync;
    methods.xFileSize = port_size;
    methods.xLock = no_lock;
    methods.xUnlock = no_lock;
    methods.xCheckReservedLock = nobody_else;
    methods.xFileControl = port_control;
    methods.xSectorSize = sector_size;
    methods.xDeviceCharacteristics = characteristics;
    return methods;
}

constexpr sqlite3_io_methods methods_of_memory() {
    sqlite3_io_methods methods = methods_of_port();
    methods.xClose = memory_close;
    methods.xRead = memory_read;
    methods.xWrite = memory_write;
    methods.xTruncate = memory_truncate;
    methods.xSync = memory_sync;
    methods.xFileSize = memory_size;
    methods.xFileControl = memory_control;
    return methods;
}

constexpr sqlite3_io_methods port_methods = methods_of_port();
constexpr sqlite3_io_methods memory_methods = methods_of_memory();

}  // namespace

const std::size_t port_file_bytes = std::max(sizeof(PortFile), sizeof(MemoryFile));

int ErrorKeeper::keep(base::Error error, int code) {
    m_last_errno = error.system_errno();
    if (error.code() == Code::NO_SPACE)
        code = SQLITE_FULL;
    if (error.code() == Code::OUT_OF_MEMORY)
        code = SQLITE_NOMEM;
    if (!m_first)
        m_first = std::move(error);
    return code;
}

void emplace_port_file(sqlite3_file *file, std::unique_ptr<base::File> opened, const FileSurroundings &surroundings,
                       NameFlush names, std::uint64_t visible_bytes) {
    new (file) PortFile{{&port_methods}, std::move(opened), surroundings, names, visible_bytes};
}

void emplace_memory_file(sqlite3_file *file) { new (file) MemoryFile{{&memory_methods}, {}}; }

}  // namespace mos::state
