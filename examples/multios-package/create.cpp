// create and sign: a directory becomes a package, a package gets a signature.
#include "built.hpp"
#include "bundle_folder.hpp"
#include "commands.hpp"
#include "manifest_text.hpp"
#include "signing.hpp"

#include "frame/change.hpp"
#include "frame/job.hpp"
#include "frame/report.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <cstdlib>

using namespace frame;

namespace package_tool {

namespace {

constexpr std::int64_t latest_epoch = 253'402'300'799;  // the end of the year 9999

// The option before the environment, as reproducible-builds.org defines SOURCE_DATE_EPOCH.
Result<std::int64_t> source_date_epoch(const Values &values) {
    if (const auto given = values.number("source-date-epoch"))
        return *given;
    const char *inherited = std::getenv("SOURCE_DATE_EPOCH");
    if (inherited == nullptr || *inherited == '\0')
        return 0;
    return parse_number(inherited, 0, latest_epoch, "the environment's SOURCE_DATE_EPOCH");
}

void tell_built(const Session &session, const Built &built, const EndedJob &ended, const std::string &signer) {
    const mos_package_information &is = built.information;
    const std::string output = *session.values.text("output");
    if (session.json())
        return put_json({{"package", output},
                         {"name", is.name},
                         {"version", is.version},
                         {"package_bytes", is.package_bytes},
                         {"content_digest", is.content_digest},
                         {"signer", signer},
                         {"elapsed_ms", ended.elapsed_ms},
                         {"notices", frame::read_notices(ended.outcome)}});
    put_line(Stream::out, {{Style::good, "built"},
                           {Style::plain, fmt::format("  {}  {} {}, {}, in {}", output, is.name, is.version,
                                                      size_text(is.package_bytes), duration_text(ended.elapsed_ms))}});
    put_line(Stream::out, fmt::format("       content {}", is.content_digest));
    put_line(Stream::out, signer.empty() ? "       not signed: 'multios-package sign' signs it"
                                         : fmt::format("       signed by {}", signer));
    for (const std::string &notice : frame::read_notices(ended.outcome))
        put_line(Stream::out, {{Style::caution, "  note  "}, {Style::plain, notice}});
}

Result<ExitCode> create(Session &session) {
    const Values &values = session.values;
    mos_build_options options = MOS_BUILD_OPTIONS_INIT;
    FRAME_TRY(options.source_date_epoch_unix_s, source_date_epoch(values));
    FRAME_TRY(options.compression_level, compression_level(values));
    FRAME_TRY(const Signer signer, load_signer(session));
    FRAME_TRY(const std::string manifest, manifest_text(values));
    FRAME_TRY(const BundleFolder bundles, BundleFolder::create(values.texts("bundle"), *values.text("output")));
    if (!manifest.empty())
        options.manifest_json = manifest.c_str();
    options.flags = values.flag("keep-owners") ? MOS_BUILD_KEEP_OWNERS : 0;
    options.name = values.c_text("name");
    options.version = values.c_text("version");
    options.release = values.c_text("release");
    options.architecture = values.c_text("architecture");
    options.type = values.c_text("type");
    options.description = values.c_text("description");
    options.input_path = values.c_text("input-directory");
    options.prefix = values.c_text("prefix");
    options.output_path = values.c_text("output");
    options.scripts_path = values.c_text("scripts");
    options.templates_path = values.c_text("templates");
    options.bundles_path = bundles.path();
    options.sign_key = signer.key.get();
    options.certificate = signer.certificate.get();

    FRAME_TRY(Job job, make<Job>([&](auto out, auto error) {
                  return mos_package_build_job(session.context, &options, out, error);
              }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    FRAME_TRY(const Built built, look_at(session, *values.text("output")));
    tell_built(session, built, ended, signer_name(signer));
    return ExitCode::done;
}

Result<ExitCode> sign(Session &session) {
    const std::string &path = session.values.operands().front();
    FRAME_TRY(const Signer signer, load_signer(session));
    FRAME_CHECK(check([&](auto error) {
        return mos_package_sign(session.context, path.c_str(), signer.key.get(), signer.certificate.get(), error);
    }));
    FRAME_TRY(const Built signed_package, look_at(session, path));
    const std::size_t signatures = mos_package_signature_count(signed_package.package.get());
    if (session.json())
        put_json({{"package", path}, {"signer", signer_name(signer)}, {"signatures", signatures}});
    else
        put_line(Stream::out, {{Style::good, "signed"},
                               {Style::plain, fmt::format("  {}  by {}; it carries {} now", path, signer_name(signer),
                                                          counted(signatures, "signature"))}});
    return ExitCode::done;
}

}  // namespace

Command create_command() {
    return {
        "create",
        "make a package of a directory",
        "multios-package create --name=myapp --version=1.0.0 --type=application --input-directory=myapp-root "
        "--output=myapp-1.0.0.mos --sign-key=signer.key --certificate=signer.crt",
        Effect::writes_files,
        create,
        {},
        joined(
            {
                required(text("name", "NAME", "the package's name")),
                required(text("version", "VERSION", "its version, compared as Debian does")),
                text("type", "TYPE", "application, service, kernel, ...; application otherwise"),
                required(text("input-directory", "DIR", "an image of the root: usr/bin/x lands at ROOT/usr/bin/x")),
                required(text("output", "FILE", "the package; a file of that name is replaced at once, or not at all")),
                text("prefix", "PATH", "put the directory below PATH of the root, such as /opt/app"),
                text("release", "TEXT", "release of the packaging; 1 otherwise"),
                text("architecture", "NAME", "machine it is for; all otherwise"),
                text("description", "TEXT", "one line for people"),
                text("compression-level", "N|none", "1 to 19, of zstd; 3 otherwise"),
                text("sign-key", "FILE", "sign with this private key"),
                flag("keep-owners", "record owners and groups as they are; root otherwise"),
                number("source-date-epoch", 0, latest_epoch,
                       "no time in the package is later; the environment's SOURCE_DATE_EPOCH otherwise"),
                text(
                    "scripts", "DIR",
                    "a folder with pre-install, post-install, pre-remove, post-remove and undo; what is missing is not "
                    "called"),
                text("templates", "DIR",
                     "an image of the root, of configuration files that 'install --config' completes"),
                repeatable(
                    text("bundle", "PATH",
                         "a package that is installed along with this one, or a folder of such; may be repeated")),
            },
            joined(signing_options(), manifest_options())),
    };
}

Command sign_command() {
    return {
        "sign",
        "add a signature to a package, or renew it",
        "multios-package sign myapp-1.0.0.mos --sign-key=signer.key --certificate=signer.crt",
        Effect::writes_files,
        sign,
        {"FILE", 1, 1},
        joined({required(text("sign-key", "FILE", "private key to sign with"))}, signing_options()),
    };
}

}  // namespace package_tool
