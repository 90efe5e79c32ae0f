// The first pass over the input: what is there, in the order of the package's paths, with the digest of every file.
#pragma once

#include <mos/base/scratch_file.hpp>

#include <mos/package/writer.hpp>

#include <unordered_map>

namespace mos::package {

// What is known of a shared entry only when all others have been seen.
struct Sharing {
    std::uint32_t links = 1;
    std::uint32_t copies = 0;
};

// The result of a scan: the entries stand in a file, for there may be millions. They have no extents yet.
struct ScannedInput {
    base::ScratchFile lines;
    std::unordered_map<std::uint64_t, Sharing> sharing;  // by the entry's number
    std::uint64_t entries = 0;
    std::uint64_t content_bytes = 0;
    std::uint64_t deduplicated_bytes = 0;
};

// Errors as create_package() has them.
[[nodiscard]] Result<ScannedInput> scan_input(std::span<const InputTree> trees, const CreateOptions &options,
                                              PackageKind kind, base::ScratchFile lines);

struct ScannedEntry {
    std::size_t tree = 0;  // which input tree it comes from
    Entry entry;
};

// Walks the entries of a scan, as often as one likes.
class ScannedEntries {
  public:
    explicit ScannedEntries(ScannedInput &input) : m_input(&input), m_lines(input.lines) {}
    [[nodiscard]] Result<std::optional<ScannedEntry>> next();

  private:
    ScannedInput *m_input;
    base::ScratchLines m_lines;
    std::uint64_t m_number = 0;
};

// The path inside an input tree of an entry that comes from it.
[[nodiscard]] std::string_view path_in_tree(const InputTree &tree, std::string_view entry_path);

// Reads the input's file `name` to its end; `shown` is its path for messages. CHANGED_MEANWHILE unless it then has
// given `size` bytes.
[[nodiscard]] Result<void> read_input_file(base::Directory &directory, std::string_view name, std::string_view shown,
                                           std::uint64_t size, base::Observer &observer, const base::ByteSink &sink);

}  // namespace mos::package
