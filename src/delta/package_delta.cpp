#include <mos/delta/package_delta.hpp>

#include "package_patches.hpp"

#include <mos/package/layout.hpp>

#include <fmt/format.h>

namespace mos::delta {

using package::Entry;
using package::Origin;

namespace {

Error refuse(std::string message) { return Error{Code::INVALID_ARGUMENT, std::move(message)}; }

Result<void> check_pair(const package::Package &base, const package::Package &target) {
    const package::Statement &from = base.statement();
    const package::Statement &to = target.statement();
    for (const package::Package *package : {&base, &target})
        if (package->statement().kind != package::PackageKind::full)
            return refuse(
                fmt::format("{} is a delta package: a delta is made from full ones", base::in_quotes(package->name())));
    if (from.name != to.name || from.architecture != to.architecture)
        return refuse(fmt::format("no delta leads from '{}' for {} to '{}' for {}", from.name, from.architecture,
                                  to.name, to.architecture));
    if (from.content_digest == to.content_digest)
        return refuse(fmt::format("both packages hold the same release of '{}'", to.name));
    return {};
}

package::CreateOptions creation_of(const PackageDeltaOptions &options) {
    package::CreateOptions creation = options.package;
    creation.signature_area_bytes = options.signature_area_bytes.value_or(
        package::signature_area_for(creation.signers).value_or(unsigned_delta_area_bytes));
    return creation;
}

class PackageDelta {
  public:
    PackageDelta(std::shared_ptr<package::Package> base, std::shared_ptr<package::Package> target,
                 const PackageDeltaOptions &options)
        : m_base(std::move(base)), m_target(std::move(target)), m_options(options) {}

    [[nodiscard]] Result<PackageDeltaReport> create(base::Directory &output, std::string_view name);

  private:
    // Called for all entries but those of metadata, which are the last.
    [[nodiscard]] Entry shape(Entry entry, std::size_t number);
    void count(const Entry &entry);

    std::shared_ptr<package::Package> m_base;
    std::shared_ptr<package::Package> m_target;
    const PackageDeltaOptions &m_options;
    Survey m_survey;
    PackageDeltaReport m_report;
};

Entry PackageDelta::shape(Entry entry, std::size_t number) {
    const Fate &fate = m_survey.fates.at(number);
    const Fate &leading = fate.copy_of ? m_survey.fates.at(*fate.copy_of) : fate;
    entry.origin = leading.origin;
    entry.patched = leading.place;
    entry.copies = fate.copies;
    entry.copy_of = fate.copy_of ? leading.path : std::string{};
    count(entry);
    return entry;
}

void PackageDelta::count(const Entry &entry) {
    if (!package::installed_path(entry) || entry.size == 0)
        return;
    switch (entry.origin) {
    case Origin::stored:
    case Origin::derived:
        ++m_report.whole_files;
        m_report.whole_bytes += entry.size;
        return;
    case Origin::patched:
        ++m_report.patched_files;
        m_report.patched_bytes += entry.size;
        return;
    case Origin::unchanged:
        ++m_report.unchanged_files;
        m_report.unchanged_bytes += entry.size;
        return;
    }
}

Result<PackageDeltaReport> PackageDelta::create(base::Directory &output, std::string_view name) {
    base::Observer &observer = *m_options.package.observer;
    MOS_TRY(const auto base, BaseContent::read(*m_base, output, name, observer));
    MOS_TRY(m_survey, survey(*m_target, base->files(), m_options.threshold));
    MOS_TRY(base::ScratchFile deltas, base::ScratchFile::create(output, name, "deltas"));
    PatchMaker maker{m_target, *base, m_survey, m_options, deltas};
    MOS_CHECK(maker.run());
    MOS_TRY(const auto stored, deltas.open_source("the deltas of the package"));

    package::DeltaContent content;
    content.base_content_digest = m_base->statement().content_digest;
    content.patches = maker.patches();
    content.deltas = stored.get();
    content.shape = [&, number = std::size_t{0}](Entry entry) mutable -> Result<Entry> {
        return shape(std::move(entry), number++);
    };
    content.check = [&](package::Package &made) -> Result<void> {
        const std::shared_ptr<package::Package> borrowed{std::shared_ptr<void>{}, &made};
        const ApplyOptions options{.memory_limit = m_options.apply_memory, .observer = nullptr};
        MOS_TRY(const auto opened, PackageContent::open(borrowed, *base, options));
        return check_content(made, *opened, observer);
    };
    MOS_TRY(const package::CreateReport report,
            package::write_delta_package(*m_target, content, creation_of(m_options), output, name));
    m_report.file_bytes = report.file_bytes;
    m_report.full_bytes = package::layout_of(m_target->statement()).end;
    m_report.patches = maker.patches().size();
    m_report.renamed_files = maker.renamed_files();
    m_report.content_digest = report.content_digest;
    m_report.base_content_digest = content.base_content_digest;
    return m_report;
}

}  // namespace

Result<PackageDeltaReport> create_package_delta(std::shared_ptr<package::Package> base,
                                                std::shared_ptr<package::Package> target,
                                                const PackageDeltaOptions &options, base::Directory &output,
                                                std::string_view name) {
    MOS_CHECK(check_pair(*base, *target));
    MOS_CHECK(check_apply_memory(options.apply_memory));
    return PackageDelta{std::move(base), std::move(target), options}.create(output, name);
}

}  // namespace mos::delta
