// What each codec is to the rest of the layer: how it writes a payload, and how it applies one.
#pragma once

#include "ends.hpp"
#include "memory_budget.hpp"

namespace mos::delta {

struct CreateJob {
    base::Source &base;
    base::Source &result;
    const Expected &base_is;
    const Expected &result_is;
    MemoryBudget &memory;
    std::uint64_t apply_memory = 0;  // that the device has
    base::Observer &observer;
};

struct ApplyJob {
    base::Source &base;
    std::uint64_t base_bytes = 0;
    PayloadReader &payload;
    MemoryBudget &memory;
    ResultWriter &result;
};

[[nodiscard]] Result<base::Bytes> create_keep(const CreateJob &job);
[[nodiscard]] Result<void> apply_keep(const ApplyJob &job);

[[nodiscard]] Result<base::Bytes> create_full(const CreateJob &job);
[[nodiscard]] Result<void> apply_full(const ApplyJob &job);

[[nodiscard]] bool has_vcdiff() noexcept;
[[nodiscard]] Result<base::Bytes> create_vcdiff(const CreateJob &job);
[[nodiscard]] Result<void> apply_vcdiff(const ApplyJob &job);

[[nodiscard]] Result<base::Bytes> create_suffix(const CreateJob &job);
[[nodiscard]] Result<void> apply_suffix(const ApplyJob &job);

}  // namespace mos::delta
