#include "payload_writer.hpp"

#include <mos/package/tar.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mos::package {

namespace {

constexpr std::size_t pieces_a_lane = 2;  // one being compressed, one waiting

// Gives the content to `sink` and makes sure that it is what the first pass saw.
Result<void> read_checked(const Entry &entry, const ContentReader &content, const base::ByteSink &sink) {
    crypto::Sha256 hasher;
    std::uint64_t size = 0;
    MOS_CHECK(content([&](base::ByteView part) -> Result<void> {
        hasher.update(part);
        size += part.size();
        return sink(part);
    }));
    if (size != entry.size || hasher.finish() != entry.sha256)
        return Error{Code::CHANGED_MEANWHILE,
                     fmt::format("input {} changed while the package was made", base::in_quotes(entry.path))}
            .about(entry.path);
    return {};
}

}  // namespace

PayloadWriter::PayloadWriter(const CreateOptions &options, base::ScratchFile output)
    : m_sizes(options.frame_sizes.value_or(usual_frame_sizes(options.level))), m_least(m_sizes.group_bytes / 4),
      m_most(std::uint64_t{m_sizes.group_bytes} * 2), m_output(std::move(output)),
      m_work(frame_threads(), [this](Piece &piece, std::size_t lane) { compress(piece, lane); }) {
    for (std::size_t lane = 0; lane < m_work.lanes(); ++lane)
        m_compressors.emplace_back(options.level);
}

void PayloadWriter::append(base::ByteView bytes) { m_frame.insert(m_frame.end(), bytes.begin(), bytes.end()); }

void PayloadWriter::append_zeros(std::uint64_t count) {
    m_frame.resize(m_frame.size() + static_cast<std::size_t>(count));
}

Result<void> PayloadWriter::cut() {
    if (m_frame.empty())
        return {};
    ++m_frame_number;
    const std::size_t room = m_frame.capacity();
    m_work.put(
        {.plain = std::exchange(m_frame, {}), .stored = {}, .plain_sha256 = {}, .stored_sha256 = {}, .outcome = {}});
    m_frame.reserve(room);
    return m_work.size() > pieces_a_lane * m_work.lanes() ? write_oldest() : Result<void>{};
}

void PayloadWriter::compress(Piece &piece, std::size_t lane) {
    auto stored = m_compressors[lane].compress(piece.plain);
    if (!stored) {
        piece.outcome = std::move(stored).error();
        return;
    }
    piece.stored = std::move(stored).value();
    piece.stored_sha256 = crypto::sha256(piece.stored);
    piece.plain_sha256 = crypto::sha256(piece.plain);
}

Result<void> PayloadWriter::write_oldest() {
    const Piece piece = m_work.take();
    MOS_CHECK(Result<void>{piece.outcome});
    m_frames.push_back(
        {m_frames.size(), piece.stored.size(), piece.plain.size(), piece.stored_sha256, piece.plain_sha256});
    m_plain_bytes += piece.plain.size();
    return m_output.append(piece.stored);
}

Result<void> PayloadWriter::finish() {
    MOS_CHECK(cut());
    while (!m_work.empty())
        MOS_CHECK(write_oldest());
    return {};
}

// Each byte has the same chance to be a group's last: a large entry ends a group more often than a small one.
bool PayloadWriter::ends_group(std::string_view path, std::uint64_t bytes) const {
    if (m_frame.size() >= m_most)
        return true;
    if (m_frame.size() < m_least)
        return false;
    const crypto::Sha256Digest digest = crypto::sha256(base::as_bytes(path));
    std::uint64_t draw = 0;
    for (unsigned i = 0; i < 4; ++i)
        draw = (draw << 8U) | std::to_integer<std::uint64_t>(digest[i]);
    return draw < (bytes << 32U) / (m_sizes.group_bytes - m_least);
}

Result<Extent> PayloadWriter::add(const Entry &entry, const ContentReader &content) {
    if (has_tar_data(entry) && entry.size > m_sizes.group_bytes)
        return add_large(entry, content);
    return add_small(entry, content);
}

Result<Extent> PayloadWriter::add_small(const Entry &entry, const ContentReader &content) {
    const base::Bytes header = tar_header(entry);
    const std::uint64_t size = has_tar_data(entry) ? entry.size : 0;
    const std::uint64_t member = header.size() + size + tar_padding(size);
    if (m_frame.size() + member > m_most)
        MOS_CHECK(cut());
    append(header);
    Extent extent;
    if (size > 0) {
        extent = {m_frame_number, 1, m_frame.size()};
        MOS_CHECK(read_checked(entry, content, [&](base::ByteView part) -> Result<void> {
            append(part);
            return {};
        }));
        append_zeros(tar_padding(size));
    }
    if (ends_group(entry.path, member))
        MOS_CHECK(cut());
    return extent;
}

Result<Extent> PayloadWriter::add_large(const Entry &entry, const ContentReader &content) {
    append(tar_header(entry));
    MOS_CHECK(cut());
    Extent extent{m_frame_number, 0, 0};
    const auto fill = [&](base::ByteView part) -> Result<void> {
        while (!part.empty()) {
            const auto room = m_sizes.piece_bytes - m_frame.size();
            const base::ByteView taken = part.first(std::min(room, part.size()));
            append(taken);
            part = part.subspan(taken.size());
            if (m_frame.size() == m_sizes.piece_bytes)
                MOS_CHECK(cut());
        }
        return {};
    };
    MOS_CHECK(read_checked(entry, content, fill));
    // A piece is a multiple of the tar block, so there is padding only in a frame that has data too.
    append_zeros(tar_padding(entry.size));
    MOS_CHECK(cut());
    extent.frame_count = m_frame_number - extent.first_frame;
    return extent;
}

}  // namespace mos::package
