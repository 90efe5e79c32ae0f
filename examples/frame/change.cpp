#include "change.hpp"

#include "job.hpp"
#include "plan_text.hpp"
#include "terminal.hpp"
#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace frame {

namespace {

constexpr std::string_view conflict_hint =
    "answer with --on-conflict=keep or --on-conflict=replace, or take the default with --yes";

bool rolls_back(const PlanReport &plan) { return !plan.steps.empty() && plan.steps[0].action == MOS_STEP_ROLL_BACK; }

std::string undo_command(const Session &session, const PlanReport &plan, const mos_outcome *outcome) {
    const std::string_view point = mos_outcome_recovery_point(outcome);
    if (point.empty() || rolls_back(plan))
        return {};
    return fmt::format("multios-update rollback last-good{}", root_argument(session));
}

std::vector<std::string> notices_of(const mos_outcome *outcome) {
    std::vector<std::string> notices;
    for (std::size_t i = 0; i < mos_outcome_notice_count(outcome); ++i)
        notices.emplace_back(mos_outcome_notice_at(outcome, i));
    return notices;
}

void put_outcome(const Session &session, const PlanReport &plan, const EndedJob &ended) {
    for (const std::string &line : step_lines(plan))
        put_line(Stream::out, line);
    for (const std::string &notice : notices_of(ended.outcome))
        put_line(Stream::out, {{Style::caution, "  note  "}, {Style::plain, notice}});
    const std::uint64_t changed = mos_outcome_changed_paths(ended.outcome);
    const std::uint64_t written = mos_outcome_written_bytes(ended.outcome);
    std::string text = fmt::format(" in {}: {} changed", duration_text(ended.elapsed_ms), counted(changed, "path"));
    if (written > 0)
        text += fmt::format(", {} written", size_text(written));
    text += '.';
    if (const std::string undo = undo_command(session, plan, ended.outcome); !undo.empty())
        text += "   Undo: " + undo;
    put_line(Stream::out, {{Style::good, "done"}, {Style::plain, text}});
}

nlohmann::ordered_json outcome_json(const Session &session, const PlanReport &plan, const EndedJob &ended) {
    return {{"recovery_point", mos_outcome_recovery_point(ended.outcome)},
            {"changed_paths", mos_outcome_changed_paths(ended.outcome)},
            {"written_bytes", mos_outcome_written_bytes(ended.outcome)},
            {"elapsed_ms", ended.elapsed_ms},
            {"notices", notices_of(ended.outcome)},
            {"undo", undo_command(session, plan, ended.outcome)}};
}

Result<Job> plan_job(const Session &session, mos_plan *plan) {
    mos_plan_job_options options = MOS_PLAN_JOB_OPTIONS_INIT;
    options.expected_digest = session.values.c_text("plan-digest");
    options.reason = session.values.c_text("reason");
    return make<Job>([&](auto out, auto error) { return mos_plan_job(plan, &options, out, error); });
}

}  // namespace

Result<Engine> open_engine(const Session &session) {
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    options.root_path = session.values.c_text("root");
    options.trust_path = session.values.c_text("trust");
    options.required_signatures = static_cast<std::uint32_t>(session.values.number("required-signatures").value_or(0));
    return make<Engine>([&](auto out, auto error) { return mos_engine_open(session.context, &options, out, error); });
}

Result<Plan> new_plan(const Engine &engine) {
    return make<Plan>([&](auto out, auto error) { return mos_plan_create(engine.get(), out, error); });
}

Result<ExitCode> show_or_run(const Session &session, Plan plan) {
    FRAME_CHECK(check([&](mos_error **error) { return mos_plan_resolve(plan.get(), error); }));
    FRAME_TRY(const PlanReport report, read_plan(plan.get()));
    if (session.values.flag("plan")) {
        session.json() ? put_json({{"plan", to_json(report)}}) : put_plan(session, report);
        return ExitCode::done;
    }
    FRAME_TRY(Job job, plan_job(session, plan.get()));
    JobOptions options;
    options.answers = session.values.flag("yes") ? Answers::fallback : Answers::person;
    options.answer_hint = conflict_hint;
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job), options));
    if (session.json())
        put_json({{"plan", to_json(report)}, {"outcome", outcome_json(session, report, ended)}});
    else
        put_outcome(session, report, ended);
    return ExitCode::done;
}

std::vector<Option> plan_options() {
    return {
        flag("plan", "show what would be done, why, and the way back; change nothing"),
        text("plan-digest", "HEX", "run only the plan that --plan showed with this digest"),
        text("reason", "TEXT", "why, for the history"),
        flag("yes", "answer every question with its default"),
        root_option(),
        trust_option(),
    };
}

std::vector<Option> joined(std::vector<Option> first, const std::vector<Option> &second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

std::string root_of(const Session &session) { return session.values.text_or("root", "/"); }

std::string root_argument(const Session &session) {
    const std::optional<std::string> root = session.values.text("root");
    return root ? fmt::format(" --root={}", *root) : "";
}

}  // namespace frame
