#include <mos/engine/report.hpp>

#include "session_job.hpp"

#include <mos/install/dependencies.hpp>
#include <mos/install/plan.hpp>
#include <mos/install/verify_installed.hpp>

#include <fmt/format.h>

namespace mos::engine {

namespace {

std::string shown(const state::InstalledPackage &package) {
    return install::shown_version(package.version, package.release);
}

// Whoever compares wants nobody to change the root meanwhile, and what was left unfinished completed first; on a
// read-only filesystem the one is granted, and the other has to wait.
Result<Session> open_to_compare(Engine &engine, base::Observer &observer) {
    auto session = Session::open(engine, observer, Session::Purpose::mend);
    if (session || session.error().code() != Code::READ_ONLY)
        return session;
    MOS_TRY(Session reading, Session::open(engine, observer, Session::Purpose::inspect));
    MOS_TRY(const auto unfinished, state::Transactions{reading.site().database}.unfinished());
    if (unfinished)
        reading.site().observer.notice(
            fmt::format("'{}' was left unfinished, and can't be completed while the filesystem is read-only: what it "
                        "was about may differ",
                        unfinished->summary));
    return reading;
}

Result<void> compare(Session &session, const std::optional<std::string> &name, base::Observer &observer,
                     JobOutcome &outcome) {
    std::uint64_t left_out = 0;
    MOS_CHECK(install::verify_installed(session.site(), name, [&](install::Difference difference) -> Result<void> {
        if (outcome.rows.size() == max_report_rows) {
            ++left_out;
            return {};
        }
        std::string kind = install::difference_name(difference);
        outcome.rows.push_back({.kind = std::move(kind),
                                .package = std::move(difference.package),
                                .object = std::move(difference.path),
                                .sentence = std::move(difference.sentence)});
        return {};
    }));
    if (left_out > 0)
        observer.notice(fmt::format("{} more differences are not listed", left_out));
    return {};
}

}  // namespace

Result<std::vector<ReportRow>> installed_packages(Engine &engine) {
    MOS_TRY(const auto database, look(engine));
    MOS_TRY(const std::vector<state::InstalledPackage> packages, state::Packages{*database}.list());
    std::vector<ReportRow> rows;
    rows.reserve(packages.size());
    for (const state::InstalledPackage &package : packages)
        rows.push_back({.kind = package.automatic ? "automatic" : "asked",
                        .package = package.name,
                        .object = shown(package),
                        .sentence = fmt::format("{} {}{}", package.name, shown(package),
                                                package.automatic ? ", which came along with another package" : "")});
    return rows;
}

Result<std::vector<ReportRow>> orphans(Engine &engine) {
    MOS_TRY(const auto database, look(engine));
    state::Packages packages{*database};
    MOS_TRY(const std::vector<std::string> names, install::orphans(packages));
    std::vector<ReportRow> rows;
    for (const std::string &name : names) {
        MOS_TRY(const auto package, packages.find(name));
        const std::string version = package ? shown(*package) : std::string{};
        rows.push_back({.kind = "orphan",
                        .package = name,
                        .object = version,
                        .sentence = fmt::format("{} {} came along with another package, and nobody needs it any more",
                                                name, version)});
    }
    return rows;
}

Result<std::vector<ReportRow>> pending_reboots(Engine &engine) {
    MOS_TRY(const std::vector<state::Transaction> pending, engine.pending_reboots());
    std::vector<ReportRow> rows;
    for (const state::Transaction &transaction : pending) {
        const bool has_point = transaction.stage == transaction.id;
        rows.push_back(
            {.kind = "reboot",
             .package = transaction.reboot,
             .object = has_point ? snapshot::recovery_point_name(transaction.id) : std::string{},
             .sentence = fmt::format("{} is complete when the system has been started again", transaction.summary)});
    }
    return rows;
}

Result<std::vector<ReportRow>> check_dependencies(Engine &engine, const package::Manifest &manifest) {
    MOS_TRY(const auto database, look(engine));
    state::Packages packages{*database};
    const std::vector<const package::Manifest *> to_come{&manifest};
    std::vector<ReportRow> rows;
    MOS_TRY(const std::vector<install::Unmet> unmet, install::unmet_dependencies(packages, to_come));
    MOS_TRY(const std::vector<install::Conflict> conflicts, install::conflicts(packages, to_come));
    rows.reserve(unmet.size() + conflicts.size());
    for (const install::Unmet &one : unmet)
        rows.push_back(
            {.kind = "unmet", .package = one.package, .object = one.relation, .sentence = install::sentence_of(one)});
    for (const install::Conflict &one : conflicts)
        rows.push_back({.kind = "conflict",
                        .package = one.package,
                        .object = one.relation,
                        .sentence = install::sentence_of(one)});
    return rows;
}

Result<std::unique_ptr<Job>> make_verify_job(std::shared_ptr<Engine> engine, std::optional<std::string> name) {
    return Job::create(
        [engine = std::move(engine), name = std::move(name)](base::Observer &observer, const Job::Ask &) {
            return run_in_session(
                *engine, "verify", open_to_compare(*engine, observer),
                [&](Session &session, JobOutcome &outcome) { return compare(session, name, observer, outcome); });
        });
}

}  // namespace mos::engine
