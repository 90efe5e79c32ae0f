// Paths that a person names: for a backup, a restoration, a recovery point.
#pragma once

#include <mos/base/result.hpp>

#include <string_view>

namespace mos::snapshot {

// As base::check_entry_path(), with a remedy for who named it.
[[nodiscard]] Result<void> check_named_path(std::string_view path);

// The database, and the stages at the top of every volume, with all below them: in no backup and no recovery point.
[[nodiscard]] bool is_engines_own(std::string_view path) noexcept;

}  // namespace mos::snapshot
