// recovery: the points that can be gone back to; captured, verified, cleaned up.
#include "commands.hpp"

#include "frame/change.hpp"
#include "frame/job.hpp"
#include "frame/listing.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <utility>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

struct Point {
    std::string name, scope, description, reason;
    std::vector<std::string> tags, names;
    std::int64_t time_unix_s;
    std::uint64_t paths, content_bytes;
    bool can_go_back, taken_back;
};

std::string standing_of(const Point &point) {
    if (point.can_go_back)
        return "can go back";
    return point.taken_back ? "taken back" : "no way back";
}

constexpr std::string_view scopes = "full-system|packages|configuration|paths";

std::string_view scope_name(mos_recovery_scope scope) {
    switch (scope) {
    case MOS_RECOVERY_FULL_SYSTEM:
        return "full-system";
    case MOS_RECOVERY_PACKAGES:
        return "packages";
    case MOS_RECOVERY_CONFIGURATION:
        return "configuration";
    case MOS_RECOVERY_PATHS:
        return "paths";
    default:
        return "change";
    }
}

mos_recovery_scope scope_of(std::string_view name) {
    if (name == "packages")
        return MOS_RECOVERY_PACKAGES;
    if (name == "configuration")
        return MOS_RECOVERY_CONFIGURATION;
    return name == "paths" ? MOS_RECOVERY_PATHS : MOS_RECOVERY_FULL_SYSTEM;
}

std::vector<std::string> parts_of(std::string_view text, char between) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(between, at), text.size());
        parts.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

Result<std::vector<Point>> read_points(const Engine &engine) {
    FRAME_TRY(const RecoveryList list, make<RecoveryList>([&](auto out, auto error) {
                  return mos_recovery_list_open(engine.get(), out, error);
              }));
    std::vector<Point> points;
    for (;;) {
        mos_recovery_point point = MOS_RECOVERY_POINT_INIT;
        FRAME_TRY(const int found,
                  status([&](auto error) { return mos_recovery_list_next(list.get(), &point, error); }));
        if (found == MOS_END)
            return points;
        points.push_back({point.name, std::string{scope_name(point.scope)}, point.description, point.reason,
                          parts_of(point.tags, ','), parts_of(point.names, '\n'), point.time_unix_s, point.paths,
                          point.content_bytes, point.can_go_back, point.taken_back});
    }
}

const Columns<Point> &point_columns() {
    static const Columns<Point> columns{
        {{For::everyone, "recovery_point", "point"}, [](const Point &row) -> Cell { return row.name; }},
        {{For::everyone, "scope", "scope"}, [](const Point &row) -> Cell { return row.scope; }},
        {{For::people, "", "when"}, [](const Point &row) -> Cell { return Time{row.time_unix_s}; }},
        {{For::people, "", "paths", Align::right}, [](const Point &row) -> Cell { return row.paths; }},
        {{For::people, "", "state"}, [](const Point &row) -> Cell { return standing_of(row); }},
        {{For::people, "", "what"}, [](const Point &row) -> Cell { return row.description; }},
        {{For::programs, "description", ""}, [](const Point &row) -> Cell { return row.description; }},
        {{For::programs, "reason", ""}, [](const Point &row) -> Cell { return row.reason; }},
        {{For::programs, "tags", ""}, [](const Point &row) -> Cell { return row.tags; }},
        {{For::programs, "names", ""}, [](const Point &row) -> Cell { return row.names; }},
        {{For::programs, "time", ""}, [](const Point &row) -> Cell { return Time{row.time_unix_s}; }},
        {{For::json, "time_unix_s", ""}, [](const Point &row) -> Cell { return row.time_unix_s; }},
        {{For::programs, "paths", ""}, [](const Point &row) -> Cell { return row.paths; }},
        {{For::programs, "content_bytes", ""}, [](const Point &row) -> Cell { return row.content_bytes; }},
        {{For::programs, "can_go_back", ""}, [](const Point &row) -> Cell { return row.can_go_back; }},
        {{For::programs, "taken_back", ""}, [](const Point &row) -> Cell { return row.taken_back; }},
    };
    return columns;
}

constexpr std::int64_t day_s = 86'400;

