#include "queue_rows.hpp"

#include "frame/change.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <array>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

constexpr std::array<std::string_view, 6> priority_names = {"important", "critical", "security",
                                                            "important", "optional", "low"};

Cell time_cell(std::int64_t unix_s) { return unix_s < 0 ? Cell{Unknown{}} : Cell{Time{unix_s}}; }

QueueRow owned(const Session &session, const mos_schedule_entry &entry) {
    return {.id = entry.id,
            .priority = entry.priority,
            .name = entry.name,
            .state = entry.state,
            .verdict = entry.verdict,
            .rule = entry.rule,
            .sentence = with_root(session, entry.sentence),
            .reason = entry.reason,
            .submitted_by = entry.submitted_by,
            .conditions = entry.conditions,
            .approval = entry.approval,
            .recovery_point = entry.recovery_point,
            .packages = ordered_json::parse(entry.packages, nullptr, false),
            .submitted_s = entry.submitted_unix_s,
            .at_s = entry.at_unix_s,
            .start_s = entry.start_unix_s,
            .deadline_s = entry.deadline_unix_s,
            .retry_s = entry.retry_unix_s,
            .ended_s = entry.ended_unix_s,
            .attempts = entry.attempts,
            .notices = entry.notices,
            .notice_s = entry.notice_unix_s};
}

Result<std::vector<QueueRow>> read_rows(const Session &session, mos_schedule *schedule) {
    std::vector<QueueRow> rows;
    for (;;) {
        mos_schedule_entry entry = MOS_SCHEDULE_ENTRY_INIT;
        FRAME_TRY(const int found, status([&](auto error) { return mos_schedule_next(schedule, &entry, error); }));
        if (found == MOS_END)
            return rows;
        rows.push_back(owned(session, entry));
    }
}

Result<std::vector<QueueNote>> read_notes(mos_schedule *schedule) {
    std::vector<QueueNote> notes;
    for (;;) {
        mos_schedule_note note = MOS_SCHEDULE_NOTE_INIT;
        FRAME_TRY(const int found, status([&](auto error) { return mos_schedule_note_next(schedule, &note, error); }));
        if (found == MOS_END)
            return notes;
        notes.push_back({note.time_unix_s, note.action, note.actor, note.reason});
    }
}

}  // namespace

std::string_view priority_name(mos_priority priority) noexcept {
    return priority_names[priority >= MOS_PRIORITY_DEFAULT && priority <= MOS_PRIORITY_LOW
                              ? static_cast<std::size_t>(priority)
                              : 0];
}

mos_priority priority_of(const Session &session) {
    const auto given = session.values.text("priority");
    for (mos_priority priority = MOS_PRIORITY_CRITICAL; given && priority <= MOS_PRIORITY_LOW; ++priority)
        if (priority_name(priority) == *given)
            return priority;
    return MOS_PRIORITY_DEFAULT;
}

std::string packages_text(const QueueRow &row) {
    std::string text;
    for (const ordered_json &package : row.packages)
        text +=
            fmt::format("{}{} {}", text.empty() ? "" : ", ", package.value("name", ""), package.value("version", ""));
    return text;
}

