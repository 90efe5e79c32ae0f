// recovery mode: a root that takes nothing new until somebody has brought it back.
#include "commands.hpp"

#include "frame/change.hpp"
#include "frame/job.hpp"
#include "frame/listing.hpp"
#include "frame/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

struct Told {
    std::vector<ReportRow> rows;
    std::vector<std::string> notices;
};

bool is_trouble(const ReportRow &row) {
    constexpr std::array<std::string_view, 6> fine = {"stopped",    "kept",        "started",
                                                      "would-stop", "would-start", "way-back"};
    return std::find(fine.begin(), fine.end(), row.kind) == fine.end();
}

Result<Told> run_mode_job(const Session &session, const Engine &engine, const mos_recovery_mode_options &options) {
    FRAME_TRY(Job job, make<Job>([&](auto out, auto error) {
                  return mos_recovery_mode_job(engine.get(), &options, out, error);
              }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    Told told;
    FRAME_TRY(told.rows, read_rows(ended.outcome));
    for (std::size_t i = 0; i < mos_outcome_notice_count(ended.outcome); ++i)
        told.notices.emplace_back(mos_outcome_notice_at(ended.outcome, i));
    return told;
}

Result<std::vector<ReportRow>> read_mode(const Engine &engine) {
    return report_of([&](auto out, auto error) { return mos_engine_recovery_mode(engine.get(), out, error); });
}

// `mode` is what the root says now, `told` what was done or would be.
void put_mode_json(const std::vector<ReportRow> &mode, const Told &told, bool is_validation) {
    ordered_json document{{"on", !mode.empty()}};
    document["since"] = mode.empty() ? ordered_json{} : ordered_json(mode.front().object);
    document["begun_by"] = mode.empty() ? ordered_json{} : ordered_json(mode.front().package);
    document["stopped_services"] = ordered_json::array();
    for (const ReportRow &row : mode)
        if (row.kind == "stopped")
            document["stopped_services"].push_back(row.object);
    document["only_validated"] = is_validation;
    document["rows"] = json_list(report_columns(), told.rows);
    document["notices"] = told.notices;
    put_json(document);
}

void put_mode(const Session &session, const std::vector<ReportRow> &mode) {
    if (mode.empty())
        return put_line(Stream::out, "Recovery mode is off: updates are taken.");
    std::string sentence = mode.front().sentence;
    sentence.front() = 'R';
    put_line(Stream::out, {{Style::caution, sentence}});
    put_line(Stream::out,
             fmt::format("Nothing new is installed until 'multios-update recovery mode --safe-mode=false{}' ends it; "
                         "rollbacks, restorations and removals go on.",
                         root_argument(session)));
}

void put_told(const Told &told) {
    for (const ReportRow &row : told.rows)
        put_line(Stream::out, {{is_trouble(row) ? Style::bad : Style::good, fmt::format("  {:<12}", row.kind)},
                               {Style::plain, row.sentence}});
    for (const std::string &notice : told.notices)
        put_line(Stream::out, {{Style::caution, "  note        "}, {Style::plain, notice}});
}

ExitCode put_all(const Session &session, const std::vector<ReportRow> &mode, const Told &told, bool is_validation) {
    const bool is_well = std::none_of(told.rows.begin(), told.rows.end(), is_trouble);
    if (session.json()) {
        put_mode_json(mode, told, is_validation);
    } else {
        put_mode(session, mode);
        if (is_validation)
            put_line(Stream::out, is_well ? "Only validated; nothing is in the way:"
                                          : "Only validated; look at this first ('multios-update doctor'):");
        put_told(told);
    }
    return is_well ? ExitCode::done : ExitCode::refused;
}

Result<ExitCode> recovery_mode(Session &session) {
    const Values &values = session.values;
    FRAME_TRY(const Engine engine, open_engine(session));
    Told told;
    const bool is_validation = values.flag("validate-only");
    if (values.has("safe-mode") || values.flag("disable-non-critical-services") || is_validation) {
        mos_recovery_mode_options options = MOS_RECOVERY_MODE_OPTIONS_INIT;
        options.end = values.has("safe-mode") && !values.flag("safe-mode");
        options.stop_services = values.flag("disable-non-critical-services");
        options.validate_only = is_validation;
        options.reason = values.c_text("reason");
        FRAME_TRY(told, run_mode_job(session, engine, options));
    } else if (values.has("reason")) {
        return usage_failure("--reason goes with --safe-mode=true");
    }
    FRAME_TRY(const std::vector<ReportRow> mode, read_mode(engine));
    return put_all(session, mode, told, is_validation);
}

}  // namespace

Command recovery_mode_command() {
    return {
        "recovery mode",
        "let a system take nothing new until it is brought back; without options whether it is so",
        "multios-update recovery mode --safe-mode=true --disable-non-critical-services --validate-only",
        Effect::changes_root,
        recovery_mode,
        {},
        {
            flag("safe-mode", "begin recovery mode: no installs and updates, also of the queue; =false ends it"),
            flag("disable-non-critical-services",
                 "stop the services of installed packages, but for update_system.rollback.critical_services; ending "
                 "the mode starts them again"),
            flag("validate-only", "change nothing; tell what would be stopped, and whether there is a way back"),
            text("reason", "TEXT", "why, for those who come later"),
            root_option(),
        },
    };
}

}  // namespace update_tool
