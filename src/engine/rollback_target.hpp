// To where a rollback leads: which change is the first that goes back.
#pragma once

#include <mos/engine/rollback_step.hpp>
#include <mos/state/transactions.hpp>
#include <mos/transaction/site.hpp>

#include <string_view>

namespace mos::engine {

struct RollbackTarget {
    state::Transaction first;     // everything from it on goes back; of a captured point its number and description
    bool is_newest_alone = true;  // nothing stands on it
    bool is_captured = false;
};

// The newest change that fits what was asked. NOTHING_TO_ROLL_BACK says what does not fit; NEEDS_ANSWER when several
// packages had the version, and none was named; NOT_INSTALLED for a package that nothing in the history knows.
[[nodiscard]] Result<RollbackTarget> find_target(transaction::Site &site, const RollbackStep &step);

// Whether a path is configuration of the component: etc/NAME, etc/NAME.*, and all below etc/NAME; of all of it, all
// below etc. Never what the engine itself stands on, etc/multios.
[[nodiscard]] bool is_component_path(std::string_view path, std::string_view component) noexcept;

}  // namespace mos::engine
