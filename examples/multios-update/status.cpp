// status: how a root stands, on one page.
#include "commands.hpp"
#include "history.hpp"

#include "frame/listing.hpp"
#include "frame/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace frame;
using nlohmann::ordered_json;

namespace update_tool {

namespace {

constexpr std::int64_t most_records = 10'000;  // what the library reads

struct Status {
    std::size_t installed;
    std::vector<Record> history;
    std::vector<ReportRow> reboots;
    std::vector<ReportRow> recovery_mode;  // empty while it is off

    [[nodiscard]] const Record *last_change() const { return history.empty() ? nullptr : &history.front(); }
    [[nodiscard]] const Record *unfinished() const {
        const auto found = std::find_if(history.begin(), history.end(), [](const Record &record) {
            return record.state == MOS_TRANSACTION_COMMITTED || record.state == MOS_TRANSACTION_REVERTING;
        });
        return found != history.end() ? &*found : nullptr;
    }
    // What "rollback" would take back.
    [[nodiscard]] const Record *way_back() const {
        const auto found =
            std::find_if(history.begin(), history.end(), [](const Record &record) { return record.can_roll_back; });
        return found != history.end() ? &*found : nullptr;
    }
    // Those that are in effect and have not been cleaned up.
    [[nodiscard]] std::int64_t recovery_points() const {
        return std::count_if(history.begin(), history.end(), [](const Record &record) {
            return record.state == MOS_TRANSACTION_DONE && record.in_effect && !record.recovery_point.empty();
        });
    }
};

Result<Status> read_status(const Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    Status status{};
    FRAME_TRY(const std::vector<ReportRow> packages,
              report_of([&](auto out, auto error) { return mos_engine_installed_packages(engine.get(), out, error); }));
    status.installed = packages.size();
    FRAME_TRY(status.history, read_history(engine, most_records));
    FRAME_TRY(status.reboots,
              report_of([&](auto out, auto error) { return mos_engine_pending_reboots(engine.get(), out, error); }));
    FRAME_TRY(status.recovery_mode,
              report_of([&](auto out, auto error) { return mos_engine_recovery_mode(engine.get(), out, error); }));
    return status;
}

std::string shown(const Record &record) {
    const std::string point = record.recovery_point.empty() ? "" : record.recovery_point + "  ";
    const std::string state = standing(record);
    return fmt::format("{}{}, {}{}", point, record.summary, state != "done" ? state + ", " : "",
                       local_time(record.time_unix_s));
}

std::string shown_reboots(const std::vector<ReportRow> &reboots) {
    std::string names;
    for (const ReportRow &row : reboots)
        names += fmt::format("{}{}", names.empty() ? "" : " ", row.package);
    return names;
}

void put_status(const Session &session, const Status &status) {
    Table table{{Align::left, Align::left}};
    table.add({"installed", counted(status.installed, "package")});
    table.add({"last change", status.history.empty() ? "none" : shown(status.history.front())});
    const Record *back = status.way_back();
    const auto points = static_cast<std::uint64_t>(status.recovery_points());
    std::string shown_points = points == 0 ? "none" : count_text(points);
    if (back != nullptr)
        shown_points += fmt::format("; 'multios-update rollback last-good{}' takes {} back", root_argument(session),
                                    back->recovery_point);
    table.add({"recovery points", std::move(shown_points)});
    put_table(table);
    if (const Record *cut = status.unfinished(); cut != nullptr)
        put_line(Stream::out,
                 {{Style::caution, "Unfinished"},
                  {Style::plain, fmt::format(": {}. It is being carried out now, or 'multios-update recover{}' "
                                             "completes it.",
                                             cut->summary, root_argument(session))}});
    if (!status.recovery_mode.empty())
        put_line(Stream::out,
                 {{Style::caution, "Takes no updates"}, {Style::plain, ": " + status.recovery_mode.front().sentence}});
    if (!status.reboots.empty())
        put_line(Stream::out, {{Style::caution, "Start the system again to complete it"},
                               {Style::plain, ": " + shown_reboots(status.reboots)}});
}

ordered_json to_json(const Status &status) {
    const auto record = [](const Record *found) {
        return found != nullptr ? update_tool::to_json(*found) : ordered_json{};
    };
    return {{"installed", status.installed},
            {"last_change", record(status.last_change())},
            {"recovery_points", status.recovery_points()},
            {"way_back", record(status.way_back())},
            {"unfinished", record(status.unfinished())},
            {"recovery_mode", !status.recovery_mode.empty()},
            {"pending_reboots", json_list(report_columns(), status.reboots)}};
}

Cell point_of(const Record *record) { return record != nullptr ? Cell{record->recovery_point} : Cell{Unknown{}}; }

// One row a root: those of many machines make one table.
const Columns<Status> &status_columns() {
    static const Columns<Status> columns{
        {{For::csv, "installed", ""}, [](const Status &row) -> Cell { return std::uint64_t{row.installed}; }},
        {{For::csv, "last_change", ""},
         [](const Status &row) -> Cell { return row.last_change() != nullptr ? row.last_change()->summary : ""; }},
        {{For::csv, "last_change_state", ""},
         [](const Status &row) -> Cell {
             return row.last_change() != nullptr ? Cell{standing(*row.last_change())} : Cell{Unknown{}};
         }},
        {{For::csv, "last_change_time", ""},
         [](const Status &row) -> Cell {
             return row.last_change() != nullptr ? Cell{Time{row.last_change()->time_unix_s}} : Cell{Unknown{}};
         }},
        {{For::csv, "recovery_points", ""}, [](const Status &row) -> Cell { return row.recovery_points(); }},
        {{For::csv, "way_back", ""}, [](const Status &row) -> Cell { return point_of(row.way_back()); }},
        {{For::csv, "unfinished", ""}, [](const Status &row) -> Cell { return row.unfinished() != nullptr; }},
        {{For::csv, "recovery_mode", ""}, [](const Status &row) -> Cell { return !row.recovery_mode.empty(); }},
        {{For::csv, "pending_reboots", ""}, [](const Status &row) -> Cell { return shown_reboots(row.reboots); }},
    };
    return columns;
}

Result<ExitCode> show_status(Session &session) {
    FRAME_TRY(const Status status, read_status(session));
    put_listing(
        session, status_columns(), std::vector<Status>{status}, [&](const ordered_json &) { return to_json(status); },
        [&] { put_status(session, status); });
    return ExitCode::done;
}

}  // namespace

Command status_command() {
    return with_csv(
        {
            "status",
            "tell how a root stands: last change, way back, what waits for a start",
            "multios-update status --format=json",
            Effect::reads,
            show_status,
            {},
            {root_option()},
        },
        status_columns());
}

}  // namespace update_tool
