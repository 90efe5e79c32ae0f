#include <mos/package/script.hpp>
#include <mos/package/writer.hpp>

#include "bundle_names.hpp"
#include "index_writer.hpp"
#include "input_scan.hpp"
#include "package_assembly.hpp"
#include "payload_writer.hpp"

#include <mos/base/path.hpp>
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

Result<Statement> begin_statement(const Manifest &manifest, const CreateOptions &options) {
    Statement statement;
    const PackageInfo &info = manifest.package_info;
    statement.kind = options.base_content_digest ? PackageKind::delta : PackageKind::full;
    statement.base_content_digest = options.base_content_digest.value_or(crypto::Sha256Digest{});
    statement.signature_area_bytes = options.signature_area_bytes;
    statement.created_unix_s =
        std::clamp<std::int64_t>(options.source_date_epoch.value_or(options.clock->now_unix_s()), 0, max_creation_time);
    statement.name = info.name;
    statement.version = info.version;
    statement.release = info.release;
    statement.architecture = info.architecture;
    statement.type = info.type;
    return statement;
}

// Makes one package; its steps run in the order in which they stand.
class Creation {
  public:
    Creation(std::span<const InputTree> trees, const CreateOptions &options, Statement statement, ScannedInput input,
             base::ScratchFile payload, base::ScratchFile entry_lines)
        : m_trees(trees), m_options(options), m_statement(std::move(statement)), m_input(std::move(input)),
          m_payload(options, std::move(payload)), m_lines(std::move(entry_lines)) {}

    // The three metadata files come first in the payload, in frames of their own.
    [[nodiscard]] Result<void> write_metadata(const std::string &manifest);
    // All other entries.
    [[nodiscard]] Result<void> write_content();
    // Head and payload, put together in `package`.
    [[nodiscard]] Result<void> assemble(base::ScratchFile &package);
    [[nodiscard]] CreateReport report(const base::ScratchFile &package) const;

  private:
    using TextReader = std::function<Result<void>(const base::ByteSink &)>;
    [[nodiscard]] Result<Entry> write_metadata_file(std::string_view path, const TextReader &text);
    [[nodiscard]] Result<void> give_checksums(const std::vector<Entry> &listed, const base::ByteSink &sink);
    [[nodiscard]] Result<void> write_entry(const ScannedEntry &scanned);
    [[nodiscard]] Result<void> add_line(const Entry &entry);
    [[nodiscard]] Result<void> write_index(base::ScratchFile &package);
    [[nodiscard]] Result<void> read_content(const ScannedEntry &scanned, const base::ByteSink &sink);

    std::span<const InputTree> m_trees;
    const CreateOptions &m_options;
    Statement m_statement;
    ScannedInput m_input;
    PayloadWriter m_payload;
    base::ScratchFile m_lines;      // the entries' lines of the index
    std::vector<Entry> m_metadata;  // sorted by path once all are there: checksums, manifest, version
    ContentDigest m_content_digest;
    std::unique_ptr<base::Directory> m_parent;  // of the file read last; most have the same one
    std::optional<std::pair<std::size_t, std::string>> m_parent_path;
    base::Progress m_progress;
};

Result<Entry> Creation::write_metadata_file(std::string_view path, const TextReader &text) {
    Entry entry;
    entry.path = path;
    entry.mode = metadata_mode;
    entry.modified_unix_s = m_statement.created_unix_s;
    crypto::Sha256 hasher;
    MOS_CHECK(text([&](base::ByteView part) -> Result<void> {
        hasher.update(part);
        entry.size += part.size();
        return {};
    }));
    entry.sha256 = hasher.finish();
    MOS_TRY(entry.extent, m_payload.add(entry, text));
    return entry;
}

// Of who makes a package it is a mistake in what he gave, not damage.
Result<void> check_script(const Entry &entry) {
    if (section_of(entry.path) != Section::scripts || entry.type == EntryType::directory)
        return {};
    auto kind = script_kind(entry);
    if (kind)
        return {};
    return Error{Code::INVALID_ARGUMENT, kind.error().message()}.about(entry.path);
}

