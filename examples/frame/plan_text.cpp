#include "plan_text.hpp"

#include "change.hpp"
#include "terminal.hpp"
#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace frame {

namespace {

std::string_view action_name(mos_step_action action) {
    switch (action) {
    case MOS_STEP_INSTALL:
        return "install";
    case MOS_STEP_UPDATE:
        return "update";
    case MOS_STEP_DOWNGRADE:
        return "downgrade";
    case MOS_STEP_REINSTALL:
        return "reinstall";
    case MOS_STEP_REMOVE:
        return "remove";
    case MOS_STEP_ROLL_BACK:
        return "roll back";
    case MOS_STEP_RESTORE:
        return "restore";
    default:
        return "change";
    }
}

std::string versions(const PlanReport::Step &step) {
    if (step.version.empty() || step.old_version.empty() || step.version == step.old_version)
        return step.version.empty() ? step.old_version : step.version;
    return fmt::format("{} {} {}", step.old_version, arrow(), step.version);
}

std::string headline(const Session &session, const PlanReport &plan) {
    const std::uint64_t changed = plan.changed_paths();
    if (changed == 0)
        return fmt::format("Would change nothing in {}", root_of(session));
    return fmt::format("Would change {} of {} in {}  ({} to write)", count_text(changed),
                       counted(changed + plan.totals.unchanged + plan.totals.kept, "path"), root_of(session),
                       size_text(plan.totals.write_bytes));
}

void put_totals(const mos_plan_totals &totals) {
    Table table{{Align::left, Align::right}};
    const auto add = [&](std::string_view what, std::uint64_t count) {
        if (count > 0)
            table.add({std::string{what}, count_text(count)});
    };
    add("new", totals.added);
    add("replaced", totals.replaced);
    add("removed", totals.removed);
    add("only mode, owner or time", totals.attributes);
    add("unchanged", totals.unchanged);
    add("kept as they are", totals.kept);
    for (const std::string &line : table.lines("    "))
        put_line(Stream::out, line);
}

// "reads 1.2 MB of 30 MB of the packages", where it is worth a line.
void put_reading(const mos_plan_totals &totals) {
    if (totals.read_bytes < totals.package_bytes - totals.package_bytes / 16)
        put_line(Stream::out, fmt::format("    reads {} of {} of the packages", size_text(totals.read_bytes),
                                          size_text(totals.package_bytes)));
}

// The newest change alone, which moves what it replaced back and leaves no point.
bool goes_back_in_place(const PlanReport &plan) {
    return plan.steps.size() == 1 && plan.steps[0].action == MOS_STEP_ROLL_BACK && plan.totals.write_bytes == 0;
}

}  // namespace

Result<PlanReport> read_plan(const mos_plan *plan) {
    PlanReport report{};
    for (std::size_t i = 0; i < mos_plan_step_count(plan); ++i) {
        mos_step step = MOS_STEP_INIT;
        FRAME_CHECK(check([&](mos_error **error) { return mos_plan_step_at(plan, i, &step, error); }));
        report.steps.push_back({step.action, step.name, step.version, step.old_version, step.signer});
    }
    report.totals = MOS_PLAN_TOTALS_INIT;
    FRAME_CHECK(check([&](mos_error **error) { return mos_plan_totals_get(plan, &report.totals, error); }));
    for (std::size_t i = 0; i < mos_plan_notice_count(plan); ++i)
        report.notices.emplace_back(mos_plan_notice_at(plan, i));
    report.digest = mos_plan_digest(plan);
    return report;
}

std::vector<std::string> step_lines(const PlanReport &plan) {
    Table table{{Align::left, Align::left, Align::left, Align::left}};
    for (const PlanReport::Step &step : plan.steps)
        table.add({std::string{action_name(step.action)}, step.name, versions(step),
                   step.signer.empty() ? "" : "vouched for by " + step.signer});
    return table.lines("  ");
}

void put_plan(const Session &session, const PlanReport &plan) {
    put_line(Stream::out, {{Style::bold, headline(session, plan)}});
    for (const std::string &line : step_lines(plan))
        put_line(Stream::out, line);
    put_totals(plan.totals);
    put_reading(plan.totals);
    for (const std::string &notice : plan.notices)
        put_line(Stream::out, {{Style::caution, "  note  "}, {Style::plain, notice}});
    put_line(Stream::out, goes_back_in_place(plan)
                              ? "Way back: install again what this takes back."
                              : fmt::format("Way back: 'multios-update rollback last-good{}'; the old files are moved, "
                                            "not copied.",
                                            root_argument(session)));
    put_line(Stream::out, fmt::format("Plan {}", plan.digest));
}

nlohmann::ordered_json to_json(const PlanReport &plan) {
    nlohmann::ordered_json steps = nlohmann::ordered_json::array();
    for (const PlanReport::Step &step : plan.steps)
        steps.push_back({{"action", action_name(step.action)},
                         {"name", step.name},
                         {"version", step.version},
                         {"old_version", step.old_version},
                         {"signer", step.signer}});
    return {{"digest", plan.digest},
            {"steps", steps},
            {"totals",
             {{"changed", plan.changed_paths()},
              {"added", plan.totals.added},
              {"replaced", plan.totals.replaced},
              {"removed", plan.totals.removed},
              {"attributes", plan.totals.attributes},
              {"unchanged", plan.totals.unchanged},
              {"kept", plan.totals.kept},
              {"write_bytes", plan.totals.write_bytes},
              {"read_bytes", plan.totals.read_bytes},
              {"package_bytes", plan.totals.package_bytes}}},
            {"notices", plan.notices}};
}

}  // namespace frame
