#include <mos/policy/security_policy.hpp>

#include "signature_names.hpp"

#include <mos/base/bytes.hpp>
#include <mos/base/nearest.hpp>
#include <mos/base/path.hpp>
#include <mos/config/settings_files.hpp>
#include <mos/config/units.hpp>
#include <mos/config/values.hpp>
#include <mos/config/yaml_edit.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <memory>

namespace mos::policy {

using base::in_quotes;
using nlohmann::json;

namespace {

constexpr unsigned most_signatures = 16;  // a package carries no more

constexpr std::string_view section_name = "security_policy";
constexpr std::uint32_t policy_mode = 0644;

struct RevocationName {
    crypto::RevocationRule rule;
    std::string_view name;
};
constexpr std::array revocation_names = {RevocationName{crypto::RevocationRule::never, "never"},
                                         RevocationName{crypto::RevocationRule::if_listed, "if-listed"},
                                         RevocationName{crypto::RevocationRule::required, "required"}};

std::string_view revocation_name(crypto::RevocationRule rule) {
    for (const RevocationName &row : revocation_names)
        if (row.rule == rule)
            return row.name;
    return "unknown";
}

Error invalid(std::string_view key, std::string_view what) {
    return Error{Code::INVALID_ARGUMENT, fmt::format("{} {}", in_quotes(key), what)}.about(std::string{key});
}

Result<bool> read_bool(std::string_view key, const json &value) {
    if (!value.is_boolean())
        return invalid(key, "is neither true nor false");
    return value.get<bool>();
}

Result<std::string> read_text(std::string_view key, const json &value) {
    if (!value.is_string())
        return invalid(key, "is no text");
    return value.get<std::string>();
}

Result<std::vector<std::string>> read_texts(std::string_view key, const json &value) {
    if (!value.is_array() || value.empty())
        return invalid(key, "is no list with something in it");
    std::vector<std::string> texts;
    for (const json &one : value) {
        MOS_TRY(std::string text, read_text(key, one));
        texts.push_back(std::move(text));
    }
    return texts;
}

// A number of YAML that is not below zero.
std::optional<std::uint64_t> read_count(const json &value) {
    if (value.is_number_unsigned())
        return value.get<std::uint64_t>();
    if (value.is_number_integer() && value.get<std::int64_t>() >= 0)
        return static_cast<std::uint64_t>(value.get<std::int64_t>());
    return std::nullopt;
}

// An error about a value alone, with the key that it stands at.
Error at_key(std::string_view key, Error error) {
    return base::in_context(std::move(error), in_quotes(key)).about(std::string{key});
}

// A value that is understood, and that this software does not offer.
Error not_offered(std::string_view key, std::string_view what) {
    return Error{Code::UNSUPPORTED, fmt::format("{} {}", in_quotes(key), what)}
        .about(std::string{key})
        .with_remedy("leave it out: it holds without being set");
}

// What a key does to the policy.
using Reader = Result<void> (*)(std::string_view key, const json &value, SecurityPolicy &policy);

// What can't be switched off: it is what this software is for.
Result<void> always_on(std::string_view key, const json &value, SecurityPolicy & /*policy*/) {
    MOS_TRY(const bool wanted, read_bool(key, value));
    if (!wanted)
        return not_offered(key, "can't be switched off: every package is verified in full before anything is written");
    return {};
}

Result<void> always_off(std::string_view key, const json &value, SecurityPolicy & /*policy*/) {
    MOS_TRY(const bool wanted, read_bool(key, value));
    if (wanted)
        return not_offered(key,
                           "can't be switched on: nothing is installed that nobody in the trust folder vouches for");
    return {};
}

template <bool SecurityPolicy::*field>
Result<void> flag(std::string_view key, const json &value, SecurityPolicy &policy) {
    MOS_TRY(policy.*field, read_bool(key, value));
    return {};
}

Result<void> algorithms(std::string_view key, const json &value, SecurityPolicy &policy) {
    MOS_TRY(policy.allowed_algorithms, read_texts(key, value));
    for (const std::string &name : policy.allowed_algorithms)
        if (const auto known = parse_algorithm(name); !known)
            return at_key(key, known.error());
    return {};
}

// The format hashes by SHA-256; that other digests are named as well does no harm.
Result<void> digests(std::string_view key, const json &value, SecurityPolicy & /*policy*/) {
    constexpr std::array known = {"SHA-256", "SHA-384", "SHA-512", "BLAKE2b"};
    MOS_TRY(const std::vector<std::string> names, read_texts(key, value));
    for (const std::string &name : names)
        if (std::find(known.begin(), known.end(), name) == known.end())
            return invalid(key, fmt::format("names {}, which is none of {}", in_quotes(name), fmt::join(known, ", ")));
    if (std::find(names.begin(), names.end(), "SHA-256") == names.end())
        return invalid(key, "does not name SHA-256, by which packages are verified");
    return {};
}

Result<void> signature_count(std::string_view key, const json &value, SecurityPolicy &policy) {
    const std::optional<std::uint64_t> count = read_count(value);
    if (!count || *count < 1 || *count > most_signatures)
        return invalid(key, fmt::format("is no number from 1 to {}", most_signatures));
    policy.required_signatures = static_cast<unsigned>(*count);
    return {};
}

Result<void> level(std::string_view key, const json &value, SecurityPolicy &policy) {
    MOS_TRY(const std::string text, read_text(key, value));
    const Result<crypto::TrustLevel> wanted = crypto::parse_trust_level(text);
    if (!wanted)
        return at_key(key, wanted.error());
    policy.minimum_trust_level = *wanted;
    return {};
}

Result<void> revocation(std::string_view key, const json &value, SecurityPolicy &policy) {
    MOS_TRY(const std::string text, read_text(key, value));
    for (const RevocationName &row : revocation_names)
        if (row.name == text) {
            policy.revocation = row.rule;
            return {};
        }
    return invalid(key, "is none of 'never', 'if-listed', 'required'");
}

Result<void> package_size(std::string_view key, const json &value, SecurityPolicy &policy) {
    std::optional<std::uint64_t> bytes = read_count(value);
    if (!bytes) {
        if (!value.is_string())
            return invalid(key, "is no size like '512', '10MB' or '1.5GiB'");
        const Result<std::uint64_t> read = config::parse_bytes(value.get<std::string>());
        if (!read)
            return at_key(key, read.error());
        bytes = *read;
    }
    if (*bytes == 0)
        bytes.reset();  // as nothing fits into a limit of 0, it says that there is none
    policy.maximum_package_bytes = bytes;
    return {};
}

// Every change leaves a recovery point, so that there is nothing to switch.
Result<void> backup(std::string_view key, const json &value, SecurityPolicy & /*policy*/) {
    MOS_CHECK(read_bool(key, value));
    return {};
}

// Understood, and of no effect yet: the judgement of risks is not built (docs/roadmap.md).
Result<void> not_yet(std::string_view /*key*/, const json & /*value*/, SecurityPolicy & /*policy*/) { return {}; }

struct Key {
    std::string_view path;
    Reader read;
};

constexpr std::array keys = {
    Key{"update_validation.required_signature", always_on},
    Key{"update_validation.require_strong_signature", flag<&SecurityPolicy::require_strong_signature>},
    Key{"update_validation.allowed_signature_algorithms", algorithms},
    Key{"update_validation.required_signatures", signature_count},
    Key{"update_validation.integrity_checking.enabled", always_on},
    Key{"update_validation.integrity_checking.algorithms", digests},
    Key{"update_validation.integrity_checking.verify_embedded_checksums", always_on},
    Key{"update_validation.integrity_checking.verify_package_size", always_on},
    Key{"update_validation.trust_requirements.minimum_trust_level", level},
    Key{"update_validation.trust_requirements.require_certified_publisher",
        flag<&SecurityPolicy::require_certified_publisher>},
    Key{"update_validation.trust_requirements.allow_untrusted_publisher", always_off},
    Key{"update_validation.trust_requirements.revocation", revocation},
    Key{"update_validation.trust_requirements.accept_expired_signers", flag<&SecurityPolicy::accept_expired_signers>},
    Key{"update_validation.trust_requirements.accept_revoked_signers", flag<&SecurityPolicy::accept_revoked_signers>},
    Key{"installation_safety.require_backup", backup},
    Key{"installation_safety.require_rollback_support", flag<&SecurityPolicy::require_rollback_support>},
    Key{"installation_safety.maximum_package_size", package_size},
    Key{"installation_safety.allow_unsigned_packages", always_off},
    Key{"installation_safety.risk_assessment", not_yet},
    Key{"rollback_protection.allow_below_minimum_version", flag<&SecurityPolicy::allow_below_minimum_version>},
    Key{"rollback_protection.allow_revoked_signers", flag<&SecurityPolicy::allow_revoked_signers>},
};

bool is_section(std::string_view path) {
    return std::any_of(keys.begin(), keys.end(), [&](const Key &key) {
        return key.path.size() > path.size() && key.path.starts_with(path) && key.path[path.size()] == '.';
    });
}

// With the nearest of those that stand in the same section.
Error no_key(const std::string &path) {
    const std::size_t end = path.rfind('.');
    const std::string section = end == std::string::npos ? "" : path.substr(0, end + 1);
    std::vector<std::string_view> words;
    for (const Key &key : keys)
        if (key.path.starts_with(section))
            words.push_back(key.path.substr(section.size()).substr(0, key.path.substr(section.size()).find('.')));
    const std::string_view nearest = base::nearest_word(words, std::string_view{path}.substr(section.size()));
    return invalid(path, nearest.empty()
                             ? std::string{"is no key of a security policy"}
                             : fmt::format("is no key of a security policy; did you mean '{}{}'?", section, nearest));
}

Result<void> read_section(const json &section, const std::string &prefix, SecurityPolicy &policy) {
    for (const auto &item : section.items()) {
        const std::string path = prefix.empty() ? item.key() : prefix + "." + item.key();
        const auto *const known =
            std::find_if(keys.begin(), keys.end(), [&](const Key &key) { return key.path == path; });
        if (known != keys.end()) {
            MOS_CHECK(known->read(path, item.value(), policy));
        } else if (is_section(path)) {
            if (!item.value().is_object())
                return invalid(path, "is no section with keys of its own");
            MOS_CHECK(read_section(item.value(), path, policy));
        } else {
            return no_key(path);
        }
    }
    return {};
}

// The errors about a key are about its path.
Result<SecurityPolicy> read_policy(std::string_view yaml, std::string_view name, config::Places *places = nullptr) {
    if (yaml.empty())
        return SecurityPolicy{};  // also in a build without YAML
    MOS_TRY(const base::JsonTree tree, config::read_values(yaml, config::Format::yaml, name, places));
    SecurityPolicy policy;
    for (const auto &item : tree->items()) {
        if (item.key() != section_name || !item.value().is_object())
            return invalid(item.key(), fmt::format("is not the section '{}'", section_name));
        MOS_CHECK(read_section(item.value(), "", policy));
    }
    crypto::Decision decision;
    fill_decision(policy, decision);
    if (decision.allowed.empty())
        return invalid("update_validation.allowed_signature_algorithms",
                       "names none that is strong, and require_strong_signature is true");
    return policy;
}

// Where the key that the error is about stands, said in front of it.
Error at_place(const config::Places &places, Error error) {
    std::string pointer = "/" + error.object();
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    auto found = places.find(fmt::format("/{}{}", section_name, pointer));
    if (found == places.end())
        found = places.find(pointer);  // beside the section
    if (error.object().empty() || found == places.end() || found->second.line == 0)
        return error;
    return base::in_context(std::move(error),
                            fmt::format("line {} column {}", found->second.line, found->second.column));
}

Error unreadable(std::string_view name, Error cause) {
    std::string remedy = cause.own_remedy();  // there is nothing to correct where descriptors ran out
    return Error{Code::POLICY_UNREADABLE, fmt::format("the policy {} can't be followed", in_quotes(name))}
        .about(std::string{name})
        .with_remedy(std::move(remedy))
        .caused_by(std::move(cause));
}

}  // namespace

Result<SecurityPolicy> parse_security_policy(std::string_view yaml, std::string_view name) {
    config::Places places;
    Result<SecurityPolicy> policy = read_policy(yaml, name, &places);
    if (!policy)
        return unreadable(name, at_place(places, std::move(policy).error()));
    return policy;
}

// The text of the root's file; empty where there is none.
static Result<std::string> read_text_of(base::Directory &root) {
    const base::SplitPath split = base::split_path(security_policy_path);
    MOS_TRY(const auto folder, config::find_folder(root, split.parent));
    if (folder == nullptr)
        return std::string{};
    MOS_TRY(const auto there, folder->find(split.name));
    if (!there)
        return std::string{};
    MOS_TRY(const base::Bytes text, base::read_file(*folder, split.name, max_policy_bytes));
    return std::string{base::as_text(text)};
}

Result<SecurityPolicy> load_security_policy(base::Directory &root) {
    Result<std::string> text = read_text_of(root);
    if (!text)
        return unreadable(security_policy_path, std::move(text).error());
    return parse_security_policy(*text, security_policy_path);
}

static Result<std::string> edit(const std::string &text, std::span<const config::Assignment> assignments) {
    MOS_TRY(std::string edited, config::edit_yaml(text, assignments, security_policy_path));
    if (edited.size() > max_policy_bytes)
        return Error{Code::LIMIT, fmt::format("{} would have {} bytes, at most {} are read",
                                              in_quotes(security_policy_path), edited.size(), max_policy_bytes)};
    return edited;
}

// The change is to blame where the file could be followed before it: nothing is wrong with what is there.
static Error not_changed(std::string_view before, Error cause) {
    auto was = parse_security_policy(before, security_policy_path);
    return was ? std::move(cause) : std::move(was).error();
}

Result<SecurityPolicy> change_security_policy(base::Directory &root, std::span<const PolicyChange> changes) {
    Result<std::string> text = read_text_of(root);
    if (!text)
        return unreadable(security_policy_path, std::move(text).error());
    std::vector<config::Assignment> assignments;
    for (const PolicyChange &change : changes)
        assignments.push_back({fmt::format("{}.{}", section_name, change.path), change.value});
    Result<std::string> edited = edit(*text, assignments);
    if (!edited)
        return not_changed(*text, std::move(edited).error());
    Result<SecurityPolicy> policy = read_policy(*edited, security_policy_path);
    if (!policy)
        return not_changed(*text, std::move(policy).error());
    const base::SplitPath split = base::split_path(security_policy_path);
    MOS_TRY(const auto folder, base::make_directories(root, split.parent));
    MOS_CHECK(base::replace_content(*folder, split.name, base::as_bytes(*edited), policy_mode));
    return policy;
}

std::vector<PolicyKey> list_keys(const SecurityPolicy &policy) {
    const auto word = [](bool value) { return std::string{value ? "true" : "false"}; };
    const std::string trust = "update_validation.trust_requirements.";
    return {
        {"update_validation.allowed_signature_algorithms",
         fmt::format("[{}]", fmt::join(policy.allowed_algorithms, ", ")),
         "how a package may be signed; of RSA the least size"},
        {"update_validation.require_strong_signature", word(policy.require_strong_signature),
         "RSA of 4096 bits, P-384 and Ed25519 alone count, whatever is allowed above"},
        {"update_validation.required_signatures", fmt::format("{}", policy.required_signatures),
         "good signatures by so many different keys"},
        {trust + "minimum_trust_level", std::string{crypto::trust_level_name(policy.minimum_trust_level)},
         "of the trust entry that vouches"},
        {trust + "require_certified_publisher", word(policy.require_certified_publisher),
         "a pinned key alone is not enough"},
        {trust + "revocation", std::string{revocation_name(policy.revocation)},
         "whether certificates are looked up in revocation lists"},
        {trust + "accept_expired_signers", word(policy.accept_expired_signers),
         "packages of signers whose certificate has expired"},
        {trust + "accept_revoked_signers", word(policy.accept_revoked_signers),
         "packages of signers whose certificate was revoked"},
        {"installation_safety.maximum_package_size",
         policy.maximum_package_bytes ? fmt::format("{}", *policy.maximum_package_bytes) : "none",
         "bytes of a package"},
        {"installation_safety.require_rollback_support", word(policy.require_rollback_support),
         "only packages that say they can be rolled back"},
        {"rollback_protection.allow_below_minimum_version", word(policy.allow_below_minimum_version),
         "with a reason, versions below the minimum that a signed package has set"},
        {"rollback_protection.allow_revoked_signers", word(policy.allow_revoked_signers),
         "with a reason, rollbacks to packages of signers who are revoked or not trusted any more"},
    };
}

}  // namespace mos::policy
