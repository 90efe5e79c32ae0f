// verify-trust: a package judged in the five steps of the guide.
#include "commands.hpp"

#include "frame/change.hpp"
#include "frame/job.hpp"
#include "frame/report.hpp"
#include "frame/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

Result<std::vector<ReportRow>> validate(const Session &session, const std::string &path) {
    FRAME_TRY(const Engine engine, open_engine(session));
    const std::uint32_t flags = session.values.flag("strict-mode") ? MOS_VALIDATE_STRICT : 0;
    FRAME_TRY(Job job, make<Job>([&](auto out, auto error) {
                  return mos_engine_validate_path_job(engine.get(), path.c_str(), flags, out, error);
              }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    return read_rows(ended.outcome);
}

void put_steps(const std::string &path, const std::vector<ReportRow> &rows, bool is_good) {
    Table table{{Align::left, Align::left, Align::left}};
    for (const ReportRow &row : rows)
        table.add({row.kind, row.object, row.sentence});
    put_line(Stream::out,
             {{is_good ? Style::good : Style::bad, is_good ? "trusted" : "refused"}, {Style::plain, "  " + path}});
    for (const std::string &line : table.lines())
        put_line(Stream::out, "  " + line);
}

ordered_json to_json(const std::string &path, const std::vector<ReportRow> &rows, bool is_good) {
    ordered_json steps = ordered_json::array();
    for (const ReportRow &row : rows)
        steps.push_back({{"step", row.kind}, {"outcome", row.object}, {"detail", row.sentence}});
    return {{"file", path}, {"trusted", is_good}, {"steps", steps}};
}

Result<ExitCode> verify_trust(Session &session) {
    const std::string path = session.values.text_or("package", "");
    FRAME_TRY(const std::vector<ReportRow> rows, validate(session, path));
    const bool is_good =
        std::all_of(rows.begin(), rows.end(), [](const ReportRow &row) { return row.object == "passed"; });
    session.json() ? put_json(to_json(path, rows, is_good)) : put_steps(path, rows, is_good);
    return is_good ? ExitCode::done : ExitCode::refused;
}

}  // namespace

Command verify_trust_command() {
    return {
        "verify-trust",
        "judge a package by the trust store and the policy, step by step",
        "multios-update verify-trust --package=kernel-1.2.3.mos --strict-mode",
        Effect::reads,
        verify_trust,
        {},
        {required(text("package", "FILE", "the package")),
         flag("strict-mode",
              "every signature must be good, not only enough of them, and its trust entry of level high"),
         root_option(), trust_option()},
    };
}

}  // namespace update_tool
