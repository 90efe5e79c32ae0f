// JSON that is written line by line: texts and bytes.
#pragma once

#include <string>
#include <string_view>

namespace mos::snapshot {

// In quotes. `clean` has no control characters (base::is_clean_text), so that two are left to be escaped.
[[nodiscard]] std::string json_text(std::string_view clean);

// "path":"…", or "path_base64":"…" where the bytes are no clean text.
[[nodiscard]] std::string byte_field(std::string_view name, std::string_view bytes);

}  // namespace mos::snapshot
