// Finds the file of a base that a file of a new release most likely comes from.
#pragma once

#include <mos/package/index_line.hpp>

#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace mos::delta {

// "lib/modules/6.1.0-55/x.so.1" and "lib/modules/6.1.0-56/x.so.1" are one: runs of digits stand for any.
[[nodiscard]] std::string without_numbers(std::string_view path);

// Tells what a file has in common with those of the base by its content: asked only where paths tell nothing.
using ContentMatcher = std::function<Result<std::optional<std::size_t>>(const package::Entry &)>;

// By path, digest, path without numbers, content, then name; the same answer on every run.
class BaseMatcher {
  public:
    // Sorted by path; they outlive the matcher.
    explicit BaseMatcher(const std::vector<package::BaseFile> &files);

    // The number of the file. Nothing when none is alike.
    [[nodiscard]] Result<std::optional<std::size_t>> find(const package::Entry &entry,
                                                          const ContentMatcher &by_content) const;
    // The one with this very path.
    [[nodiscard]] std::optional<std::size_t> at_path(std::string_view path) const;

  private:
    using Numbers = std::map<std::string, std::vector<std::size_t>, std::less<>>;
    [[nodiscard]] std::optional<std::size_t> nearest(const Numbers &numbers, const std::string &key,
                                                     const package::Entry &entry) const;

    const std::vector<package::BaseFile> &m_files;
    std::map<crypto::Sha256Digest, std::size_t> m_by_digest;  // the first path of each content
    Numbers m_by_path;                                        // paths without numbers
    Numbers m_by_name;                                        // names without numbers
};

}  // namespace mos::delta
