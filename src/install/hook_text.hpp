// What a hook's kind and text say, in the database and on the way to whoever calls it.
#pragma once

#include <mos/install/health.hpp>
#include <mos/install/script_runner.hpp>
#include <mos/install/services.hpp>
#include <mos/state/transactions.hpp>

#include <string>
#include <variant>

namespace mos::install {

struct ServiceCall {
    ServiceAction action = ServiceAction::start;
    std::string unit;  // empty for reload_manager
    bool may_fail = false;
};
using Call = std::variant<Script, ServiceCall, HealthCall>;

// The hook without its rank.
[[nodiscard]] state::Hook write_hook(state::Hook::Moment moment, const Call &call);

// DATABASE_DAMAGED for anything that write_hook() does not write.
[[nodiscard]] Result<Call> read_hook(const state::Hook &hook);

}  // namespace mos::install
