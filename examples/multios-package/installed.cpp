// list, list-orphaned, check-deps and verify --installed: what a root has, and what it lacks.
#include "installed.hpp"

#include "commands.hpp"
#include "trust.hpp"

#include "frame/change.hpp"
#include "frame/job.hpp"
#include "frame/report.hpp"
#include "frame/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace frame;
using nlohmann::ordered_json;

namespace package_tool {

namespace {

// A report whose rows are packages: its table, or `nothing` where there is none.
void put_packages(const std::vector<ReportRow> &rows, std::string_view nothing) {
    if (rows.empty())
        return put_line(Stream::out, nothing);
    Table table{{Align::left, Align::left, Align::left}};
    table.add({"package", "version", ""});
    for (const ReportRow &row : rows)
        table.add({row.package, row.object, row.kind == "automatic" ? "came along with another" : ""});
    put_table(table);
}

ordered_json packages_json(const std::vector<ReportRow> &rows) {
    ordered_json list = ordered_json::array();
    for (const ReportRow &row : rows)
        list.push_back({{"name", row.package}, {"version", row.object}, {"kind", row.kind}});
    return list;
}

Result<ExitCode> list(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::vector<ReportRow> rows,
              report_of([&](auto out, auto error) { return mos_engine_installed_packages(engine.get(), out, error); }));
    session.json() ? put_json({{"packages", packages_json(rows)}}) : put_packages(rows, "Nothing is installed here.");
    return ExitCode::done;
}

Result<ExitCode> list_orphaned(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::vector<ReportRow> rows,
              report_of([&](auto out, auto error) { return mos_engine_orphans(engine.get(), out, error); }));
    session.json() ? put_json({{"packages", packages_json(rows)}})
                   : put_packages(rows, "Every package here was asked for, or is needed by one that was.");
    return ExitCode::done;
}

void put_unmet(const std::string &path, const std::vector<ReportRow> &rows) {
    if (rows.empty())
        return put_line(Stream::out, {{Style::good, "fits"},
                                      {Style::plain, fmt::format("  {}: what it needs is there, and nothing that it "
                                                                 "excludes",
                                                                 path)}});
    for (const ReportRow &row : rows)
        put_line(Stream::out, {{Style::bad, row.kind}, {Style::plain, "  " + row.sentence}});
}

Result<ExitCode> check_dependencies(Session &session) {
    const std::string &path = session.values.operands().front();
    FRAME_TRY(const Package package, open_package(session, path));
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::vector<ReportRow> rows, report_of([&](auto out, auto error) {
                  return mos_engine_check_dependencies(engine.get(), package.get(), out, error);
              }));
    session.json() ? put_json({{"file", path}, {"satisfied", rows.empty()}, {"problems", to_json(rows)}})
                   : put_unmet(path, rows);
    return rows.empty() ? ExitCode::done : ExitCode::refused;
}

// ---- verify --installed ----

struct Compared {
    std::vector<ReportRow> rows;
    std::vector<std::string> notices;
};

Result<void> compare(const Session &session, const Engine &engine, const char *name, Compared &all) {
    FRAME_CHECK(check_interrupt());
    FRAME_TRY(Job job,
              make<Job>([&](auto out, auto error) { return mos_engine_verify_job(engine.get(), name, out, error); }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    FRAME_TRY(const std::vector<ReportRow> rows, read_rows(ended.outcome));
    all.rows.insert(all.rows.end(), rows.begin(), rows.end());
    for (std::size_t i = 0; i < mos_outcome_notice_count(ended.outcome); ++i)
        all.notices.emplace_back(mos_outcome_notice_at(ended.outcome, i));
    return {};
}

bool is_meant_to_differ(const ReportRow &row) { return row.kind.starts_with("configuration-"); }

void put_differences(const Compared &compared) {
    Table table{{Align::left, Align::left, Align::left}};
    table.add({"what", "package", "path"});
    for (const ReportRow &row : compared.rows)
        table.add({row.kind, row.package, row.object});
    if (!compared.rows.empty())
        put_table(table);
    for (const std::string &notice : compared.notices)
        put_line(Stream::out, {{Style::caution, "note  "}, {Style::plain, notice}});
    if (compared.rows.empty())
        put_line(Stream::out, "Everything is as it was installed.");
}

}  // namespace

Result<ExitCode> verify_installed(const Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    Compared compared;
    for (const std::string &name : session.values.operands())
        FRAME_CHECK(compare(session, engine, name.c_str(), compared));
    if (session.values.operands().empty())
        FRAME_CHECK(compare(session, engine, nullptr, compared));
    const bool intact = std::all_of(compared.rows.begin(), compared.rows.end(), is_meant_to_differ);
    session.json()
        ? put_json({{"verified", intact}, {"differences", to_json(compared.rows)}, {"notices", compared.notices}})
        : put_differences(compared);
    return intact ? ExitCode::done : ExitCode::refused;
}

Command list_command() {
    return {
        "list",
        "list the installed packages",
        "multios-package list --root=/mnt/target",
        Effect::reads,
        list,
        {},
        {root_option()},
    };
}

Command list_orphaned_command() {
    return {
        "list-orphaned",
        "list packages that came along with others and that nobody needs any more",
        "multios-package list-orphaned --format=json",
        Effect::reads,
        list_orphaned,
        {},
        {root_option()},
    };
}

Command check_deps_command() {
    return {
        "check-deps",
        "say what a package needs and lacks here; no signature is checked",
        "multios-package check-deps webserver-2.1.0.mos --root=/mnt/target",
        Effect::reads,
        check_dependencies,
        {"FILE", 1, 1},
        {root_option()},
    };
}

}  // namespace package_tool
