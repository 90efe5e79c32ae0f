// Making and deleting backups, and putting them back, for whatever cuts the power or fails calls.
#pragma once

#include "workloads.hpp"

namespace mos::test {

[[nodiscard]] std::vector<Workload> backup_workloads();

}  // namespace mos::test
