// The engine's own program and library update themselves, while they run from the very root.
#pragma once

#include "workloads.hpp"

namespace mos::test {

// A package holds the program at `tool` and the library at `library`; the program that its first release has brought
// installs the second one. What cuts then look at are files that were in use when they were replaced.
[[nodiscard]] Workload own_files_workload(const std::string &tool, const std::string &library);

}  // namespace mos::test
