// Settings changed in an INI file that a person wrote: everything else in it stays as it stands.
#pragma once

#include <mos/config/yaml_edit.hpp>

namespace mos::config {

// The text with these values, as edit_yaml() does it; values are written as they are, without YAML's quotes and
// brackets. A missing key comes at the end of its section [a.b], a missing section at the end of the file.
[[nodiscard]] Result<std::string> edit_ini(std::string_view text, std::span<const Assignment> assignments,
                                           std::string_view name);

}  // namespace mos::config
