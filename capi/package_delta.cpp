#include "files.hpp"
#include "guard.hpp"

#include <mos/delta/package_delta.hpp>

#include <fmt/format.h>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;

namespace {

constexpr int usual_level = 19;  // whoever makes a delta wants it small, and has time

// Everything that the job needs when the caller's arguments are gone.
struct DeltaRequest {
    std::shared_ptr<mos::package::Package> base;
    std::shared_ptr<mos::package::Package> target;
    mos::delta::PackageDeltaOptions options;
    NamedPlace output;
    std::unique_ptr<mos::crypto::Signer> signer;
};

Result<std::shared_ptr<DeltaRequest>> read_request(mos_package *base, mos_package *target,
                                                   const mos_package_delta_options *options) {
    MOS_TRY(const mos_package_delta_options given, read_options(options));
    MOS_TRY(const std::string output_path, required_text(given.output_path, "the output path"));
    auto request = std::make_shared<DeltaRequest>();
    MOS_TRY(request->base, package_for_reading(base));
    MOS_TRY(request->target, package_for_reading(target));
    MOS_TRY(request->output, open_place(output_path));
    mos::delta::PackageDeltaOptions &read = request->options;
    MOS_TRY(read.package.level, compression_level(given.compression_level, usual_level));
    read.threshold = given.threshold;
    if (given.memory_limit != 0)
        read.create_memory = given.memory_limit;
    if (given.apply_memory != 0)
        read.apply_memory = given.apply_memory;
    if (given.sign_key == nullptr && given.certificate != nullptr)
        return Error{Code::INVALID_ARGUMENT, "a certificate was given without the key that signs"};
    if (given.sign_key != nullptr) {
        MOS_TRY(request->signer, make_signer(given.sign_key, given.certificate));
        read.package.signers.push_back(request->signer.get());
    }
    return request;
}

Result<mos::engine::JobOutcome> make_delta(DeltaRequest &request, mos::base::Observer &observer) {
    request.options.package.observer = &observer;
    MOS_TRY(const mos::delta::PackageDeltaReport report,
            mos::delta::create_package_delta(request.base, request.target, request.options, *request.output.folder,
                                             request.output.name));
    if (report.file_bytes >= report.full_bytes)
        observer.notice(fmt::format("the delta package has {} bytes, no fewer than the full one with {}",
                                    report.file_bytes, report.full_bytes));
    return mos::engine::JobOutcome{.recovery_point = {},
                                   .changed_paths = report.patched_files + report.whole_files,
                                   .written_bytes = report.file_bytes,
                                   .notices = {}};
}

}  // namespace

int mos_package_delta_job(mos_package *base, mos_package *target, const mos_package_delta_options *options,
                          mos_job **job, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(base);
        MOS_CHECK_HANDLE(target);
        MOS_TRY(std::shared_ptr<DeltaRequest> request, read_request(base, target, options));
        auto handle = std::make_unique<mos_job>();
        handle->context = target->context;
        MOS_TRY(handle->job, mos::engine::Job::create([request](mos::base::Observer &observer, const auto & /*ask*/) {
                    return make_delta(*request, observer);
                }));
        *job = handle.release();
        return {};
    });
}
