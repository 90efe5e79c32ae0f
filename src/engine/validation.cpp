#include <mos/engine/validation.hpp>

#include <mos/package/package_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::engine {

namespace {

using package::Package;
using package::PackageFile;

constexpr std::array step_names = {"format", "signature", "chain", "integrity", "policy"};
constexpr std::array outcome_names = {"passed", "failed", "not reached"};

// Which of the five questions an error about signatures answers.
ValidationStep step_of(const Error &error, const crypto::Verdict &verdict) {
    switch (error.code()) {
    case Code::SIGNER_UNTRUSTED:
    case Code::CERTIFICATE_EXPIRED:
    case Code::CERTIFICATE_INVALID:
    case Code::CERTIFICATE_REVOKED:
    case Code::REVOCATION_UNKNOWN:
        return ValidationStep::chain;
    case Code::ALGORITHM_REFUSED:
    case Code::SIGNER_NOT_ALLOWED:
        return ValidationStep::policy;
    case Code::NOT_SIGNED:  // not at all, or by fewer than the policy asks for
        return verdict.accepted.empty() ? ValidationStep::signature : ValidationStep::policy;
    default:
        return ValidationStep::signature;
    }
}

// Nothing can be said of a file of which nothing was seen.
bool is_unread(const Error &error) {
    return error.code() == Code::IO || error.code() == Code::PERMISSION || error.code() == Code::NOT_FOUND;
}

std::string names_of(const std::vector<crypto::AcceptedSigner> &signers) {
    std::string names;
    for (const crypto::AcceptedSigner &signer : signers)
        names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", signer.signer, signer.algorithm);
    return names;
}

// Of an accepted signer or a known one.
template <class Signer>
std::string path_of(const Signer &signer) {
    return signer.path.empty()
               ? fmt::format("pinned key {}", base::in_quotes(signer.trust_name))
               : fmt::format("{}, trusted as {}", fmt::join(signer.path, " < "), base::in_quotes(signer.trust_name));
}

std::string paths_of(const std::vector<crypto::AcceptedSigner> &signers) {
    std::string paths;
    for (const crypto::AcceptedSigner &signer : signers)
        paths += fmt::format("{}{}", paths.empty() ? "" : "; ", path_of(signer));
    return paths;
}

class Examination {
  public:
    Examination(const Admission &admission, Strictness strictness, base::Observer &observer)
        : m_admission(admission), m_strictness(strictness), m_observer(observer) {
        for (std::size_t i = 0; i < step_names.size(); ++i)
            m_found.steps.push_back({.step = static_cast<ValidationStep>(i), .detail = {}, .error = {}});
    }

    Result<Validation> run(std::unique_ptr<base::Source> source) {
        MOS_TRY(const crypto::TrustStore store, load_trust(m_admission.trust));
        MOS_TRY(const std::uint64_t bytes, source->size());
        Result<PackageFile> file = PackageFile::open(std::move(source));
        if (!file && is_unread(file.error()))
            return std::move(file).error();
        if (!file) {
            fail(ValidationStep::format, std::move(file).error());
            return std::move(m_found);
        }
        m_found.package = file->claimed_statement().name;
        MOS_CHECK(judge(*file, store));
        Result<Package> package = std::move(*file).accept_unverified();
        if (!package) {
            fail(ValidationStep::format, std::move(package).error());
            return std::move(m_found);
        }
        pass(ValidationStep::format,
             fmt::format("a package of format {} with {} entries in {} bytes", package->statement().version_of_format,
                         package->statement().entries, bytes));
        MOS_CHECK(check_integrity(*package));
        check_rules(*package, bytes);
        return std::move(m_found);
    }

  private:
    StepResult &at(ValidationStep step) { return m_found.steps[static_cast<std::size_t>(step)]; }
    void pass(ValidationStep step, std::string detail) {
        at(step).outcome = StepOutcome::passed;
        at(step).detail = std::move(detail);
    }
    void fail(ValidationStep step, Error error) {
        at(step).outcome = StepOutcome::failed;
        at(step).detail = error.full_message();
        at(step).error = std::move(error);
    }

