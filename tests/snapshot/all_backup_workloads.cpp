#define DOCTEST_CONFIG_IMPLEMENT  // for what building a tree checks; the program has a main of its own
#include "backup_workloads.hpp"

#include <doctest/doctest.h>

namespace mos::test {

std::vector<Workload> all_workloads() { return backup_workloads(); }

}  // namespace mos::test
