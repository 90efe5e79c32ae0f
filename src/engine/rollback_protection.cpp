#include "rollback_protection.hpp"

#include <mos/engine/root_settings.hpp>
#include <mos/package/credentials.hpp>
#include <mos/package/version.hpp>
#include <mos/policy/downgrade_policy.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::engine {

using install::shown_version;

namespace {

// A rule of the policy's file, its key and the option that sets it.
struct Rule {
    bool policy::SecurityPolicy::*allows;
    std::string_view key;
    std::string_view option;
};
constexpr Rule below_minimum = {&policy::SecurityPolicy::allow_below_minimum_version,
                                "rollback_protection.allow_below_minimum_version", "allow-below-minimum-version"};
constexpr Rule revoked_signers = {&policy::SecurityPolicy::allow_revoked_signers,
                                  "rollback_protection.allow_revoked_signers", "allow-revoked-signers"};

// The policy is read only where something depends on it.
Result<Exemption> exempt(Engine &engine, const Rule &rule, std::string package, std::string sentence) {
    MOS_TRY(const policy::SecurityPolicy policy, policy::load_security_policy(engine.root()));
    if (policy.*(rule.allows))
        return Exemption{std::move(package), std::move(sentence)};
    return Error{Code::POLICY_REFUSED, fmt::format("{}, and {} is false", sentence, rule.key)}
        .about(std::move(package))
        .with_remedy(fmt::format("if it must be: 'multios-update security configure --{}=true', and a reason with "
                                 "--reason=TEXT",
                                 rule.option));
}

// The sentence where the version is below the floor; nothing where it is not.
Result<std::optional<std::string>> below_floor(transaction::Site &site, const std::string &name,
                                               const std::string &version, const std::string &release) {
    MOS_TRY(const std::string floor, state::Packages{site.database}.version_floor(name));
    if (floor.empty() || std::is_gteq(package::compare_versions(version, floor)))
        return std::optional<std::string>{};
    return std::optional{fmt::format("'{}' {} is below {}, the least version that a signed package of it allows", name,
                                     shown_version(version, release), floor)};
}

// A list that has grown old does not count for what is let in; what it has revoked stays revoked all the same.
bool is_listed(const crypto::TrustStore &trust, const package::SignatureArea &area) {
    for (const crypto::Signature &signature : area.known()) {
        for (const base::Bytes &der : signature.certificates) {
            const auto certificate = crypto::Certificate::from_der(der, "kept");
            if (!certificate)
                continue;
            const auto lists = trust.revocation_lists();
            if (std::any_of(lists.begin(), lists.end(), [&](const crypto::RevocationList &list) {
                    return list.issuer() == certificate->issuer() && list.find(*certificate);
                }))
                return true;
        }
    }
    return false;
}

// Who is trusted now, as far as that can be told.
struct Court {
    crypto::TrustStore trust;
    crypto::Decision decision;
};

Result<Court> open_court(Engine &engine) {
    MOS_TRY(const Admission admission, engine.admission());
    MOS_TRY(crypto::TrustStore trust, load_trust(admission.trust));
    crypto::Decision decision = admission.decision();
    decision.required_signatures = 1;
    decision.profile.accept_expired = true;
    return Court{std::move(trust), std::move(decision)};
}

// Why nobody vouches for it any more; nothing where somebody does, or where it is a matter of age alone.
std::optional<std::string> taken_back(const package::Credentials &credentials, const Court &court) {
    const package::Statement &statement = credentials.statement;
    const auto verdict = crypto::verify_signatures(
        package::signed_message(credentials.statement_bytes),
        {.name = statement.name, .type = statement.type, .created_unix_s = statement.created_unix_s},
        credentials.area.known(), court.trust, court.decision);
    if (verdict)
        return std::nullopt;
    switch (verdict.error().code()) {
    case Code::CERTIFICATE_REVOKED:
    case Code::SIGNER_UNTRUSTED:
        return verdict.error().message();
    case Code::REVOCATION_UNKNOWN:
        return is_listed(court.trust, credentials.area) ? std::optional{verdict.error().message()} : std::nullopt;
    default:
        return std::nullopt;
    }
}

Result<std::optional<std::string>> taken_back(transaction::Site &site, const state::InstalledPackage &package,
                                              const Court &court) {
    MOS_TRY(const std::string kept, state::Packages{site.database}.credentials(package.id));
    const auto credentials = package::read_credentials(base::as_bytes(kept));
    if (!credentials) {
        site.observer.notice(
            fmt::format("who signed '{}' {} was not kept, so whether they are trusted now can't be told", package.name,
                        shown_version(package.version, package.release)));
        return std::optional<std::string>{};
    }
    return taken_back(*credentials, court);
}

std::string nobody_vouches(const state::InstalledPackage &package, const std::string &reason) {
    return fmt::format("nobody vouches any more for '{}' {}: {}", package.name,
                       shown_version(package.version, package.release), reason);
}

}  // namespace

