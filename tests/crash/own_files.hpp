// The engine's own program, library and folder of its database update themselves, while they run from the very root,
// and are taken back by themselves.
#pragma once

#include "workloads.hpp"

namespace mos::test {

struct OwnFiles {
    std::string package_tool;  // makes the packages
    std::string update_tool;
    std::string library;
};

// A package holds the update tool, the library, and a file in the folder of the database. The program that its first
// release has brought installs the second one, whose program takes that back, so that the first one's files run on.
// What cuts then look at are files that were in use when they were replaced.
[[nodiscard]] std::vector<Workload> own_files_workloads(const OwnFiles &files);

}  // namespace mos::test
