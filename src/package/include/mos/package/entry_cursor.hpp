// Walks a package's entries in the order of their path bytes, one at a time.
#pragma once

#include <mos/package/entry.hpp>

#include <memory>
#include <optional>

namespace mos::package {

struct PackageState;

// Made by Package::entries(); the package outlives it. One thread at a time, that of the package.
//
// Besides the single entry, these rules are enforced while walking: paths strictly ascending (ENTRY_DUPLICATE, FORMAT);
// nothing below a symbolic link or file of the package (SYMLINK_IN_PATH, PATH_REFUSED); a hard link or copy names an
// earlier regular entry that announced it, and all that was announced comes (FORMAT); content lies within the frames,
// or fills the results of patches in order (FORMAT, LIMIT); the three metadata files are there. So a package is only
// known to be sound when next() has returned nothing.
class EntryCursor {
  public:
    EntryCursor(EntryCursor &&) noexcept;
    EntryCursor &operator=(EntryCursor &&) noexcept;
    ~EntryCursor();

    // The next entry; nothing at the end; after an error the same error again.
    [[nodiscard]] Result<std::optional<Entry>> next();

  private:
    friend class Package;
    struct State;
    explicit EntryCursor(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> m_state;
};

}  // namespace mos::package
