#include "payload_writer.hpp"

#include <mos/package/tar.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::package {

namespace {

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

PayloadWriter::PayloadWriter(const CreateOptions &options, ScratchFile output)
    : m_target(options.frame_target_bytes), m_least(m_target / 4), m_most(m_target * 2), m_compressor(options.level),
      m_output(std::move(output)) {}

void PayloadWriter::append(base::ByteView bytes) { m_frame.insert(m_frame.end(), bytes.begin(), bytes.end()); }

void PayloadWriter::append_zeros(std::uint64_t count) {
    m_frame.resize(m_frame.size() + static_cast<std::size_t>(count));
}

Result<void> PayloadWriter::cut() {
    if (m_frame.empty())
        return {};
    MOS_TRY(const base::Bytes stored, m_compressor.compress(m_frame));
    m_frames.push_back(
        {m_frames.size(), stored.size(), m_frame.size(), crypto::sha256(stored), crypto::sha256(m_frame)});
    m_plain_bytes += m_frame.size();
    m_frame.clear();
    return m_output.append(stored);
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
    return draw < (bytes << 32U) / (m_target - m_least);
}

Result<Extent> PayloadWriter::add(const Entry &entry, const ContentReader &content) {
    if (has_tar_data(entry) && entry.size > m_target)
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
        extent = {static_cast<std::uint32_t>(m_frames.size()), 1, m_frame.size()};
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
    Extent extent{static_cast<std::uint32_t>(m_frames.size()), 0, 0};
    const auto fill = [&](base::ByteView part) -> Result<void> {
        while (!part.empty()) {
            const auto room = static_cast<std::size_t>(m_target - m_frame.size());
            const base::ByteView taken = part.first(std::min(room, part.size()));
            append(taken);
            part = part.subspan(taken.size());
            if (m_frame.size() == m_target)
                MOS_CHECK(cut());
        }
        return {};
    };
    MOS_CHECK(read_checked(entry, content, fill));
    // The target is a multiple of the tar block, so there is padding only in a frame that has data too.
    append_zeros(tar_padding(entry.size));
    MOS_CHECK(cut());
    extent.frame_count = static_cast<std::uint32_t>(m_frames.size()) - extent.first_frame;
    return extent;
}

}  // namespace mos::package
