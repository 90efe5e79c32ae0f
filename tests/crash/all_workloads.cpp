#ifdef MOS_OWN_TOOL
#include "own_files.hpp"
#endif
#include "package_workloads.hpp"

#include <algorithm>
#include <iterator>

namespace mos::test {

std::vector<Workload> all_workloads() {
    std::vector<Workload> all = transaction_workloads();
    std::ranges::move(package_workloads(), std::back_inserter(all));
#ifdef MOS_OWN_TOOL  // the tools are built too
    all.push_back(own_files_workload(MOS_OWN_TOOL, MOS_OWN_LIBRARY));
#endif
    return all;
}

}  // namespace mos::test
