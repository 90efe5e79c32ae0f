// system and emergency: whether a system is what it should be, and the way back to where it was.
#include "commands.hpp"
#include "rollback.hpp"

#include "frame/job.hpp"
#include "frame/listing.hpp"
#include "frame/terminal.hpp"

#include <algorithm>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

struct Checked {
    std::vector<ReportRow> rows;
    std::vector<std::string> notices;

    [[nodiscard]] bool is_well() const {
        return std::all_of(rows.begin(), rows.end(),
                           [](const ReportRow &row) { return row.kind.starts_with("configuration-"); });
    }
};

Result<Checked> check_system(const Session &session, const Engine &engine, const mos_system_check_options &options) {
    FRAME_TRY(Job job, make<Job>([&](auto out, auto error) {
                  return mos_engine_system_check_job(engine.get(), &options, out, error);
              }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    Checked checked;
    FRAME_TRY(checked.rows, read_rows(ended.outcome));
    checked.notices = read_notices(ended.outcome);
    return checked;
}

const Columns<ReportRow> &problem_columns() {
    static const Columns<ReportRow> columns{
        {{For::everyone, "kind", "what"}, [](const ReportRow &row) -> Cell { return row.kind; }},
        {{For::everyone, "package", "package"}, [](const ReportRow &row) -> Cell { return row.package; }},
        {{For::programs, "object", ""}, [](const ReportRow &row) -> Cell { return row.object; }},
        {{For::everyone, "sentence", ""}, [](const ReportRow &row) -> Cell { return row.sentence; }},
    };
    return columns;
}

void put_checked(const Session &session, const Checked &checked) {
    put_listing(
        session, problem_columns(), checked.rows,
        [&](ordered_json list) {
            return ordered_json{
                {"well", checked.is_well()}, {"problems", std::move(list)}, {"notices", checked.notices}};
        },
        [&] {
            put_table(problem_columns(), checked.rows, "This system is what it should be.");
            for (const std::string &notice : checked.notices)
                put_line(Stream::out, {{Style::caution, "  note  "}, {Style::plain, notice}});
        });
}

Result<ExitCode> verify(Session &session) {
    mos_system_check_options options = MOS_SYSTEM_CHECK_OPTIONS_INIT;
    const bool all = session.values.flag("comprehensive");
    options.dependencies = all || session.values.flag("check-dependencies");
    options.signatures = all || session.values.flag("verify-signatures");
    options.health = all || session.values.flag("check-health");
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const Checked checked, check_system(session, engine, options));
    put_checked(session, checked);
    return checked.is_well() ? ExitCode::done : ExitCode::refused;
}

Result<ExitCode> restore_stable(Session &session) {
    const mos_rollback_options options = rollback_options(session);
    return session.values.flag("interactive") ? confirm_and_run(session, options) : run_rollback(session, options);
}

struct Recovered {
    std::uint32_t settled = 0;          // transactions
    std::vector<std::string> repaired;  // sentences
};

// What was cut short is completed or undone, the database restored, and whatever else has a repair mended: offline,
// and without touching anything that somebody has put there.
Result<Recovered> recover(const Engine &engine) {
    Recovered recovered;
    FRAME_TRY(const Doctor mended,
              make<Doctor>([&](auto out, auto error) { return mos_doctor_repair(engine.get(), nullptr, out, error); }));
    for (;;) {
        mos_finding finding = MOS_FINDING_INIT;
        FRAME_TRY(const int found, status([&](auto error) { return mos_doctor_next(mended.get(), &finding, error); }));
        if (found == MOS_END)
            break;
        recovered.repaired.emplace_back(finding.repair);
    }
    FRAME_CHECK(check([&](auto error) { return mos_engine_recover(engine.get(), &recovered.settled, error); }));
    return recovered;
}

void put_recovered(const Session &session, const Recovered &recovered, const Checked *checked) {
    if (session.json()) {
        ordered_json document{{"transactions", recovered.settled}, {"repaired", recovered.repaired}};
        if (checked != nullptr)
            document.update({{"well", checked->is_well()},
                             {"problems", json_list(problem_columns(), checked->rows)},
                             {"notices", checked->notices}});
        return put_json(document);
    }
    for (const std::string &repair : recovered.repaired)
        put_line(Stream::out, {{Style::good, "repaired"}, {Style::plain, "  " + repair}});
    put_line(Stream::out, recovered.repaired.empty() && recovered.settled == 0 ? "Nothing was unfinished or damaged."
                                                                               : "What was unfinished is settled.");
    if (checked != nullptr)
        put_checked(session, *checked);
}

Result<ExitCode> recover_in_emergency(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const Recovered recovered, recover(engine));
    if (!session.values.flag("validate-system")) {
        put_recovered(session, recovered, nullptr);
        return ExitCode::done;
    }
    mos_system_check_options options = MOS_SYSTEM_CHECK_OPTIONS_INIT;
    options.dependencies = true;
    FRAME_TRY(const Checked checked, check_system(session, engine, options));
    put_recovered(session, recovered, &checked);
    return checked.is_well() ? ExitCode::done : ExitCode::refused;
}

}  // namespace

Command system_verify_command() {
    return with_csv(
        {
            "system verify",
            "compare the system with what was installed, and say what is not as it should be",
            "multios-update system verify --comprehensive",
            Effect::changes_root,
            verify,
            {},
            {
                flag("comprehensive", "everything below as well"),
                flag("check-dependencies", "whether each package has what it depends on"),
                flag("verify-signatures", "whether somebody who is trusted now vouches for each package"),
                flag("check-health", "what the programs in etc/multios/health-checks say"),
                root_option(),
                trust_option(),
            },
        },
        problem_columns());
}

Command system_restore_stable_command() {
    return {
        "system restore-stable",
        "go back to the last state that was known to be good: before the newest change",
        "multios-update system restore-stable --last-known-good --interactive",
        Effect::changes_root,
        restore_stable,
        {},
        joined(
            {
                always_on("last-known-good", "the state before the newest change that is in effect"),
                flag("interactive", "show the plan and ask before anything is done"),
                flag("accept-risks", "what files can't tell is known: data of newer versions, users who are gone"),
            },
            plan_options()),
    };
}

Command emergency_recovery_command() {
    return {
        "emergency recovery",
        "settle what was cut short and mend what is damaged, offline",
        "multios-update emergency recovery --mode=safe --validate-system=true",
        Effect::changes_root,
        recover_in_emergency,
        {},
        {
            choice("mode", "safe", "there is no other: nothing is taken back that was complete"),
            always_on("preserve-data", "data are never touched"),
            flag("validate-system", "compare the system with what was installed afterwards"),
            root_option(),
        },
    };
}

}  // namespace update_tool
