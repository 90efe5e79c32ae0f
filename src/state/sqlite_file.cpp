#include "sqlite_file.hpp"

#include "checksum.hpp"

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
    PortFileTraits traits;
    std::optional<std::uint32_t> checked;  // the size of pages that have checksums
    Bytes page;                            // one of them, on its way
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

// Reads a part of one page, which is checked as a whole.
int read_checked(PortFile &self, MutableByteView out, std::uint64_t offset) {
    const std::uint64_t number = offset / *self.checked;
    self.page.resize(*self.checked);
    auto count = self.file->read_at(number * *self.checked, self.page);
    if (!count)
        return self.around.errors->keep(std::move(count).error(), SQLITE_IOERR_READ);
    if (*count == 0 && number == 0)
        return after_reading(out, 0);  // it was emptied
    if (*count < self.page.size() || !is_sealed(self.page, number + 1))
        return self.around.errors->keep(damaged_page(number + 1), SQLITE_IOERR_DATA);
    std::memcpy(out.data(), self.page.data() + offset % *self.checked, out.size());
    return SQLITE_OK;
}

// SQLite looks into the header before it knows the size of pages; it always reads page 1 afterwards.
bool lies_in_header(std::uint64_t offset, int size) {
    return offset + static_cast<std::uint64_t>(size) <= database_header_bytes;
}

int port_read(sqlite3_file *file, void *buffer, int size, sqlite3_int64 offset) {
    return guarded([&] {
        const auto begin = static_cast<std::uint64_t>(offset);
        const MutableByteView out = view(buffer, size);
        if (port(file).checked && !lies_in_header(begin, size))
            return read_checked(port(file), out, begin);
        const std::uint64_t visible = port(file).traits.visible_bytes;
        const std::uint64_t left = visible - std::min(begin, visible);
        auto count = port(file).file->read_at(begin, out.first(std::min<std::uint64_t>(out.size(), left)));
        if (!count)
            return port(file).around.errors->keep(std::move(count).error(), SQLITE_IOERR_READ);
        return after_reading(out, *count);
    });
}

// The checksum goes into a copy of the page: SQLite goes on using its own.
int write_sealed(PortFile &self, ByteView page, std::uint64_t offset) {
    self.page.assign(page.begin(), page.end());
    seal_page(self.page, offset / page.size() + 1);
    if (auto written = self.file->write_at(offset, self.page); !written)
        return self.around.errors->keep(std::move(written).error(), SQLITE_IOERR_WRITE);
    return SQLITE_OK;
}

int port_write(sqlite3_file *file, const void *buffer, int size, sqlite3_int64 offset) {
    return guarded([&] {
        PortFile &self = port(file);
        if (self.traits.content == Content::database && offset == 0) {  // page 1 of a new database says how it is made
            auto checked = checked_page_bytes(view(buffer, size));
            if (!checked)
                return self.around.errors->keep(std::move(checked).error(), SQLITE_IOERR_WRITE);
            self.checked = *checked;
        }
        if (self.checked && static_cast<std::uint32_t>(size) == *self.checked)
            return write_sealed(self, view(buffer, size), static_cast<std::uint64_t>(offset));
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
        if (self.traits.names == NameFlush::done)
            return SQLITE_OK;
        if (auto flushed = self.around.directory->flush(); !flushed)
            return self.around.errors->keep(std::move(flushed).error(), SQLITE_IOERR_DIR_FSYNC);
        self.traits.names = NameFlush::done;
        return SQLITE_OK;
    });
}

int port_size(sqlite3_file *file, sqlite3_int64 *out) {
    return guarded([&] {
        auto status = port(file).file->status();
        if (!status)
            return port(file).around.errors->keep(std::move(status).error(), SQLITE_IOERR_FSTAT);
        *out = static_cast<sqlite3_int64>(std::min(status->size, port(file).traits.visible_bytes));
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

Result<void> emplace_port_file(sqlite3_file *file, std::unique_ptr<base::File> opened,
                               const FileSurroundings &surroundings, const PortFileTraits &traits) {
    std::optional<std::uint32_t> checked;
    if (traits.content == Content::database) {
        MOS_TRY(checked, checked_page_bytes(*opened));
    }
    new (file) PortFile{{&port_methods}, std::move(opened), surroundings, traits, checked, {}};
    return {};
}

void emplace_memory_file(sqlite3_file *file) { new (file) MemoryFile{{&memory_methods}, {}}; }

}  // namespace mos::state
