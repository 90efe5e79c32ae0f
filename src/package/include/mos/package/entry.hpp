// An entry of a package: one path and all that is to be known about it without its content.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/crypto/digest.hpp>
#include <mos/package/limits.hpp>
#include <mos/package/statement.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mos::package {

enum class EntryType : std::uint8_t { regular, directory, symlink, hard_link };
[[nodiscard]] std::string_view entry_type_name(EntryType type) noexcept;

// Where an entry's content stands in the payload: it begins `offset` plain bytes into the first frame and goes on
// through the following ones. All zero for an entry without content.
struct Extent {
    std::uint32_t first_frame = 0;
    std::uint32_t frame_count = 0;
    std::uint64_t offset = 0;
    friend bool operator==(const Extent &, const Extent &) = default;
};

// Some of a package's frames, by number; what lies beyond its length is not in it.
using FrameSet = std::vector<bool>;

// How an entry gets its content. Only delta packages have more than the first.
enum class Origin : std::uint8_t {
    stored,     // it stands in the payload; so does that of an entry without content
    patched,    // it is a part of a patch's result
    unchanged,  // the base has a file at the same path with the same content
    derived,    // it follows from the index: metadata/checksums.json, and nothing else
};

// Where an entry's content stands in the result of a patch.
struct PatchPlace {
    std::uint32_t patch = 0;
    std::uint64_t at = 0;
    friend bool operator==(const PatchPlace &, const PatchPlace &) = default;
};

struct Entry {
    std::string path;  // the tar member's name, as bytes: "content/files/usr/bin/x"
    EntryType type = EntryType::regular;
    std::uint32_t mode = 0;  // at most 07777; 0777 for a symbolic link
    std::uint32_t owner = 0;
    std::uint32_t group = 0;
    std::int64_t modified_unix_s = 0;  // whole seconds
    std::uint64_t size = 0;            // regular only
    crypto::Sha256Digest sha256{};     // regular only
    // A symbolic link's target; for a hard link the path of the earlier regular entry whose inode it shares. Mode,
    // owner, group and time then are that entry's (a tar reader may well set them again); all else is not given.
    std::string target;
    base::ExtendedAttributes attributes;  // sorted by name; "user.…" and "security.capability" only
    std::uint32_t links = 1;              // regular only: this entry and the hard links to it
    Extent extent;
    std::uint32_t copies = 0;  // later entries whose content is stored with this one's
    std::string copy_of;  // the earlier entry whose stored content this one shares; a file of its own none the less
    Origin origin = Origin::stored;
    PatchPlace patched;  // of Origin::patched

    friend bool operator==(const Entry &, const Entry &) = default;
};

// The part of a package that a path belongs to, by its beginning.
enum class Section : std::uint8_t { configs, files, patches, scripts, dependencies, metadata };
[[nodiscard]] std::string_view section_prefix(Section section) noexcept;  // "content/files/"
[[nodiscard]] std::optional<Section> section_of(std::string_view path) noexcept;

// "usr/bin/x" for "content/files/usr/bin/x"; nothing for what is not a file of the root.
[[nodiscard]] std::optional<std::string_view> installed_path(const Entry &entry) noexcept;

// The files below content/patches/: "content/patches/000007.delta", and the list of its base files, "….base".
enum class PatchPart : std::uint8_t { base, delta };
struct PatchFile {
    std::uint32_t patch = 0;
    PatchPart part = PatchPart::base;
};
[[nodiscard]] std::string patch_path(const PatchFile &file);
// Nothing for a path that patch_path() gives for no patch.
[[nodiscard]] std::optional<PatchFile> patch_file_of(std::string_view path);

// Whether the entry belongs to the package's content, which is all but what a delta package brings for making it.
[[nodiscard]] bool is_content(const Entry &entry) noexcept;

// What one entry must keep to by itself: path and section, mode, sizes, targets, attributes, and no field that its type
// does not have. PATH_REFUSED, FORMAT, LIMIT; the message names the entry.
[[nodiscard]] Result<void> check_entry(const Entry &entry, PackageKind kind, const Limits &limits);

// True for the extended attributes that packages carry.
[[nodiscard]] bool is_carried_attribute(std::string_view name) noexcept;

}  // namespace mos::package
