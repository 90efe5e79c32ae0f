// create-delta: a package that holds a release as its difference to another one.
#include "built.hpp"
#include "commands.hpp"
#include "releases.hpp"
#include "signing.hpp"
#include "trust.hpp"

#include "frame/change.hpp"
#include "frame/job.hpp"
#include "frame/report.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

using namespace frame;

namespace package_tool {

namespace {

struct Pair {
    std::string base;
    std::string target;
};

std::string listed(const std::vector<Release> &releases) {
    if (releases.empty())
        return "no package";
    std::string text;
    for (const Release &release : releases)
        text += fmt::format("{}{} {} for {}{} ({})", text.empty() ? "" : ", ", release.name, release.version,
                            release.architecture, release.is_delta ? ", a delta" : "", release.path);
    return text;
}

// The full packages of that version in the folder, of which there is one at least.
Result<std::vector<Release>> full_packages(const std::vector<Release> &releases, const Values &values,
                                           const std::string &version) {
    const auto name = values.text("package-name");
    std::vector<Release> found;
    std::ranges::copy_if(releases, std::back_inserter(found), [&](const Release &release) {
        return !release.is_delta && is_version(release, version) && (!name || release.name == *name);
    });
    if (found.empty())
        return usage_failure(fmt::format("{} has no full package of version {}; it has {}",
                                         in_quotes(*values.text("input-directory")), printable(version),
                                         listed(releases)),
                             "give the folder with both releases' full packages, or name the files with --base");
    return found;
}

// Two of one package and one architecture; of what there is but once, as it is.
std::vector<Pair> pairs_of(const std::vector<Release> &bases, const std::vector<Release> &targets) {
    if (bases.size() == 1 && targets.size() == 1)
        return {{bases.front().path, targets.front().path}};
    std::vector<Pair> pairs;
    for (const Release &base : bases)
        for (const Release &target : targets)
            if (base.name == target.name && base.architecture == target.architecture)
                pairs.push_back({base.path, target.path});
    return pairs;
}

std::string_view remedy_for(const std::vector<Release> &bases) {
    const bool has_names =
        std::ranges::any_of(bases, [&](const Release &base) { return base.name != bases.front().name; });
    return has_names ? "say which with --package-name, or name the files with --base" : "name the files with --base";
}

Result<Pair> find_pair_in_folder(const Session &session) {
    const Values &values = session.values;
    FRAME_TRY(const std::vector<Release> releases, releases_in(session, *values.text("input-directory")));
    FRAME_TRY(const std::vector<Release> bases, full_packages(releases, values, *values.text("base-version")));
    FRAME_TRY(const std::vector<Release> targets, full_packages(releases, values, *values.text("new-version")));
    const std::vector<Pair> pairs = pairs_of(bases, targets);
    if (pairs.size() == 1)
        return pairs.front();
    return usage_failure(fmt::format("{} has {} of one package and one architecture: as the base {}; as the new one {}",
                                     in_quotes(*values.text("input-directory")),
                                     pairs.empty() ? "no two full packages" : "several pairs of full packages",
                                     listed(bases), listed(targets)),
                         std::string{remedy_for(bases)});
}

// Two files, or two versions in a folder.
Result<Pair> find_pair(const Session &session) {
    const Values &values = session.values;
    const bool by_version = values.has("base-version") || values.has("new-version") || values.has("input-directory");
    if (values.has("base") == by_version)
        return usage_failure("create-delta takes either --base=OLD and the new package, or --base-version, "
                             "--new-version and --input-directory",
                             "see 'multios-package create-delta --help'");
    if (!by_version) {
        if (values.has("package-name"))
            return usage_failure(
                "'--package-name' chooses among the packages of '--input-directory', and '--base' names "
                "the file",
                "leave --package-name out");
        if (values.operands().empty())
            return usage_failure("the new package is missing", "name it: create-delta --base=OLD.mos NEW.mos ...");
        return Pair{*values.text("base"), values.operands().front()};
    }
    if (!values.operands().empty() || !values.has("base-version") || !values.has("new-version") ||
        !values.has("input-directory"))
        return usage_failure("--base-version, --new-version and --input-directory belong together, without a file",
                             "see 'multios-package create-delta --help'");
    return find_pair_in_folder(session);
}

// A file of its name is replaced: not by what is made out of it.
Result<void> check_output(const std::string &output, const Pair &pair) {
    for (const std::string &input : {pair.base, pair.target}) {
        std::error_code none;
        if (std::filesystem::equivalent(output, input, none))
            return usage_failure(
                fmt::format("'--output' is the full package {} itself, which would be lost", in_quotes(input)),
                "give the delta package a name of its own");
    }
    return {};
}

Result<Built> open_release(const Session &session, const std::string &path) {
    FRAME_TRY(Built release, look_at(session, path));
    if (!session.values.flag("unverified")) {
        FRAME_TRY(const std::vector<std::string> signers, authenticate(session, release.package.get()));
    }
    return release;
}

// Files beneath the root and their bytes as installed, by where the content comes from.
struct Origins {
    std::uint64_t files[3] = {};
    std::uint64_t bytes[3] = {};
};

Result<Origins> count_origins(mos_package *package) {
    FRAME_TRY(const EntryCursor cursor,
              make<EntryCursor>([&](auto out, auto error) { return mos_package_entries(package, out, error); }));
    Origins origins;
    for (;;) {
        mos_entry entry = MOS_ENTRY_INIT;
        FRAME_TRY(const int found,
                  status([&](auto error) { return mos_entry_cursor_next(cursor.get(), &entry, error); }));
        if (found == MOS_END)
            return origins;
        if (entry.type != MOS_ENTRY_FILE || entry.size == 0 ||
            !std::string_view{entry.path}.starts_with("content/files/"))
            continue;
        ++origins.files[entry.origin];
        origins.bytes[entry.origin] += entry.size;
    }
}

struct Made {
    const Built &base;
    const Built &target;
    const Built &delta;
    Origins origins;
    const EndedJob &ended;
    std::string signer;
};

void put_made(const Session &session, const Made &made) {
    const mos_package_information &is = made.delta.information;
    const std::uint64_t full = made.target.information.package_bytes;
    const double percent = 100.0 * static_cast<double>(is.package_bytes) / static_cast<double>(full);
    put_line(Stream::out,
             {{Style::good, "built"},
              {Style::plain, fmt::format("  {}  {} {} {} {}, {}, in {}", *session.values.text("output"), is.name,
                                         made.base.information.version, arrow(), is.version,
                                         size_text(is.package_bytes), duration_text(made.ended.elapsed_ms))}});
    put_line(Stream::out, fmt::format("       {:.1f} % of the full package, which has {}", percent, size_text(full)));
    put_line(Stream::out, fmt::format("       {} unchanged, {} made out of the base, {} stored whole",
                                      counted(made.origins.files[MOS_ORIGIN_UNCHANGED], "file"),
                                      made.origins.files[MOS_ORIGIN_PATCHED], made.origins.files[MOS_ORIGIN_STORED]));
    put_line(Stream::out, fmt::format("       content {}", is.content_digest));
    put_line(Stream::out, made.signer.empty() ? "       not signed: 'multios-package sign' signs it"
                                              : fmt::format("       signed by {}", made.signer));
    for (const std::string &notice : frame::read_notices(made.ended.outcome))
        put_line(Stream::out, {{Style::caution, "  note  "}, {Style::plain, notice}});
}

nlohmann::ordered_json made_json(const Session &session, const Made &made) {
    const mos_package_information &is = made.delta.information;
    nlohmann::ordered_json document{{"package", *session.values.text("output")},
                                    {"name", is.name},
                                    {"base_version", made.base.information.version},
                                    {"version", is.version},
                                    {"package_bytes", is.package_bytes},
                                    {"full_package_bytes", made.target.information.package_bytes}};
    constexpr std::pair<const char *, mos_entry_origin> origins[] = {
        {"unchanged", MOS_ORIGIN_UNCHANGED}, {"patched", MOS_ORIGIN_PATCHED}, {"whole", MOS_ORIGIN_STORED}};
    for (const auto &[name, origin] : origins) {
        document[fmt::format("{}_files", name)] = made.origins.files[origin];
        document[fmt::format("{}_bytes", name)] = made.origins.bytes[origin];
    }
    document["content_digest"] = is.content_digest;
    document["base_content_digest"] = is.base_content_digest;
    document["signer"] = made.signer;
    document["elapsed_ms"] = made.ended.elapsed_ms;
    document["notices"] = frame::read_notices(made.ended.outcome);
    return document;
}

Result<ExitCode> create_delta(Session &session) {
    const Values &values = session.values;
    mos_package_delta_options options = MOS_PACKAGE_DELTA_OPTIONS_INIT;
    FRAME_TRY(options.compression_level, compression_level(values));
    FRAME_TRY(options.threshold, size_option(values, "threshold"));
    FRAME_TRY(options.apply_memory, size_option(values, "apply-memory"));
    FRAME_TRY(options.memory_limit, size_option(values, "create-memory"));
    FRAME_TRY(const Signer signer, load_signer(session));
    FRAME_TRY(const Pair pair, find_pair(session));
    FRAME_CHECK(check_output(*values.text("output"), pair));
    FRAME_TRY(const Built base, open_release(session, pair.base));
    FRAME_TRY(const Built target, open_release(session, pair.target));
    options.output_path = values.c_text("output");
    options.sign_key = signer.key.get();
    options.certificate = signer.certificate.get();

    FRAME_TRY(Job job, make<Job>([&](auto out, auto error) {
                  return mos_package_delta_job(base.package.get(), target.package.get(), &options, out, error);
              }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    FRAME_TRY(const Built delta, look_at(session, *values.text("output")));
    FRAME_TRY(const Origins origins, count_origins(delta.package.get()));
    const Made made{base, target, delta, origins, ended, signer_name(signer)};
    if (session.json())
        put_json(made_json(session, made));
    else
        put_made(session, made);
    return ExitCode::done;
}

}  // namespace

Command create_delta_command() {
    return {
        "create-delta",
        "make a package that updates one release to another, of what differs",
        "multios-package create-delta --base=myapp-1.0.0.mos myapp-1.1.0.mos --output=myapp-1.1.0-delta.mos "
        "--sign-key=signer.key --certificate=signer.crt",
        Effect::writes_files,
        create_delta,
        {"FILE", 0, 1},
        joined(
            {
                text("base", "FILE", "the full package of the release that is updated; FILE is that of the new one"),
                text("base-version", "VERSION", "or: its version, found in the folder"),
                text("new-version", "VERSION", "and that of the new release"),
                text("input-directory", "DIR", "the folder with the full packages of both"),
                text("package-name", "NAME", "which package, where the folder has several"),
                required(text("output", "FILE", "the delta package; a file of that name is replaced at once")),
                text("threshold", "SIZE", "files that changed and are smaller are stored whole; 0 otherwise"),
                text("apply-memory", "SIZE", "what the device has to make the files; 32MiB otherwise"),
                text("create-memory", "SIZE", "what may be taken here; 4GiB otherwise"),
                text("compression-level", "N|none", "of what is stored whole, 1 to 19, of zstd; 19 otherwise"),
                text("sign-key", "FILE", "sign with this private key"),
                flag("unverified", "take both packages as they are, without asking who vouches for them"),
            },
            joined(signing_options(), trust_options())),
    };
}

}  // namespace package_tool
