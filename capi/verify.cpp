// The jobs that check all of a package.
#include "admission.hpp"
#include "guard.hpp"

#include <mos/delta/package_content.hpp>

#include <fmt/format.h>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;
using mos::package::PackageKind;

namespace {

struct Verification {
    std::shared_ptr<mos::base::Source> source;
    std::shared_ptr<mos::base::Source> base;  // nullptr without one
    mos::engine::Admission admission;
};

// Without its base, all that can be known of a delta package.
Result<void> check_patches(const std::shared_ptr<mos::package::Package> &package) {
    if (package->statement().kind != PackageKind::delta)
        return {};
    MOS_TRY(const auto content, mos::delta::PackageContent::open(package, mos::delta::no_base(), {}));
    return content->check_patches();
}

Result<void> check_beside(const std::shared_ptr<mos::package::Package> &package, const Verification &verification,
                          mos::base::Observer &observer) {
    MOS_TRY(auto base, authenticated_package(verification.base, verification.admission));
    if (package->statement().kind != PackageKind::delta)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("{} is a full package, which needs no base", mos::base::in_quotes(package->name()))};
    if (base->statement().content_digest != package->statement().base_content_digest)
        return Error{Code::BASE_DIFFERS,
                     fmt::format("{} is not the package that {} was made from", mos::base::in_quotes(base->name()),
                                 mos::base::in_quotes(package->name()))}
            .about(base->name());
    MOS_TRY(const auto files, mos::delta::open_base_package(std::move(base)));
    MOS_TRY(const auto content, mos::delta::PackageContent::open(package, *files, {.observer = &observer}));
    return mos::delta::check_content(*package, *content, observer);
}

Result<mos::engine::JobOutcome> verify(const Verification &verification, mos::base::Observer &observer) {
    MOS_TRY(const auto package, authenticated_package(verification.source, verification.admission));
    MOS_CHECK(package->verify_content(observer));
    MOS_CHECK(check_patches(package));
    if (verification.base != nullptr)
        MOS_CHECK(check_beside(package, verification, observer));
    return mos::engine::JobOutcome{};
}

Result<mos_job *> job_of(mos_package *package, mos_package *base, const mos_trust_options *trust) {
    MOS_TRY(mos::engine::Admission opened, open_admission(trust, *package->context->clock));
    auto verification = std::make_shared<Verification>(
        Verification{package->source, base != nullptr ? base->source : nullptr, std::move(opened)});
    auto handle = std::make_unique<mos_job>();
    handle->context = package->context;
    MOS_TRY(handle->job, mos::engine::Job::create([verification = std::move(verification)](
                                                      mos::base::Observer &observer, const auto & /*ask*/) {
                return verify(*verification, observer);
            }));
    return handle.release();
}

}  // namespace

int mos_package_verify_job(mos_package *package, const mos_trust_options *trust, mos_job **job, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(package);
        MOS_TRY(*job, job_of(package, nullptr, trust));
        return {};
    });
}

int mos_package_verify_delta_job(mos_package *package, mos_package *base, const mos_trust_options *trust, mos_job **job,
                                 mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(package);
        MOS_CHECK_HANDLE(base);
        MOS_TRY(*job, job_of(package, base, trust));
        return {};
    });
}