Result<void> Creation::give_checksums(const std::vector<Entry> &listed, const base::ByteSink &sink) {
    ChecksumsText text;
    MOS_CHECK(sink(base::as_bytes(ChecksumsText::begin())));
    ScannedEntries entries{m_input};
    for (;;) {
        MOS_TRY(const std::optional<ScannedEntry> scanned, entries.next());
        if (!scanned)
            break;
        MOS_CHECK(check_script(scanned->entry));
        MOS_CHECK(sink(base::as_bytes(text.line(scanned->entry))));
    }
    for (const Entry &entry : listed)
        MOS_CHECK(sink(base::as_bytes(text.line(entry))));
    return sink(base::as_bytes(ChecksumsText::end()));
}

Result<void> Creation::write_metadata(const std::string &manifest) {
    const std::string version = write_version_json(m_statement);
    const auto give = [](const std::string &text) {
        return [&text](const base::ByteSink &sink) { return sink(base::as_bytes(text)); };
    };
    m_statement.manifest_bytes = static_cast<std::uint32_t>(manifest.size());
    MOS_TRY(Entry manifest_entry, write_metadata_file(manifest_path, give(manifest)));
    // The version file comes after the checksums, which list it.
    Entry version_entry;
    version_entry.path = version_path;
    version_entry.size = version.size();
    version_entry.sha256 = crypto::sha256(base::as_bytes(version));
    const std::vector<Entry> listed = {manifest_entry, version_entry};
    MOS_TRY(Entry checksums_entry, write_metadata_file(checksums_path, [&](const base::ByteSink &sink) {
                return give_checksums(listed, sink);
            }));
    MOS_TRY(version_entry, write_metadata_file(version_path, give(version)));
    m_metadata = {std::move(checksums_entry), std::move(manifest_entry), std::move(version_entry)};
    return m_payload.cut();
}

Result<void> Creation::read_content(const ScannedEntry &scanned, const base::ByteSink &sink) {
    const InputTree &tree = m_trees[scanned.tree];
    const base::SplitPath path = base::split_path(path_in_tree(tree, scanned.entry.path));
    if (auto wanted = std::pair{scanned.tree, std::string{path.parent}}; m_parent_path != wanted) {
        MOS_TRY(m_parent, tree.directory->open_directory(path.parent, base::Symlinks::refuse));
        m_parent_path = std::move(wanted);
    }
    return read_input_file(*m_parent, path.name, scanned.entry.path, scanned.entry.size, *m_options.observer, sink);
}

Result<void> Creation::add_line(const Entry &entry) {
    m_content_digest.add(entry);
    return m_lines.append(base::as_bytes(write_entry_line(entry) + "\n"));
}

Result<void> Creation::write_content() {
    m_progress.phase = base::Phase::staging;
    m_progress.total_entries = m_input.entries;
    m_progress.total_bytes = m_input.content_bytes;
    std::unordered_map<std::string, Extent> originals;  // of which copies are to come
    ScannedEntries entries{m_input};
    for (;;) {
        MOS_CHECK(m_options.observer->checkpoint());
        MOS_TRY(std::optional<ScannedEntry> scanned, entries.next());
        if (!scanned)
            break;
        Entry &entry = scanned->entry;
        MOS_TRY(const Extent extent,
                m_payload.add(entry, [&](const base::ByteSink &sink) { return read_content(*scanned, sink); }));
        entry.extent = entry.copy_of.empty() ? extent : originals.at(entry.copy_of);
        if (entry.copies > 0)
            originals.emplace(entry.path, extent);
        MOS_CHECK(add_line(entry));
        ++m_progress.done_entries;
        m_progress.done_bytes += entry.size;
        m_options.observer->report(m_progress);
    }
    for (const Entry &entry : m_metadata)
        MOS_CHECK(add_line(entry));
    return m_payload.finish();
}

