#include <mos/package/package.hpp>

#include "entry_cursor_state.hpp"
#include "package_state.hpp"

#include <mos/package/metadata.hpp>
#include <mos/package/tar.hpp>

#include <fmt/format.h>

namespace mos::package {

namespace {

// checksums.json as it follows from the index, a line at a time.
Result<void> give_checksums(EntryCursor cursor, const base::ByteSink &sink) {
    ChecksumsText text;
    MOS_CHECK(sink(base::as_bytes(ChecksumsText::begin())));
    for (;;) {
        MOS_TRY(const std::optional<Entry> entry, cursor.next());
        if (!entry)
            return sink(base::as_bytes(ChecksumsText::end()));
        MOS_CHECK(sink(base::as_bytes(text.line(*entry))));
    }
}

}  // namespace

Package::Package(std::unique_ptr<PackageState> state) noexcept : m_state(std::move(state)) {}
Package::Package(Package &&) noexcept = default;
Package &Package::operator=(Package &&) noexcept = default;
Package::~Package() = default;

const std::string &Package::name() const noexcept { return m_state->source->name(); }
const Statement &Package::statement() const noexcept { return m_state->statement; }
base::ByteView Package::statement_bytes() const noexcept { return m_state->statement_bytes; }
const SignatureArea &Package::signatures() const noexcept { return m_state->area; }

const crypto::Verdict *Package::verdict() const noexcept { return m_state->verdict ? &*m_state->verdict : nullptr; }

Result<Manifest> Package::manifest() {
    base::Bytes bytes;
    MOS_TRY(const Extent begin, m_state->locate(tar_block_bytes));
    MOS_CHECK(m_state->read_plain(begin, m_state->statement.manifest_bytes, [&](base::ByteView part) -> Result<void> {
        bytes.insert(bytes.end(), part.begin(), part.end());
        return {};
    }));
    MOS_TRY(Manifest manifest, parse_manifest(base::as_text(bytes), m_state->limits));
    MOS_CHECK(check_agreement(manifest, m_state->statement));
    return manifest;
}

Result<EntryCursor> Package::entries() {
    auto state = std::make_unique<EntryCursor::State>(*m_state);
    MOS_CHECK(state->skip_frames());
    return EntryCursor{std::move(state)};
}

void Package::rest() noexcept {
    if (m_state->reader)
        m_state->reader->rest();
}

Result<void> Package::add_frames(const Entry &entry, FrameSet &frames) const {
    MOS_CHECK(m_state->check_extent(entry));
    const std::size_t end = std::size_t{entry.extent.first_frame} + entry.extent.frame_count;
    if (frames.size() < end)
        frames.resize(m_state->frames.size());
    for (std::size_t number = entry.extent.first_frame; number < end; ++number)
        frames[number] = true;
    return {};
}

void Package::read_ahead_only(FrameSet frames) { m_state->reader->read_ahead_only(std::move(frames)); }

std::uint64_t Package::bytes_to_read(const FrameSet &frames) const noexcept {
    const Layout layout = m_state->layout();
    std::uint64_t bytes = layout.payload + (layout.end - layout.last_frame);
    for (std::size_t number = 0; number < m_state->frames.size(); ++number) {
        const bool is_wanted = number < frames.size() && frames[number];
        if (is_wanted || m_state->reader->seen()[number])
            bytes += m_state->frames[number].stored_bytes;
    }
    return bytes;
}

std::uint64_t Package::file_bytes() const noexcept { return m_state->layout().end; }

Result<void> Package::read_content(const Entry &entry, const base::ByteSink &sink) {
    if (entry.type != EntryType::regular)
        return {};
    if (entry.origin == Origin::patched || entry.origin == Origin::unchanged)
        return Error{Code::UNSUPPORTED,
                     fmt::format("the delta package {} does not hold the content of {}, which is made out of the base",
                                 base::in_quotes(name()), base::in_quotes(entry.path))}
            .about(entry.path);
    MOS_CHECK(m_state->check_extent(entry));
    crypto::Sha256 hasher;
    std::uint64_t size = 0;
    const auto give = [&](base::ByteView part) -> Result<void> {
        hasher.update(part);
        size += part.size();
        return sink(part);
    };
    if (entry.origin == Origin::derived) {
        MOS_TRY(EntryCursor cursor, entries());
        MOS_CHECK(give_checksums(std::move(cursor), give));
    } else {
        MOS_CHECK(m_state->read_plain(entry.extent, entry.size, give));
    }
    if (hasher.finish() != entry.sha256 || size != entry.size)
        return Error{Code::DIGEST_MISMATCH, fmt::format("content of entry {} in package {} does not match its digest",
                                                        base::in_quotes(entry.path), base::in_quotes(name()))}
            .about(entry.path);
    return {};
}

}  // namespace mos::package
