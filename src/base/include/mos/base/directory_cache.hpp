// Opens the directories of a long run of sorted paths, each once.
#pragma once

#include <mos/base/filesystem.hpp>

#include <string>
#include <string_view>

namespace mos::base {

// Keeps the directory that was asked for last. Never follows a symbolic link. The top directory must outlive the cache.
class DirectoryCache {
  public:
    explicit DirectoryCache(Directory &top) : m_top(top) {}

    // The directory at `path`, "" for the top itself. Valid until the next call. NOT_FOUND, SYMLINK_IN_PATH, …
    [[nodiscard]] Result<Directory *> open(std::string_view path);

    // The same; nullptr where it is gone (is_gone()).
    [[nodiscard]] Result<Directory *> find(std::string_view path);

    // Forgets what it holds; needed after the directory at that path may have become another one.
    void reset() noexcept { m_last.reset(); }

  private:
    Directory &m_top;
    std::unique_ptr<Directory> m_last;
    std::string m_last_path;
};

}  // namespace mos::base
