// list, list-orphaned, check-deps and verify --installed: what a root has, and what it lacks.
#include "installed.hpp"

#include "commands.hpp"
#include "trust.hpp"

#include "frame/change.hpp"
#include "frame/job.hpp"
#include "frame/listing.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace frame;
using nlohmann::ordered_json;

namespace package_tool {

namespace {

// Of a report whose rows are packages.
const Columns<ReportRow> &package_columns() {
    static const Columns<ReportRow> columns{
        {{For::everyone, "name", "package"}, [](const ReportRow &row) -> Cell { return row.package; }},
        {{For::everyone, "version", "version"}, [](const ReportRow &row) -> Cell { return row.object; }},
        {{For::programs, "kind", ""}, [](const ReportRow &row) -> Cell { return row.kind; }},
        {{For::people, "", ""},
         [](const ReportRow &row) -> Cell { return row.kind == "automatic" ? "came along with another" : ""; }},
    };
    return columns;
}

void put_packages(const Session &session, const std::vector<ReportRow> &rows, std::string_view nothing) {
    put_listing(
        session, package_columns(), rows,
        [](ordered_json list) {
            return ordered_json{{"packages", std::move(list)}};
        },
        [&] { put_table(package_columns(), rows, nothing); });
}

Result<ExitCode> list(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::vector<ReportRow> rows,
              report_of([&](auto out, auto error) { return mos_engine_installed_packages(engine.get(), out, error); }));
    put_packages(session, rows, "Nothing is installed here.");
    return ExitCode::done;
}

Result<ExitCode> list_orphaned(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::vector<ReportRow> rows,
              report_of([&](auto out, auto error) { return mos_engine_orphans(engine.get(), out, error); }));
    put_packages(session, rows, "Every package here was asked for, or is needed by one that was.");
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
    put_listing(
        session, report_columns(), rows,
        [&](ordered_json list) {
            return ordered_json{{"file", path}, {"satisfied", rows.empty()}, {"problems", std::move(list)}};
        },
        [&] { put_unmet(path, rows); });
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
    const std::vector<std::string> notices = read_notices(ended.outcome);
    all.notices.insert(all.notices.end(), notices.begin(), notices.end());
    return {};
}

bool is_meant_to_differ(const ReportRow &row) { return row.kind.starts_with("configuration-"); }

void put_notices(Stream stream, const Compared &compared) {
    for (const std::string &notice : compared.notices)
        put_line(stream, {{Style::caution, "note  "}, {Style::plain, notice}});
}

// The sentence begins with the path, which has a column of its own.
std::string without_path(const ReportRow &row) {
    const std::string path = fmt::format("'{}' ", printable(row.object));
    return row.sentence.starts_with(path) ? row.sentence.substr(path.size()) : row.sentence;
}

const Columns<ReportRow> &difference_columns() {
    static const Columns<ReportRow> columns{
        {{For::people, "", "what"}, [](const ReportRow &row) -> Cell { return row.kind; }},
        {{For::people, "", "package"}, [](const ReportRow &row) -> Cell { return row.package; }},
        {{For::people, "", "path"}, [](const ReportRow &row) -> Cell { return Path{row.object}; }},
        {{For::people, "", "how"}, [](const ReportRow &row) -> Cell { return without_path(row); }},
    };
    return columns;
}

void put_differences(const Compared &compared) {
    if (!compared.rows.empty())
        put_table(table_of(difference_columns(), compared.rows));
    put_notices(Stream::out, compared);
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
    put_listing(
        session, report_columns(), compared.rows,
        [&](ordered_json list) {
            return ordered_json{{"verified", intact}, {"differences", std::move(list)}, {"notices", compared.notices}};
        },
        [&] { put_differences(compared); });
    if (session.format == Format::csv)
        put_notices(Stream::err, compared);
    return intact ? ExitCode::done : ExitCode::refused;
}

Command list_command() {
    return with_csv(
        {
            "list",
            "list the installed packages",
            "multios-package list --root=/mnt/target",
            Effect::reads,
            list,
            {},
            {root_option()},
        },
        package_columns());
}

Command list_orphaned_command() {
    return with_csv(
        {
            "list-orphaned",
            "list packages that came along with others and that nobody needs any more",
            "multios-package list-orphaned --format=json",
            Effect::reads,
            list_orphaned,
            {},
            {root_option()},
        },
        package_columns());
}

Command check_deps_command() {
    return with_csv(
        {
            "check-deps",
            "say what a package needs and lacks here; no signature is checked",
            "multios-package check-deps webserver-2.1.0.mos --root=/mnt/target",
            Effect::reads,
            check_dependencies,
            {"FILE", 1, 1},
            {root_option()},
        },
        report_columns());
}

}  // namespace package_tool
