#include <mos/package/delta_writer.hpp>

#include "entry_rules.hpp"
#include "package_builder.hpp"

#include <mos/package/metadata.hpp>
#include <mos/package/package_file.hpp>
#include <mos/package/tar.hpp>

#include <algorithm>
#include <array>
#include <unordered_map>

namespace mos::package {

namespace {

constexpr std::size_t read_bytes = 64U << 10U;

class DeltaCreation {
  public:
    DeltaCreation(Package &full, const DeltaContent &content, const CreateOptions &options, PackageBuilder &builder)
        : m_full(full), m_content(content), m_options(options), m_builder(builder) {}

    [[nodiscard]] Result<void> run();

  private:
    [[nodiscard]] Result<void> store_metadata();
    [[nodiscard]] Result<void> write_entry(Entry entry);
    [[nodiscard]] Result<Extent> store(const Entry &entry);
    [[nodiscard]] Result<void> give_delta(const PatchContent &patch, const base::ByteSink &sink) const;
    [[nodiscard]] Result<void> write_list(std::uint32_t number, const std::string &lines);
    [[nodiscard]] Result<void> write_patches();
    [[nodiscard]] Result<void> write_patch_file(Entry entry, const ContentReader &content);
    [[nodiscard]] Entry patch_entry(const PatchFile &file) const;

    Package &m_full;
    const DeltaContent &m_content;
    const CreateOptions &m_options;
    PackageBuilder &m_builder;
    std::vector<Entry> m_metadata;  // in the order of the index, with where they stand now
    std::unordered_map<std::string, Extent> m_originals;
    AbsentMembers m_absent;
    base::Progress m_progress;
};

// The same files, so that what a delta package says of its content can be held against the full one's. The checksums
// are as long as the index, of which they are made again.
Result<void> DeltaCreation::store_metadata() {
    std::array<Entry, 3> found;
    constexpr std::array<std::string_view, 3> tar_order = {manifest_path, checksums_path, version_path};
    MOS_TRY(EntryCursor cursor, m_full.entries());
    for (;;) {
        MOS_TRY(const std::optional<Entry> entry, cursor.next());
        if (!entry)
            break;
        const auto *const at = std::ranges::find(tar_order, entry->path);
        if (at != tar_order.end())
            found.at(static_cast<std::size_t>(at - tar_order.begin())) = *entry;
    }
    m_builder.statement().manifest_bytes = static_cast<std::uint32_t>(found[0].size);
    for (Entry &entry : found) {
        if (entry.path == checksums_path) {
            entry.origin = Origin::derived;
            entry.extent = {};
            m_metadata.push_back(entry);
            continue;
        }
        MOS_TRY(Entry stored, m_builder.store_metadata(entry.path, [&](const base::ByteSink &sink) {
            return m_full.read_content(entry, sink);
        }));
        m_metadata.push_back(std::move(stored));
    }
    std::ranges::sort(m_metadata, {}, &Entry::path);
    return m_builder.cut();
}

Result<Extent> DeltaCreation::store(const Entry &entry) {
    const Entry source = entry;  // where it stands in the full package
    return m_builder.store(entry, [&](const base::ByteSink &sink) { return m_full.read_content(source, sink); });
}

Result<void> DeltaCreation::write_entry(Entry entry) {
    MOS_TRY(entry, m_content.shape(std::move(entry)));
    if (m_absent.take(entry)) {
        entry.extent = {};
        return m_builder.add_line(entry);
    }
    MOS_TRY(const Extent extent, store(entry));
    entry.extent = extent;
    if (!entry.copy_of.empty()) {
        const auto original = m_originals.find(entry.copy_of);
        if (original == m_originals.end())
            return Error{Code::FORMAT, "a copy has no original"}.about(entry.path);
        entry.extent = original->second;
    }
    if (entry.copies > 0)
        m_originals.emplace(entry.path, extent);
    return m_builder.add_line(entry);
}

Entry DeltaCreation::patch_entry(const PatchFile &file) const {
    constexpr std::uint32_t mode = 0644;
    Entry entry;
    entry.path = patch_path(file);
    entry.mode = mode;
    entry.modified_unix_s = m_full.statement().created_unix_s;
    return entry;
}

Result<void> DeltaCreation::write_patch_file(Entry entry, const ContentReader &content) {
    MOS_TRY(entry.extent, m_builder.store(entry, content));
    return m_builder.add_line(entry);
}

Result<void> DeltaCreation::give_delta(const PatchContent &patch, const base::ByteSink &sink) const {
    base::Bytes buffer(read_bytes);
    for (std::uint64_t done = 0; done < patch.delta_bytes;) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), patch.delta_bytes - done));
        const auto part = base::MutableByteView{buffer}.first(count);
        MOS_CHECK(base::read_exactly(*m_content.deltas, patch.delta_at + done, part));
        MOS_CHECK(sink(part));
        done += count;
    }
    return {};
}

