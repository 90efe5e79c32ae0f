#include <mos/engine/system_check.hpp>

#include "automatic_rollback.hpp"
#include "rollback_protection.hpp"
#include "session_job.hpp"

#include <mos/engine/report.hpp>
#include <mos/install/verify_installed.hpp>

#include <fmt/format.h>

namespace mos::engine {

namespace {

void add(JobOutcome &outcome, ReportRow row) {
    if (outcome.rows.size() < max_report_rows)
        outcome.rows.push_back(std::move(row));
}

Result<void> check_content(Session &session, JobOutcome &outcome) {
    return install::verify_installed(session.site(), std::nullopt, [&](install::Difference difference) -> Result<void> {
        std::string kind = install::difference_name(difference);
        add(outcome, {.kind = std::move(kind),
                      .package = std::move(difference.package),
                      .object = std::move(difference.path),
                      .sentence = std::move(difference.sentence)});
        return {};
    });
}

Result<void> check_dependencies(Session &session, JobOutcome &outcome) {
    MOS_TRY(const auto broken, install::broken_dependencies(session.site().database));
    for (const std::string &sentence : broken)
        add(outcome, {.kind = "dependency", .package = {}, .object = {}, .sentence = sentence});
    return {};
}

Result<void> check_signatures(Engine &engine, Session &session, JobOutcome &outcome) {
    MOS_TRY(const auto installed, state::Packages{session.site().database}.list());
    MOS_TRY(const std::vector<Exemption> untrusted, find_untrusted(engine, session.site(), installed));
    for (const Exemption &one : untrusted)
        add(outcome, {.kind = "signer", .package = one.package, .object = {}, .sentence = one.sentence});
    return {};
}

Result<void> check_health(Engine &engine, Session &session, base::Observer &observer, JobOutcome &outcome) {
    MOS_TRY(const install::HealthRules rules, health_rules(session, engine));
    if (!rules.anybody) {
        observer.notice("there are no health checks: neither programs in etc/multios/health-checks nor one of the "
                        "embedding program's");
        return {};
    }
    install::HealthCall call{.rules = rules, .packages = {}, .known_unmet = {}};
    call.rules.check_dependencies = false;  // which are rows of their own
    call.rules.check_content = false;
    MOS_TRY(const auto outcomes, session.health().ask(call, observer));
    for (const install::HealthOutcome &one : outcomes)
        if (one.failure)
            add(outcome,
                {.kind = "health", .package = {}, .object = one.name, .sentence = one.failure->full_message()});
    return {};
}

Result<void> check_all(Engine &engine, Session &session, const SystemCheck &check, JobOutcome &outcome) {
    if (check.content)
        MOS_CHECK(check_content(session, outcome));
    if (check.dependencies)
        MOS_CHECK(check_dependencies(session, outcome));
    if (check.signatures)
        MOS_CHECK(check_signatures(engine, session, outcome));
    if (check.health)
        MOS_CHECK(check_health(engine, session, session.site().observer, outcome));
    return {};
}

}  // namespace

Result<std::unique_ptr<Job>> make_system_check_job(std::shared_ptr<Engine> engine, const SystemCheck &check) {
    return Job::create([engine = std::move(engine), check](base::Observer &observer, const Job::Ask & /*ask*/) {
        return run_in_session(
            *engine, observer, "system-check", Session::Purpose::mend,
            [&](Session &session, JobOutcome &outcome) { return check_all(*engine, session, check, outcome); });
    });
}

}  // namespace mos::engine
