#include <mos/package/script.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace mos::package {

static constexpr std::array<std::string_view, 5> script_names = {"pre-install", "post-install", "pre-remove",
                                                                 "post-remove", "undo"};

std::string_view script_name(ScriptKind kind) noexcept { return script_names[static_cast<std::size_t>(kind)]; }

Result<ScriptKind> script_kind(const Entry &entry) {
    std::string_view name = std::string_view{entry.path}.substr(section_prefix(Section::scripts).size());
    if (name.ends_with(".sh"))
        name.remove_suffix(3);
    const auto *const found = std::ranges::find(script_names, name);
    if (found == script_names.end() || entry.type != EntryType::regular)
        return Error{Code::FORMAT, fmt::format("{} is no script that is ever called; there are {}",
                                               base::in_quotes(entry.path), fmt::join(script_names, ", "))}
            .about(entry.path);
    return static_cast<ScriptKind>(found - script_names.begin());
}

}  // namespace mos::package
