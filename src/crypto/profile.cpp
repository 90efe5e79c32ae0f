#include <mos/crypto/profile.hpp>

#include "path_rules.hpp"
#include "path_search.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::crypto {

Result<void> check_key_strength(const PublicKey &key, std::string_view owner, const Profile &profile) {
    const auto refuse = [&](std::string_view why) {
        return Error{Code::ALGORITHM_REFUSED, fmt::format("the key of {} {}", base::in_quotes(owner), why)}.about(
            std::string{owner});
    };
    const unsigned minimum = std::max(profile.minimum_rsa_bits, min_rsa_bits);
    switch (key.family()) {
    case KeyFamily::rsa:
        if (key.bits() < minimum)
            return refuse(fmt::format("is RSA of {} bits, at least {} are required", key.bits(), minimum));
        if (key.bits() % 8 != 0)  // CA/Browser Forum Baseline Requirements section 6.1.5
            return refuse(fmt::format("is RSA of {} bits, which are no whole bytes", key.bits()));
        break;
    case KeyFamily::ecc_p256:
        if (profile.curves != EllipticCurves::p256_and_p384)
            return refuse("is on the curve P-256, P-384 is required");
        break;
    case KeyFamily::ecc_p384:
    case KeyFamily::ed25519:
        break;
    }
    return {};
}

Result<TrustedPath> check_chain(const ChainInput &input, const Profile &profile) {
    if (input.intermediates.size() > max_chain_certificates)
        return refusal(input.leaf,
                       fmt::format("comes with {} certificates, at most {} are allowed", input.intermediates.size(),
                                   max_chain_certificates),
                       Code::LIMIT);
    if (input.revocation_lists.size() > max_revocation_lists)
        return refusal(input.leaf,
                       fmt::format("is judged with {} revocation lists, at most {} are allowed",
                                   input.revocation_lists.size(), max_revocation_lists),
                       Code::LIMIT);
    return PathSearch{input, profile}.run();
}

}  // namespace mos::crypto
