// What a system demands of the packages that it lets in: etc/multios/security-policy.yml, as the user's guide has it.
//
// docs/security.md, "The policy", lists every key, what it does, and what is refused.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/crypto/verify.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mos::policy {

inline constexpr const char *security_policy_path = "etc/multios/security-policy.yml";
inline constexpr std::size_t max_policy_bytes = 256U << 10U;

// A value is what holds where the file does not say anything.
struct SecurityPolicy {
    // "RSA-4096-SHA256", "RSA-PSS-3072-SHA256", "ECC-P384-SHA384", "ECC-P256-SHA256", "Ed25519": a family, and for RSA
    // the least size of the key: 2048, 3072 or 4096.
    std::vector<std::string> allowed_algorithms = {"RSA-4096-SHA256", "RSA-PSS-4096-SHA256", "ECC-P384-SHA384",
                                                   "Ed25519"};
    // Beats a weaker one in the list: then only RSA of 4096 bits, P-384 and Ed25519 count.
    bool require_strong_signature = false;
    unsigned required_signatures = 1;
    crypto::TrustLevel minimum_trust_level = crypto::TrustLevel::low;
    bool require_certified_publisher = false;  // a pinned key is not enough
    crypto::RevocationRule revocation = crypto::RevocationRule::if_listed;
    bool accept_expired_signers = false;
    bool accept_revoked_signers = false;
    std::optional<std::uint64_t> maximum_package_bytes;
    bool require_rollback_support = false;
    // What only comes back with a reason, where it may come back at all.
    bool allow_below_minimum_version = false;
    bool allow_revoked_signers = false;

    friend bool operator==(const SecurityPolicy &, const SecurityPolicy &) = default;
};

// A root without the file has the defaults. POLICY_UNREADABLE, naming the file and what is wrong in it, for one that
// can't be read, has a key that is not known or a value that makes no sense, or switches off what can't be: what a
// policy demands must not depend on what was overlooked.
[[nodiscard]] Result<SecurityPolicy> load_security_policy(base::Directory &root);
// Of a YAML text; `name` is the file's, for messages.
[[nodiscard]] Result<SecurityPolicy> parse_security_policy(std::string_view yaml, std::string_view name);

// One key of the file and what holds for it now, as the file writes it.
struct PolicyKey {
    std::string path;  // "update_validation.trust_requirements.minimum_trust_level"
    std::string value;
    std::string meaning;  // for people
};
// Every key that has an effect, in the order of docs/security.md.
[[nodiscard]] std::vector<PolicyKey> list_keys(const SecurityPolicy &policy);

struct PolicyChange {
    std::string path;   // without "security_policy."
    std::string value;  // as YAML writes it on one line
};
// Changes keys of the root's file and nothing else in it (config/yaml_edit.hpp); makes it where it is missing. What the
// file then says is checked before it takes the place of the old one, atomically. Nothing is written on
// INVALID_ARGUMENT (a key or value that no policy has), UNSUPPORTED (one that would switch off what always holds),
// LIMIT, and POLICY_UNREADABLE (what was there can't be followed, and the changes don't mend it).
[[nodiscard]] Result<SecurityPolicy> change_security_policy(base::Directory &root,
                                                            std::span<const PolicyChange> changes);

// Fills in what the policy says of signatures and signers; what else the decision holds stays. `required_signatures`
// becomes the larger one of both.
void fill_decision(const SecurityPolicy &policy, crypto::Decision &decision);

// What is known of a package once its signatures are good.
struct PackageFacts {
    std::uint64_t bytes = 0;  // of its file
    bool rollback_support = true;
};
// POLICY_REFUSED, naming the rule, when the policy does not let the package in.
[[nodiscard]] Result<void> check_package(const SecurityPolicy &policy, const PackageFacts &facts);

}  // namespace mos::policy
