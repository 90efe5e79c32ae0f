// Wycheproof's files of signatures: ECDSA (in DER, and as IEEE P1363 has it), EdDSA, RSA by PKCS #1 and PSS.
#pragma once

#include "report.hpp"

#include <nlohmann/json.hpp>

namespace mos::vectors {

// Whether the file has groups of tests, as Wycheproof's have.
[[nodiscard]] bool is_wycheproof(const nlohmann::json &file);
void run_wycheproof(const nlohmann::json &file, Report &report);

}  // namespace mos::vectors
