// Programs that a run starts and waits for.
#pragma once

#include <mos/base/result.hpp>

#include <string>
#include <vector>

namespace mos::test {

// Runs `arguments` (the program first, looked up in PATH when it has no slash) with `environment` added to ours. Its
// output is kept and told when it fails: INTERNAL unless it exits with 0.
[[nodiscard]] Result<void> run_program(const std::vector<std::string> &arguments,
                                       const std::vector<std::string> &environment = {});

// Beside the program that is running: "" when that can't be found out.
[[nodiscard]] std::string program_folder();

}  // namespace mos::test
