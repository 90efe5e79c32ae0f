// What a plan has to say of a package whatever the root is like.
#pragma once

#include "brought.hpp"

#include <mos/package/statement.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mos::install {

// Appends a sentence on each thing that may be against it: another machine, and what the manifest asks for that nothing
// here looks at.
void caution_of(const package::Statement &statement, const Brought &brought, std::int64_t now_unix_s,
                std::vector<std::string> &cautions);

// The same on what comes besides files: services, a reboot.
void note_actions(const Brought &brought, std::vector<std::string> &notices);

}  // namespace mos::install
