#include "files.hpp"
#include "guard.hpp"

#include <mos/base/json.hpp>
#include <mos/base/path.hpp>
#include <mos/config/template.hpp>
#include <mos/package/writer.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace mos::capi;
using mos::Code;
using mos::Error;
using mos::Result;

namespace {

// Everything that the job needs when the caller's strings are gone.
struct BuildRequest {
    std::shared_ptr<const Context> context;
    mos::package::Manifest manifest;
    mos::package::CreateOptions options;
    std::unique_ptr<mos::base::Directory> input;
    std::string prefix;
    std::vector<std::pair<mos::package::Section, std::unique_ptr<mos::base::Directory>>> sections;  // besides files
    NamedPlace output;
    std::unique_ptr<mos::crypto::Signer> signer;
};

// What the caller says goes into the manifest that he gave; saying two things is an error.
Result<void> set_field(nlohmann::json &info, const char *field, const char *value) {
    if (value == nullptr)
        return {};
    const auto present = info.find(field);
    if (present != info.end() && *present != value)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("the manifest has another {} than {}", field, mos::base::in_quotes(value))};
    if (!mos::base::is_clean_text(value))
        return Error{Code::INVALID_ARGUMENT, fmt::format("the {} is no clean text", field)};
    info[field] = value;
    return {};
}

Result<mos::package::Manifest> read_manifest(const mos_build_options &given) {
    mos::base::JsonTree tree = mos::base::json_object();
    if (given.manifest_json != nullptr) {
        auto parsed = mos::base::parse_json(given.manifest_json, {});
        if (!parsed)
            return mos::base::in_context(std::move(parsed).error(), "the metadata can't be read")
                .with_remedy("correct the metadata: it must be JSON");
        tree = std::move(parsed).value();
        if (!tree->is_object() || (tree->contains("package_info") && !tree->at("package_info").is_object()))
            return Error{Code::FORMAT, "the metadata is not laid out as a manifest"}.with_remedy(
                "give a JSON object of sections like package_info, as docs/package-format.md shows");
    }
    nlohmann::json &info = mos::base::object_in(*tree, "package_info");
    MOS_CHECK(set_field(info, "name", given.name));
    MOS_CHECK(set_field(info, "version", given.version));
    MOS_CHECK(set_field(info, "release", given.release));
    MOS_CHECK(set_field(info, "architecture", given.architecture));
    MOS_CHECK(set_field(info, "type", given.type));
    MOS_CHECK(set_field(info, "description", given.description));
    auto manifest = mos::package::parse_manifest(tree->dump());
    if (!manifest && manifest.error().code() == Code::FORMAT)
        return std::move(manifest).error().with_remedy("correct what is named, in the options or the metadata");
    return manifest;
}

// Kept, for another version or program may know it; told, for it may be mistyped.
std::string unknown_key_notice(const mos::package::UnknownKey &key) {
    const std::string hint =
        key.nearest.empty() ? "" : fmt::format("; did you mean {}?", mos::base::in_quotes(key.nearest));
    return fmt::format("the metadata's {} is no key of a manifest, and has no effect{}", mos::base::in_quotes(key.path),
                       hint);
}

Result<std::shared_ptr<BuildRequest>> read_request(mos_context *context, const mos_build_options *options) {
    MOS_TRY(const mos_build_options given, read_options(options));
    if ((given.flags & ~static_cast<std::uint32_t>(MOS_BUILD_KEEP_OWNERS)) != 0)
        return Error{Code::INVALID_ARGUMENT, "the build options have an unknown flag"};
    MOS_TRY(const std::string input_path, required_text(given.input_path, "the input directory"));
    MOS_TRY(const std::string output_path, required_text(given.output_path, "the output path"));
    auto request = std::make_shared<BuildRequest>();
    request->context = context->context;
    MOS_TRY(request->manifest, read_manifest(given));
    request->prefix = mos::base::without_outer_slashes(text_or(given.prefix, ""));
    MOS_TRY(request->input, mos::base::open_root(input_path));
    using mos::package::Section;
    const std::pair<Section, const char *> further[] = {{Section::scripts, given.scripts_path},
                                                        {Section::configs, given.templates_path},
                                                        {Section::dependencies, given.bundles_path}};
    for (const auto &[section, path] : further) {
        if (path == nullptr)
            continue;
        MOS_TRY(auto directory, mos::base::open_root(path));
        request->sections.emplace_back(section, std::move(directory));
    }
    MOS_TRY(request->output, open_place(output_path));
    if (given.sign_key != nullptr) {
        MOS_TRY(request->signer, make_signer(given.sign_key, given.certificate));
        request->options.signers.push_back(request->signer.get());
    } else if (given.certificate != nullptr) {
        return Error{Code::INVALID_ARGUMENT, "a certificate was given without the key that signs"};
    }
    MOS_TRY(request->options.level, compression_level(given.compression_level, request->options.level));
    if (given.source_date_epoch_unix_s != 0)
        request->options.source_date_epoch = given.source_date_epoch_unix_s;
    if ((given.flags & MOS_BUILD_KEEP_OWNERS) != 0)
        request->options.owners = mos::package::Owners::keep;
    request->options.check_template = mos::config::check_template;
    request->options.clock = request->context->clock.get();
    return request;
}

Result<mos::engine::JobOutcome> build(BuildRequest &request, mos::base::Observer &observer) {
    request.options.observer = &observer;
    for (const mos::package::UnknownKey &key : request.manifest.unknown_keys)
        observer.notice(unknown_key_notice(key));
    std::vector<mos::package::InputTree> trees;
    trees.push_back(
        {.directory = request.input.get(), .section = mos::package::Section::files, .prefix = request.prefix});
    for (const auto &[section, directory] : request.sections)
        trees.push_back({.directory = directory.get(), .section = section, .prefix = {}});
    std::ranges::sort(trees, {},
                      [](const mos::package::InputTree &tree) { return mos::package::section_prefix(tree.section); });
    MOS_TRY(const mos::package::CreateReport report,
            mos::package::create_package(trees, request.manifest, request.options, *request.output.folder,
                                         request.output.name));
    return mos::engine::JobOutcome{
        .recovery_point = {}, .changed_paths = report.entries, .written_bytes = report.file_bytes, .notices = {}};
}

}  // namespace

int mos_package_build_job(mos_context *context, const mos_build_options *options, mos_job **job, mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_OUTPUT(job);
        MOS_CHECK_HANDLE(context);
        MOS_TRY(std::shared_ptr<BuildRequest> request, read_request(context, options));
        auto handle = std::make_unique<mos_job>();
        handle->context = context->context;
        MOS_TRY(handle->job, mos::engine::Job::create([request](mos::base::Observer &observer, const auto & /*ask*/) {
                    return build(*request, observer);
                }));
        *job = handle.release();
        return {};
    });
}

int mos_package_sign(mos_context *context, const char *path, const mos_key *key, const mos_certificate *certificate,
                     mos_error **error) {
    return guard(error, [&]() -> Result<void> {
        MOS_CHECK_HANDLE(context);
        MOS_TRY(const std::string where, required_text(path, "the package's path"));
        MOS_TRY(const auto signer, make_signer(key, certificate));
        MOS_TRY(const NamedPlace place, open_place(where));
        return mos::package::sign_package(*place.folder, place.name, *signer);
    });
}
