#include "workloads.hpp"

namespace mos::test {

std::vector<Workload> all_workloads() { return transaction_workloads(); }

}  // namespace mos::test
