// The digest over everything that a plan would do.
#pragma once

#include "hook_plan.hpp"

#include <mos/crypto/field_digest.hpp>
#include <mos/install/change.hpp>
#include <mos/install/plan.hpp>

#include <string>
#include <vector>

namespace mos::install {

class ChangeDigest {
  public:
    // `hooks` as they are made, not put aside yet.
    ChangeDigest(const std::vector<StepSummary> &steps, const Steps &packages, const HookPlan &hooks);

    void add(const Change &change);  // what stays as it is does not count
    [[nodiscard]] std::string finish() { return m_digest.finish(); }

  private:
    void add(const WantedEntry &wanted);
    void add(const state::Attributes &attributes);
    crypto::FieldDigest m_digest;
};

}  // namespace mos::install
