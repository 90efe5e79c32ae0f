#include "compression.hpp"

#include <fmt/format.h>

#include <array>
#include <zlib.h>

namespace mos::observe {

namespace {

constexpr std::size_t piece_bytes = 256U << 10U;
constexpr std::size_t room_bytes = 64U << 10U;
constexpr int gzip_window = 15 + 16;  // zlib's way to ask for the format of gzip
constexpr int memory_level = 8;

}  // namespace

struct Compression::Stream {
    Stream() = default;
    Stream(const Stream &) = delete;
    Stream &operator=(const Stream &) = delete;
    ~Stream() {
        if (is_open)
            deflateEnd(&state);
    }
    z_stream state{};
    bool is_open = false;
    std::array<std::byte, piece_bytes> piece = {};
    std::array<std::byte, room_bytes> room = {};
};

Compression::Compression(std::unique_ptr<base::Directory> folder, std::string name)
    : m_folder(std::move(folder)), m_name(std::move(name)), m_stream(std::make_unique<Stream>()) {}

Compression::~Compression() {
    if (m_to != nullptr && !m_is_done)
        static_cast<void>(m_folder->remove_file(new_name()));
}

Result<std::unique_ptr<Compression>> Compression::begin(std::unique_ptr<base::Directory> folder, std::string name) {
    std::unique_ptr<Compression> made{new Compression{std::move(folder), std::move(name)}};
    base::Directory &place = *made->m_folder;
    MOS_TRY(made->m_from, place.open_file(made->m_name, base::OpenMode::read));
    MOS_CHECK(made->m_from->lock(base::LockMode::exclusive));
    auto removed = place.remove_file(made->new_name());
    if (!removed && removed.error().code() != Code::NOT_FOUND)
        return std::move(removed).error();
    MOS_TRY(const base::FileStatus status, made->m_from->status());
    MOS_TRY(made->m_to, place.open_file(made->new_name(), base::OpenMode::create_new));
    MOS_CHECK(made->m_to->set_mode(status.mode));
    Stream &stream = *made->m_stream;
    if (deflateInit2(&stream.state, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, memory_level, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return Error{Code::OUT_OF_MEMORY, "out of memory"};
    stream.is_open = true;
    return made;
}

Result<void> Compression::write_out(int flush) {
    z_stream &state = m_stream->state;
    do {
        state.next_out = reinterpret_cast<Bytef *>(m_stream->room.data());
        state.avail_out = static_cast<uInt>(m_stream->room.size());
        if (deflate(&state, flush) == Z_STREAM_ERROR)
            return Error{Code::INTERNAL, fmt::format("zlib refuses to compress {}", base::in_quotes(m_name))};
        const base::ByteView made{m_stream->room.data(), m_stream->room.size() - state.avail_out};
        MOS_CHECK(m_to->write_at(m_written, made));
        m_written += made.size();
    } while (state.avail_out == 0);
    return {};
}

Result<void> Compression::finish() {
    MOS_CHECK(write_out(Z_FINISH));
    MOS_TRY(const base::FileStatus own, m_from->status());
    MOS_TRY(const auto named, m_folder->find(m_name));
    if (!named || named->inode != own.inode)  // another process has rotated: it is another file's turn
        return Error{Code::CHANGED_MEANWHILE, fmt::format("{} was put aside meanwhile", base::in_quotes(m_name))};
    MOS_CHECK(m_folder->rename(new_name(), *m_folder, m_name + ".gz", base::RenameMode::replace));
    m_is_done = true;
    return m_folder->remove_file(m_name);
}

Result<bool> Compression::step() {
    MOS_TRY(const std::size_t count, m_from->read_at(m_read, m_stream->piece));
    if (count == 0) {
        MOS_CHECK(finish());
        return false;
    }
    m_read += count;
    m_stream->state.next_in = reinterpret_cast<Bytef *>(m_stream->piece.data());
    m_stream->state.avail_in = static_cast<uInt>(count);
    MOS_CHECK(write_out(Z_NO_FLUSH));
    return true;
}

}  // namespace mos::observe
