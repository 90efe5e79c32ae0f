#ifdef MOS_OWN_LIBRARY
#include "own_files.hpp"
#endif
#include "backup_workloads.hpp"
#include "package_workloads.hpp"
#include "snapshot_workloads.hpp"

#include <algorithm>
#include <iterator>

namespace mos::test {

std::vector<Workload> all_workloads() {
    std::vector<Workload> all = transaction_workloads();
    std::ranges::move(package_workloads(), std::back_inserter(all));
    std::ranges::move(snapshot_workloads(), std::back_inserter(all));
    std::ranges::move(backup_workloads(), std::back_inserter(all));
#ifdef MOS_OWN_LIBRARY  // the tools are built too
    std::ranges::move(
        own_files_workloads(
            {.package_tool = MOS_OWN_PACKAGE_TOOL, .update_tool = MOS_OWN_UPDATE_TOOL, .library = MOS_OWN_LIBRARY}),
        std::back_inserter(all));
#endif
    return all;
}

}  // namespace mos::test
