// Which files are there more than once: in packages, by their indexes, and in folders, by their content.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/base/observer.hpp>
#include <mos/package/package.hpp>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mos::package {

inline constexpr std::size_t max_compared_files = 1'000'000;  // about 150 bytes of memory each
inline constexpr std::size_t max_folder_depth = 128;

// One thread at a time.
class Duplicates {
  public:
    // Every regular file that the package stores, metadata left out; the index says their digests. LIMIT.
    [[nodiscard]] Result<void> add_package(Package &package, std::string source);

    // Every regular file below the folder, each read. Symbolic links are not followed. LIMIT, CANCELLED.
    [[nodiscard]] Result<void> add_tree(base::Directory &folder, std::string source, base::Observer &observer);

    // One file of a folder.
    [[nodiscard]] Result<void> add_file(base::Directory &folder, std::string_view name, std::string source,
                                        base::Observer &observer);

    struct Duplicate {
        std::uint64_t size = 0;
        const std::string &source;  // as it was given; these live until something is added
        const std::string &path;    // in it; "" for a single file
        const std::string &original_source;
        const std::string &original_path;
        bool is_stored_once = false;  // shares its content with another one already: nothing is to be saved
    };
    // Of each content the first file that was added is the original; all others are told, in the order of their
    // originals. Empty files are none.
    [[nodiscard]] std::vector<Duplicate> find() const;

    struct Totals {
        std::uint64_t files = 0;
        std::uint64_t bytes = 0;
        std::uint64_t duplicates = 0;
        std::uint64_t duplicate_bytes = 0;
        std::uint64_t stored_once_bytes = 0;  // of these
    };
    [[nodiscard]] Totals totals() const;

  private:
    enum class Stored : std::uint8_t { apart, with_another };
    struct File {
        crypto::Sha256Digest digest{};
        std::uint64_t size = 0;
        std::size_t source = 0;
        std::string path;
        Stored stored = Stored::apart;
    };
    [[nodiscard]] Result<void> add(File file);
    [[nodiscard]] Result<void> add_entry(const Entry &entry, const Entry &content);
    [[nodiscard]] Result<void> add_below(base::Directory &folder, const std::string &path, std::size_t depth,
                                         base::Observer &observer);
    [[nodiscard]] Result<void> add_present(base::Directory &folder, std::string_view name, std::string path,
                                           base::Observer &observer);

    std::vector<std::string> m_sources;
    std::vector<File> m_files;                                    // in the order in which they were added
    std::set<std::pair<std::uint64_t, std::uint64_t>> m_several;  // device and inode of files with several names
};

}  // namespace mos::package
