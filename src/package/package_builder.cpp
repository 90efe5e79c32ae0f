#include "package_builder.hpp"

#include "index_writer.hpp"
#include "package_assembly.hpp"

#include <mos/package/metadata.hpp>
#include <mos/package/package_file.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::package {

namespace {

constexpr int max_level = 19;  // beyond it zstd takes windows that readers refuse
constexpr std::uint32_t min_frame_size = 16U << 10U;
constexpr std::uint32_t max_frame_size = 4U << 20U;
constexpr std::uint32_t size_unit = 512;
constexpr std::uint32_t metadata_mode = 0644;

// Reads the package as its readers will, before anybody sees it.
Result<void> check_own_work(base::ScratchFile &package, std::string_view name, base::Observer &observer) {
    MOS_TRY(auto source, package.open_source(name));
    MOS_TRY(PackageFile file, PackageFile::open(std::move(source)));
    MOS_TRY(Package opened, std::move(file).accept_unverified());
    return opened.verify_content(observer);
}

}  // namespace

Result<void> check_options(const CreateOptions &options) {
    const auto refuse = [](std::string message) { return Error{Code::INVALID_ARGUMENT, std::move(message)}; };
    if (options.level < uncompressed || options.level > max_level)
        return refuse(fmt::format("compression level {} is not from {} to {}", options.level, uncompressed, max_level));
    const FrameSizes sizes = options.frame_sizes.value_or(usual_frame_sizes(options.level));
    for (const std::uint32_t size : {sizes.group_bytes, sizes.piece_bytes}) {
        if (size < min_frame_size || size > max_frame_size || size % size_unit != 0)
            return refuse(fmt::format("frame size {} is not from {} to {} and a multiple of {}", size, min_frame_size,
                                      max_frame_size, size_unit));
    }
    if (options.signature_area_bytes < size_unit || options.signature_area_bytes % size_unit != 0 ||
        options.signature_area_bytes > Limits{}.signature_area_bytes)
        return refuse(fmt::format("signature area size {} is not from {} to {} and a multiple of {}",
                                  options.signature_area_bytes, size_unit, Limits{}.signature_area_bytes, size_unit));
    if (const auto epoch = options.source_date_epoch; epoch && (*epoch < 0 || *epoch > max_creation_time))
        return refuse(fmt::format("time {} is not from 0 to {}", *epoch, max_creation_time));
    return {};
}

PackageBuilder::PackageBuilder(const CreateOptions &options, Statement statement, base::ScratchFile payload,
                               base::ScratchFile lines)
    : m_options(&options), m_statement(std::move(statement)), m_payload(options, std::move(payload)),
      m_lines(std::move(lines)) {}

Result<std::unique_ptr<PackageBuilder>> PackageBuilder::begin(const CreateOptions &options, Statement statement,
                                                              base::Directory &output, std::string_view name) {
    MOS_TRY(base::ScratchFile lines, base::ScratchFile::create(output, name, "entries"));
    MOS_TRY(base::ScratchFile payload, base::ScratchFile::create(output, name, "payload"));
    return std::unique_ptr<PackageBuilder>{
        new PackageBuilder{options, std::move(statement), std::move(payload), std::move(lines)}};
}

Result<Entry> PackageBuilder::store_metadata(std::string_view path, const ContentReader &content) {
    Entry entry;
    entry.path = path;
    entry.mode = metadata_mode;
    entry.modified_unix_s = m_statement.created_unix_s;
    crypto::Sha256 hasher;
    MOS_CHECK(content([&](base::ByteView part) -> Result<void> {
        hasher.update(part);
        entry.size += part.size();
        return {};
    }));
    entry.sha256 = hasher.finish();
    MOS_TRY(entry.extent, m_payload.add(entry, content));
    return entry;
}

Result<void> PackageBuilder::add_line(const Entry &entry) {
    m_content_digest.add(entry);
    ++m_report.entries;
    return m_lines.append(base::as_bytes(write_entry_line(entry) + "\n"));
}

Result<void> PackageBuilder::write_index(base::ScratchFile &package) {
    std::uint64_t expanded = m_lines.size();
    for (const FrameLine &frame : m_payload.frames())
        expanded += write_frame_line(frame).size() + 1;
    const int level = m_options->level == uncompressed ? CreateOptions{}.level : m_options->level;
    IndexWriter index{package, level, expanded};
    for (const FrameLine &frame : m_payload.frames())
        MOS_CHECK(index.append(write_frame_line(frame) + "\n"));
    base::Bytes part(64U << 10U);
    for (std::uint64_t done = 0; done < m_lines.size();) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(part.size(), m_lines.size() - done));
        const auto view = base::MutableByteView{part}.first(count);
        MOS_CHECK(m_lines.read_exactly(done, view));
        MOS_CHECK(index.append(base::as_text(view)));
        done += count;
    }
    MOS_TRY(const StoredIndex stored, index.finish());
    m_statement.index_stored_bytes = stored.stored_bytes;
    m_statement.index_expanded_bytes = expanded;
    m_statement.index_sha256 = stored.sha256;
    return {};
}

Result<void> PackageBuilder::assemble(base::ScratchFile &package) {
    // The head's fixed part has a fixed length, so the index can be written before it is known.
    const base::Bytes room(static_cast<std::size_t>(layout_of(m_statement).index));
    MOS_CHECK(package.append(room));
    MOS_CHECK(write_index(package));
    MOS_CHECK(package.append_all(m_payload.output()));
    const std::uint32_t reserved = m_statement.signature_area_bytes;
    m_statement.entries = m_report.entries;
    m_statement.frames = static_cast<std::uint32_t>(m_payload.frames().size());
    m_statement.payload_stored_bytes = m_payload.output().size() + last_frame_stored_bytes(reserved);
    m_statement.payload_plain_bytes = m_payload.plain_bytes() + last_frame_plain_bytes(reserved);
    m_statement.content_digest = m_content_digest.finish();
    // What our own reader would refuse is never written.
    const base::Bytes statement = encode_statement(m_statement);
    MOS_TRY(const Statement decoded, decode_statement(statement, Limits{}));
    SignatureArea area;
    for (crypto::Signer *signer : m_options->signers) {
        MOS_TRY(const crypto::Signature signature, signer->sign(signed_message(statement)));
        area.put(signature);
    }
    MOS_CHECK(write_fixed_head(package, decoded, statement));
    return write_signatures(package, layout_of(decoded), reserved, area);
}

Result<base::ScratchFile> PackageBuilder::finish(base::Directory &output, std::string_view name) {
    MOS_CHECK(m_payload.finish());
    MOS_TRY(base::ScratchFile package, base::ScratchFile::create(output, name, "package"));
    MOS_CHECK(assemble(package));
    MOS_CHECK(check_own_work(package, name, *m_options->observer));
    m_report.file_bytes = package.size();
    return package;
}

CreateReport PackageBuilder::report() const {
    CreateReport report = m_report;
    report.frames = m_statement.frames;
    report.content_digest = m_statement.content_digest;
    return report;
}

}  // namespace mos::package
