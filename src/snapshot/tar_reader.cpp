#include "tar_reader.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <limits>
#include <new>
#include <optional>

namespace mos::snapshot {

namespace {

constexpr std::size_t block_bytes = 256U << 10U;

struct FreeArchive {
    void operator()(archive *pointer) const { archive_read_free(pointer); }
};

Error damaged(std::string message) { return Error{Code::BACKUP_DAMAGED, std::move(message)}; }

Result<base::FileType> type_of(archive_entry *entry) {
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
        return base::FileType::regular;
    case AE_IFDIR:
        return base::FileType::directory;
    case AE_IFLNK:
        return base::FileType::symlink;
    default:
        return damaged("the backup has an entry that is neither file nor folder nor link");
    }
}

Result<std::uint32_t> identity(la_int64_t number, std::string_view what) {
    if (number < 0 || number > std::numeric_limits<std::uint32_t>::max())
        return damaged(fmt::format("the backup has an entry whose {} is {}", what, number));
    return static_cast<std::uint32_t>(number);
}

Result<base::ExtendedAttributes> attributes_of(archive_entry *entry) {
    base::ExtendedAttributes attributes;
    attributes.reserve(static_cast<std::size_t>(std::max(archive_entry_xattr_reset(entry), 0)));
    const char *name = nullptr;
    const void *value = nullptr;
    std::size_t size = 0;
    while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
        const auto *const bytes = static_cast<const std::byte *>(value);
        attributes.push_back({name, size == 0 ? base::Bytes{} : base::Bytes{bytes, bytes + size}});
    }
    std::ranges::sort(attributes, {}, &base::ExtendedAttribute::name);
    const auto same_name = [](const auto &a, const auto &b) { return a.name == b.name; };
    if (std::ranges::adjacent_find(attributes, same_name) != attributes.end())
        return damaged("the backup has an entry with two attributes of one name");
    return attributes;
}

std::string text_or_nothing(const char *text) { return text == nullptr ? std::string{} : std::string{text}; }

}  // namespace

struct TarReader::State {
    explicit State(base::Source &from) : source(from), buffer(block_bytes), reader(archive_read_new()) {
        if (reader == nullptr)
            throw std::bad_alloc{};
    }

    // libarchive's read callback. No exception may pass through libarchive, which is C.
    static la_ssize_t read_in(archive *reader, void *state, const void **bytes) noexcept {
        auto &self = *static_cast<State *>(state);
        try {
            auto count = self.source.read_at(self.offset, self.buffer);
            if (count) {
                self.offset += *count;
                *bytes = self.buffer.data();
                return static_cast<la_ssize_t>(*count);
            }
            self.error = std::move(count).error();
        } catch (...) {
            self.exception = std::current_exception();
        }
        archive_set_error(reader, EIO, "the source can't be read");
        return -1;
    }

    // A warning is an error: something would come out of the archive in another way.
    [[nodiscard]] Result<void> outcome(la_ssize_t answer) {
        if (exception)
            std::rethrow_exception(exception);
        if (error)
            return *error;
        if (answer >= ARCHIVE_OK)
            return {};
        if (archive_errno(reader.get()) == ENOMEM)
            return Error{Code::OUT_OF_MEMORY, "no memory to read the backup"};
        const char *const words = archive_error_string(reader.get());
        return damaged(fmt::format("the backup can't be read: {}",
                                   words == nullptr ? "libarchive gives no reason" : base::printable(words)));
    }

    [[nodiscard]] Result<void> open() {
        // A filter that was not built in would run a program, which is told by a warning.
        const bool all = archive_read_support_filter_gzip(reader.get()) == ARCHIVE_OK &&
                         archive_read_support_filter_zstd(reader.get()) == ARCHIVE_OK &&
                         archive_read_support_filter_lz4(reader.get()) == ARCHIVE_OK;
        if (!all)
            return Error{Code::NOT_BUILT, "this libarchive was built without gzip, zstd or lz4"};
        MOS_CHECK(outcome(archive_read_support_format_tar(reader.get())));
        MOS_CHECK(outcome(archive_read_open(reader.get(), this, nullptr, &State::read_in, nullptr)));
        // Compressed twice, a few bytes become very many.
        if (archive_filter_count(reader.get()) > 2)
            return damaged("the backup is compressed more than once");
        return {};
    }

    [[nodiscard]] Result<void> take(archive_entry *entry) {
        member = {};
        member.path = text_or_nothing(archive_entry_pathname(entry));
        if (const char *const first = archive_entry_hardlink(entry); first != nullptr) {
            member.hard_link_to = first;
            return {};
        }
        MOS_TRY(member.status.type, type_of(entry));
        if (member.status.type == base::FileType::directory && member.path.ends_with('/'))
            member.path.pop_back();  // tar's way to say so
        member.status.mode = archive_entry_perm(entry) & 07777U;
        MOS_TRY(member.status.owner, identity(archive_entry_uid(entry), "owner"));
        MOS_TRY(member.status.group, identity(archive_entry_gid(entry), "group"));
        member.status.modified = {archive_entry_mtime(entry),
                                  static_cast<std::int32_t>(archive_entry_mtime_nsec(entry))};
        if (member.status.type == base::FileType::symlink)
            member.symlink_target = text_or_nothing(archive_entry_symlink(entry));
        if (member.status.type == base::FileType::regular) {
            if (archive_entry_size(entry) < 0)
                return damaged("the backup has a file whose size is negative");
            member.status.size = static_cast<std::uint64_t>(archive_entry_size(entry));
        }
        MOS_TRY(member.attributes, attributes_of(entry));
        return {};
    }

    base::Source &source;
    base::Bytes buffer;
    std::uint64_t offset = 0;
    std::optional<Error> error;  // of the source
    std::exception_ptr exception;
    std::unique_ptr<archive, FreeArchive> reader;
    Member member;
};

TarReader::TarReader(std::unique_ptr<State> state) : m_state(std::move(state)) {}
TarReader::TarReader(TarReader &&) noexcept = default;
TarReader &TarReader::operator=(TarReader &&) noexcept = default;
TarReader::~TarReader() = default;

Result<TarReader> TarReader::open(base::Source &source) {
    auto state = std::make_unique<State>(source);
    MOS_CHECK(state->open());
    return TarReader{std::move(state)};
}

Result<const Member *> TarReader::next() {
    archive_entry *entry = nullptr;
    const int answer = archive_read_next_header(m_state->reader.get(), &entry);
    if (answer == ARCHIVE_EOF)
        return static_cast<const Member *>(nullptr);
    MOS_CHECK(m_state->outcome(answer));
    MOS_CHECK(m_state->take(entry));
    return static_cast<const Member *>(&m_state->member);
}

Result<std::size_t> TarReader::read(base::MutableByteView out) {
    const la_ssize_t count = archive_read_data(m_state->reader.get(), out.data(), out.size());
    MOS_CHECK(m_state->outcome(count));
    return static_cast<std::size_t>(count);
}

}  // namespace mos::snapshot
