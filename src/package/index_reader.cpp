#include "index_reader.hpp"

#include "zstd_status.hpp"

#include <fmt/format.h>

#include <zstd.h>

#include <algorithm>
#include <new>

namespace mos::package {

namespace {

constexpr std::size_t expand_bytes = 64U << 10U;

Result<void> check_header(const PackageState &state, base::ByteView first_chunk) {
    auto checked = check_frame_header(first_chunk, state.statement.index_expanded_bytes, state.limits.index_window_log);
    if (checked)
        return {};
    const Code code = checked.error().code();
    return state.damaged(code, "the index can't be expanded").caused_by(std::move(checked).error());
}

}  // namespace

struct IndexReader::Stream {
    Stream() : context(ZSTD_createDCtx()) {
        if (!context)
            throw std::bad_alloc{};
    }
    struct Free {
        void operator()(ZSTD_DCtx *pointer) const { ZSTD_freeDCtx(pointer); }
    };
    std::unique_ptr<ZSTD_DCtx, Free> context;
};

IndexReader::IndexReader(PackageState &state) : m_state(&state), m_stream(std::make_unique<Stream>()) {}
IndexReader::IndexReader(IndexReader &&) noexcept = default;
IndexReader &IndexReader::operator=(IndexReader &&) noexcept = default;
IndexReader::~IndexReader() = default;

Result<void> IndexReader::read_chunk() {
    const std::uint64_t offset = std::uint64_t{m_next_chunk} * index_chunk_bytes;
    const std::uint64_t left = m_state->statement.index_stored_bytes - offset;
    m_chunk.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, index_chunk_bytes)));
    m_chunk_used = 0;
    MOS_CHECK(base::read_exactly(*m_state->source, m_state->layout().index + offset, m_chunk));
    if (crypto::sha256(m_chunk) != m_state->index_chunks.at(m_next_chunk))
        return m_state->damaged(Code::DIGEST_MISMATCH, "the index changed while it was being read");
    if (m_next_chunk == 0)
        MOS_CHECK(check_header(*m_state, m_chunk));
    ++m_next_chunk;
    return {};
}

Result<void> IndexReader::finish() {
    if (m_chunk_used != m_chunk.size() || m_next_chunk != m_state->index_chunks.size())
        return m_state->damaged(Code::FORMAT, "the index goes on after its end");
    if (m_expanded != m_state->statement.index_expanded_bytes)
        return m_state->damaged(Code::FORMAT, "the index has another length than the signed statement says");
    m_complete = true;
    return {};
}

Result<void> IndexReader::fill() {
    m_text.erase(0, m_begin);
    m_begin = 0;
    const bool all_read = m_next_chunk == m_state->index_chunks.size();
    if (m_chunk_used == m_chunk.size() && !all_read)
        MOS_CHECK(read_chunk());

    const std::size_t before = m_text.size();
    m_text.resize(before + expand_bytes);
    ZSTD_inBuffer in{m_chunk.data(), m_chunk.size(), m_chunk_used};
    ZSTD_outBuffer out{m_text.data() + before, expand_bytes, 0};
    const std::size_t left = unless_out_of_memory(ZSTD_decompressStream(m_stream->context.get(), &out, &in));
    const bool stuck = out.pos == 0 && in.pos == m_chunk_used && all_read;
    m_chunk_used = in.pos;
    m_text.resize(before + out.pos);
    m_expanded += out.pos;
    if (ZSTD_isError(left) != 0)
        return m_state->damaged(Code::FORMAT, fmt::format("zstd can't expand the index: {}", ZSTD_getErrorName(left)));
    if (m_expanded > m_state->statement.index_expanded_bytes)
        return m_state->damaged(Code::FORMAT, "the index is longer than the signed statement says");
    if (left == 0)
        return finish();
    if (stuck)
        return m_state->damaged(Code::FORMAT, "the index ends too early");
    return {};
}

Result<std::optional<std::string_view>> IndexReader::next_line() {
    for (;;) {
        const std::size_t end = m_text.find('\n', m_begin);
        const std::size_t length = std::min(end, m_text.size()) - m_begin;
        if (length > m_state->limits.index_line_bytes)
            return m_state->damaged(Code::LIMIT, fmt::format("line {} of the index is longer than {} bytes", m_line + 1,
                                                             m_state->limits.index_line_bytes));
        if (end != std::string::npos) {
            const std::string_view line = std::string_view{m_text}.substr(m_begin, length);
            m_begin = end + 1;
            ++m_line;
            return std::optional<std::string_view>{line};
        }
        if (m_complete && length != 0)
            return m_state->damaged(Code::FORMAT, "the index ends within a line");
        if (m_complete)
            return std::optional<std::string_view>{};
        MOS_CHECK(fill());
    }
}

Error IndexReader::in_line(Error cause) const {
    const Code code = cause.code();
    return m_state->damaged(code, fmt::format("line {} of the index is malformed", m_line)).caused_by(std::move(cause));
}

Result<FrameLine> IndexReader::next_frame() {
    MOS_TRY(const std::optional<std::string_view> line, next_line());
    if (!line)
        return m_state->damaged(Code::FORMAT, "the index ends within its frames");
    auto frame = parse_frame_line(*line);
    if (!frame)
        return in_line(std::move(frame).error());
    return frame;
}

Result<std::optional<Entry>> IndexReader::next_entry() {
    MOS_TRY(const std::optional<std::string_view> line, next_line());
    if (!line)
        return std::optional<Entry>{};
    auto entry = parse_entry_line(*line);
    if (!entry)
        return in_line(std::move(entry).error());
    return std::optional<Entry>{std::move(entry).value()};
}

}  // namespace mos::package
