#include "package_workloads.hpp"

#include <algorithm>
#include <iterator>

namespace mos::test {

std::vector<Workload> all_workloads() {
    std::vector<Workload> all = transaction_workloads();
    std::ranges::move(package_workloads(), std::back_inserter(all));
    return all;
}

}  // namespace mos::test
