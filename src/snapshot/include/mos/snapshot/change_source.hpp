// The root as it was before a change, out of the stages of all changes since that are in effect: of each path the
// oldest slot has what was there.
//
// Nothing is ever taken out of a stage: content is shared or copied, for the points stay listed. Memory grows with the
// number of paths that those changes have touched (about 400 bytes each).
#pragma once

#include <mos/snapshot/restoration_source.hpp>
#include <mos/state/transactions.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace mos::snapshot {

// The root as it was before change `first` was made: going back to the point rp-<first>. NOTHING_TO_ROLL_BACK where
// that is no change in effect, or where its stage, or that of one since, was cleaned up; POINT_DAMAGED where a stage or
// its plan can't be read; NOT_FOUND names a volume that is not mounted.
[[nodiscard]] Result<std::unique_ptr<RestorationSource>> open_change_source(transaction::Site &site,
                                                                            std::uint64_t first);

}  // namespace mos::snapshot
