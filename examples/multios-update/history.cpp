// history and recover: what happened to a root, and completing what was cut short.
#include "history.hpp"

#include "commands.hpp"

#include "frame/listing.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

constexpr std::int64_t usual_limit = 20;
constexpr std::int64_t most_records = 1'000'000;

std::string_view state_name(mos_transaction_state state) {
    switch (state) {
    case MOS_TRANSACTION_COMMITTED:
        return "unfinished";
    case MOS_TRANSACTION_REVERTING:
        return "being undone";
    case MOS_TRANSACTION_DONE:
        return "done";
    case MOS_TRANSACTION_REVERTED:
        return "undone";
    case MOS_TRANSACTION_PRUNED:
        return "done";
    default:
        return "unknown";
    }
}

std::string told_state(const Record &record) {
    return standing(record) + (record.can_roll_back ? ", can go back" : "");
}

std::string told(const Record &record) {
    return record.reason.empty() ? record.summary : fmt::format("{} ({})", record.summary, record.reason);
}

const Columns<Record> &record_columns() {
    static const Columns<Record> columns{
        {{For::everyone, "recovery_point", "point"}, [](const Record &row) -> Cell { return row.recovery_point; }},
        {{For::people, "", "when"}, [](const Record &row) -> Cell { return Time{row.time_unix_s}; }},
        {{For::people, "", "paths", Align::right}, [](const Record &row) -> Cell { return row.changed_paths; }},
        {{For::people, "", "state"}, [](const Record &row) -> Cell { return told_state(row); }},
        {{For::people, "", "what"}, [](const Record &row) -> Cell { return told(row); }},
        {{For::programs, "state", ""}, [](const Record &row) -> Cell { return std::string{state_name(row.state)}; }},
        {{For::programs, "pruned", ""}, [](const Record &row) -> Cell { return row.state == MOS_TRANSACTION_PRUNED; }},
        {{For::programs, "in_effect", ""}, [](const Record &row) -> Cell { return row.in_effect; }},
        {{For::programs, "can_roll_back", ""}, [](const Record &row) -> Cell { return row.can_roll_back; }},
        {{For::programs, "time", ""}, [](const Record &row) -> Cell { return Time{row.time_unix_s}; }},
        {{For::json, "time_unix_s", ""}, [](const Record &row) -> Cell { return row.time_unix_s; }},
        {{For::programs, "summary", ""}, [](const Record &row) -> Cell { return row.summary; }},
        {{For::programs, "reason", ""}, [](const Record &row) -> Cell { return row.reason; }},
        {{For::programs, "changed_paths", ""}, [](const Record &row) -> Cell { return row.changed_paths; }},
    };
    return columns;
}

// What became of each change that went back, by whose word, and what for.
std::string_view why_name(mos_went_back why) {
    switch (why) {
    case MOS_WENT_BACK_BY_HAND:
        return "by-hand";
    case MOS_WENT_BACK_FAILED_SCRIPT:
        return "failed-script";
    case MOS_WENT_BACK_FAILED_HEALTH_CHECK:
        return "failed-health-check";
    case MOS_WENT_BACK_TIME_OUT:
        return "time-out";
    case MOS_WENT_BACK_CANCELLED:
        return "cancelled";
    case MOS_WENT_BACK_ERROR:
        return "error";
    case MOS_WENT_BACK_RECOVERY:
        return "recovery";
    default:
        return "not";
    }
}

enum class Reasons : std::uint8_t { shown, left_out };

Columns<Record> rollback_columns(Reasons reasons) {
    Columns<Record> columns{
        {{For::everyone, "recovery_point", "point"}, [](const Record &row) -> Cell { return row.recovery_point; }},
        {{For::people, "", "when"}, [](const Record &row) -> Cell { return Time{row.time_unix_s}; }},
        {{For::everyone, "summary", "what"}, [](const Record &row) -> Cell { return row.summary; }},
        {{For::programs, "time", ""}, [](const Record &row) -> Cell { return Time{row.time_unix_s}; }},
        {{For::programs, "state", ""}, [](const Record &row) -> Cell { return std::string{state_name(row.state)}; }},
        {{For::programs, "changed_paths", ""}, [](const Record &row) -> Cell { return row.changed_paths; }},
    };
    if (reasons == Reasons::shown) {
        columns.push_back({{For::everyone, "went_back", "went back"},
                           [](const Record &row) -> Cell { return std::string{why_name(row.went_back)}; }});
        columns.push_back({{For::everyone, "reason", "why"}, [](const Record &row) -> Cell { return row.cause; }});
    }
    return columns;
}

