// The scripts that a package may carry below content/scripts/. What they may do and when they are called is the
// installer's business: docs/scripts.md.
#pragma once

#include <mos/package/entry.hpp>

namespace mos::package {

// Of one template's text: it is filled in memory.
inline constexpr std::uint64_t max_template_bytes = 1U << 20U;

enum class ScriptKind : std::uint8_t { pre_install, post_install, pre_remove, post_remove, undo };
[[nodiscard]] std::string_view script_name(ScriptKind kind) noexcept;  // "post-install"

// By its name, with or without ".sh". FORMAT, with the names that there are, for anything else below content/scripts/.
[[nodiscard]] Result<ScriptKind> script_kind(const Entry &entry);

}  // namespace mos::package
