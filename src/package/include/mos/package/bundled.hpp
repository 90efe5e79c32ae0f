// Packages that a package carries below dependencies/.
#pragma once

#include <mos/package/package.hpp>

#include <memory>

namespace mos::package {

// ".mos" or ".multos": what else lies there is no package.
[[nodiscard]] bool has_package_ending(std::string_view name) noexcept;

// Whether the entry is a package of its own, by its place and its ending.
[[nodiscard]] bool is_bundled_package(const Entry &entry) noexcept;

// The entry's content as a source, read from the carrier's frames, whose digests are checked. It keeps the carrier, and
// is used by the same thread as the carrier is. Its name is "CARRIER: ENTRY'S NAME".
[[nodiscard]] Result<std::unique_ptr<base::Source>> open_bundled(std::shared_ptr<Package> carrier, const Entry &entry);

}  // namespace mos::package
