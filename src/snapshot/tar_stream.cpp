#include "tar_stream.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <cerrno>
#include <exception>
#include <new>
#include <optional>

namespace mos::snapshot {

namespace {

constexpr int block_bytes = 256 << 10;  // of what goes to the file at once

struct FreeArchive {
    void operator()(archive *pointer) const {
        archive_write_fail(pointer);  // or closing it would write the rest
        archive_write_free(pointer);
    }
};
struct FreeEntry {
    void operator()(archive_entry *pointer) const { archive_entry_free(pointer); }
};

template <class T>
T *or_bad_alloc(T *pointer) {
    if (pointer == nullptr)
        throw std::bad_alloc{};
    return pointer;
}

unsigned file_type_of(base::FileType type) {
    switch (type) {
    case base::FileType::directory:
        return AE_IFDIR;
    case base::FileType::symlink:
        return AE_IFLNK;
    default:
        return AE_IFREG;
    }
}

}  // namespace

struct TarStream::State {
    explicit State(base::ByteSink sink)
        : out(std::move(sink)), writer(or_bad_alloc(archive_write_new())), entry(or_bad_alloc(archive_entry_new())) {}

    // libarchive's write callback. No exception may pass through libarchive, which is C.
    static la_ssize_t write_out(archive *writer, void *state, const void *buffer, std::size_t count) noexcept {
        auto &self = *static_cast<State *>(state);
        try {
            auto written = self.out({static_cast<const std::byte *>(buffer), count});
            if (written) {
                self.offset += count;
                return static_cast<la_ssize_t>(count);
            }
            self.error = std::move(written).error();
        } catch (...) {
            self.exception = std::current_exception();
        }
        archive_set_error(writer, EIO, "the file can't be written");
        return -1;
    }

    // What one call to libarchive came to. A warning is an error: something would be in the archive in another way.
    [[nodiscard]] Result<void> outcome(la_ssize_t answer, std::string_view what) {
        if (exception)
            std::rethrow_exception(exception);
        if (error)
            return *error;
        if (answer >= ARCHIVE_OK)
            return {};
        const char *const words = archive_error_string(writer.get());
        // Of a filter's lack of memory libarchive gives the filter's words alone; libzstd's are these.
        const bool filter_lacks = words != nullptr && std::string_view{words}.ends_with("Allocation error");
        if (filter_lacks || archive_errno(writer.get()) == ENOMEM)
            return Error{Code::OUT_OF_MEMORY, fmt::format("no memory to {}", what)};
        return Error{Code::INTERNAL, fmt::format("libarchive can't {}: {}", what,
                                                 words == nullptr ? "it gives no reason" : base::printable(words))};
    }

    [[nodiscard]] int add_filter(Compression compression) {
        switch (compression) {
        case Compression::gzip:
            if (const int added = archive_write_add_filter_gzip(writer.get()); added != ARCHIVE_OK)
                return added;
            // Else the time is in it, and no two archives of one tree are the same.
            return archive_write_set_filter_option(writer.get(), "gzip", "timestamp", nullptr);
        case Compression::zstd:
            return archive_write_add_filter_zstd(writer.get());
        case Compression::lz4:
            return archive_write_add_filter_lz4(writer.get());
        case Compression::none:
            break;
        }
        return archive_write_add_filter_none(writer.get());
    }

    [[nodiscard]] Result<void> open(Compression compression, unsigned threads) {
        if (add_filter(compression) != ARCHIVE_OK)  // a warning: it would run a program
            return Error{Code::NOT_BUILT,
                         fmt::format("this libarchive was built without {}: choose another compression",
                                     compression_name(compression))};
        // Where libarchive or its zstd can't, one thread does it.
        if (compression == Compression::zstd && threads > 1)
            archive_write_set_filter_option(writer.get(), "zstd", "threads", std::to_string(threads).c_str());
        MOS_CHECK(outcome(archive_write_set_format_pax(writer.get()), "write pax archives"));
        // Names are bytes: without this they are translated from the process's locale, or refused.
        MOS_CHECK(outcome(archive_write_set_format_option(writer.get(), "pax", "hdrcharset", "BINARY"),
                          "write names as bytes"));
        // The spelling that both GNU tar and bsdtar read.
        MOS_CHECK(outcome(archive_write_set_format_option(writer.get(), "pax", "xattrheader", "SCHILY"),
                          "write extended attributes"));
        MOS_CHECK(outcome(archive_write_set_bytes_per_block(writer.get(), block_bytes), "set its block size"));
        MOS_CHECK(outcome(archive_write_set_bytes_in_last_block(writer.get(), 1), "set its last block's size"));
        return outcome(archive_write_open(writer.get(), this, nullptr, &State::write_out, nullptr), "begin an archive");
    }

    base::ByteSink out;
    std::uint64_t offset = 0;
    std::optional<Error> error;  // of whoever takes the bytes
    std::exception_ptr exception;
    std::unique_ptr<archive, FreeArchive> writer;
    std::unique_ptr<archive_entry, FreeEntry> entry;
};

TarStream::TarStream(std::unique_ptr<State> state) : m_state(std::move(state)) {}
TarStream::TarStream(TarStream &&) noexcept = default;
TarStream &TarStream::operator=(TarStream &&) noexcept = default;
TarStream::~TarStream() = default;

Result<TarStream> TarStream::create(base::ByteSink out, Compression compression, unsigned threads) {
    auto state = std::make_unique<State>(std::move(out));
    MOS_CHECK(state->open(compression, threads));
    return TarStream{std::move(state)};
}

Result<void> TarStream::begin(const Member &member) {
    archive_entry *const entry = archive_entry_clear(m_state->entry.get());
    const base::FileStatus &status = member.status;
    archive_entry_copy_pathname(entry, member.path.c_str());
    archive_entry_set_filetype(entry, member.hard_link_to.empty() ? file_type_of(status.type) : AE_IFREG);
    archive_entry_set_perm(entry, status.mode);
    archive_entry_set_uid(entry, status.owner);
    archive_entry_set_gid(entry, status.group);
    const base::FileTime modified = archived_time(status.modified);
    archive_entry_set_mtime(entry, modified.seconds, modified.nanoseconds);
    archive_entry_set_size(entry, 0);
    if (!member.hard_link_to.empty()) {
        archive_entry_copy_hardlink(entry, member.hard_link_to.c_str());
    } else {
        if (status.type == base::FileType::symlink)
            archive_entry_copy_symlink(entry, member.symlink_target.c_str());
        if (status.type == base::FileType::regular)
            archive_entry_set_size(entry, static_cast<la_int64_t>(status.size));
        for (const base::ExtendedAttribute &attribute : member.attributes)
            archive_entry_xattr_add_entry(entry, attribute.name.c_str(), attribute.value.data(),
                                          attribute.value.size());
    }
    return m_state->outcome(archive_write_header(m_state->writer.get(), entry),
                            fmt::format("write {} into the archive", base::in_quotes(member.path)));
}

Result<void> TarStream::write(base::ByteView bytes) {
    const la_ssize_t written = archive_write_data(m_state->writer.get(), bytes.data(), bytes.size());
    MOS_CHECK(m_state->outcome(written, "write into the archive"));
    if (static_cast<std::size_t>(written) != bytes.size())
        return Error{Code::INTERNAL, "more bytes are written for a file of an archive than it was begun with"};
    return {};
}

Result<std::uint64_t> TarStream::finish() {
    MOS_CHECK(m_state->outcome(archive_write_close(m_state->writer.get()), "end the archive"));
    return m_state->offset;
}

}  // namespace mos::snapshot