Result<void> apply_downgrade_policy(Engine &engine, transaction::Site &site, install::Steps &steps) {
    std::optional<policy::DowngradePolicy> policy;
    for (install::InstallStep &step : steps.installs) {
        MOS_TRY(const bool is_one, install::is_downgrade(site, step));
        if (!is_one)
            continue;
        if (!policy) {
            MOS_TRY(const config::LoadedSettings loaded, load_root_settings(engine, {}));
            MOS_TRY(policy, policy::downgrade_policy(loaded));
        }
        if (policy->rule == policy::DowngradeRule::refused)
            step.options.downgrade_forbidden_by = policy->said_by;
        else if (policy->rule == policy::DowngradeRule::allowed && step.options.asked == install::Asked::by_somebody)
            step.options.downgrade = install::Downgrade::allowed;
    }
    return {};
}

Result<std::vector<Exemption>> judge_installs(Engine &engine, transaction::Site &site,
                                              std::span<const install::InstallStep> steps) {
    std::vector<Exemption> exemptions;
    for (const install::InstallStep &step : steps) {
        const package::Statement &statement = step.package->statement();
        MOS_TRY(auto sentence, below_floor(site, statement.name, statement.version, statement.release));
        if (!sentence)
            continue;
        MOS_TRY(Exemption exemption, exempt(engine, below_minimum, statement.name, std::move(*sentence)));
        exemptions.push_back(std::move(exemption));
    }
    return exemptions;
}

Result<std::vector<Exemption>> judge_return(Engine &engine, transaction::Site &site,
                                            std::span<const state::InstalledPackage> packages) {
    std::vector<Exemption> exemptions;
    if (packages.empty())
        return exemptions;
    const auto court = open_court(engine);
    if (!court)
        site.observer.notice(fmt::format("whether the signers of what comes back are trusted now can't be told: {}",
                                         court.error().message()));
    for (const state::InstalledPackage &package : packages) {
        MOS_TRY(auto below, below_floor(site, package.name, package.version, package.release));
        if (below) {
            MOS_TRY(Exemption exemption, exempt(engine, below_minimum, package.name, std::move(*below)));
            exemptions.push_back(std::move(exemption));
        }
        if (!court)
            continue;
        MOS_TRY(const auto reason, taken_back(site, package, *court));
        if (!reason)
            continue;
        MOS_TRY(Exemption exemption, exempt(engine, revoked_signers, package.name, nobody_vouches(package, *reason)));
        exemptions.push_back(std::move(exemption));
    }
    return exemptions;
}

Result<std::vector<Exemption>> find_untrusted(Engine &engine, transaction::Site &site,
                                              std::span<const state::InstalledPackage> packages) {
    MOS_TRY(const Court court, open_court(engine));
    std::vector<Exemption> untrusted;
    for (const state::InstalledPackage &package : packages) {
        MOS_TRY(const auto reason, taken_back(site, package, court));
        if (reason)
            untrusted.push_back({package.name, nobody_vouches(package, *reason)});
    }
    return untrusted;
}

Result<void> check_reason(std::span<const Exemption> exemptions, std::string_view reason) {
    if (exemptions.empty() || !reason.empty())
        return {};
    return Error{Code::POLICY_REFUSED, fmt::format("{}; the policy lets it pass for a reason, and none was given",
                                                   exemptions.front().sentence)}
        .about(exemptions.front().package)
        .with_remedy("say why, with --reason=TEXT");
}

std::vector<std::string> notices_of(std::span<const Exemption> exemptions) {
    std::vector<std::string> notices;
    notices.reserve(exemptions.size());
    for (const Exemption &exemption : exemptions)
        notices.push_back(fmt::format("{}; it passes only for a reason (--reason=TEXT)", exemption.sentence));
    return notices;
}

std::vector<base::Event> events_of(std::span<const Exemption> exemptions, const std::string &reason,
                                   const std::string &job) {
    std::vector<base::Event> events;
    events.reserve(exemptions.size());
    for (const Exemption &exemption : exemptions) {
        base::Event event = base::make_event(base::EventType::policy_exception, exemption.package, exemption.sentence);
        event.cause = job;
        event.payload = {{"reason", reason}};
        events.push_back(std::move(event));
    }
    return events;
}

}  // namespace mos::engine
