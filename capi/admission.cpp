#include "admission.hpp"

#include "files.hpp"
#include "guard.hpp"

#include <mos/base/bytes.hpp>

namespace mos::capi {

namespace {

constexpr const char *default_trust_path = "/etc/multios/trust";
constexpr const char *default_policy_path = "/etc/multios/security-policy.yml";

// A system without the file has the defaults; one that the caller names must be there.
Result<policy::SecurityPolicy> read_policy(const char *given) {
    const std::string path = text_or(given, default_policy_path);
    if (path.empty())
        return policy::SecurityPolicy{};
    auto content = read_whole(path, policy::max_policy_bytes);
    if (!content && given == nullptr && content.error().code() == Code::NOT_FOUND)
        return policy::SecurityPolicy{};
    if (!content)
        return Error{Code::POLICY_UNREADABLE, "the policy " + base::in_quotes(path) + " can't be read"}
            .about(path)
            .caused_by(std::move(content).error());
    return policy::parse_security_policy(base::as_text(*content), path);
}

}  // namespace

Result<engine::Admission> open_admission(const mos_trust_options *options, const base::Clock &clock) {
    MOS_TRY(const mos_trust_options given, read_options(options));
    MOS_TRY(engine::TrustFolder folder, engine::open_trust_folder(text_or(given.trust_path, default_trust_path)));
    MOS_TRY(policy::SecurityPolicy policy, read_policy(given.policy_path));
    return engine::Admission{.trust = std::move(folder),
                             .policy = std::move(policy),
                             .required_signatures = given.required_signatures != 0 ? given.required_signatures : 1U,
                             .now_unix_s = clock.now_unix_s()};
}

}  // namespace mos::capi
