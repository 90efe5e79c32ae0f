#include <mos/package/entry.hpp>

#include <mos/base/path.hpp>
#include <mos/package/metadata.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace mos::package {

namespace {

constexpr std::size_t max_symlink_target_bytes = 4095;
constexpr std::size_t max_attribute_name_bytes = 255;  // the kernel's XATTR_NAME_MAX
constexpr std::uint32_t max_mode = 07777;
constexpr std::uint32_t symlink_mode = 0777;
constexpr std::uint32_t metadata_mode = 0644;
constexpr std::uint32_t no_owner = UINT32_MAX;  // what chown(2) takes for "leave it as it is"

struct SectionPrefix {
    Section section;
    std::string_view prefix;
};
constexpr std::array<SectionPrefix, 6> sections = {{{Section::configs, "content/configs/"},
                                                    {Section::files, "content/files/"},
                                                    {Section::patches, "content/patches/"},
                                                    {Section::scripts, "content/scripts/"},
                                                    {Section::dependencies, "dependencies/"},
                                                    {Section::metadata, "metadata/"}}};
constexpr std::array<std::string_view, 3> metadata_files = {checksums_path, manifest_path, version_path};

Error refuse(Code code, const Entry &entry, std::string_view what) {
    return Error{code, fmt::format("entry {} {}", base::in_quotes(entry.path), what)}.about(entry.path);
}

bool is_plain_file(const Entry &entry) {
    return entry.type == EntryType::regular && entry.links == 1 && entry.copies == 0 && entry.copy_of.empty() &&
           entry.size != 0;
}

bool has_plain_attributes(const Entry &entry) {
    return entry.mode == metadata_mode && entry.owner == 0 && entry.group == 0 && entry.attributes.empty();
}

Result<void> check_patch_file(const Entry &entry) {
    if (!patch_file_of(entry.path))
        return refuse(Code::PATH_REFUSED, entry, "is not one of the files of a patch");
    if (!is_plain_file(entry) || !has_plain_attributes(entry) || entry.origin != Origin::stored)
        return refuse(Code::FORMAT, entry, "is not a plain file of its own, as those of patches are");
    return {};
}

Result<void> check_section(const Entry &entry, PackageKind kind) {
    const std::optional<Section> section = section_of(entry.path);
    if (!section)
        return refuse(Code::PATH_REFUSED, entry, "lies outside the folders of a package");
    if (*section == Section::patches && kind != PackageKind::delta)
        return refuse(Code::PATH_REFUSED, entry, "belongs into a delta package");
    if (*section == Section::patches)
        return check_patch_file(entry);
    if (*section != Section::metadata)
        return {};
    if (std::find(metadata_files.begin(), metadata_files.end(), entry.path) == metadata_files.end())
        return refuse(Code::PATH_REFUSED, entry, "is not one of the metadata files");
    if (!is_plain_file(entry))
        return refuse(Code::FORMAT, entry, "is not a file of its own");
    if (!has_plain_attributes(entry))
        return refuse(Code::FORMAT, entry, "has another mode or owner than metadata files have, or attributes");
    return {};
}

Result<void> check_target(const Entry &entry) {
    if (entry.type == EntryType::symlink) {
        if (entry.target.empty() || entry.target.size() > max_symlink_target_bytes)
            return refuse(Code::FORMAT, entry,
                          fmt::format("has a target of {} bytes, 1 to {} are allowed", entry.target.size(),
                                      max_symlink_target_bytes));
        if (entry.target.find('\0') != std::string::npos)
            return refuse(Code::FORMAT, entry, "has a target with a NUL byte");
        return {};
    }
    if (entry.type == EntryType::hard_link) {
        if (section_of(entry.target) != section_of(entry.path) || entry.target >= entry.path)
            return refuse(Code::FORMAT, entry,
                          fmt::format("is a hard link to {}, which is no earlier entry beside it",
                                      base::in_quotes(entry.target)));
        return {};
    }
    if (!entry.target.empty())
        return refuse(Code::FORMAT, entry, "has a target but is no link");
    return {};
}

Result<void> check_attributes(const Entry &entry, const Limits &limits) {
    const bool link = entry.type == EntryType::hard_link || entry.type == EntryType::symlink;
    if (link && !entry.attributes.empty())
        return refuse(Code::FORMAT, entry, "is a link with extended attributes of its own");
    if (entry.attributes.size() > limits.attributes)
        return refuse(Code::LIMIT, entry,
                      fmt::format("has {} extended attributes, at most {} are allowed", entry.attributes.size(),
                                  limits.attributes));
    std::string_view previous;
    for (const base::ExtendedAttribute &attribute : entry.attributes) {
        if (!is_carried_attribute(attribute.name))
            return refuse(Code::FORMAT, entry,
                          fmt::format("has the extended attribute {}, which packages do not carry",
                                      base::in_quotes(attribute.name)));
        if (attribute.name <= previous)
            return refuse(Code::FORMAT, entry, "has extended attributes out of order");
        if (attribute.value.size() > limits.attribute_bytes)
            return refuse(Code::LIMIT, entry,
                          fmt::format("has an extended attribute of {} bytes, at most {} are allowed",
                                      attribute.value.size(), limits.attribute_bytes));
        previous = attribute.name;
    }
    return {};
}

// Scripts, templates and bundled packages are read before there is a root to look for a base in.
Result<void> check_origin(const Entry &entry, PackageKind kind) {
    const bool of_patch = entry.origin == Origin::patched;
    if (!of_patch && entry.patched != PatchPlace{})
        return refuse(Code::FORMAT, entry, "comes from no patch but says where it stands in one");
    // One form of it only: of a full package ordinary tools check what they unpacked by it.
    if (kind == PackageKind::delta && entry.path == checksums_path)
        return entry.origin == Origin::derived
                   ? Result<void>{}
                   : refuse(Code::FORMAT, entry, "is stored in a delta package, whose index it follows from");
    if (entry.origin == Origin::stored)
        return {};
    if (kind != PackageKind::delta)
        return refuse(Code::FORMAT, entry, "has content and does not say where it stands in the package");
    if (section_of(entry.path) != Section::files)
        return refuse(Code::FORMAT, entry, "is not stored in the package, as all but files of the root must be");
    if (!of_patch && (entry.copies != 0 || !entry.copy_of.empty()))
        return refuse(Code::FORMAT, entry, "is unchanged and a copy, or copied");
    return {};
}

Result<void> check_content(const Entry &entry, const Limits &limits) {
    const bool regular = entry.type == EntryType::regular;
    const bool stored = regular && entry.size > 0;
    if (!regular && (entry.size != 0 || entry.links != 1 || entry.sha256 != crypto::Sha256Digest{}))
        return refuse(Code::FORMAT, entry, "has content but is no regular file");
    if (regular && entry.size == 0 && entry.sha256 != crypto::sha256({}))
        return refuse(Code::FORMAT, entry, "is empty, but its digest is not that of nothing");
    if (entry.size > limits.payload_bytes)
        return refuse(Code::LIMIT, entry,
                      fmt::format("has {} bytes, at most {} are allowed", entry.size, limits.payload_bytes));
    if (entry.links == 0)
        return refuse(Code::FORMAT, entry, "has no link");
    if ((!stored || entry.origin != Origin::stored) && entry.extent != Extent{})
        return refuse(Code::FORMAT, entry, "has no stored content but says where it stands");
    if (!stored && (entry.origin != Origin::stored || entry.copies != 0 || !entry.copy_of.empty()))
        return refuse(Code::FORMAT, entry, "has no content but says where it stands");
    if (!entry.copy_of.empty() && (entry.copies != 0 || entry.links != 1 || entry.copy_of >= entry.path))
        return refuse(Code::FORMAT, entry, fmt::format("can't be a copy of {}", base::in_quotes(entry.copy_of)));
    return {};
}

}  // namespace