// "90 days", "2w", "3600s"; a number alone is seconds.
Result<std::int64_t> seconds_of(std::string_view option, std::string_view text) {
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
    while (unit.starts_with(' ') || unit.starts_with('-'))
        unit.remove_prefix(1);
    if (unit.size() > 1 && unit.ends_with('s'))
        unit.remove_suffix(1);
    std::int64_t each = 0;
    if (unit.empty() || unit == "s" || unit == "second")
        each = 1;
    else if (unit == "m" || unit == "minute")
        each = 60;
    else if (unit == "h" || unit == "hour")
        each = 3600;
    else if (unit == "d" || unit == "day")
        each = day_s;
    else if (unit == "w" || unit == "week")
        each = 7 * day_s;
    constexpr std::int64_t most = 100 * 366 * day_s;
    if (problem != std::errc{} || number <= 0 || each == 0 || number > most / each)
        return usage_failure(fmt::format("--{} takes an age, such as '90 days', '2w' or '36h'", option));
    return number * each;
}

// "last-30-days", "captured", "changes", "tag:NAME".
Result<std::vector<Point>> filtered(std::vector<Point> points, const std::string &filter) {
    if (filter == "captured" || filter == "changes") {
        std::erase_if(points, [&](const Point &point) { return (point.scope == "change") != (filter == "changes"); });
        return points;
    }
    constexpr std::string_view tag = "tag:";
    if (filter.starts_with(tag)) {
        const std::string wanted = filter.substr(tag.size());
        std::erase_if(points, [&](const Point &point) {
            return std::find(point.tags.begin(), point.tags.end(), wanted) == point.tags.end();
        });
        return points;
    }
    constexpr std::string_view last = "last-";
    if (!filter.starts_with(last))
        return usage_failure("--filter takes last-30-days (or another age), captured, changes or tag:NAME");
    FRAME_TRY(const std::int64_t age, seconds_of("filter", std::string_view{filter}.substr(last.size())));
    const std::int64_t since = static_cast<std::int64_t>(std::time(nullptr)) - age;
    std::erase_if(points, [&](const Point &point) { return point.time_unix_s < since; });
    return points;
}

Result<ExitCode> list(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(std::vector<Point> points, read_points(engine));
    if (const auto filter = session.values.text("filter")) {
        FRAME_TRY(points, filtered(std::move(points), *filter));
    }
    put_listing(
        session, point_columns(), points,
        [](ordered_json rows) {
            return ordered_json{{"recovery_points", std::move(rows)}};
        },
        [&] { put_table(point_columns(), points, "There are no such recovery points."); });
    return ExitCode::done;
}

Result<Point> find_point(const Engine &engine, const std::string &name) {
    FRAME_TRY(const std::vector<Point> points, read_points(engine));
    for (const Point &point : points)
        if (point.name == name)
            return point;
    return Failure{.exit = exit_code_of(MOS_E_NOTHING_TO_ROLL_BACK),
                   .code = MOS_E_NOTHING_TO_ROLL_BACK,
                   .message = fmt::format("there is no recovery point {}", in_quotes(name)),
                   .object = name,
                   .remedy = mos_error_code_remedy(MOS_E_NOTHING_TO_ROLL_BACK),
                   .causes = {}};
}

ordered_json row_json(const ReportRow &row) { return json_object(report_columns(), row); }

ordered_json rows_json(const std::vector<ReportRow> &rows) {
    ordered_json all = ordered_json::array();
    for (const ReportRow &row : rows)
        all.push_back(row_json(row));
    return all;
}

void put_point(const Point &point) {
    const auto line = [](std::string_view what, const std::string &value) {
        if (!value.empty())
            put_line(Stream::out, fmt::format("{:<14}{}", what, value));
    };
    line("point", point.name);
    line("scope", point.scope);
    line("when", table_text(Time{point.time_unix_s}));
    line("what", point.description);
    line("reason", point.reason);
    line("tags", fmt::format("{}", fmt::join(point.tags, ", ")));
    line("about", fmt::format("{}", fmt::join(point.names, ", ")));
    line("paths", std::to_string(point.paths));
    if (point.content_bytes != 0)
        line("content", fmt::format("{} bytes", point.content_bytes));
    line("state", standing_of(point));
}

