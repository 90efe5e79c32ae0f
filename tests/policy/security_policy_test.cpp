#include <mos/policy/security_policy.hpp>

#include "expect.hpp"
#include "tree_image.hpp"
#include "twin.hpp"

#include <mos/config/schema.hpp>
#include <mos/config/yaml_edit.hpp>

#include <fmt/format.h>

#include <span>

#include <utility>
#include <vector>

using namespace mos::policy;
using namespace mos::test;
using mos::Code;
using mos::Result;
using mos::crypto::AllowedAlgorithm;
using mos::crypto::Decision;
using mos::crypto::EllipticCurves;
using mos::crypto::RevocationRule;
using mos::crypto::SignatureAlgorithm;
using mos::crypto::TrustLevel;

#if defined(MOS_HAVE_YAML)

namespace {

// As the user's guide has it, to the letter.
constexpr std::string_view of_the_guide = R"(# /etc/multios/security-policy.yml
security_policy:
  update_validation:
    required_signature: true
    require_strong_signature: true
    allowed_signature_algorithms:
      - "RSA-4096-SHA256"
      - "ECC-P384-SHA384"
      - "RSA-2048-SHA256"
    
    integrity_checking:
      enabled: true
      algorithms: ["SHA-256", "SHA-512", "BLAKE2b"]
      verify_embedded_checksums: true
      verify_package_size: true
    
    trust_requirements:
      minimum_trust_level: "high"
      require_certified_publisher: true
      allow_untrusted_publisher: false
    
  installation_safety:
    require_backup: true
    require_rollback_support: true
    maximum_package_size: "2GB"
    allow_unsigned_packages: false
    
    risk_assessment:
      enabled: true
      factors:
        - "security_vulnerabilities"
        - "system_stability"
        - "data_loss_risk"
        - "compatibility_issues"
      maximum_acceptable_risk: 30
)";

Result<SecurityPolicy> parse(std::string_view yaml) { return parse_security_policy(yaml, "the-policy.yml"); }

// One key of a section, as "update_validation.trust_requirements.revocation".
std::string with(std::string_view path, std::string_view value) {
    std::string yaml = "security_policy:\n";
    std::size_t depth = 1;
    while (true) {
        const std::size_t end = path.find('.');
        yaml += fmt::format("{}{}:", std::string(2 * depth, ' '), path.substr(0, end));
        if (end == std::string_view::npos)
            return yaml + fmt::format(" {}\n", value);
        yaml += "\n";
        path.remove_prefix(end + 1);
        ++depth;
    }
}

SecurityPolicy policy_with(std::string_view path, std::string_view value) {
    INFO(path, ": ", value);
    return must(parse(with(path, value)));
}

void check_refused(std::string_view yaml, std::string_view words) {
    const auto result = parse(yaml);
    INFO(yaml);
    CHECK(refusal(result) == Code::POLICY_UNREADABLE);
    const std::string text = result.error().full_message();
    CHECK(text.starts_with("the policy 'the-policy.yml' can't be followed: "));
    CHECK(result.error().object() == "the-policy.yml");
    CHECK_MESSAGE(text.find(words) != std::string::npos, text);
}

void check_value_refused(std::string_view path, std::string_view value, std::string_view words) {
    check_refused(with(path, value), fmt::format("'{}' {}", path, words));
}

Decision decision_of(const SecurityPolicy &policy) {
    Decision decision;
    fill_decision(policy, decision);
    return decision;
}

void put(const Twin &twin, std::string_view text) {
    const auto folder = must(mos::base::make_directories(*twin.root(), "etc/multios"));
    must(mos::base::replace_file(*folder, "security-policy.yml", mos::base::as_bytes(text), 0644));
}

constexpr std::string_view algorithms_key = "update_validation.allowed_signature_algorithms";
constexpr std::string_view trust = "update_validation.trust_requirements.";
constexpr std::string_view safety = "installation_safety.";
constexpr std::string_view integrity = "update_validation.integrity_checking.";

