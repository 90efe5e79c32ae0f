// x509-limbo's files of certificate chains.
#pragma once

#include "report.hpp"

#include <nlohmann/json.hpp>

namespace mos::vectors {

[[nodiscard]] bool is_limbo(const nlohmann::json &file);
void run_limbo(const nlohmann::json &file, Report &report);

}  // namespace mos::vectors
