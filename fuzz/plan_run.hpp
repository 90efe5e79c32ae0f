// Plans that a target carries out: with a clock that stands, so that the same input always does the same.
#pragma once

#include "target.hpp"

#include <mos/engine/engine.hpp>
#include <mos/engine/plan.hpp>

namespace mos::fuzz {

class StillClock final : public base::Clock {
  public:
    [[nodiscard]] std::int64_t now_unix_s() const override { return 1'700'000'000; }
    [[nodiscard]] std::int64_t monotonic_ms() const override { return 0; }
    [[nodiscard]] std::string boot_id() const override { return "boot"; }
};

[[nodiscard]] inline Result<void> carry_out(engine::Plan &plan) {
    MOS_CHECK(plan.resolve());
    MOS_TRY(const auto job, plan.make_job(std::nullopt, "fuzzing"));
    MOS_CHECK(job->run(nullptr));
    const Result<engine::JobOutcome> *const result = job->result();
    hold(result != nullptr, "a job ends with a result");
    if (!*result)
        return result->error();
    return {};
}

}  // namespace mos::fuzz
