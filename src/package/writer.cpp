#include <mos/package/script.hpp>
#include <mos/package/writer.hpp>

#include "bundle_names.hpp"
#include "input_scan.hpp"
#include "package_builder.hpp"

#include <mos/base/path.hpp>
#include <mos/package/metadata.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::package {

namespace {

Result<Statement> begin_statement(const Manifest &manifest, const CreateOptions &options) {
    Statement statement;
    const PackageInfo &info = manifest.package_info;
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
    Creation(std::span<const InputTree> trees, const CreateOptions &options, ScannedInput input,
             PackageBuilder &builder)
        : m_trees(trees), m_options(options), m_input(std::move(input)), m_builder(builder) {}

    // The three metadata files come first in the payload, in frames of their own.
    [[nodiscard]] Result<void> write_metadata(const std::string &manifest);
    // All other entries.
    [[nodiscard]] Result<void> write_content();
    [[nodiscard]] CreateReport report() const;

  private:
    [[nodiscard]] Result<void> give_checksums(const std::vector<Entry> &listed, const base::ByteSink &sink);
    [[nodiscard]] Result<void> check_template(const ScannedEntry &scanned);
    [[nodiscard]] Result<void> read_content(const ScannedEntry &scanned, const base::ByteSink &sink);

    std::span<const InputTree> m_trees;
    const CreateOptions &m_options;
    ScannedInput m_input;
    PackageBuilder &m_builder;
    std::vector<Entry> m_metadata;              // sorted by path once all are there: checksums, manifest, version
    std::unique_ptr<base::Directory> m_parent;  // of the file read last; most have the same one
    std::optional<std::pair<std::size_t, std::string>> m_parent_path;
    base::Progress m_progress;
};

// Of who makes a package it is a mistake in what he gave, not damage.
Result<void> check_script(const Entry &entry) {
    if (section_of(entry.path) != Section::scripts || entry.type == EntryType::directory)
        return {};
    auto kind = script_kind(entry);
    if (kind)
        return {};
    return Error{Code::INVALID_ARGUMENT, kind.error().message()}.about(entry.path);
}

Result<void> Creation::check_template(const ScannedEntry &scanned) {
    const Entry &entry = scanned.entry;
    if (!m_options.check_template || section_of(entry.path) != Section::configs || entry.type == EntryType::directory)
        return {};
    if (entry.type != EntryType::regular)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is no regular file, so no template", base::in_quotes(entry.path))}
            .about(entry.path);
    if (entry.size > max_template_bytes)
        return Error{Code::LIMIT, fmt::format("{} has {} bytes, at most {} are allowed", base::in_quotes(entry.path),
                                              entry.size, max_template_bytes)}
            .about(entry.path);
    std::string text;
    MOS_CHECK(read_content(scanned, [&](base::ByteView bytes) -> Result<void> {
        text += base::as_text(bytes);
        return {};
    }));
    return m_options.check_template(text, entry.path.substr(section_prefix(Section::configs).size()));
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
        MOS_CHECK(check_template(*scanned));
        MOS_CHECK(sink(base::as_bytes(text.line(scanned->entry))));
    }
    for (const Entry &entry : listed)
        MOS_CHECK(sink(base::as_bytes(text.line(entry))));
    return sink(base::as_bytes(ChecksumsText::end()));
}

Result<void> Creation::write_metadata(const std::string &manifest) {
    const std::string version = write_version_json(m_builder.statement());
    const auto give = [](const std::string &text) {
        return [&text](const base::ByteSink &sink) { return sink(base::as_bytes(text)); };
    };
    m_builder.statement().manifest_bytes = static_cast<std::uint32_t>(manifest.size());
    MOS_TRY(Entry manifest_entry, m_builder.store_metadata(manifest_path, give(manifest)));
    // The version file comes after the checksums, which list it.
    Entry version_entry;
    version_entry.path = version_path;
    version_entry.size = version.size();
    version_entry.sha256 = crypto::sha256(base::as_bytes(version));
    const std::vector<Entry> listed = {manifest_entry, version_entry};
    MOS_TRY(Entry checksums_entry, m_builder.store_metadata(checksums_path, [&](const base::ByteSink &sink) {
        return give_checksums(listed, sink);
    }));
    MOS_TRY(version_entry, m_builder.store_metadata(version_path, give(version)));
    m_metadata = {std::move(checksums_entry), std::move(manifest_entry), std::move(version_entry)};
    return m_builder.cut();
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
                m_builder.store(entry, [&](const base::ByteSink &sink) { return read_content(*scanned, sink); }));
        entry.extent = entry.copy_of.empty() ? extent : originals.at(entry.copy_of);
        if (entry.copies > 0)
            originals.emplace(entry.path, extent);
        MOS_CHECK(m_builder.add_line(entry));
        ++m_progress.done_entries;
        m_progress.done_bytes += entry.size;
        m_options.observer->report(m_progress);
    }
    for (const Entry &entry : m_metadata)
        MOS_CHECK(m_builder.add_line(entry));
    return {};
}

CreateReport Creation::report() const {
    CreateReport report = m_builder.report();
    report.content_bytes = m_input.content_bytes;
    report.deduplicated_bytes = m_input.deduplicated_bytes;
    return report;
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
    MOS_TRY(ScannedInput scanned, scan_input(input, options, PackageKind::full, std::move(scan_lines)));
    MOS_TRY(const std::unique_ptr<PackageBuilder> builder,
            PackageBuilder::begin(options, std::move(statement), output, name));
    Creation creation{input, options, std::move(scanned), *builder};
    MOS_CHECK(creation.write_metadata(manifest_text));
    MOS_CHECK(creation.write_content());
    MOS_TRY(base::ScratchFile package, builder->finish(output, name));
    MOS_CHECK(package.keep_as(name));
    return creation.report();
}

}  // namespace mos::package