Result<ExitCode> rollback_history(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(std::vector<Record> records, read_history(engine, most_records));
    std::erase_if(records, [](const Record &row) { return row.went_back == MOS_WENT_BACK_NOT; });
    records.resize(
        std::min(records.size(), static_cast<std::size_t>(session.values.number("limit").value_or(usual_limit))));
    const Columns<Record> columns =
        rollback_columns(session.values.flag("include-reason") ? Reasons::shown : Reasons::left_out);
    put_listing(
        session, columns, records,
        [](ordered_json list) {
            return ordered_json{{"rollbacks", std::move(list)}};
        },
        [&] { put_table(columns, records, "Nothing was taken back here."); });
    return ExitCode::done;
}

Result<ExitCode> history(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::vector<Record> records,
              read_history(engine, session.values.number("limit").value_or(usual_limit)));
    put_listing(
        session, record_columns(), records,
        [](ordered_json list) {
            return ordered_json{{"history", std::move(list)}};
        },
        [&] { put_table(record_columns(), records, "Nothing has been installed here yet."); });
    return ExitCode::done;
}

Result<ExitCode> recover(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    std::uint32_t settled = 0;
    FRAME_CHECK(check([&](auto error) { return mos_engine_recover(engine.get(), &settled, error); }));
    FRAME_TRY(const std::vector<Record> newest, read_history(engine, settled > 0 ? 1 : 0));
    if (session.json()) {
        ordered_json document{{"transactions", settled}};
        if (!newest.empty())
            document["newest"] = to_json(newest.front());
        put_json(document);
        return ExitCode::done;
    }
    if (settled == 0)
        put_line(Stream::out, "Nothing was unfinished.");
    for (const Record &record : newest)
        put_line(Stream::out, {{Style::good, record.state == MOS_TRANSACTION_REVERTED ? "undone" : "completed"},
                               {Style::plain, fmt::format("  {}  {}, {}", record.recovery_point, record.summary,
                                                          counted(record.changed_paths, "path"))}});
    return ExitCode::done;
}

}  // namespace

Result<std::vector<Record>> read_history(const Engine &engine, std::int64_t limit) {
    FRAME_TRY(const History history,
              make<History>([&](auto out, auto error) { return mos_history_open(engine.get(), out, error); }));
    std::vector<Record> records;
    while (static_cast<std::int64_t>(records.size()) < limit) {
        mos_history_record record = MOS_HISTORY_RECORD_INIT;
        FRAME_TRY(const int found, status([&](auto error) { return mos_history_next(history.get(), &record, error); }));
        if (found == MOS_END)
            break;
        records.push_back({record.state, record.recovery_point, record.summary, record.reason, record.time_unix_s,
                           record.changed_paths, record.in_effect, record.can_roll_back, record.went_back, record.cause,
                           record.takes_back});
    }
    return records;
}

std::string standing(const Record &record) {
    // A rollback has no recovery point of its own, and is nothing that could be taken back.
    if (record.state == MOS_TRANSACTION_DONE && !record.in_effect && !record.recovery_point.empty())
        return "taken back";
    return std::string{state_name(record.state)};
}

ordered_json to_json(const Record &record) { return json_object(record_columns(), record); }

Command history_command() {
    return with_csv(
        {
            "history",
            "list every change, newest first, and what can be taken back",
            "multios-update history --limit=10",
            Effect::reads,
            history,
            {},
            {
                number("limit", 1, most_records, "how many; 20 otherwise"),
                root_option(),
            },
        },
        record_columns());
}

Command rollback_history_command() {
    return with_csv(
        {
            "rollback history",
            "list the changes that went back, newest first",
            "multios-update rollback history --include-reason",
            Effect::reads,
            rollback_history,
            {},
            {
                flag("include-reason", "and why: by whose word, or what had failed"),
                number("limit", 1, most_records, "how many; 20 otherwise"),
                root_option(),
            },
        },
        rollback_columns(Reasons::shown));
}

Command recover_command() {
    return {
        "recover",
        "complete or undo what a power cut or a kill left unfinished",
        "multios-update recover",
        Effect::changes_root,
        recover,
        {},
        {root_option()},
        Warnings::at_once,
    };
}

}  // namespace update_tool