std::string key(std::string_view section, std::string_view name) { return fmt::format("{}{}", section, name); }

}  // namespace

TEST_CASE("the policy of the user's guide means what it says") {
    const SecurityPolicy policy = must(parse(of_the_guide));
    CHECK(policy.require_strong_signature);
    CHECK(policy.required_signatures == 1);
    CHECK(policy.minimum_trust_level == TrustLevel::high);
    CHECK(policy.require_certified_publisher);
    CHECK(policy.revocation == RevocationRule::if_listed);
    CHECK_FALSE(policy.accept_expired_signers);
    CHECK_FALSE(policy.accept_revoked_signers);
    CHECK(policy.maximum_package_bytes == 2'000'000'000);
    CHECK(policy.require_rollback_support);
    INFO("require_strong_signature beats RSA-2048 in the list");
    CHECK(decision_of(policy).allowed == std::vector<AllowedAlgorithm>{{SignatureAlgorithm::rsa_pkcs1_sha256, 4096},
                                                                       {SignatureAlgorithm::ecdsa_p384_sha384, 0}});
}

TEST_CASE("what is wrong in a policy is told with its line and column, and with the key that was meant") {
    const auto told = [](std::string_view yaml) { return parse(yaml).error().full_message(); };
    constexpr std::string_view policy = "the policy 'the-policy.yml' can't be followed: ";
    CHECK(
        told("security_policy:\n  # ours\n  update_validation:\n    require_strong_signatures: true\n") ==
        fmt::format("{}line 4 column 5: 'update_validation.require_strong_signatures' is no key of a security policy; "
                    "did you mean 'update_validation.require_strong_signature'?",
                    policy));
    CHECK(told("security_policy:\n  instalation_safety: {}\n") ==
          fmt::format("{}line 2 column 3: 'instalation_safety' is no key of a security policy; did you mean "
                      "'installation_safety'?",
                      policy));
    CHECK(
        told("security_policy:\n  installation_safety:\n    maximum_package_size: 3XB\n")
            .starts_with(fmt::format("{}line 3 column 5: 'installation_safety.maximum_package_size': '3XB' ", policy)));
    CHECK(told("security_policies: {}\n").starts_with(fmt::format("{}line 1 column 1: 'security_policies' ", policy)));
}

TEST_CASE("a policy that says nothing, and a root that has none, is the default") {
    for (const std::string_view empty : {"", "# nothing\n", "security_policy: {}\n"})
        CHECK(must(parse(empty)) == SecurityPolicy{});
    const Twin twin;
    CHECK(must(load_security_policy(*twin.root())) == SecurityPolicy{});
    must(mos::base::make_directories(*twin.root(), "etc/multios"));
    CHECK(must(load_security_policy(*twin.root())) == SecurityPolicy{});
}

TEST_CASE("a root's policy is read from its place, and named when it can't be followed") {
    const Twin twin;
    put(twin, of_the_guide);
    CHECK(must(load_security_policy(*twin.root())) == must(parse(of_the_guide)));
    put(twin, "security_policy: 1");
    const auto refused = load_security_policy(*twin.root());
    CHECK(refusal(refused) == Code::POLICY_UNREADABLE);
    CHECK(refused.error().object() == security_policy_path);
    put(twin, std::string(max_policy_bytes + 1, '\n'));
    CHECK(refusal(load_security_policy(*twin.root())) == Code::POLICY_UNREADABLE);
}

TEST_CASE("a policy that is no regular file, or whose folder is none, is refused and not passed over") {
    const Twin folder;
    must(mos::base::make_directories(*folder.root(), security_policy_path));
    CHECK(refusal(load_security_policy(*folder.root())) == Code::POLICY_UNREADABLE);
    const Twin symlink;
    put(symlink, "security_policy: {}");
    const auto etc = must(symlink.root()->open_directory("etc/multios", mos::base::Symlinks::refuse));
    must(etc->rename("security-policy.yml", *etc, "other.yml", mos::base::RenameMode::replace));
    must(etc->make_symlink("security-policy.yml", "other.yml"));
    CHECK(refusal(load_security_policy(*symlink.root())) == Code::POLICY_UNREADABLE);
    const Twin file;
    must(file.root()->make_symlink("etc", "/nowhere"));  // as when a mount is not there
    CHECK(refusal(load_security_policy(*file.root())) == Code::POLICY_UNREADABLE);
    const Twin no_folder;
    const auto root = no_folder.root();
    must(mos::base::replace_file(*root, "etc", mos::base::as_bytes("x"), 0644));
    CHECK(refusal(load_security_policy(*root)) == Code::POLICY_UNREADABLE);
}

TEST_CASE("every key sets its value") {
    CHECK(policy_with(algorithms_key, "[RSA-PSS-3072-SHA256, Ed25519]").allowed_algorithms ==
          std::vector<std::string>{"RSA-PSS-3072-SHA256", "Ed25519"});
    CHECK(policy_with("update_validation.required_signatures", "16").required_signatures == 16);
    CHECK(policy_with("update_validation.require_strong_signature", "true").require_strong_signature);
    CHECK(policy_with(key(trust, "minimum_trust_level"), "medium").minimum_trust_level == TrustLevel::medium);
    CHECK(policy_with(key(trust, "require_certified_publisher"), "true").require_certified_publisher);
    CHECK(policy_with(key(trust, "revocation"), "never").revocation == RevocationRule::never);
    CHECK(policy_with(key(trust, "revocation"), "required").revocation == RevocationRule::required);
    CHECK(policy_with(key(trust, "revocation"), "if-listed") == SecurityPolicy{});
    CHECK(policy_with(key(trust, "accept_expired_signers"), "true").accept_expired_signers);
    CHECK(policy_with(key(trust, "accept_revoked_signers"), "true").accept_revoked_signers);
    CHECK(policy_with(key(safety, "require_rollback_support"), "true").require_rollback_support);
    CHECK(policy_with(key(safety, "maximum_package_size"), "1.5GiB").maximum_package_bytes == 1'610'612'736);
    CHECK(policy_with(key(safety, "maximum_package_size"), "4096").maximum_package_bytes == 4096);
    // Nothing would fit into it, and a tool needs a word by which the limit is taken away.
    CHECK_FALSE(policy_with(key(safety, "maximum_package_size"), "0").maximum_package_bytes);
    CHECK_FALSE(policy_with(key(safety, "maximum_package_size"), "0MB").maximum_package_bytes);
}

TEST_CASE("what is always so may be said, and changes nothing") {
    const std::vector<std::pair<std::string, std::string_view>> lines = {
        {"update_validation.required_signature", "true"},
        {key(integrity, "enabled"), "true"},
        {key(integrity, "algorithms"), "[SHA-384, SHA-256]"},
        {key(integrity, "verify_embedded_checksums"), "true"},
        {key(integrity, "verify_package_size"), "true"},
        {key(trust, "allow_untrusted_publisher"), "false"},
        {key(safety, "allow_unsigned_packages"), "false"},
        {key(safety, "require_backup"), "false"},
        {key(safety, "require_backup"), "true"},
        {key(safety, "risk_assessment"), "{enabled: true}"}};
    for (const auto &line : lines)
        CHECK(policy_with(line.first, line.second) == SecurityPolicy{});
}

TEST_CASE("what verification is can't be switched off") {
    for (const std::string &path : {std::string{"update_validation.required_signature"}, key(integrity, "enabled"),
                                    key(integrity, "verify_embedded_checksums"), key(integrity, "verify_package_size")})
        check_value_refused(path, "false", "can't be switched off: every package is verified in full");
    for (const std::string &path : {key(trust, "allow_untrusted_publisher"), key(safety, "allow_unsigned_packages")})
        check_value_refused(path, "true", "can't be switched on: nothing is installed that nobody");
    check_value_refused(key(integrity, "algorithms"), "[SHA-512]", "does not name SHA-256");
}

TEST_CASE("a key that no policy has is refused by its name") {
    check_value_refused("update_validation.require_signature", "true", "is no key of a security policy");
    check_value_refused("update_validation.Required_signature", "true", "is no key of a security policy");
    check_value_refused(key(trust, "accept_expired_signer"), "true", "is no key of a security policy");
    check_value_refused("installation_safty", "{}", "is no key of a security policy");
    check_refused(with("update_validation.trust_requirement.revocation", "never"),
                  "'update_validation.trust_requirement' is no key of a security policy");
    check_refused("security-policy:\n  update_validation: {}\n", "'security-policy' is not the section");
    check_refused("security_policy: {}\nother: 1\n", "'other' is not the section 'security_policy'");
    check_refused("update_validation: {}\n", "'update_validation' is not the section");
    check_refused("security_policy: [1]\n", "'security_policy' is not the section");
    check_refused(with("update_validation", "true"), "'update_validation' is no section with keys of its own");
    check_refused("security_policy:\n  update_validation:\n", "'update_validation' is no section");
}

TEST_CASE("a key that stands twice, and a text that is no YAML, is refused") {
    check_refused("security_policy:\n  installation_safety:\n    require_backup: true\n    require_backup: false\n",
                  "require_backup");
    check_refused("security_policy: [", "the-policy.yml");
    check_refused("- 1\n", "the-policy.yml");
    check_refused("security_policy: \xff\n", "no UTF-8");
}

TEST_CASE("a value without sense is refused by its key") {
    check_value_refused("update_validation.required_signature", "yes", "is neither true nor false");
    check_value_refused("update_validation.required_signature", "\"true\"", "is neither true nor false");
    for (const std::string_view count : {"0", "17", "-1", "1.5", "two", "99999999999999999999"})
        check_value_refused("update_validation.required_signatures", count, "is no number from 1 to 16");
    check_value_refused(key(trust, "accept_revoked_signers"), "1", "is neither true nor false");
    check_value_refused(key(trust, "revocation"), "always", "is none of 'never', 'if-listed', 'required'");
    check_value_refused(key(trust, "revocation"), "true", "is no text");
    check_value_refused(algorithms_key, "RSA-4096-SHA256", "is no list with something in it");
    check_value_refused(algorithms_key, "[]", "is no list with something in it");
    check_value_refused(algorithms_key, "[1]", "is no text");
    check_refused(with(algorithms_key, "[RSA-1024-SHA256]"), "'RSA-1024-SHA256' is none of 'RSA-4096-SHA256', ");
    check_refused(with(algorithms_key, "[rsa-4096-sha256]"), "'rsa-4096-sha256' is none of");
    check_refused(with(key(trust, "minimum_trust_level"), "highest"),
                  "'update_validation.trust_requirements.minimum_trust_level': trust level 'highest' is none of");
    check_value_refused(key(integrity, "algorithms"), "[SHA-256, MD5]", "names 'MD5', which is none of");
}

TEST_CASE("a size that is none is refused") {
    for (const std::string_view size : {"2 gigabytes", "\"\"", "1.5", "2GB2", "99999999TB"})
        check_refused(with(key(safety, "maximum_package_size"), size), "'installation_safety.maximum_package_size': '");
    for (const std::string_view value : {"true", "-1", "[1]"})
        check_value_refused(key(safety, "maximum_package_size"), value, "is no size like '512', '10MB' or '1.5GiB'");
}

TEST_CASE("a strong signature is RSA of 4096 bits, P-384 or Ed25519, whatever else the list names") {
    SecurityPolicy policy;
    policy.allowed_algorithms = {"RSA-2048-SHA256", "RSA-PSS-3072-SHA256", "ECC-P256-SHA256", "Ed25519"};
    CHECK(decision_of(policy).allowed.size() == 4);
    CHECK(decision_of(policy).profile.minimum_rsa_bits == 2048);
    CHECK(decision_of(policy).profile.curves == EllipticCurves::p256_and_p384);
    policy.require_strong_signature = true;
    CHECK(decision_of(policy).allowed == std::vector<AllowedAlgorithm>{{SignatureAlgorithm::ed25519, 0}});
    CHECK(decision_of(policy).profile.minimum_rsa_bits == 4096);
    CHECK(decision_of(policy).profile.curves == EllipticCurves::p384);
    check_refused("security_policy:\n  update_validation:\n    require_strong_signature: true\n"
                  "    allowed_signature_algorithms: [RSA-2048-SHA256, ECC-P256-SHA256]\n",
                  "names none that is strong, and require_strong_signature is true");
}

#endif

TEST_CASE("a decision takes over what the policy says of signatures and signers, and keeps the rest") {
    SecurityPolicy policy;
    policy.allowed_algorithms = {"RSA-PSS-3072-SHA256", "ECC-P384-SHA384"};
    policy.minimum_trust_level = TrustLevel::medium;
    policy.require_certified_publisher = true;
    policy.revocation = RevocationRule::required;
    policy.accept_expired_signers = true;
    Decision decision;
    decision.now_unix_s = 77;
    decision.required_signatures = 2;
    fill_decision(policy, decision);
    CHECK(decision.now_unix_s == 77);
    CHECK(decision.required_signatures == 2);
    CHECK(decision.allowed == std::vector<AllowedAlgorithm>{{SignatureAlgorithm::rsa_pss_sha256, 3072},
                                                            {SignatureAlgorithm::ecdsa_p384_sha384, 0}});
    CHECK(decision.profile.minimum_rsa_bits == 3072);
    CHECK(decision.profile.curves == EllipticCurves::p384);
    CHECK(decision.profile.revocation == RevocationRule::required);
    CHECK(decision.profile.accept_expired);
    CHECK_FALSE(decision.profile.accept_revoked);
    CHECK(decision.minimum_level == TrustLevel::medium);
    CHECK(decision.require_certificate);
    policy.required_signatures = 3;
    fill_decision(policy, decision);
    CHECK(decision.required_signatures == 3);
}

TEST_CASE("the default policy is the decision's own default, with the sizes of RSA spelled out") {
    Decision filled;
    fill_decision({}, filled);
    const Decision own;
    CHECK(filled.profile.minimum_rsa_bits == own.profile.minimum_rsa_bits);
    CHECK(filled.profile.curves == own.profile.curves);
    CHECK(filled.profile.revocation == own.profile.revocation);
    REQUIRE(filled.allowed.size() == own.allowed.size());
    for (std::size_t i = 0; i < own.allowed.size(); ++i)
        CHECK(filled.allowed[i].algorithm == own.allowed[i].algorithm);
}

TEST_CASE("a policy without RSA leaves no weak RSA among the authorities") {
    SecurityPolicy policy;
    policy.allowed_algorithms = {"Ed25519"};
    Decision decision;
    decision.profile.minimum_rsa_bits = 2048;
    fill_decision(policy, decision);
    CHECK(decision.profile.minimum_rsa_bits == 4096);
}

TEST_CASE("a key is changed in the root's file, and nothing else in it") {
    const Twin twin;
    put(twin, of_the_guide);
    const std::vector<PolicyChange> changes = {{key(trust, "minimum_trust_level"), "low"},
                                               {key(trust, "revocation"), "required"}};
    const SecurityPolicy changed = must(change_security_policy(*twin.root(), changes));
    SecurityPolicy expected = must(parse(of_the_guide));
    expected.minimum_trust_level = TrustLevel::low;
    expected.revocation = RevocationRule::required;
    CHECK(changed == expected);
    CHECK(must(load_security_policy(*twin.root())) == expected);
}

TEST_CASE("a root without a policy gets one, and a change that makes no sense writes nothing") {
    const Twin twin;
    const auto change = [&](const std::string &path, const std::string &value) {
        return change_security_policy(*twin.root(), std::vector<PolicyChange>{{path, value}});
    };
    const auto refused = [&](const std::string &path, const std::string &value, Code code) {
        INFO(path);
        const auto changed = change(path, value);
        REQUIRE(refusal(changed) == code);
        CHECK(changed.error().object() == path);
        CHECK(changed.error().message().find("can't be followed") == std::string::npos);
    };
    refused("update_validation.required_signature", "false", Code::UNSUPPORTED);
    refused("installation_safety.allow_unsigned_packages", "true", Code::UNSUPPORTED);
    refused("update_validation.no_such_key", "true", Code::INVALID_ARGUMENT);
    refused("installation_safety.maximum_package_size", "large", Code::INVALID_ARGUMENT);
    refused("update_validation.trust_requirements.minimum_trust_level", "highest", Code::INVALID_ARGUMENT);
    CHECK(refusal(twin.root()->open_directory("etc", mos::base::Symlinks::refuse)) == Code::NOT_FOUND);
    CHECK(must(change("update_validation.required_signatures", "2")).required_signatures == 2);
    CHECK(must(load_security_policy(*twin.root())).required_signatures == 2);
}

TEST_CASE("a file that can't be followed is to blame for itself, unless the change mends it") {
    const Twin twin;
    put(twin, "security_policy:\n  installation_safety:\n    maximum_package_size: large\n");
    const auto before = must(scan(*twin.root()));
    const auto change = [&](const std::string &path, const std::string &value) {
        return change_security_policy(*twin.root(), std::vector<PolicyChange>{{path, value}});
    };
    const auto refused = change("update_validation.required_signatures", "2");
    CHECK(refusal(refused) == Code::POLICY_UNREADABLE);
    CHECK(refused.error().object() == security_policy_path);
    CHECK(difference(before, must(scan(*twin.root()))) == "");
    CHECK(must(change("installation_safety.maximum_package_size", "1GB")).maximum_package_bytes == 1'000'000'000U);
}

TEST_CASE("what is listed of a policy makes the same policy again") {
    const SecurityPolicy policy = must(parse(of_the_guide));
    const Twin twin;
    std::vector<PolicyChange> changes;
    for (const PolicyKey &listed : list_keys(policy)) {
        CHECK_FALSE(listed.meaning.empty());
        changes.push_back({listed.path, listed.value});
    }
    CHECK(must(change_security_policy(*twin.root(), changes)) == policy);
}

TEST_CASE("a package that is too large, or can't be rolled back, is refused by the rule's name") {
    SecurityPolicy policy;
    must(check_package(policy, {.bytes = 1U << 30U, .rollback_support = false}));
    policy.maximum_package_bytes = 100;
    must(check_package(policy, {.bytes = 100}));
    const auto large = check_package(policy, {.bytes = 101});
    CHECK(refusal(large) == Code::POLICY_REFUSED);
    CHECK(large.error().message() == "the package has 101 bytes, and maximum_package_size allows 100");
    policy.require_rollback_support = true;
    must(check_package(policy, {.bytes = 100}));
    const auto one_way = check_package(policy, {.bytes = 100, .rollback_support = false});
    CHECK(refusal(one_way) == Code::POLICY_REFUSED);
    CHECK(one_way.error().message().find("require_rollback_support is true") != std::string::npos);
}

#ifdef MOS_HAVE_YAML
TEST_CASE("the table of settings and the policy know the same keys") {
    for (const PolicyKey &key : list_keys(SecurityPolicy{})) {
        const auto node = mos::config::find_node("security_policy." + key.path);
        INFO("key ", key.path);
        CHECK((node && node->declaration != nullptr && node->declaration->standing == mos::config::Standing::works));
    }
    for (const mos::config::Declaration &row : mos::config::declarations()) {
        if (!row.path.starts_with("security_policy.") || row.default_value.empty())
            continue;
        INFO("setting ", row.path);
        const mos::config::Assignment assignment{std::string{row.path},
                                                 must(mos::config::check_text(row, row.default_value)).text};
        const std::string text = must(mos::config::edit_yaml("", std::span{&assignment, 1}, "p.yml"));
        CHECK(must(parse_security_policy(text, "p.yml")) == SecurityPolicy{});
    }
}
#endif
