// Package::verify_content(): one pass over the index and one over index and payload side by side.
#include "entry_rules.hpp"
#include "package_state.hpp"

#include <mos/package/index_line.hpp>
#include <mos/package/metadata.hpp>
#include <mos/package/package.hpp>
#include <mos/package/tar.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mos::package {

namespace {

// What the first pass learns about the entries as a whole.
struct Summary {
    crypto::Sha256Digest content_digest{};
    crypto::Sha256Digest checksums_sha256{};
    std::uint64_t checksums_bytes = 0;
    std::map<std::string, Entry, std::less<>> metadata;  // the three files
};

Result<Summary> summarize(EntryCursor cursor) {
    Summary summary;
    ContentDigest content;
    crypto::Sha256 checksums;
    ChecksumsText text;
    const auto hash = [&](const std::string &part) {
        checksums.update(base::as_bytes(part));
        summary.checksums_bytes += part.size();
    };
    hash(ChecksumsText::begin());
    for (;;) {
        MOS_TRY(std::optional<Entry> entry, cursor.next());
        if (!entry)
            break;
        content.add(*entry);
        hash(text.line(*entry));
        if (section_of(entry->path) == Section::metadata)
            summary.metadata.emplace(entry->path, std::move(*entry));
    }
    hash(ChecksumsText::end());
    summary.content_digest = content.finish();
    summary.checksums_sha256 = checksums.finish();
    return summary;
}

Result<void> check_summary(const PackageState &state, const Summary &summary) {
    if (summary.content_digest != state.statement.content_digest)
        return state.damaged(Code::DIGEST_MISMATCH,
                             "its entries do not match the content digest of the signed statement");
    // The cursor has seen to it that all three are there.
    const Entry &checksums = summary.metadata.at(std::string{checksums_path});
    if (checksums.sha256 != summary.checksums_sha256 || checksums.size != summary.checksums_bytes)
        return state.damaged(Code::FORMAT, fmt::format("{} does not agree with the index", checksums_path));
    const std::string version = write_version_json(state.statement);
    if (summary.metadata.at(std::string{version_path}).sha256 != crypto::sha256(base::as_bytes(version)))
        return state.damaged(Code::FORMAT, fmt::format("{} does not agree with the signed statement", version_path));
    return {};
}

// Goes through the tar front to back, so that no byte of it is left unchecked.
class TarWalk {
  public:
    explicit TarWalk(PackageState &state) : m_state(state) {}

    // The entry's header, content and padding come next, exactly as the index makes us expect.
    [[nodiscard]] Result<void> pass(const Entry &entry) {
        if (m_absent.take(entry))
            return {};
        MOS_CHECK(expect(tar_header(entry), entry, "has another tar header than the index says"));
        if (!has_tar_data(entry))
            return {};
        MOS_CHECK(pass_content(entry));
        const base::Bytes zeros(static_cast<std::size_t>(tar_padding(entry.size)));
        return expect(zeros, entry, "is followed by something else than zeros");
    }

    // Nothing comes any more.
    [[nodiscard]] Result<void> finish() const {
        if (m_position != m_state.plain_bytes())
            return m_state.damaged(Code::FORMAT, "the payload holds more than the index says");
        return {};
    }

    [[nodiscard]] std::uint64_t position() const noexcept { return m_position; }

  private:
    [[nodiscard]] static Error refuse(Code code, const Entry &entry, std::string_view what) {
        return Error{code, fmt::format("entry {} {}", base::in_quotes(entry.path), what)}.about(entry.path);
    }

    [[nodiscard]] Result<void> read(std::uint64_t size, const base::ByteSink &sink) {
        if (size == 0)
            return {};
        MOS_TRY(const Extent from, m_state.locate(m_position));
        MOS_CHECK(m_state.read_plain(from, size, sink));
        m_position += size;
        return {};
    }

    [[nodiscard]] Result<void> expect(base::ByteView expected, const Entry &entry, std::string_view otherwise) {
        return read(expected.size(), [&](base::ByteView part) -> Result<void> {
            if (!std::ranges::equal(part, expected.first(part.size())))
                return refuse(Code::FORMAT, entry, otherwise);
            expected = expected.subspan(part.size());
            return {};
        });
    }

    [[nodiscard]] Result<void> pass_content(const Entry &entry) {
        MOS_TRY(const Extent here, m_state.locate(m_position));
        if (here.first_frame != entry.extent.first_frame || here.offset != entry.extent.offset)
            return refuse(Code::FORMAT, entry, "has its content elsewhere than the index says");
        crypto::Sha256 hasher;
        MOS_CHECK(read(entry.size, [&](base::ByteView part) -> Result<void> {
            hasher.update(part);
            return {};
        }));
        if (hasher.finish() != entry.sha256)
            return refuse(Code::DIGEST_MISMATCH, entry, "does not match its digest");
        return {};
    }

    PackageState &m_state;
    std::uint64_t m_position = 0;
    AbsentMembers m_absent;
};

Result<void> walk_payload(PackageState &state, const Summary &summary, EntryCursor cursor, base::Observer &observer) {
    TarWalk walk{state};
    for (const std::string_view path : {manifest_path, checksums_path, version_path})
        MOS_CHECK(walk.pass(summary.metadata.at(std::string{path})));
    base::Progress progress;
    progress.phase = base::Phase::verifying;
    progress.total_bytes = state.plain_bytes();
    progress.total_entries = state.statement.entries;
    for (;;) {
        MOS_CHECK(observer.checkpoint());
        MOS_TRY(const std::optional<Entry> entry, cursor.next());
        if (!entry)
            break;
        if (section_of(entry->path) != Section::metadata)
            MOS_CHECK(walk.pass(*entry));
        ++progress.done_entries;
        progress.done_bytes = walk.position();
        observer.report(progress);
    }
    return walk.finish();
}

}  // namespace

Result<void> Package::verify_content(base::Observer &observer) {
    MOS_TRY(EntryCursor first, entries());
    MOS_TRY(const Summary summary, summarize(std::move(first)));
    MOS_CHECK(check_summary(*m_state, summary));
    MOS_TRY(EntryCursor second, entries());
    m_state->reader->set_check(FrameReader::Check::stored_and_plain);
    auto walked = walk_payload(*m_state, summary, std::move(second), observer);
    m_state->reader->set_check(FrameReader::Check::stored);
    MOS_CHECK(std::move(walked));
    MOS_TRY(const Manifest manifest, this->manifest());
    return {};
}

}  // namespace mos::package
