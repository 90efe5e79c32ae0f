// What is done with updates that wait: priorities, approvals, retries, why not now, and running what is due.
#include "commands.hpp"
#include "queue_rows.hpp"

#include "frame/job.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

Result<std::uint64_t> id_of(const Session &session) {
    if (!session.values.operands().empty())
        return entry_id(session.values.operands().front());
    return entry_id(session.values.text_or("update-id", ""));
}

Result<ExitCode> act(Session &session, mos_schedule_action action, std::string_view done) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::uint64_t id, id_of(session));
    FRAME_CHECK(check([&](auto error) {
        return mos_schedule_act(engine.get(), id, action, session.values.c_text("reason"), error);
    }));
    return put_entry(session, engine, id, done);
}

Result<ExitCode> approve(Session &session) {
    const bool as_manager = session.values.text_or("level", "supervisor") == "manager";
    return act(session, as_manager ? MOS_SCHEDULE_APPROVE_AS_MANAGER : MOS_SCHEDULE_APPROVE, "approved");
}

Result<ExitCode> reject(Session &session) { return act(session, MOS_SCHEDULE_REJECT, "rejected"); }

Result<ExitCode> cancel_retry(Session &session) { return act(session, MOS_SCHEDULE_CANCEL_RETRY, "not tried again"); }

Result<ExitCode> retry(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::uint64_t id, id_of(session));
    mos_schedule_retry_options options = MOS_SCHEDULE_RETRY_OPTIONS_INIT;
    options.force_download = session.values.flag("force-download");
    options.max_attempts = session.values.number("max-attempts").value_or(0);
    options.reason = session.values.c_text("reason");
    FRAME_CHECK(check([&](auto error) { return mos_schedule_retry(engine.get(), id, &options, error); }));
    return put_entry(session, engine, id, "to be tried again");
}

Result<ExitCode> set_priority(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::uint64_t id, id_of(session));
    FRAME_CHECK(check([&](auto error) {
        return mos_schedule_set_priority(engine.get(), id, priority_of(session), session.values.c_text("reason"),
                                         error);
    }));
    return put_entry(session, engine, id, fmt::format("{} now", priority_name(priority_of(session))));
}

// ---- priority list ----

// The guide's kinds of updates, by their priority.
std::string_view category_of(const QueueRow &row) {
    constexpr std::array<std::string_view, 6> categories = {"important", "critical security", "security",
                                                            "important", "optional",          "low"};
    return categories[row.priority >= MOS_PRIORITY_DEFAULT && row.priority <= MOS_PRIORITY_LOW
                          ? static_cast<std::size_t>(row.priority)
                          : 0];
}

std::string group_of(const QueueRow &row, std::string_view by) {
    if (by == "state")
        return row.state;
    return std::string{by == "category" ? category_of(row) : priority_name(row.priority)};
}

std::int64_t or_last(std::int64_t unix_s) { return unix_s < 0 ? INT64_MAX : unix_s; }

void sort_rows(std::vector<QueueRow> &rows, std::string_view by) {
    std::ranges::stable_sort(rows, [&](const QueueRow &a, const QueueRow &b) {
        if (by == "submitted")
            return a.submitted_s < b.submitted_s;
        if (by == "deadline")
            return or_last(a.deadline_s) < or_last(b.deadline_s);
        return a.priority < b.priority;
    });
}

struct Group {
    std::string name;
    std::vector<QueueRow> rows;
};

// In the order of their first rows.
std::vector<Group> grouped(std::vector<QueueRow> rows, std::string_view by) {
    std::vector<Group> groups;
    for (QueueRow &row : rows) {
        const std::string name = group_of(row, by);
        auto found = std::ranges::find(groups, name, &Group::name);
        if (found == groups.end())
            found = groups.insert(groups.end(), Group{name, {}});
        found->rows.push_back(std::move(row));
    }
    return groups;
}

