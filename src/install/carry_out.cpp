#include <mos/install/plan.hpp>

#include "data_backup.hpp"
#include "delta_content.hpp"
#include "hook_plan.hpp"
#include "stager.hpp"

#include <mos/package/credentials.hpp>
#include <mos/package/version.hpp>

#include <fmt/format.h>

#include <map>

namespace mos::install {

using base::FileType;

namespace {

state::InstalledFile installed_file(const WantedEntry &wanted, std::uint64_t package,
                                    const std::map<std::string, package::Entry, std::less<>> &firsts) {
    state::InstalledFile file;
    file.package = package;
    file.path = wanted.path;
    file.type = wanted.type;
    file.attributes = wanted.attributes;
    file.role = wanted.role;
    if (wanted.role == state::FileRole::output)
        return file;
    const package::Entry *content = wanted.entry;
    if (!wanted.link_first.empty()) {
        file.link_group = wanted.link_first;
        content = &firsts.find(wanted.link_first)->second;
    } else if (wanted.first_of_links) {
        file.link_group = wanted.path;
    }
    if (wanted.type == FileType::regular) {
        file.size = content->size;
        file.digest = content->sha256;
    } else if (wanted.type == FileType::symlink) {
        file.link_target = wanted.entry->target;
    }
    return file;
}

// Reads the index once more: what is recorded is what was authenticated, and no list of it had to be kept.
Result<void> record_files(state::Packages &packages, package::Package &package, const Resolution &resolution,
                          std::size_t step, std::uint64_t id, const LeftOut &left_out) {
    std::map<std::string, package::Entry, std::less<>> firsts;  // of link groups
    MOS_TRY(WantedStream stream, WantedStream::open(package, step, *resolution.brought[step]));
    while (const WantedEntry *wanted = stream.current()) {
        if (wanted->first_of_links)
            firsts.emplace(wanted->path, *wanted->entry);
        if (!left_out.contains(wanted->path))
            MOS_CHECK(packages.insert_file(installed_file(*wanted, id, firsts)));
        MOS_CHECK(stream.advance());
    }
    return {};
}

// What nobody asked for stays so until somebody does.
bool is_automatic(const InstallStep &step, const StepSummary &summary) {
    return step.options.asked == Asked::by_another_package && (summary.old_package == 0 || summary.was_automatic);
}

// With the decision, so that no cut can lose what a signer has said of older versions.
Result<void> raise_version_floor(state::Packages &packages, const package::Manifest &manifest,
                                 std::uint64_t transaction) {
    const std::string &name = manifest.package_info.name;
    const std::string &wanted = manifest.installation.minimum_rollback_version;
    MOS_TRY(const std::string floor, packages.version_floor(name));
    if (wanted.empty() || (!floor.empty() && std::is_lteq(package::compare_versions(wanted, floor))))
        return {};
    return packages.set_version_floor(name, wanted, transaction);
}

Result<void> record(transaction::Site &site, const Steps &steps, const Resolution &resolution, const Stager &stager,
                    std::uint64_t transaction) {
    state::Packages packages{site.database};
    for (std::size_t i = 0; i < resolution.steps.size(); ++i) {
        const StepSummary &summary = resolution.steps[i];
        if (summary.old_package != 0)
            MOS_CHECK(packages.mark_removed(summary.old_package, transaction));
        if (i >= steps.installs.size())
            continue;
        package::Package &package = *steps.installs[i].package;
        const package::Statement &statement = package.statement();
        const Brought &brought = *resolution.brought[i];
        MOS_TRY(const base::Bytes credentials, package::write_credentials(package));
        MOS_TRY(const std::uint64_t id, packages.insert({.id = 0,
                                                         .name = statement.name,
                                                         .version = statement.version,
                                                         .release = statement.release,
                                                         .architecture = statement.architecture,
                                                         .type = statement.type,
                                                         .content_digest = statement.content_digest,
                                                         .signer = summary.signer,
                                                         .manifest = package::write_manifest(brought.manifest),
                                                         .prefix = brought.prefix,
                                                         .template_values = brought.template_values,
                                                         .automatic = is_automatic(steps.installs[i], summary),
                                                         .credentials = std::string{base::as_text(credentials)}},
                                                        transaction));
        MOS_CHECK(raise_version_floor(packages, brought.manifest, transaction));
        MOS_CHECK(record_files(packages, package, resolution, i, id, stager.left_out()));
        for (const Stager::PutBeside &beside : stager.put_beside()) {
            if (beside.step != i)
                continue;
            state::InstalledFile file = beside.file;
            file.package = id;
            MOS_CHECK(packages.insert_file(file));
        }
    }
    return {};
}

Error plan_changed() {
    return Error{Code::PLAN_CHANGED, "the root has changed since the plan was made; it would do something else now"};
}

// What the steps are about is what it was: the rows that leave are still the ones in force.
Result<void> check_still_true(transaction::Site &site, const Steps &steps, const Resolution &resolution) {
    auto summaries = summarize(site, steps);
    if (!summaries && base::is_system_failure(summaries.error()))
        return std::move(summaries).error();
    if (!summaries)
        return plan_changed().caused_by(std::move(summaries).error());
    return *summaries == resolution.steps ? Result<void>{} : plan_changed();
}

}  // namespace

Result<Outcome> carry_out(transaction::Site &site, const Steps &steps, const Resolution &resolution,
                          const CarryOut &options) {
    MOS_CHECK(check_still_true(site, steps, resolution));
    for (const std::string &caution : resolution.cautions)
        site.observer.notice(caution);
    MOS_TRY(DataBackup backup, DataBackup::make(site, steps));
    MOS_TRY(HookPlan hooks, HookPlan::make(site, steps, resolution, options.services, options.health));
    ChangeDigest digest{resolution.steps, steps, hooks};
    MOS_TRY(transaction::Stage stage, transaction::Stage::begin(site));
    MOS_CHECK(hooks.put_aside(stage));
    MOS_CHECK(hooks.run_checks(site, stage.directory()));
    MOS_TRY(Contents contents, Contents::open(site, steps, resolution));
    Stager stager{site, stage, resolution, options.ask, std::move(digest), contents};
    MOS_CHECK(walk(site, steps, resolution, stager));
    if (stager.digest() != resolution.digest)
        return plan_changed();
    if (!hooks.empty())
        MOS_CHECK(stage.reserve_room());
    MOS_TRY(transaction::Staged staged, stage.finish());
    contents.rest();  // all content is staged, and what is recorded takes memory of its own
    // Staging may have taken long, and what came into such a directory since would go with it.
    for (const std::string &path : stager.swept_directories())
        MOS_CHECK(check_swept_directory(site, resolution, path, summary_of(resolution.steps)));
    const Outcome outcome{
        .transaction = staged.id(), .changed_paths = stager.changed_paths(), .written_bytes = stager.written_bytes()};
    Result<transaction::Decided> recorded =
        transaction::decide(site, std::move(staged),
                            {.summary = summary_of(resolution.steps),
                             .reason = options.reason,
                             .changed_paths = stager.changed_paths(),
                             .reboot = fmt::format("{}", fmt::join(resolution.reboot, " ")),
                             .boot = site.clock.boot_id(),
                             .hooks = hooks.hooks()},
                            [&](std::uint64_t transaction) -> Result<void> {
                                if (options.record)
                                    MOS_CHECK(options.record(transaction));
                                return record(site, steps, resolution, stager, transaction);
                            });
    if (recorded || site.database.failed())
        backup.keep();  // from here on the removal may be completed whatever becomes of this process
    MOS_TRY(transaction::Decided decided, std::move(recorded));
    MOS_CHECK(transaction::carry_through(site, std::move(decided)));
    return outcome;
}

}  // namespace mos::install
