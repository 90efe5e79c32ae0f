// How a path stands in a line of JSON: as text where it is clean, else in base64 under a key that says so.
#pragma once

#include <mos/base/json.hpp>
#include <mos/base/result.hpp>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace mos::transaction {

void put_path(nlohmann::json &line, const std::string &key, const std::string &path);

// nullopt where there is none by that key. FORMAT for one that leads out of the root.
[[nodiscard]] Result<std::optional<std::string>> path_in(const nlohmann::json &line, const std::string &key);

}  // namespace mos::transaction
