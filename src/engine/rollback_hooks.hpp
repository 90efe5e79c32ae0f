// What scripts and services have to be told when several changes go back in one transaction.
#pragma once

#include <mos/state/transactions.hpp>
#include <mos/transaction/site.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mos::engine {

// The hooks of a restoration that goes back over all changes in effect from `first` on, or over what they were for
// `package` alone: before anything moves those that undo, the newest change first; when everything is back those that
// start again what was stopped. On the way back of the restoration itself, which brings the changes again, those that
// followed the changes. None of them holds it up: one that fails is a notice.
[[nodiscard]] Result<std::vector<state::Hook>> hooks_of_way_back(transaction::Site &site, std::uint64_t first,
                                                                 const std::string &package);

// The packages for whose sake the system must be started again when those changes go back: what an earlier boot has
// begun to use.
[[nodiscard]] Result<std::string> reboots_of_way_back(transaction::Site &site, std::uint64_t first);

}  // namespace mos::engine
