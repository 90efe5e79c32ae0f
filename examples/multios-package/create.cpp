// create and sign: a directory becomes a package, a package gets a signature.
#include "commands.hpp"
#include "signing.hpp"

#include "frame/job.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>

using namespace frame;

namespace package_tool {

namespace {

constexpr std::size_t most_metadata_bytes = 1U << 20U;
constexpr std::int64_t latest_epoch = 253'402'300'799;  // the end of the year 9999
constexpr std::int32_t highest_level = 19;

Result<std::int64_t> parse_number(std::string_view digits, std::int64_t lowest, std::int64_t highest,
                                  std::string_view what) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value < lowest || value > highest)
        return usage_failure(
            fmt::format("{} takes a number from {} to {}, not '{}'", what, lowest, highest, printable(digits)));
    return value;
}

// The option before the environment, as reproducible-builds.org defines SOURCE_DATE_EPOCH.
Result<std::int64_t> source_date_epoch(const Values &values) {
    if (const auto given = values.number("source-date-epoch"))
        return *given;
    const char *inherited = std::getenv("SOURCE_DATE_EPOCH");
    if (inherited == nullptr || *inherited == '\0')
        return 0;
    return parse_number(inherited, 0, latest_epoch, "the environment's SOURCE_DATE_EPOCH");
}

// As mos_build_options has it: 0 is the default, negative is uncompressed.
Result<std::int32_t> compression_level(const Values &values) {
    const auto given = values.text("compression-level");
    if (!given)
        return 0;
    if (*given == "none")
        return -1;
    FRAME_TRY(const std::int64_t level,
              parse_number(*given, 1, highest_level, "option '--compression-level' is 'none' or"));
    return static_cast<std::int32_t>(level);
}

Result<std::string> read_metadata(const std::string &path) {
    struct Close {
        void operator()(std::FILE *file) const noexcept { (void)std::fclose(file); }
    };
    const std::unique_ptr<std::FILE, Close> file{std::fopen(path.c_str(), "rbe")};
    if (!file)
        return system_failure(errno, "open", path);
    std::string text(most_metadata_bytes + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get()) != 0)
        return system_failure(errno, "read", path);
    if (text.size() > most_metadata_bytes)
        return failure(MOS_E_LIMIT,
                       fmt::format("metadata {} has more than {}", in_quotes(path), size_text(most_metadata_bytes)),
                       path);
    return text;
}

struct Built {
    Package package;
    mos_package_information information = MOS_PACKAGE_INFORMATION_INIT;
};

Result<Built> look_at(const Session &session, const std::string &path) {
    Built built;
    FRAME_TRY(built.package, make<Package>([&](auto out, auto error) {
                  return mos_package_open_path(session.context, path.c_str(), out, error);
              }));
    FRAME_CHECK(
        check([&](auto error) { return mos_package_information_get(built.package.get(), &built.information, error); }));
    return built;
}

// What the package does not keep of the directory.
std::vector<std::string> notices_of(const EndedJob &ended) {
    std::vector<std::string> notices;
    for (std::size_t i = 0; i < mos_outcome_notice_count(ended.outcome); ++i)
        notices.emplace_back(mos_outcome_notice_at(ended.outcome, i));
    return notices;
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
                         {"notices", notices_of(ended)}});
    put_line(Stream::out, {{Style::good, "built"},
                           {Style::plain, fmt::format("  {}  {} {}, {}, in {}", output, is.name, is.version,
                                                      size_text(is.package_bytes), duration_text(ended.elapsed_ms))}});
    put_line(Stream::out, fmt::format("       content {}", is.content_digest));
    put_line(Stream::out, signer.empty() ? "       not signed: 'multios-package sign' signs it"
                                         : fmt::format("       signed by {}", signer));
    for (const std::string &notice : notices_of(ended))
        put_line(Stream::out, {{Style::caution, "  note  "}, {Style::plain, notice}});
}

Result<ExitCode> create(Session &session) {
    const Values &values = session.values;
    mos_build_options options = MOS_BUILD_OPTIONS_INIT;
    FRAME_TRY(options.source_date_epoch_unix_s, source_date_epoch(values));
    FRAME_TRY(options.compression_level, compression_level(values));
    FRAME_TRY(const Signer signer, load_signer(session));
    std::string metadata;
    if (const auto path = values.text("metadata")) {
        FRAME_TRY(metadata, read_metadata(*path));
        options.manifest_json = metadata.c_str();
    }
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
            text("metadata", "FILE", "further metadata as JSON, in the manifest's form"),
            text("compression-level", "N|none", "1 to 19, of zstd; 3 otherwise"),
            text("sign-key", "FILE", "sign with this private key"),
            text("certificate", "FILE", "certificate of that key, with its chain"),
            flag("keep-owners", "record owners and groups as they are; root otherwise"),
            number("source-date-epoch", 0, latest_epoch,
                   "no time in the package is later; the environment's SOURCE_DATE_EPOCH otherwise"),
            not_built_text("scripts", "DIR", "this build has no scripts"),
        },
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
        {
            required(text("sign-key", "FILE", "private key to sign with")),
            text("certificate", "FILE", "certificate of that key, with its chain"),
        },
    };
}

}  // namespace package_tool
