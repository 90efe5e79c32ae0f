// What files alone can't tell of a way back, so that somebody is asked: data that a newer version may have changed for
// good, and users who are not there any more.
#pragma once

#include <mos/engine/job.hpp>
#include <mos/engine/rollback_step.hpp>
#include <mos/state/packages.hpp>
#include <mos/transaction/site.hpp>

#include <set>
#include <span>
#include <string>
#include <vector>

namespace mos::engine {

// One sentence each. `leaving` are the packages that go back, `returning` those that come in their stead; `owners` the
// users of files that come back.
[[nodiscard]] Result<std::vector<std::string>> way_back_risks(transaction::Site &site,
                                                              std::span<const state::InstalledPackage> leaving,
                                                              const std::set<std::uint32_t> &owners);

// Asks about each, unless the caller knows of them. NEEDS_ANSWER when the answer is to stop, which is the default.
[[nodiscard]] Result<void> settle_risks(std::span<const std::string> risks, RiskRule rule, const Job::Ask &ask);

}  // namespace mos::engine