void put_groups(const std::vector<Group> &groups) {
    for (const Group &group : groups) {
        put_line(Stream::out, {{Style::bold, group.name}, {Style::dim, fmt::format("  {}", group.rows.size())}});
        put_table(table_of(queue_columns(), group.rows));
    }
}

Result<ExitCode> list_priorities(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(std::vector<QueueRow> rows, read_queue(session, engine, session.values.c_text("filter")));
    sort_rows(rows, session.values.text_or("sort-by", "priority"));
    const auto by = session.values.text("group-by");
    const std::vector<Group> groups = by ? grouped(rows, *by) : std::vector<Group>{};
    put_listing(
        session, queue_columns(), rows,
        [&](const ordered_json &list) {
            if (!by)
                return ordered_json{{"updates", list}};
            ordered_json document{{"grouped_by", *by}, {"groups", ordered_json::array()}};
            for (const Group &group : groups)
                document["groups"].push_back(
                    {{"group", group.name}, {"updates", json_list(queue_columns(), group.rows)}});
            return document;
        },
        [&] {
            if (groups.empty())
                put_table(queue_columns(), rows, "No updates wait in the queue.");
            else
                put_groups(groups);
        });
    return ExitCode::done;
}

// ---- explain ----

const Columns<QueueNote> &note_columns() {
    static const Columns<QueueNote> columns{
        {{For::people, "time", "when"}, [](const QueueNote &row) -> Cell { return local_time(row.time_s); }},
        {{For::programs, "time", ""}, [](const QueueNote &row) -> Cell { return Time{row.time_s}; }},
        {{For::everyone, "action", "what"}, [](const QueueNote &row) -> Cell { return row.action; }},
        {{For::everyone, "actor", "who"}, [](const QueueNote &row) -> Cell { return printable(row.actor); }},
        {{For::everyone, "reason", "why"}, [](const QueueNote &row) -> Cell { return printable(row.reason); }},
    };
    return columns;
}

Result<ExitCode> explain_update(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::uint64_t id, id_of(session));
    FRAME_TRY(const Explained told, explain(session, engine, id));
    put_listing(
        session, note_columns(), told.notes,
        [&](const ordered_json &list) {
            ordered_json document = json_object(queue_columns(), told.row);
            document["log"] = list;
            return document;
        },
        [&] {
            put_line(Stream::out, {{Style::bold, told.row.name},
                                   {Style::plain, fmt::format(" ({}, {}) {}", packages_text(told.row),
                                                              priority_name(told.row.priority), told.row.sentence)}});
            if (!told.row.notices.empty())
                put_line(Stream::out, "  " + told.row.notices);
            put_table(table_of(note_columns(), told.notes));
        });
    return ExitCode::done;
}

// ---- run-due ----

constexpr std::string_view next_kind = "next";

void put_run(const Session &session, const std::vector<ReportRow> &rows) {
    if (session.format == Format::csv)
        return put_csv(report_columns(), rows);
    ordered_json updates = ordered_json::array();
    ordered_json next = nullptr;
    for (const ReportRow &row : rows)
        if (row.kind == next_kind)
            next = row.object;
        else
            updates.push_back(
                {{"id", row.object}, {"state", row.kind}, {"packages", row.package}, {"reason", row.sentence}});
    if (session.json())
        return put_json({{"updates", updates}, {"next", next}});
    if (updates.empty())
        put_line(Stream::out, "Nothing is due.");
    for (const ReportRow &row : rows)
        if (row.kind != next_kind)
            put_line(Stream::out,
                     {{row.kind == "done" ? Style::good : Style::bad, row.kind},
                      {Style::plain, fmt::format("  {} ({}){}{}", row.object, row.package,
                                                 row.sentence.empty() ? "" : ": ", printable(row.sentence))}});
    if (!next.is_null())
        put_line(Stream::out, {{Style::dim, fmt::format("to be run again at {}", next.get<std::string>())}});
}

