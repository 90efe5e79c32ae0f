// verify-trust: a package judged in the five steps of the guide.
#include "commands.hpp"

#include "frame/change.hpp"
#include "frame/job.hpp"
#include "frame/listing.hpp"
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

const Columns<ReportRow> &step_columns() {
    static const Columns<ReportRow> columns{
        {{For::everyone, "step", ""}, [](const ReportRow &row) -> Cell { return row.kind; }},
        {{For::everyone, "outcome", ""}, [](const ReportRow &row) -> Cell { return row.object; }},
        {{For::everyone, "detail", ""}, [](const ReportRow &row) -> Cell { return row.sentence; }},
    };
    return columns;
}

void put_steps(const std::string &path, const std::vector<ReportRow> &rows, bool is_good) {
    put_line(Stream::out,
             {{is_good ? Style::good : Style::bad, is_good ? "trusted" : "refused"}, {Style::plain, "  " + path}});
    for (const std::string &line : table_of(step_columns(), rows).lines())
        put_line(Stream::out, "  " + line);
}

Result<ExitCode> verify_trust(Session &session) {
    const std::string path = session.values.text_or("package", "");
    FRAME_TRY(const std::vector<ReportRow> rows, validate(session, path));
    const bool is_good =
        std::all_of(rows.begin(), rows.end(), [](const ReportRow &row) { return row.object == "passed"; });
    put_listing(
        session, step_columns(), rows,
        [&](ordered_json steps) {
            return ordered_json{{"file", path}, {"trusted", is_good}, {"steps", std::move(steps)}};
        },
        [&] { put_steps(path, rows, is_good); });
    return is_good ? ExitCode::done : ExitCode::refused;
}

}  // namespace

Command verify_trust_command() {
    return with_csv(
        {
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
        },
        step_columns());
}

}  // namespace update_tool
