// Settings of a root, as every tool needs them: loaded, with what is wrong in their files.
#pragma once

#include "handles.hpp"
#include "result.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace frame {

struct SettingProblem {
    std::string file;
    std::string path;  // of the setting; "" when the file as a whole is meant
    std::string sentence;
    std::uint32_t line = 0;  // 0 where the format can't tell
    std::uint32_t column = 0;
};

[[nodiscard]] Result<std::vector<SettingProblem>> problems_of(const Settings &settings);

// "etc/multios/network.yml:2:3: network.timeout: ...".
[[nodiscard]] std::string problem_text(const SettingProblem &problem);
[[nodiscard]] nlohmann::ordered_json to_json(const std::vector<SettingProblem> &problems);

// A warning each, on standard error: what holds is not what somebody wrote.
void put_warnings(const std::vector<SettingProblem> &problems);

}  // namespace frame
