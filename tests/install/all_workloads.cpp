#include "package_workloads.hpp"

namespace mos::test {

std::vector<Workload> all_workloads() { return package_workloads(); }

}  // namespace mos::test
