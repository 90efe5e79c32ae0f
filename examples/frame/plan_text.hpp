// A resolved plan as people and programs read it.
#pragma once

#include "command.hpp"

namespace frame {

// Everything a resolved plan says, with strings of its own: running the plan does not change it.
struct PlanReport {
    struct Step {
        mos_step_action action;
        std::string name, version, old_version, signer;
    };
    std::vector<Step> steps;
    mos_plan_totals totals;
    std::vector<std::string> notices;
    std::string digest;

    [[nodiscard]] std::uint64_t changed_paths() const noexcept {
        return totals.added + totals.replaced + totals.removed + totals.attributes;
    }
};

[[nodiscard]] Result<PlanReport> read_plan(const mos_plan *plan);

// One line a step: "update  webserver  2.0.4 → 2.1.0  signed by …".
[[nodiscard]] std::vector<std::string> step_lines(const PlanReport &plan);

void put_plan(const Session &session, const PlanReport &plan);
[[nodiscard]] nlohmann::ordered_json to_json(const PlanReport &plan);

}  // namespace frame