const Columns<QueueRow> &queue_columns() {
    static const Columns<QueueRow> columns{
        {{For::everyone, "id", "update"}, [](const QueueRow &row) -> Cell { return row.name; }},
        {{For::everyone, "state", "state"}, [](const QueueRow &row) -> Cell { return row.state; }},
        {{For::everyone, "priority", "priority"},
         [](const QueueRow &row) -> Cell { return std::string{priority_name(row.priority)}; }},
        {{For::people, "packages", "packages"}, [](const QueueRow &row) -> Cell { return packages_text(row); }},
        {{For::csv, "packages", ""}, [](const QueueRow &row) -> Cell { return packages_text(row); }},
        {{For::json, "packages", ""}, [](const QueueRow &row) -> Cell { return Json{row.packages}; }},
        {{For::programs, "verdict", ""}, [](const QueueRow &row) -> Cell { return row.verdict; }},
        {{For::programs, "rule", ""}, [](const QueueRow &row) -> Cell { return row.rule; }},
        {{For::everyone, "why", "why"}, [](const QueueRow &row) -> Cell { return printable(row.sentence); }},
        {{For::programs, "at", ""}, [](const QueueRow &row) -> Cell { return time_cell(row.at_s); }},
        {{For::programs, "submitted", ""}, [](const QueueRow &row) -> Cell { return time_cell(row.submitted_s); }},
        {{For::programs, "submitted_by", ""}, [](const QueueRow &row) -> Cell { return printable(row.submitted_by); }},
        {{For::programs, "start", ""}, [](const QueueRow &row) -> Cell { return time_cell(row.start_s); }},
        {{For::programs, "deadline", ""}, [](const QueueRow &row) -> Cell { return time_cell(row.deadline_s); }},
        {{For::programs, "retry", ""}, [](const QueueRow &row) -> Cell { return time_cell(row.retry_s); }},
        {{For::programs, "ended", ""}, [](const QueueRow &row) -> Cell { return time_cell(row.ended_s); }},
        {{For::programs, "conditions", ""}, [](const QueueRow &row) -> Cell { return row.conditions; }},
        {{For::programs, "approval", ""}, [](const QueueRow &row) -> Cell { return row.approval; }},
        {{For::programs, "attempts", ""}, [](const QueueRow &row) -> Cell { return row.attempts; }},
        {{For::programs, "reason", ""}, [](const QueueRow &row) -> Cell { return printable(row.reason); }},
        {{For::programs, "recovery_point", ""}, [](const QueueRow &row) -> Cell { return row.recovery_point; }},
        {{For::programs, "notices", ""}, [](const QueueRow &row) -> Cell { return row.notices; }},
        {{For::programs, "notice", ""}, [](const QueueRow &row) -> Cell { return time_cell(row.notice_s); }},
    };
    return columns;
}

Result<std::vector<QueueRow>> read_queue(const Session &session, const Engine &engine, const char *states) {
    FRAME_TRY(const Schedule schedule, make<Schedule>([&](auto out, auto error) {
                  return mos_schedule_open(engine.get(), states, out, error);
              }));
    return read_rows(session, schedule.get());
}

Result<Explained> explain(const Session &session, const Engine &engine, std::uint64_t id) {
    FRAME_TRY(const Schedule schedule,
              make<Schedule>([&](auto out, auto error) { return mos_schedule_explain(engine.get(), id, out, error); }));
    FRAME_TRY(std::vector<QueueRow> rows, read_rows(session, schedule.get()));
    FRAME_TRY(std::vector<QueueNote> notes, read_notes(schedule.get()));
    return Explained{std::move(rows.front()), std::move(notes)};
}

Result<std::uint64_t> entry_id(const std::string &text) {
    std::uint64_t id = mos_schedule_id_of(text.c_str());
    if (id == 0)
        id = mos_schedule_id_of(("update-" + text).c_str());
    if (id == 0)
        return usage_failure(fmt::format("{} is no update of the queue, as 'update-12' is", in_quotes(text)),
                             "'multios-update schedule list' tells those that there are");
    return id;
}

Option update_id_option() {
    return required(text("update-id", "ID", "which, as update-12; 'multios-update schedule list' tells"));
}

Option reason_option() { return text("reason", "TEXT", "why; kept with who and when"); }

Result<ExitCode> put_entry(const Session &session, const Engine &engine, std::uint64_t id, std::string_view done) {
    FRAME_TRY(const Explained told, explain(session, engine, id));
    if (session.json()) {
        put_json({{"done", done}, {"update", json_object(queue_columns(), told.row)}});
        return ExitCode::done;
    }
    put_line(Stream::out,
             {{Style::good, std::string{done}},
              {Style::plain, fmt::format("  {} ({}): {}", told.row.name, packages_text(told.row), told.row.sentence)}});
    return ExitCode::done;
}

}  // namespace update_tool
