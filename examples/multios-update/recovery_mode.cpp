// recovery mode: a root that takes nothing new until somebody has brought it back.
#include "commands.hpp"

#include "frame/change.hpp"
#include "frame/job.hpp"
#include "frame/listing.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

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
    told.notices = read_notices(ended.outcome);
    return told;
}

// What the root says of itself.
struct Mode {
    explicit Mode(const std::vector<ReportRow> &rows) : is_on(!rows.empty()) {
        for (const ReportRow &row : rows) {
            if (row.kind == "stopped")
                stopped.push_back(row.object);
            else if (row.kind == "reason")
                reason = row.object;
            else
                begun = row;
        }
    }
    bool is_on;
    ReportRow begun{};
    std::string reason;
    std::vector<std::string> stopped;
};

Result<Mode> read_mode(const Engine &engine) {
    FRAME_TRY(const std::vector<ReportRow> rows,
              report_of([&](auto out, auto error) { return mos_engine_recovery_mode(engine.get(), out, error); }));
    return Mode{rows};
}

void put_mode_json(const Mode &mode, const Told &told, bool is_validation) {
    const auto known = [](const std::string &text) { return text.empty() ? ordered_json{} : ordered_json(text); };
    put_json({{"on", mode.is_on},
              {"since", known(mode.begun.object)},
              {"begun_by", known(mode.begun.package)},
              {"reason", known(mode.reason)},
              {"stopped_services", mode.stopped},
              {"only_validated", is_validation},
              {"rows", json_list(report_columns(), told.rows)},
              {"notices", told.notices}});
}

void put_mode(const Session &session, const Mode &mode) {
    if (!mode.is_on)
        return put_line(Stream::out, "Recovery mode is off: updates are taken.");
    if (mode.begun.object.empty())
        put_line(Stream::out, {{Style::caution, as_sentence(mode.begun.sentence)}});
    else
        put_line(Stream::out,
                 {{Style::caution, "Recovery mode is on"},
                  {Style::plain, fmt::format(" since {}, begun by {}{}{}", mode.begun.object, mode.begun.package,
                                             mode.reason.empty() ? "" : ": ", printable(mode.reason))}});
    put_line(Stream::out, "Nothing new is installed until this ends it; rollbacks, restorations and removals go on:");
    put_line(Stream::out, fmt::format("  multios-update recovery mode --safe-mode=false{}", root_argument(session)));
}

void put_told(const Told &told) {
    for (const ReportRow &row : told.rows)
        put_line(Stream::out, {{is_trouble(row) ? Style::bad : Style::good, fmt::format("  {:<12}", row.kind)},
                               {Style::plain, row.sentence}});
    for (const std::string &notice : told.notices)
        put_line(Stream::out, {{Style::caution, "  note        "}, {Style::plain, notice}});
}

std::string_view verdict(const Told &told, bool is_well) {
    if (!is_well)
        return "Only validated; look at this first ('multios-update doctor'):";
    return told.rows.empty() ? "Only validated; nothing would be done." : "Only validated; nothing is in the way:";
}

// What was done in part is told by the exit status too.
ExitCode put_all(const Session &session, const Mode &mode, const Told &told, bool is_validation) {
    const bool is_well = std::none_of(told.rows.begin(), told.rows.end(), is_trouble);
    if (session.json()) {
        put_mode_json(mode, told, is_validation);
    } else {
        put_mode(session, mode);
        if (is_validation)
            put_line(Stream::out, with_root(session, std::string{verdict(told, is_well)}));
        put_told(told);
    }
    if (is_well)
        return ExitCode::done;
    return is_validation ? ExitCode::refused : ExitCode::failed;
}

Result<mos_recovery_mode_options> read_order(const Values &values) {
    mos_recovery_mode_options options = MOS_RECOVERY_MODE_OPTIONS_INIT;
    const bool ends = values.has("safe-mode") && !values.flag("safe-mode");
    options.wish = ends ? MOS_RECOVERY_MODE_END : MOS_RECOVERY_MODE_BEGIN;
    options.stop_services = values.flag("disable-non-critical-services");
    options.validate_only = values.flag("validate-only");
    options.reason = values.c_text("reason");
    if (!values.has("safe-mode") && !options.validate_only)
        return usage_failure("whether recovery mode is to be begun or ended is not said",
                             "give --safe-mode=true or --safe-mode=false, or --validate-only");
    return options;
}

Result<ExitCode> recovery_mode(Session &session) {
    const Values &values = session.values;
    FRAME_TRY(const Engine engine, open_engine(session));
    Told told;
    const bool changes = values.has("safe-mode") || values.has("disable-non-critical-services") ||
                         values.has("validate-only") || values.has("reason");
    if (changes) {
        FRAME_TRY(const mos_recovery_mode_options order, read_order(values));
        FRAME_TRY(told, run_mode_job(session, engine, order));
    }
    FRAME_TRY(const Mode mode, read_mode(engine));
    return put_all(session, mode, told, values.flag("validate-only"));
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
                 "with --safe-mode=true: stop the services of installed packages, but for "
                 "update_system.rollback.critical_services; ending the mode starts them again"),
            flag("validate-only", "change nothing; tell what would be stopped, and whether there is a way back"),
            text("reason", "TEXT", "why, for those who come later"),
            root_option(),
        },
    };
}

}  // namespace update_tool
