// Writes a delta package: a release as its difference to another one. What makes it small is the delta layer's; here is
// how it stands in a file (docs/package-format.md, section 7).
#pragma once

#include <mos/package/index_line.hpp>
#include <mos/package/package.hpp>
#include <mos/package/writer.hpp>

#include <functional>
#include <span>

namespace mos::package {

// The two files of a patch.
struct PatchContent {
    std::string base_list;       // lines of its base files, each with its newline; may be empty
    std::uint64_t delta_at = 0;  // in the file of deltas
    std::uint64_t delta_bytes = 0;
    crypto::Sha256Digest delta_sha256{};
};

struct DeltaContent {
    crypto::Sha256Digest base_content_digest{};
    // Of the full package's entries in the order of the index, all but the metadata files: the same entry with its
    // origin, its place in a patch, and its copies as they are in the delta package.
    std::function<Result<Entry>(Entry)> shape;
    std::span<const PatchContent> patches;  // by number
    base::Source *deltas = nullptr;         // where their deltas stand, one after the other
    // Called with the finished package before it is kept; an error throws it away. May be empty.
    std::function<Result<void>(Package &)> check;
};

// Writes the delta package of `full` as `name` into `output`, whole or not at all, as create_package() does. Its
// metadata files are those of the full package byte for byte, and so is its content digest. Of the options count the
// level, frame sizes, the signature area, the signers and the observer. FORMAT when what is given contradicts the rules
// of the format; and what create_package() and reading `full` say.
[[nodiscard]] Result<CreateReport> write_delta_package(Package &full, const DeltaContent &content,
                                                       const CreateOptions &options, base::Directory &output,
                                                       std::string_view name);

}  // namespace mos::package
