// Whether an older version may take the place of a newer one: what a root's settings say of it.
#pragma once

#include <mos/config/settings_files.hpp>

#include <string>

namespace mos::policy {

enum class DowngradeRule : std::uint8_t {
    unsaid,   // no file says: whoever asks decides
    allowed,  // for good
    refused,  // whoever asks
};

struct DowngradePolicy {
    DowngradeRule rule = DowngradeRule::unsaid;
    std::string said_by =
        {};  // "enterprise_policies.default_policy.allow_downgrade in etc/multios/enterprise-policies.yml"
};

// By update_system.allow_downgrade, and by allow_downgrade of the environment's policy in enterprise_policies, or of
// those that it inherits from; without a policy for the environment by the default one. Where one says no, it is no.
// POLICY_UNREADABLE when a file is wrong in a way that may hide what is said: a policy must not depend on what was
// overlooked.
[[nodiscard]] Result<DowngradePolicy> downgrade_policy(const config::LoadedSettings &loaded);

}  // namespace mos::policy
