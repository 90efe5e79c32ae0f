// Finds the compressed members of two files that are worth expanding before they are compared.
#pragma once

#include "members.hpp"

#include <mos/base/observer.hpp>

namespace mos::delta {

struct UnwrapJob {
    base::ByteView base;
    base::ByteView result;
    MemoryBudget &memory;
    std::uint64_t apply_memory = 0;  // that the device has for members alone
    base::Observer &observer;
};

struct FoundMembers {
    Members base;    // that changed ones of the result can have come from
    Members result;  // that changed, and that were seen to come out the same when they are compressed again
};

// What is the same in both files compressed is left out, for it is copied as it is. What takes more memory than the
// device has is left out, the largest first. CANCELLED.
[[nodiscard]] Result<FoundMembers> find_members(const UnwrapJob &job);

}  // namespace mos::delta
