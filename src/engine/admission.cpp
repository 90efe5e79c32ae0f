#include <mos/engine/admission.hpp>

#include "time_floor.hpp"

#include <mos/package/manifest.hpp>
#include <mos/package/package_file.hpp>

#include <fmt/format.h>

#include <cerrno>

namespace mos::engine {

namespace {

constexpr std::string_view nobody_remedy =
    "say who is trusted with 'multios-update trust add-ca' or 'multios-update trust add-key'";

Error trust_unreadable(const std::string &path, Error cause) {
    const bool missing = cause.code() == Code::NOT_FOUND && cause.system_errno() != ENOTDIR;
    const std::string_view what = missing ? "is missing" : "can't be read";
    std::string remedy = missing ? std::string{nobody_remedy} : cause.own_remedy();
    return Error{Code::TRUST_UNREADABLE,
                 fmt::format("the trust folder {} {}, so nobody is trusted", base::in_quotes(path), what)}
        .about(path)
        .with_remedy(std::move(remedy))
        .caused_by(std::move(cause));
}

Result<TrustFolder> trust_folder(Result<std::unique_ptr<base::Directory>> opened, std::string path) {
    if (!opened)
        return trust_unreadable(path, std::move(opened).error());
    return TrustFolder{.directory = std::move(opened).value(), .path = std::move(path)};
}

}  // namespace

Result<TrustFolder> open_trust_folder(const std::string &path) { return trust_folder(base::open_root(path), path); }

Result<TrustFolder> open_trust_folder(base::Directory &root) {
    return trust_folder(root.open_directory(trust_path, base::Symlinks::follow_in_root), trust_path);
}

Result<crypto::TrustStore> load_trust(const TrustFolder &trust) {
    auto loaded = crypto::TrustStore::load(*trust.directory);
    if (!loaded && loaded.error().code() != Code::TRUST_UNREADABLE)
        return trust_unreadable(trust.path, std::move(loaded).error());
    return loaded;
}

Result<Admission> open_admission(base::Directory &root, const std::optional<std::string> &trust_folder,
                                 unsigned required_signatures, const base::Clock &clock) {
    MOS_TRY(TrustFolder trust, trust_folder ? open_trust_folder(*trust_folder) : open_trust_folder(root));
    MOS_TRY(policy::SecurityPolicy policy, policy::load_security_policy(root));
    return Admission{.trust = std::move(trust),
                     .policy = std::move(policy),
                     .required_signatures = required_signatures,
                     .now_unix_s = effective_time(root, clock)};
}

crypto::Decision Admission::decision() const {
    crypto::Decision decision;
    decision.required_signatures = required_signatures;
    decision.now_unix_s = now_unix_s;
    policy::fill_decision(policy, decision);
    return decision;
}

Result<void> check_policy(package::Package &package, std::uint64_t bytes, const policy::SecurityPolicy &policy) {
    MOS_TRY(const package::Manifest manifest, package.manifest());
    return policy::check_package(policy, {.bytes = bytes, .rollback_support = manifest.installation.rollback_support});
}

Result<package::Package> authenticate(std::unique_ptr<base::Source> source, const Admission &admission) {
    MOS_TRY(const crypto::TrustStore store, load_trust(admission.trust));
    const std::string name = source->name();
    MOS_TRY(const std::uint64_t bytes, source->size());
    MOS_TRY(package::PackageFile file, package::PackageFile::open(std::move(source)));
    MOS_TRY(package::Package package, std::move(file).authenticate(store, admission.decision()));
    if (Result<void> checked = check_policy(package, bytes, admission.policy); !checked)
        return base::in_context(std::move(checked).error(),
                                fmt::format("package {} is refused", base::in_quotes(name)));
    return package;
}

Result<void> judge_again(const package::Package &package, const Admission &admission) {
    MOS_TRY(const crypto::TrustStore store, load_trust(admission.trust));
    const package::Statement &statement = package.statement();
    const auto verdict = crypto::verify_signatures(
        package::signed_message(package.statement_bytes()),
        {.name = statement.name, .type = statement.type, .created_unix_s = statement.created_unix_s},
        package.signatures().known(), store, admission.decision());
    if (!verdict)
        return base::in_context(verdict.error(), fmt::format("package {} is refused", base::in_quotes(package.name())));
    return {};
}

}  // namespace mos::engine
