// install, install-batch and remove: plans that change what is installed.
#include "built.hpp"
#include "commands.hpp"
#include "install_all.hpp"
#include "trust.hpp"

#include "frame/change.hpp"
#include "frame/job.hpp"
#include "frame/run.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

using namespace frame;
using nlohmann::ordered_json;

namespace package_tool {

namespace {

constexpr std::string_view no_resolution = "this build has no dependency resolution";

// It is understood, and there is nothing yet that it would slow down.
Result<void> check_bandwidth_limit(const Values &values) {
    auto given = values.text("bandwidth-limit");
    if (!given)
        return {};
    if (given->ends_with("/s"))
        given->resize(given->size() - 2);
    FRAME_TRY(const std::uint64_t bytes, parse_size(*given, "option '--bandwidth-limit'"));
    put_line(Stream::err, fmt::format("--bandwidth-limit ({} a second) concerns downloads; these packages are files, "
                                      "and are read as fast as they can be",
                                      size_text(bytes)));
    return {};
}

// A version is one package's, and so is a plan that was shown.
Result<void> check_folder_options(const Values &values) {
    if (values.has("target-version") && (!values.has("directory") || values.operands().size() > 1))
        return usage_failure("'--target-version' is that of one package in '--directory'",
                             "name one package, and the folder with --directory=DIR");
    return {};
}

Result<ExitCode> install(Session &session) {
    FRAME_CHECK(check_bandwidth_limit(session.values));
    FRAME_CHECK(check_folder_options(session.values));
    FRAME_TRY(const Engine engine, open_engine(session));
    Installed installed = install_all(session, engine, session.values.operands());
    if (installed.failure)
        return after_others(std::move(installed));
    if (session.json())
        put_json(to_json(installed));
    return ExitCode::done;
}

// What became of the files of a batch, told as they come, or at the end as one JSON document.
struct Batch {
    ordered_json packages = ordered_json::array();
    std::size_t installed = 0;
    std::optional<Failure> first;
};

void note_success(const Session &session, Batch &batch, const std::string &path, const Installed &installed) {
    ++batch.installed;
    if (!session.json())
        return;  // told as it came
    ordered_json entry = to_json(installed);
    entry["file"] = path;
    batch.packages.push_back(std::move(entry));
}

void note_failure(const Session &session, Batch &batch, const std::string &path, Failure failure) {
    failure.aftermath = usual_aftermath(failure, Effect::changes_root);
    if (session.json()) {
        ordered_json entry = failure.beside;
        entry["file"] = path;
        entry["error"] = to_json(failure);
        batch.packages.push_back(std::move(entry));
    } else {
        put_failure(session, failure);
    }
    if (!batch.first)
        batch.first = std::move(failure);
}

void put_batch(const Session &session, const Batch &batch) {
    const std::size_t count = session.values.operands().size();
    if (!session.json())
        return put_line(Stream::out, fmt::format("{} of {} {}", batch.installed, count,
                                                 session.values.flag("plan") ? "could be installed" : "installed"));
    ordered_json document{{"installed", batch.installed}, {"packages", batch.packages}};
    if (batch.first)
        document["error"] = to_json(*batch.first);
    put_json(document);
}

// One transaction each, or one for each link of a chain; the first failure decides the exit code, the others still get
// their turn.
Result<ExitCode> install_one_by_one(const Session &session, const Engine &engine) {
    if (session.values.has("plan-digest"))
        return usage_failure("'--plan-digest' is one plan's, '--stop-on-error=false' makes several",
                             "leave one of them out");
    Batch batch;
    for (const std::string &path : session.values.operands()) {
        Installed installed = install_all(session, engine, {path});
        if (!installed.failure) {
            note_success(session, batch, path, installed);
            continue;
        }
        const bool stopped = installed.failure->code == MOS_E_CANCELLED;
        note_failure(session, batch, path, after_others(std::move(installed)));
        if (stopped)
            break;
    }
    put_batch(session, batch);
    return batch.first ? batch.first->exit : ExitCode::done;
}

Result<ExitCode> install_batch(Session &session) {
    if (session.values.text_or("stop-on-error", "true") == "true")
        return install(session);
    FRAME_CHECK(check_bandwidth_limit(session.values));
    FRAME_TRY(const Engine engine, open_engine(session));
    return install_one_by_one(session, engine);
}

Result<ExitCode> remove(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(Plan plan, new_plan(engine));
    mos_remove_options options = MOS_REMOVE_OPTIONS_INIT;
    options.remove_config = session.values.flag("remove-config");
    options.remove_data = session.values.flag("remove-data");
    options.backup_data = session.values.flag("backup-data");
    for (const std::string &name : session.values.operands())
        FRAME_CHECK(check([&](auto error) { return mos_plan_remove(plan.get(), name.c_str(), &options, error); }));
    return show_or_run(session, std::move(plan));
}

std::vector<Option> install_table() {
    return joined(
        {
            flag("allow-downgrade", "install an older version over a newer one"),
            flag("reinstall", "install the same version again: puts back what was altered"),
            choice("on-conflict", "refuse|ask|keep|replace",
                   "where somebody else's file stands in the way; refuse otherwise"),
            choice("config-files", "keep|ask|replace|preserve",
                   "what becomes of a configuration file that you have changed: keep, as without it, leaves yours and "
                   "puts the new one beside it as NAME.new; preserve leaves also those that nobody has changed"),
            flag("preserve-config", "the same as --config-files=preserve"),
            text("config", "FILE",
                 "values for the package's templates, .yml, .ini, .conf or .json; those of the last time otherwise"),
            text("target-directory", "DIR", "put its files below DIR of the root; only where the package allows it"),
            text("full-package", "FILE",
                 "of a delta package: the full one of the same release, for files whose base was altered here"),
            flag("reuse-installed",
                 "take content that is installed already from the root: reads less of a package on a slow medium"),
            text("delta-memory", "SIZE", "of a delta package: what making its files may take; 32MiB otherwise"),
            number("required-signatures", 1, most_signatures,
                   "how many different trusted keys must have signed; 1 otherwise"),
            always_on("validate", "signature and every byte are checked before anything changes"),
            always_on("backup", "what is replaced becomes the recovery point"),
            always_on("atomic", "all of it or nothing, also after a power cut"),
            not_built_flag("resolve-dependencies", no_resolution),
            not_built_flag("install-recommended", no_resolution),
            text("directory", "DIR",
                 "FILE is the name of a package: install its newest release of this folder, by a delta "
                 "package or a chain of them where that takes fewer bytes and the settings allow it"),
            text("target-version", "VERSION", "with --directory, the release of one package; the newest otherwise"),
            flag("force-delta",
                 "install FILE's release from what is installed by the smallest delta packages beside it, "
                 "and fail where there are none"),
            text("bandwidth-limit", "RATE", "such as 10MB/s, for downloads; files are not slowed down"),
        },
        plan_options());
}

}  // namespace

Command install_command() {
    return {
        "install",
        "install packages, or update to them; several are one transaction",
        "multios-package install webserver-2.1.0.mos libfoo-1.3.mos --plan",
        Effect::changes_root,
        install,
        {"FILE", 1, any_number},
        install_table(),
    };
}

Command install_batch_command() {
    return {
        "install-batch",
        "install packages in one transaction, or in one each",
        "multios-package install-batch package1.mos package2.mos --stop-on-error=false",
        Effect::changes_root,
        install_batch,
        {"FILE", 1, any_number},
        joined(
            {
                flag("stop-on-error",
                     "true, as without it: one transaction, all or nothing; false: one each, and the others go on"),
                not_built_flag("parallel-install", "this build installs one root's transactions one after another"),
            },
            install_table()),
    };
}

Command remove_command() {
    return {
        "remove",
        "remove packages; configuration files, data and what was altered are kept",
        "multios-package remove myapp --plan",
        Effect::changes_root,
        remove,
        {"NAME", 1, any_number},
        joined(
            {
                flag("remove-config", "its configuration files too, altered or not"),
                flag("remove-data", "and what its manifest names as data"),
                flag("backup-data", "first write an archive of that data below ROOT/var/backups/multios"),
            },
            plan_options()),
    };
}

}  // namespace package_tool
