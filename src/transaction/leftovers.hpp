// Stages that are in the way of nobody any more: never decided, or given up.
#pragma once

#include <mos/transaction/site.hpp>

namespace mos::transaction {

// Deletes the stage on every volume that is mounted now. The primary part goes last: its plan tells what the others
// are.
[[nodiscard]] Result<void> delete_stage(Site &site, std::uint64_t id);

// Deletes what no transaction owns, on every volume; how many that were. STAGE_UNCLEAR for what has been moved.
[[nodiscard]] Result<std::uint64_t> drop_leftovers(Site &site);

}  // namespace mos::transaction