    Result<void> judge(const PackageFile &file, const crypto::TrustStore &store) {
        crypto::Decision decision = m_admission.decision();
        if (m_strictness == Strictness::strict)
            decision.minimum_level = crypto::TrustLevel::high;
        Result<crypto::Verdict> verdict = file.judge(store, decision);
        if (!verdict) {
            fail(ValidationStep::signature, std::move(verdict).error());
            return {};
        }
        m_found.verdict = std::move(verdict).value();
        Result<void> counted = crypto::count_signatures(m_found.verdict, decision);
        if (counted && m_strictness == Strictness::strict && !m_found.verdict.rejected.empty())
            counted = m_found.verdict.rejected.front().error;
        if (!counted)
            fail(step_of(counted.error(), m_found.verdict), counted.error());
        tell_signature();
        tell_chain();
        return {};
    }

    // Whether a trusted entry vouches for whoever has signed, whatever else is held against that.
    void tell_chain() {
        if (at(ValidationStep::chain).outcome != StepOutcome::not_reached)
            return;
        if (!m_found.verdict.accepted.empty())
            return pass(ValidationStep::chain, paths_of(m_found.verdict.accepted));
        for (const crypto::RejectedSigner &one : m_found.verdict.rejected)
            if (one.known && one.fits.value_or(false))
                return pass(ValidationStep::chain, path_of(*one.known));
    }

    // Whether the signatures are what they say, whoever trusts them.
    void tell_signature() {
        StepResult &signature = at(ValidationStep::signature);
        if (signature.outcome == StepOutcome::failed)
            return;
        if (!m_found.verdict.accepted.empty())
            return pass(ValidationStep::signature, "by " + names_of(m_found.verdict.accepted));
        const auto &rejected = m_found.verdict.rejected;
        const auto fitting = std::find_if(rejected.begin(), rejected.end(),
                                          [](const crypto::RejectedSigner &one) { return one.fits.value_or(false); });
        if (fitting != rejected.end())
            return pass(ValidationStep::signature,
                        fmt::format("a good signature of the key that {} claims", fitting->signer));
        signature.detail = "the key that signed is not known here";
    }

    Result<void> check_integrity(Package &package) {
        Result<void> verified = package.verify_content(m_observer);
        if (!verified && verified.error().code() == Code::CANCELLED)
            return verified;
        if (verified)
            pass(ValidationStep::integrity, "every frame and every file has the digest that the index gives");
        else
            fail(ValidationStep::integrity, std::move(verified).error());
        return {};
    }

    void check_rules(Package &package, std::uint64_t bytes) {
        if (at(ValidationStep::policy).outcome != StepOutcome::not_reached)
            return;
        if (m_found.verdict.accepted.size() < m_admission.decision().required_signatures) {
            at(ValidationStep::policy).detail =
                fmt::format("{} of {} required signatures are good", m_found.verdict.accepted.size(),
                            m_admission.decision().required_signatures);
            return;
        }
        if (Result<void> checked = check_policy(package, bytes, m_admission.policy); !checked) {
            if (checked.error().code() == Code::POLICY_REFUSED)
                return fail(ValidationStep::policy, std::move(checked).error());
            at(ValidationStep::policy).detail = "what the package says of itself can't be read";
            return;
        }
        pass(ValidationStep::policy,
             fmt::format("{} of {} required signatures, {} bytes", m_found.verdict.accepted.size(),
                         m_admission.decision().required_signatures, bytes));
    }

    const Admission &m_admission;
    Strictness m_strictness;
    base::Observer &m_observer;
    Validation m_found;
};

}  // namespace

std::string_view step_name(ValidationStep step) noexcept { return step_names[static_cast<std::size_t>(step)]; }

std::string_view outcome_name(StepOutcome outcome) noexcept { return outcome_names[static_cast<std::size_t>(outcome)]; }

bool Validation::passed() const noexcept {
    return std::all_of(steps.begin(), steps.end(),
                       [](const StepResult &step) { return step.outcome == StepOutcome::passed; });
}

const Error *Validation::error() const noexcept {
    for (const StepResult &step : steps)
        if (step.error)
            return &*step.error;
    return nullptr;
}

Result<Validation> validate(std::unique_ptr<base::Source> source, const Admission &admission, Strictness strictness,
                            base::Observer &observer) {
    return Examination{admission, strictness, observer}.run(std::move(source));
}

}  // namespace mos::engine
