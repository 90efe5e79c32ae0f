// What a policy does: to the judgement of signatures, and to a package whose signatures are good.
#include <mos/policy/security_policy.hpp>

#include "signature_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace mos::policy {

void fill_decision(const SecurityPolicy &policy, crypto::Decision &decision) {
    decision.allowed.clear();
    std::optional<unsigned> rsa_bits;  // of the authorities' keys: as the weakest that may sign
    bool has_p256 = false;
    for (const std::string &name : policy.allowed_algorithms) {
        const Result<crypto::AllowedAlgorithm> named = parse_algorithm(name);
        if (!named || (policy.require_strong_signature && !is_strong(*named)))
            continue;  // less is allowed, not more
        decision.allowed.push_back(*named);
        has_p256 = has_p256 || named->algorithm == crypto::SignatureAlgorithm::ecdsa_p256_sha256;
        if (named->minimum_rsa_bits != 0)
            rsa_bits = std::min(rsa_bits.value_or(named->minimum_rsa_bits), named->minimum_rsa_bits);
    }
    decision.profile.minimum_rsa_bits = rsa_bits.value_or(crypto::Profile{}.minimum_rsa_bits);
    decision.profile.curves = has_p256 ? crypto::EllipticCurves::p256_and_p384 : crypto::EllipticCurves::p384;
    decision.profile.revocation = policy.revocation;
    decision.profile.accept_expired = policy.accept_expired_signers;
    decision.profile.accept_revoked = policy.accept_revoked_signers;
    decision.required_signatures = std::max(decision.required_signatures, policy.required_signatures);
    decision.minimum_level = policy.minimum_trust_level;
    decision.require_certificate = policy.require_certified_publisher;
}

Result<void> check_package(const SecurityPolicy &policy, const PackageFacts &facts) {
    if (policy.maximum_package_bytes && facts.bytes > *policy.maximum_package_bytes)
        return Error{Code::POLICY_REFUSED, fmt::format("the package has {} bytes, and maximum_package_size allows {}",
                                                       facts.bytes, *policy.maximum_package_bytes)};
    if (policy.require_rollback_support && !facts.rollback_support)
        return Error{Code::POLICY_REFUSED,
                     "the package can't be rolled back by its own word, and require_rollback_support is true"};
    return {};
}

}  // namespace mos::policy
