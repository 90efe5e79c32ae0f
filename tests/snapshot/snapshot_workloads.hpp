// Capturing points, giving them up, and going back, for whatever cuts the power or fails calls.
#pragma once

#include "workloads.hpp"

namespace mos::test {

[[nodiscard]] std::vector<Workload> snapshot_workloads();

}  // namespace mos::test