Result<void> Creation::write_index(base::ScratchFile &package) {
    std::uint64_t expanded = m_lines.size();
    for (const FrameLine &frame : m_payload.frames())
        expanded += write_frame_line(frame).size() + 1;
    const int level = m_options.level == uncompressed ? CreateOptions{}.level : m_options.level;
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

Result<void> Creation::assemble(base::ScratchFile &package) {
    // The head's fixed part has a fixed length, so the index can be written before it is known.
    const base::Bytes room(static_cast<std::size_t>(layout_of(m_statement).index));
    MOS_CHECK(package.append(room));
    MOS_CHECK(write_index(package));
    MOS_CHECK(package.append_all(m_payload.output()));
    const std::uint32_t reserved = m_statement.signature_area_bytes;
    m_statement.entries = m_input.entries + m_metadata.size();
    m_statement.frames = static_cast<std::uint32_t>(m_payload.frames().size());
    m_statement.payload_stored_bytes = m_payload.output().size() + last_frame_stored_bytes(reserved);
    m_statement.payload_plain_bytes = m_payload.plain_bytes() + last_frame_plain_bytes(reserved);
    m_statement.content_digest = m_content_digest.finish();
    // What our own reader would refuse is never written.
    const base::Bytes statement = encode_statement(m_statement);
    MOS_TRY(const Statement decoded, decode_statement(statement, Limits{}));
    SignatureArea area;
    for (crypto::Signer *signer : m_options.signers) {
        MOS_TRY(const crypto::Signature signature, signer->sign(signed_message(statement)));
        area.put(signature);
    }
    MOS_CHECK(write_fixed_head(package, decoded, statement));
    return write_signatures(package, layout_of(decoded), reserved, area);
}

CreateReport Creation::report(const base::ScratchFile &package) const {
    CreateReport report;
    report.file_bytes = package.size();
    report.content_bytes = m_input.content_bytes;
    report.entries = m_statement.entries;
    report.frames = m_statement.frames;
    report.deduplicated_bytes = m_input.deduplicated_bytes;
    report.content_digest = m_statement.content_digest;
    return report;
}

// Reads the package as its readers will, before anybody sees it.
Result<void> check_own_work(base::ScratchFile &package, std::string_view name, base::Observer &observer) {
    MOS_TRY(auto source, package.open_source(name));
    MOS_TRY(PackageFile file, PackageFile::open(std::move(source)));
    MOS_TRY(Package opened, std::move(file).accept_unverified());
    return opened.verify_content(observer);
}

}  // namespace

Result<CreateReport> create_package(std::span<const InputTree> input, Manifest manifest, const CreateOptions &options,
                                    base::Directory &output, std::string_view name) {
    MOS_CHECK(check_options(options));
    MOS_TRY(Statement statement, begin_statement(manifest, options));
    manifest.package_info.created_unix_s = statement.created_unix_s;
    MOS_TRY(manifest.dependencies.bundles, bundle_names(input));
    const std::string manifest_text = write_manifest(manifest);
    MOS_TRY(const Manifest reread, parse_manifest(manifest_text));
    MOS_CHECK(check_agreement(reread, statement));

    MOS_TRY(base::ScratchFile scan_lines, base::ScratchFile::create(output, name, "scan"));
    MOS_TRY(base::ScratchFile entry_lines, base::ScratchFile::create(output, name, "entries"));
    MOS_TRY(base::ScratchFile payload, base::ScratchFile::create(output, name, "payload"));
    MOS_TRY(base::ScratchFile package, base::ScratchFile::create(output, name, "package"));
    MOS_TRY(ScannedInput scanned, scan_input(input, options, statement.kind, std::move(scan_lines)));
    Creation creation{
        input, options, std::move(statement), std::move(scanned), std::move(payload), std::move(entry_lines)};
    MOS_CHECK(creation.write_metadata(manifest_text));
    MOS_CHECK(creation.write_content());
    MOS_CHECK(creation.assemble(package));
    MOS_CHECK(check_own_work(package, name, *options.observer));
    const CreateReport report = creation.report(package);
    MOS_CHECK(package.keep_as(name));
    return report;
}

}  // namespace mos::package