std::string_view entry_type_name(EntryType type) noexcept {
    switch (type) {
    case EntryType::regular:
        return "regular";
    case EntryType::directory:
        return "directory";
    case EntryType::symlink:
        return "symlink";
    case EntryType::hard_link:
        return "hard_link";
    }
    return "regular";
}

std::string_view section_prefix(Section section) noexcept {
    const auto *const found = std::find_if(
        sections.begin(), sections.end(), [&](const SectionPrefix &candidate) { return candidate.section == section; });
    return found->prefix;
}

std::optional<Section> section_of(std::string_view path) noexcept {
    for (const SectionPrefix &candidate : sections) {
        if (path.size() > candidate.prefix.size() && path.starts_with(candidate.prefix))
            return candidate.section;
    }
    return std::nullopt;
}

std::optional<std::string_view> installed_path(const Entry &entry) noexcept {
    if (section_of(entry.path) != Section::files)
        return std::nullopt;
    return std::string_view{entry.path}.substr(section_prefix(Section::files).size());
}

std::string patch_path(const PatchFile &file) {
    return fmt::format("{}{:06}.{}", section_prefix(Section::patches), file.patch,
                       file.part == PatchPart::base ? "base" : "delta");
}

std::optional<PatchFile> patch_file_of(std::string_view path) {
    constexpr std::size_t digits = 6;
    const std::string_view prefix = section_prefix(Section::patches);
    if (!path.starts_with(prefix))
        return std::nullopt;
    const std::string_view number = path.substr(prefix.size(), digits);
    PatchFile file;
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), file.patch);
    if (parsed.ec != std::errc{})
        return std::nullopt;
    file.part = path.ends_with(".base") ? PatchPart::base : PatchPart::delta;
    return patch_path(file) == path ? std::optional{file} : std::nullopt;
}

bool is_content(const Entry &entry) noexcept { return section_of(entry.path) != Section::patches; }

bool is_carried_attribute(std::string_view name) noexcept {
    if (name == "security.capability")
        return true;
    constexpr std::string_view user = "user.";
    // '=' ends the keyword of a pax record.
    return name.starts_with(user) && name.size() > user.size() && name.size() <= max_attribute_name_bytes &&
           base::is_clean_text(name) && name.find('=') == std::string_view::npos;
}

Result<void> check_entry(const Entry &entry, PackageKind kind, const Limits &limits) {
    MOS_CHECK(base::check_entry_path(entry.path));
    MOS_CHECK(check_section(entry, kind));
    if (entry.mode > max_mode || (entry.type == EntryType::symlink && entry.mode != symlink_mode))
        return refuse(Code::FORMAT, entry, fmt::format("has the mode {:o}", entry.mode));
    if (entry.owner == no_owner || entry.group == no_owner)
        return refuse(Code::FORMAT, entry, fmt::format("has the owner or group {}, which is none", no_owner));
    MOS_CHECK(check_target(entry));
    MOS_CHECK(check_attributes(entry, limits));
    MOS_CHECK(check_origin(entry, kind));
    return check_content(entry, limits);
}

}  // namespace mos::package
