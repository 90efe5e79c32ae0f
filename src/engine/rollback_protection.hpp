// What keeps old versions from coming back: the policy on downgrades, the least versions that signed packages have set,
// and signers who were revoked since. docs/security.md, "Old versions".
#pragma once

#include <mos/engine/engine.hpp>
#include <mos/install/plan.hpp>

#include <span>
#include <string>
#include <vector>

namespace mos::engine {

// Something that happens only because a policy lets it, and for a reason that somebody gives.
struct Exemption {
    std::string package;
    std::string sentence;
    friend bool operator==(const Exemption &, const Exemption &) = default;
};

// Lets the root's settings say whether the steps that are downgrades may be: gives the caller's word, or takes it.
// POLICY_UNREADABLE when a step is one and what they say can't be told.
[[nodiscard]] Result<void> apply_downgrade_policy(Engine &engine, transaction::Site &site, install::Steps &steps);

// Of packages that are to be installed. POLICY_REFUSED when one is below the least version that a signed package of its
// name has set, and the policy does not let it; else what it lets.
[[nodiscard]] Result<std::vector<Exemption>> judge_installs(Engine &engine, transaction::Site &site,
                                                            std::span<const install::InstallStep> steps);

// Of packages that a rollback would bring back: likewise, and POLICY_REFUSED when nobody who is trusted now vouches for
// one any more. That a certificate or a list has only grown old keeps nothing back. Where trust can't be read, or who
// signed was not kept, a notice says so: a system must find its way back without its trust folder.
[[nodiscard]] Result<std::vector<Exemption>> judge_return(Engine &engine, transaction::Site &site,
                                                          std::span<const state::InstalledPackage> packages);

// Of packages that are installed: those for which nobody vouches any more. TRUST_UNREADABLE, POLICY_UNREADABLE.
[[nodiscard]] Result<std::vector<Exemption>> find_untrusted(Engine &engine, transaction::Site &site,
                                                            std::span<const state::InstalledPackage> packages);

// POLICY_REFUSED when there are exemptions and no reason.
[[nodiscard]] Result<void> check_reason(std::span<const Exemption> exemptions, std::string_view reason);

// One sentence each, for the plan.
[[nodiscard]] std::vector<std::string> notices_of(std::span<const Exemption> exemptions);

// One event each.
[[nodiscard]] std::vector<base::Event> events_of(std::span<const Exemption> exemptions, const std::string &reason,
                                                 const std::string &job);

}  // namespace mos::engine
