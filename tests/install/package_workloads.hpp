// Whole installations as workloads: what is cut are packages that go in, are updated, removed and taken back.
#pragma once

#include "workloads.hpp"

namespace mos::test {

[[nodiscard]] std::vector<Workload> package_workloads();

}  // namespace mos::test