Result<ExitCode> info(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    const std::string name = session.values.text_or("recovery-point", "");
    FRAME_TRY(const Point point, find_point(engine, name));
    ordered_json document = json_object(point_columns(), point);
    std::vector<ReportRow> rows;
    if (session.values.flag("details") && point.can_go_back) {
        FRAME_TRY(Job job, make<Job>([&](auto out, auto error) {
                      return mos_recovery_details_job(engine.get(), name.c_str(), out, error);
                  }));
        FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
        FRAME_TRY(rows, read_rows(ended.outcome));
        document["would_change_paths"] = mos_outcome_changed_paths(ended.outcome);
        document["would_restore_bytes"] = mos_outcome_written_bytes(ended.outcome);
        document["changed_since"] = rows_json(rows);
    }
    if (session.json()) {
        put_json(document);
        return ExitCode::done;
    }
    put_point(point);
    if (session.values.flag("details") && point.can_go_back) {
        put_line(Stream::out, rows.empty() ? "Nothing has changed since." : "Going back would change:");
        for (const ReportRow &row : rows)
            put_line(Stream::out, fmt::format("  {:<12}{}", row.kind, row.sentence));
    }
    return ExitCode::done;
}

// Pointers to texts, which must outlive it.
std::vector<const char *> pointers_to(const std::vector<std::string> &texts) {
    std::vector<const char *> pointers;
    pointers.reserve(texts.size());
    for (const std::string &text : texts)
        pointers.push_back(text.c_str());
    return pointers;
}

// Options of one scope that was not asked for would be passed over, or taken for something else.
Result<void> check_scope(const Session &session, const std::string &scope) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 3> owners{
        {{"package", "packages"}, {"path", "paths"}, {"exclude", "full-system"}}};
    for (const auto &[option, owner] : owners)
        if (session.values.has(option) && scope != owner)
            return usage_failure(fmt::format("--{} is of --scope={}, and the scope is {}", option, owner, scope),
                                 fmt::format("give --scope={}, or leave --{} out", owner, option));
    return {};
}

Result<ExitCode> create(Session &session) {
    const std::string scope = session.values.text_or("scope", "full-system");
    FRAME_CHECK(check_scope(session, scope));
    FRAME_TRY(const Engine engine, open_engine(session));
    const std::vector<std::string> tags = parts_of(session.values.text_or("tags", ""), ',');
    const std::vector<std::string> names =
        session.values.has("package") ? session.values.texts("package") : session.values.texts("path");
    const std::vector<std::string> excluded = session.values.texts("exclude");
    const std::vector<const char *> tag_pointers = pointers_to(tags);
    const std::vector<const char *> name_pointers = pointers_to(names);
    const std::vector<const char *> excluded_pointers = pointers_to(excluded);
    mos_recovery_create_options options = MOS_RECOVERY_CREATE_OPTIONS_INIT;
    options.scope = scope_of(scope);
    options.description = session.values.c_text("description");
    options.tags = tag_pointers.data();
    options.tag_count = tag_pointers.size();
    options.names = name_pointers.data();
    options.name_count = name_pointers.size();
    options.excluded = excluded.empty() ? nullptr : excluded_pointers.data();
    options.excluded_count = excluded_pointers.size();
    FRAME_TRY(Job job, make<Job>([&](auto out, auto error) {
                  return mos_recovery_create_job(engine.get(), &options, out, error);
              }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    FRAME_TRY(const std::vector<ReportRow> rows, read_rows(ended.outcome));
    const std::string name = mos_outcome_recovery_point(ended.outcome);
    if (session.json()) {
        put_json(ordered_json{{"recovery_point", name},
                              {"paths", mos_outcome_changed_paths(ended.outcome)},
                              {"copied_bytes", mos_outcome_written_bytes(ended.outcome)},
                              {"open_for_writing", rows_json(rows)}});
        return ExitCode::done;
    }
    put_line(Stream::out, {{Style::good, "captured"},
                           {Style::plain, fmt::format("  {}: {}, {} bytes copied", name,
                                                      counted(mos_outcome_changed_paths(ended.outcome), "path"),
                                                      mos_outcome_written_bytes(ended.outcome))}});
    for (const ReportRow &row : rows)
        put_line(Stream::out, row.sentence);
    return ExitCode::done;
}

Result<ExitCode> verify(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(Job job, make<Job>([&](auto out, auto error) {
                  return mos_recovery_verify_job(engine.get(), session.values.c_text("recovery-point"), out, error);
              }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    FRAME_TRY(const std::vector<ReportRow> rows, read_rows(ended.outcome));
    put_listing(
        session, report_columns(), rows,
        [](ordered_json list) {
            return ordered_json{{"faults", std::move(list)}};
        },
        [&] {
            for (const ReportRow &row : rows)
                put_line(Stream::out, {{Style::bad, row.package}, {Style::plain, "  " + row.sentence}});
            if (rows.empty())
                put_line(Stream::out, "Everything is as it was recorded.");
        });
    return rows.empty() ? ExitCode::done : ExitCode::failed;
}

Result<ExitCode> cleanup(Session &session) {
    mos_recovery_cleanup_options options = MOS_RECOVERY_CLEANUP_OPTIONS_INIT;
    options.name = session.values.c_text("recovery-point");
    options.keep = static_cast<std::uint32_t>(session.values.number("keep").value_or(0));
    options.keep_minimum = static_cast<std::uint32_t>(session.values.number("keep-minimum").value_or(0));
    options.flags = session.values.flag("simulate") ? static_cast<std::uint32_t>(MOS_RECOVERY_SIMULATE) : 0U;
    if (const auto age = session.values.text("older-than")) {
        FRAME_TRY(options.older_than_s, seconds_of("older-than", *age));
    }
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(Job job, make<Job>([&](auto out, auto error) {
                  return mos_recovery_cleanup_job(engine.get(), &options, out, error);
              }));
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job)));
    FRAME_TRY(const std::vector<ReportRow> rows, read_rows(ended.outcome));
    put_listing(
        session, report_columns(), rows,
        [&](ordered_json list) {
            return ordered_json{{"simulated", session.values.flag("simulate")}, {"recovery_points", std::move(list)}};
        },
        [&] {
            for (const ReportRow &row : rows)
                put_line(Stream::out, row.sentence);
            if (rows.empty())
                put_line(Stream::out, "There is nothing to clean up.");
        });
    return ExitCode::done;
}

constexpr std::int64_t most_points = 1'000'000;

}  // namespace

