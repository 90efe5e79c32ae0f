// The security policy: what is accepted asks for something, and says the same when its keys are written anew.
#include "target.hpp"

#include <mos/config/yaml_edit.hpp>
#include <mos/policy/security_policy.hpp>

#include <string>
#include <vector>

namespace {

using namespace mos;
using fuzz::hold;
using fuzz::must;

std::string written(const policy::SecurityPolicy &policy) {
    std::vector<config::Assignment> assignments;
    for (const policy::PolicyKey &key : policy::list_keys(policy)) {
        hold(!key.meaning.empty(), "every key has a meaning");
        if (key.value != "none")  // no limit: the key is absent
            assignments.push_back({"security_policy." + key.path, key.value});
    }
    return must(config::edit_yaml("", assignments, "keys"), "the keys of a policy are YAML");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const auto policy = policy::parse_security_policy(base::as_text(fuzz::input(data, size)), "input");
    if (!policy) {
        hold(policy.error().code() == Code::POLICY_UNREADABLE, "what can't be followed has one error");
        hold(base::is_clean_text(policy.error().full_message()), "a refusal can be shown");
        return 0;
    }
    crypto::Decision decision;
    policy::fill_decision(*policy, decision);
    hold(decision.required_signatures >= 1, "a policy asks for a signature");
    hold(!decision.allowed.empty(), "a policy allows an algorithm");
    hold(decision.profile.minimum_rsa_bits >= 2048, "a policy asks for a size of RSA keys");
    const auto again = must(policy::parse_security_policy(written(*policy), "keys"), "a policy is read back");
    hold(again == *policy, "a policy is read back as the same");
    static_cast<void>(policy::check_package(*policy, {.bytes = size}));
    return 0;
}
