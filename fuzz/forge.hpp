// Packages as no writer would make them, and good signatures over them: nothing is checked here. What a publisher's key
// vouches for is still the input of a stranger when the key was stolen, or the publisher fooled.
#pragma once

#include <mos/package/entry.hpp>
#include <mos/package/manifest.hpp>

#include <string>
#include <vector>

namespace mos::fuzz {

struct ForgedEntry {
    package::Entry entry;  // size, digest and extent are filled in
    std::string content;   // of one that is not stored, what is expected of it
    std::optional<std::uint64_t> claimed_size;
    std::optional<package::Extent> claimed_extent;
    std::optional<std::string> line;  // stands in the index in place of the entry's own
};

struct ForgedPackage {
    std::string manifest;  // its text; what can be read of it stands in the statement too
    std::vector<ForgedEntry> entries;
    bool sorted = true;                                     // by path, as an index must be
    std::optional<crypto::Sha256Digest> base_content = {};  // of a delta package, that of the release it leads from
};

// The package file, signed by the key `signer_pem`.
[[nodiscard]] base::Bytes forge_package(ForgedPackage forged, std::string_view signer_pem);

}  // namespace mos::fuzz