Result<void> DeltaCreation::write_list(std::uint32_t number, const std::string &lines) {
    if (lines.empty())
        return {};
    Entry list = patch_entry({number, PatchPart::base});
    list.size = lines.size();
    list.sha256 = crypto::sha256(base::as_bytes(lines));
    return write_patch_file(std::move(list), [&](const base::ByteSink &sink) { return sink(base::as_bytes(lines)); });
}

Result<void> DeltaCreation::write_patches() {
    for (std::uint32_t number = 0; number < m_content.patches.size(); ++number) {
        MOS_CHECK(m_options.observer->checkpoint());
        const PatchContent &patch = m_content.patches[number];
        MOS_CHECK(write_list(number, patch.base_list));
        Entry delta = patch_entry({number, PatchPart::delta});
        delta.size = patch.delta_bytes;
        delta.sha256 = patch.delta_sha256;
        MOS_CHECK(
            write_patch_file(std::move(delta), [&](const base::ByteSink &sink) { return give_delta(patch, sink); }));
    }
    return {};
}

Result<void> DeltaCreation::run() {
    MOS_CHECK(store_metadata());
    m_progress.phase = base::Phase::staging;
    m_progress.total_entries = m_full.statement().entries;
    bool patches_written = false;
    MOS_TRY(EntryCursor cursor, m_full.entries());
    for (;;) {
        MOS_CHECK(m_options.observer->checkpoint());
        MOS_TRY(std::optional<Entry> entry, cursor.next());
        if (!entry)
            break;
        const Section section = section_of(entry->path).value_or(Section::metadata);
        if (!patches_written && section > Section::patches) {
            patches_written = true;
            MOS_CHECK(write_patches());
        }
        if (section != Section::metadata)
            MOS_CHECK(write_entry(std::move(*entry)));
        ++m_progress.done_entries;
        m_options.observer->report(m_progress);
    }
    for (const Entry &entry : m_metadata)
        MOS_CHECK(m_builder.add_line(entry));
    return {};
}

Statement delta_statement(const Statement &full, const DeltaContent &content, const CreateOptions &options) {
    Statement statement;
    statement.kind = PackageKind::delta;
    statement.base_content_digest = content.base_content_digest;
    statement.signature_area_bytes = options.signature_area_bytes;
    statement.created_unix_s = full.created_unix_s;
    statement.name = full.name;
    statement.version = full.version;
    statement.release = full.release;
    statement.architecture = full.architecture;
    statement.type = full.type;
    return statement;
}

Result<void> check_finished(base::ScratchFile &file, std::string_view name, const DeltaContent &content,
                            const crypto::Sha256Digest &expected) {
    MOS_TRY(auto source, file.open_source(name));
    MOS_TRY(PackageFile opened, PackageFile::open(std::move(source)));
    MOS_TRY(Package package, std::move(opened).accept_unverified());
    if (package.statement().content_digest != expected)
        return Error{Code::FORMAT, "the delta package would have another content digest than the full one"};
    return content.check ? content.check(package) : Result<void>{};
}

}  // namespace

Result<CreateReport> write_delta_package(Package &full, const DeltaContent &content, const CreateOptions &options,
                                         base::Directory &output, std::string_view name) {
    MOS_CHECK(check_options(options));
    if (full.statement().kind != PackageKind::full || full.statement().version_of_format != format_version)
        return Error{Code::INVALID_ARGUMENT, "a delta package is made of a full package of the present format"};
    MOS_TRY(const std::unique_ptr<PackageBuilder> builder,
            PackageBuilder::begin(options, delta_statement(full.statement(), content, options), output, name));
    MOS_CHECK(DeltaCreation(full, content, options, *builder).run());
    MOS_TRY(base::ScratchFile package, builder->finish(output, name));
    MOS_CHECK(check_finished(package, name, content, full.statement().content_digest));
    MOS_CHECK(package.keep_as(name));
    return builder->report();
}

}  // namespace mos::package
