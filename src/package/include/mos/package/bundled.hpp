// Packages that a package carries below dependencies/.
#pragma once

#include <mos/package/package.hpp>

#include <memory>

namespace mos::package {

// Whether the entry is a package of its own, by its place and its ending: ".mos" or ".multos".
[[nodiscard]] bool is_bundled_package(const Entry &entry) noexcept;

// The entry's content as a source, read from the carrier's frames, whose digests are checked. It keeps the carrier, and
// is used by the same thread as the carrier is. Its name is "CARRIER: ENTRY'S NAME".
[[nodiscard]] Result<std::unique_ptr<base::Source>> open_bundled(std::shared_ptr<Package> carrier, const Entry &entry);

}  // namespace mos::package
