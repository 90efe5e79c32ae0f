#include "index_writer.hpp"

#include "zstd_status.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <new>

namespace mos::package {

struct IndexWriter::State {
    explicit State(base::ScratchFile &to) : output(to), context(ZSTD_createCCtx()), buffer(ZSTD_CStreamOutSize()) {
        if (!context)
            throw std::bad_alloc{};
    }
    struct Free {
        void operator()(ZSTD_CCtx *pointer) const { ZSTD_freeCCtx(pointer); }
    };

    [[nodiscard]] Result<void> compress(base::ByteView text, ZSTD_EndDirective directive) {
        ZSTD_inBuffer in{text.data(), text.size(), 0};
        for (;;) {
            ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
            const std::size_t left = unless_out_of_memory(ZSTD_compressStream2(context.get(), &out, &in, directive));
            if (ZSTD_isError(left) != 0)
                return Error{Code::INTERNAL, fmt::format("zstd can't compress the index: {}", ZSTD_getErrorName(left))};
            const auto part = base::ByteView{buffer}.first(out.pos);
            hasher.update(part);
            stored.stored_bytes += part.size();
            MOS_CHECK(output.append(part));
            if (directive == ZSTD_e_end ? left == 0 : in.pos == in.size)
                return {};
        }
    }

    base::ScratchFile &output;
    std::unique_ptr<ZSTD_CCtx, Free> context;
    base::Bytes buffer;
    crypto::Sha256 hasher;
    StoredIndex stored;
};

IndexWriter::IndexWriter(base::ScratchFile &output, int level, std::uint64_t expanded_bytes)
    : m_state(std::make_unique<State>(output)) {
    ZSTD_CCtx *context = m_state->context.get();
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, static_cast<int>(Limits{}.index_window_log));
    ZSTD_CCtx_setPledgedSrcSize(context, expanded_bytes);
}

IndexWriter::~IndexWriter() = default;

Result<void> IndexWriter::append(std::string_view text) {
    return m_state->compress(base::as_bytes(text), ZSTD_e_continue);
}

Result<StoredIndex> IndexWriter::finish() {
    MOS_CHECK(m_state->compress({}, ZSTD_e_end));
    m_state->stored.sha256 = m_state->hasher.finish();
    return m_state->stored;
}

}  // namespace mos::package
