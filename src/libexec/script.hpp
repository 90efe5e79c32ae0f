// The child: shuts itself into the root and becomes the script.
#pragma once

#include "report.hpp"
#include "request.hpp"

namespace mos::libexec {

// Returns only with what was in the way; nothing of the script has run then.
[[nodiscard]] Error become_script(const Request &request, const Report &report);

}  // namespace mos::libexec