Command recovery_list_command() {
    return with_csv(
        {
            "recovery list",
            "list what can be gone back to, newest first: the state before each change, and what was captured",
            "multios-update recovery list --filter=last-30-days",
            Effect::reads,
            list,
            {},
            {
                text("filter", "FILTER", "last-30-days (or another age), captured, changes, or tag:NAME"),
                root_option(),
            },
        },
        point_columns());
}

Command recovery_info_command() {
    return {
        "recovery info",
        "show a recovery point, and with --details what going back to it would change",
        "multios-update recovery info --recovery-point=rp-12 --details",
        Effect::reads,
        info,
        {},
        {
            required(text("recovery-point", "NAME", "which, as 'recovery list' shows it")),
            flag("details", "what has changed since, path by path"),
            root_option(),
        },
    };
}

Command recovery_create_command() {
    return {
        "recovery create",
        "capture the system as it is, or a part of it, to be able to go back",
        "multios-update recovery create --description=\"Before the move\" --tags=manual",
        Effect::changes_root,
        create,
        {},
        {
            text("description", "TEXT", "what it is for, in a line"),
            choice("scope", scopes, "what is captured; full-system otherwise"),
            text("tags", "LIST", "words to find it by, separated by commas"),
            repeatable(text("package", "NAME", "with --scope=packages: this one; all otherwise")),
            repeatable(text("path", "PATH", "with --scope=paths: this file, or folder with all below it")),
            repeatable(text("exclude", "PATH",
                            "with --scope=full-system: left out, in place of proc, sys, dev, run, "
                            "tmp and var/tmp")),
            root_option(),
        },
    };
}

Command recovery_verify_command() {
    return with_csv(
        {
            "recovery verify",
            "read everything that recovery points keep, and tell what is not as it was recorded",
            "multios-update recovery verify --recovery-point=rp-12",
            Effect::reads,
            verify,
            {},
            {
                text("recovery-point", "NAME", "which; all otherwise"),
                root_option(),
            },
        },
        report_columns());
}

Command recovery_cleanup_command() {
    return with_csv(
        {
            "recovery cleanup",
            "give up old recovery points: by age, by number, one by name, or as the settings say",
            "multios-update recovery cleanup --older-than=\"90 days\" --keep-minimum=5 --simulate",
            Effect::changes_root,
            cleanup,
            {},
            {
                text("older-than", "AGE", "older ones go, such as '90 days' or '2w'"),
                number("keep", 1, most_points, "the newest stay, all others go"),
                number("keep-minimum", 0, most_points, "so many of the newest stay whatever else is said"),
                text("recovery-point", "NAME", "this one alone"),
                flag("simulate", "tell what would go, and remove nothing"),
                root_option(),
            },
        },
        report_columns());
}

}  // namespace update_tool