// An update that has failed is no failure of the run: it is in the queue, with its cause.
Result<ExitCode> run_due(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(Job job, make<Job>([&](auto out, auto error) { return mos_schedule_run_due(engine.get(), out, error); }));
    FRAME_TRY(const EndedJob ended,
              run_job(session, std::move(job), {.answers = Answers::fallback, .answer_hint = {}}));
    FRAME_TRY(const std::vector<ReportRow> rows, read_rows(ended.outcome));
    put_run(session, rows);
    return ExitCode::done;
}

// When to run it, for a timer: the time alone on a line, "now", or nothing.
Result<ExitCode> next_wakeup(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    std::int64_t unix_s = 0;
    FRAME_TRY(const int found,
              status([&](auto error) { return mos_schedule_next_wakeup(engine.get(), &unix_s, error); }));
    if (session.json())
        put_json({{"next", found == MOS_END ? ordered_json(nullptr) : ordered_json(utc_time(unix_s))}});
    else
        put_line(Stream::out, found == MOS_END ? "Nothing waits for a time." : utc_time(unix_s));
    return ExitCode::done;
}

}  // namespace

Command priority_set_command() {
    return {
        "priority set",
        "give an update another priority",
        "multios-update priority set --update-id=update-12 --priority=critical --reason=\"Security vulnerability\"",
        Effect::changes_root,
        set_priority,
        {},
        {update_id_option(), required(choice("priority", priority_words, "how urgent it is")), reason_option(),
         root_option()},
    };
}

Command priority_list_command() {
    return with_csv(
        {
            "priority list",
            "tell which updates wait, by their priority",
            "multios-update priority list --sort-by=priority --group-by=category",
            Effect::reads,
            list_priorities,
            {},
            {choice("sort-by", "priority|deadline|submitted", "by priority otherwise"),
             choice("group-by", "category|priority|state", "a list for each"),
             text("filter", "STATE,STATE", "only these states; those that have not ended otherwise"), root_option()},
        },
        queue_columns());
}

Command retry_command() {
    return {
        "retry",
        "try an update again that has failed",
        "multios-update retry --update-id=update-12 --max-attempts=5",
        Effect::changes_root,
        retry,
        {},
        {update_id_option(), number("max-attempts", 1, 100, "how often it may fail from now on"),
         flag("force-download", "the file that lies there now counts, if it is the same version"), reason_option(),
         root_option()},
    };
}

Command retry_cancel_command() {
    return {
        "retry cancel",
        "do not try an update again",
        "multios-update retry cancel --update-id=update-12",
        Effect::changes_root,
        cancel_retry,
        {},
        {update_id_option(), reason_option(), root_option()},
    };
}

Command approve_command() {
    return {
        "approve",
        "agree to an update that waits for it",
        "multios-update approve update-12 --reason=\"seen in staging\"",
        Effect::changes_root,
        approve,
        {"ID", 1, 1},
        {choice("level", "supervisor|manager", "as whom; as a supervisor otherwise"), reason_option(), root_option()},
    };
}

Command reject_command() {
    return {
        "reject",
        "say no to an update: it does not run until somebody approves it",
        "multios-update reject update-12 --reason=\"not before the fair\"",
        Effect::changes_root,
        reject,
        {"ID", 1, 1},
        {reason_option(), root_option()},
    };
}

Command explain_command() {
    return with_csv(
        {
            "explain",
            "tell why an update does not run now, when it will, and what became of it",
            "multios-update explain update-12",
            Effect::reads,
            explain_update,
            {"ID", 1, 1},
            {root_option()},
        },
        note_columns());
}

Command run_due_command() {
    return with_csv(
        {
            "run-due",
            "run the updates that are due",
            "multios-update run-due",
            Effect::changes_root,
            run_due,
            {},
            {root_option(), trust_option()},
        },
        report_columns());
}

Command next_wakeup_command() {
    return {
        "next-wakeup",
        "tell when run-due is to be run next",
        "multios-update next-wakeup --format=json",
        Effect::reads,
        next_wakeup,
        {},
        {root_option()},
    };
}

}  // namespace update_tool
