// What scripts have left at their outputs, told from what somebody has written there since.
//
// When a change is done, the row of each of its outputs is given what stands at the path then: an active row of an
// output that is in effect says so, an inactive one that nothing is known. An output goes through copies, so its inode
// says nothing: size and time are its witness, and `leaving_inode` only whether there was anything.
#pragma once

#include <mos/transaction/site.hpp>

#include <mos/state/transactions.hpp>

#include <optional>
#include <vector>

namespace mos::transaction {

// What a transaction that has come to its end leaves at the outputs of its stage's owner; none where no script was
// called at that end.
[[nodiscard]] Result<std::vector<state::Operation>> outputs_as_left(Site &site, const state::Transaction &transaction);

// Whether the row says what was left there, and something else is there now.
[[nodiscard]] bool was_written_since(const state::Operation &output, const std::optional<base::FileStatus> &there);

// Of those that are as they were left, forgets it: from now on scripts that undo may write there. Belongs into the body
// of Database::commit.
[[nodiscard]] Result<void> let_outputs_go(Site &site, std::uint64_t owner);

}  // namespace mos::transaction
