#include "package_survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mos::delta {

using package::BaseFile;
using package::Entry;
using package::Origin;

namespace {

// A part of a scratch file.
class SliceSource final : public base::Source {
  public:
    SliceSource(base::ScratchFile &file, std::uint64_t offset, std::uint64_t size, std::string name)
        : m_file(file), m_offset(offset), m_size(size), m_name(std::move(name)) {}

    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, base::MutableByteView out) override {
        if (offset >= m_size)
            return std::size_t{0};
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), m_size - offset));
        MOS_CHECK(m_file.read_exactly(m_offset + offset, out.first(count)));
        return count;
    }
    [[nodiscard]] Result<std::uint64_t> size() override { return m_size; }
    [[nodiscard]] const std::string &name() const noexcept override { return m_name; }

  private:
    base::ScratchFile &m_file;
    std::uint64_t m_offset;
    std::uint64_t m_size;
    std::string m_name;
};

bool has_content(const Entry &entry) { return entry.type == package::EntryType::regular && entry.size > 0; }

// Whether a root has the file as the package brought it, unless somebody has interfered.
bool stays_as_it_came(const package::Manifest &manifest, std::string_view path) {
    return !package::is_configuration(manifest, path) &&
           std::ranges::find(manifest.scripts.outputs, path) == manifest.scripts.outputs.end();
}

class Surveyor {
  public:
    Surveyor(const package::Manifest &manifest, const std::vector<BaseFile> &base, std::uint64_t threshold)
        : m_manifest(manifest), m_base(base), m_threshold(threshold) {}

    void take(const Entry &entry) {
        m_survey.fates.emplace_back();
        if (has_content(entry) && package::section_of(entry.path) != package::Section::metadata)
            decide(entry, m_survey.fates.size() - 1);
    }
    [[nodiscard]] Survey finish() { return std::move(m_survey); }

  private:
    void decide(const Entry &entry, std::size_t number) {
        Fate &fate = m_survey.fates[number];
        const auto path = package::installed_path(entry);
        const bool may_be_made = path && stays_as_it_came(m_manifest, *path);
        if (may_be_made && is_unchanged(entry)) {
            fate.origin = Origin::unchanged;
            return;
        }
        const bool is_candidate = may_be_made && entry.size >= m_threshold;
        if (is_copy_of_earlier(entry, number, is_candidate))
            return;
        if (is_candidate)
            m_survey.candidates.push_back({number, entry});
    }

    [[nodiscard]] bool is_unchanged(const Entry &entry) const {
        const auto found = std::ranges::lower_bound(m_base, entry.path, {}, &BaseFile::path);
        return found != m_base.end() && found->path == entry.path && found->size == entry.size &&
               found->sha256 == entry.sha256;
    }

    // Of the entries that are one another's copies in the full package, those that are stored and those that are made
    // are two groups: the first of each is what the others are copies of.
    [[nodiscard]] bool is_copy_of_earlier(const Entry &entry, std::size_t number, bool is_candidate) {
        if (entry.copies == 0 && entry.copy_of.empty())
            return false;
        const std::string &original = entry.copy_of.empty() ? entry.path : entry.copy_of;
        const auto [first, is_first] = m_firsts.try_emplace({original, is_candidate}, number);
        if (is_first) {
            m_survey.fates[number].path = entry.path;
            return false;
        }
        m_survey.fates[number].copy_of = first->second;
        ++m_survey.fates[first->second].copies;
        return true;
    }

    const package::Manifest &m_manifest;
    const std::vector<BaseFile> &m_base;
    std::uint64_t m_threshold;
    std::map<std::pair<std::string, bool>, std::size_t> m_firsts;
    Survey m_survey;
};

}  // namespace

Result<std::unique_ptr<BaseContent>> BaseContent::read(package::Package &base, base::Directory &folder,
                                                       std::string_view name, base::Observer &observer) {
    MOS_TRY(const package::Manifest manifest, base.manifest());
    MOS_TRY(base::ScratchFile file, base::ScratchFile::create(folder, name, "base"));
    std::unique_ptr<BaseContent> content{new BaseContent{std::move(file)}};
    MOS_TRY(package::EntryCursor cursor, base.entries());
    for (;;) {
        MOS_CHECK(observer.checkpoint());
        MOS_TRY(const std::optional<Entry> entry, cursor.next());
        if (!entry)
            return content;
        const auto path = package::installed_path(*entry);
        if (!path || !has_content(*entry) || !stays_as_it_came(manifest, *path))
            continue;
        content->m_files.push_back({entry->path, entry->size, entry->sha256});
        content->m_offsets.push_back(content->m_content.size());
        MOS_CHECK(base.read_content(*entry, [&](base::ByteView part) { return content->m_content.append(part); }));
    }
}

Result<std::unique_ptr<base::Source>> BaseContent::open(const package::BaseLine &line) {
    const auto found = std::ranges::lower_bound(m_files, line.path, {}, &BaseFile::path);
    if (found == m_files.end() || found->path != line.path || found->size != line.size)
        return Error{Code::BASE_DIFFERS, fmt::format("{} is no file of the base", base::in_quotes(line.path))}.about(
            line.path);
    return std::unique_ptr<base::Source>{std::make_unique<SliceSource>(
        m_content, m_offsets[static_cast<std::size_t>(found - m_files.begin())], line.size, line.path)};
}

Result<Survey> survey(package::Package &target, const std::vector<BaseFile> &base, std::uint64_t threshold) {
    MOS_TRY(const package::Manifest manifest, target.manifest());
    Surveyor surveyor{manifest, base, threshold};
    MOS_TRY(package::EntryCursor cursor, target.entries());
    for (;;) {
        MOS_TRY(const std::optional<Entry> entry, cursor.next());
        if (!entry)
            return surveyor.finish();
        surveyor.take(*entry);
    }
}

}  // namespace mos::delta
