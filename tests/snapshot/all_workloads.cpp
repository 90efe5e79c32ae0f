#include "snapshot_workloads.hpp"

namespace mos::test {

std::vector<Workload> all_workloads() { return snapshot_workloads(); }

}  // namespace mos::test
