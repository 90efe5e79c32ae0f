// Whole installations as workloads: what is cut are packages that go in, are updated, removed and taken back.
#pragma once

#include "workloads.hpp"

#include <mos/install/plan.hpp>

namespace mos::test {

// A package as bytes: every thread opens its own.
struct Packed {
    std::string name;
    base::Bytes bytes;
    install::InstallOptions options = {};
};

[[nodiscard]] std::vector<Workload> package_workloads();

// From one release of the package "system" to the next, on the bare tree. Both live as long as the workload.
[[nodiscard]] Workload update_workload(std::string name, std::string description, const Packed &first,
                                       const Packed &second);
// And back from it.
[[nodiscard]] Workload rollback_workload(std::string name, std::string description, const Packed &first,
                                         const Packed &second);

}  // namespace mos::test
