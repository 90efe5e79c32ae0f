#include "frame_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mos::package {

namespace {

std::uint64_t bytes_of(const Frame &frame) noexcept { return frame.stored_bytes + std::uint64_t{frame.plain_bytes}; }

}  // namespace

Error damaged_package(const std::string &name, Code code, std::string_view what) {
    return Error{code, fmt::format("package {}: {}", base::in_quotes(name), what)}.about(name);
}

FrameReader::FrameReader(base::Source &source, const std::vector<Frame> &frames, std::uint64_t payload,
                         const Limits &limits)
    : m_source(source), m_frames(frames), m_payload(payload), m_limits(limits), m_threads(frame_threads()),
      m_seen(frames.size()), m_decompressors(m_threads + 1) {
    for (const Frame &frame : m_frames) {
        m_most_stored_bytes = std::max<std::size_t>(m_most_stored_bytes, frame.stored_bytes);
        m_most_plain_bytes = std::max<std::size_t>(m_most_plain_bytes, frame.plain_bytes);
    }
}

FrameReader::~FrameReader() = default;

void FrameReader::set_check(Check check) {
    while (is_ahead())
        drop_ahead();
    m_has_current = false;
    m_check = check;
}

void FrameReader::rest() noexcept {
    m_work.reset();
    m_ahead_bytes = 0;
    m_has_current = false;
    m_current = {};
    m_spare = {};
}

Result<base::ByteView> FrameReader::frame(std::uint32_t number) {
    if (m_has_current && m_current.number == number)
        return base::ByteView{m_current.plain};
    // One frame ahead after the second in order, twice as many after each of the next.
    const bool in_order = m_last && number == next_wanted(*m_last + std::uint64_t{1});
    m_depth = in_order ? std::clamp<std::size_t>(m_depth * 2, 1, max_ahead_frames) : 0;
    m_last = number;
    if (std::exchange(m_has_current, false))
        m_spare.push_back(std::move(m_current));
    drop_ahead_before(number);
    if (!is_ahead()) {
        MOS_TRY(m_current, read(number));
        read_ahead();
        m_current.outcome = expand(m_current, m_threads);
    } else {
        m_ahead_bytes -= bytes_of(m_frames[number]);
        m_current = m_work->take();
        read_ahead();
    }
    MOS_CHECK(std::exchange(m_current.outcome, {}));
    m_has_current = true;
    return base::ByteView{m_current.plain};
}

// All of it, unless `number` is in it.
void FrameReader::drop_ahead_before(std::uint32_t number) {
    while (is_ahead() && m_work->front().number != number)
        drop_ahead();
}

void FrameReader::drop_ahead() {
    m_ahead_bytes -= bytes_of(m_frames[m_work->front().number]);
    m_work->drop();
}

// The first at or after `number` that may be read ahead; beyond the end where there is none.
std::uint64_t FrameReader::next_wanted(std::uint64_t number) const noexcept {
    if (!m_wanted)
        return number;
    while (number < m_frames.size() && (number >= m_wanted->size() || !(*m_wanted)[number]))
        ++number;
    return number;
}

void FrameReader::read_ahead() {
    if (m_threads == 0)
        return;
    std::size_t ahead = m_work == nullptr ? 0 : m_work->size();
    std::uint64_t next = next_wanted(ahead == 0 ? *m_last + std::uint64_t{1} : m_ahead_end);
    for (; ahead < m_depth && next < m_frames.size(); next = next_wanted(next + 1), ++ahead) {
        const Frame &frame = m_frames[next];
        if (m_ahead_bytes + bytes_of(frame) > max_ahead_bytes)
            return;
        auto piece = read(static_cast<std::uint32_t>(next));
        if (!piece)
            return;  // told when it is asked for
        if (m_work == nullptr)
            m_work = std::make_unique<Work>(m_threads,
                                            [this](Piece &one, std::size_t lane) { one.outcome = expand(one, lane); });
        m_work->put(std::move(piece).value());
        m_ahead_bytes += bytes_of(frame);
        m_ahead_end = next + 1;
    }
}

// Room for the largest frame at once: buffers that grow leave holes behind that nothing else fits into.
FrameReader::Piece FrameReader::spare_piece() {
    if (m_spare.empty()) {
        Piece piece;
        piece.stored.reserve(m_most_stored_bytes);
        piece.plain.reserve(m_most_plain_bytes);
        return piece;
    }
    Piece piece = std::move(m_spare.back());
    m_spare.pop_back();
    return piece;
}

// What the work takes is taken here, on the owner's thread.
Result<FrameReader::Piece> FrameReader::read(std::uint32_t number) {
    const Frame &frame = m_frames.at(number);
    Piece piece = spare_piece();
    piece.number = number;
    piece.stored.resize(frame.stored_bytes);
    piece.plain.resize(frame.plain_bytes);
    m_seen[number] = true;
    MOS_CHECK(base::read_exactly(m_source, m_payload + frame.stored_offset, piece.stored));
    return piece;
}

Result<void> FrameReader::expand(Piece &piece, std::size_t lane) const {
    const Frame &frame = m_frames[piece.number];
    if (crypto::sha256(piece.stored) != frame.stored_sha256)
        return damaged_package(m_source.name(), Code::DIGEST_MISMATCH,
                               fmt::format("frame {} does not match its digest", piece.number));
    if (auto done = m_decompressors[lane].decompress(piece.stored, piece.plain, m_limits); !done) {
        const Code code = done.error().code();
        return damaged_package(m_source.name(), code, fmt::format("frame {} can't be expanded", piece.number))
            .caused_by(std::move(done).error());
    }
    if (m_check == Check::stored_and_plain && crypto::sha256(piece.plain) != frame.plain_sha256)
        return damaged_package(m_source.name(), Code::DIGEST_MISMATCH,
                               fmt::format("frame {} expands to something else than the index says", piece.number));
    return {};
}

}  // namespace mos::package
