#include "change.hpp"

#include "job.hpp"
#include "report.hpp"
#include "settings.hpp"
#include "terminal.hpp"
#include "text.hpp"

#include <CLI/StringTools.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace frame {

namespace {

// Of "refuse|ask|keep|replace" what answers.
std::string answers_in(std::string_view words) {
    std::string answers;
    for (const std::string &word : CLI::detail::split(std::string{words}, '|'))
        if (word != "ask" && word != "refuse")
            answers += (answers.empty() ? "" : "|") + word;
    return answers;
}

// The options of the command by which its questions are answered beforehand.
std::string answer_hint(const Command &command) {
    constexpr std::array<std::string_view, 5> answers = {"on-conflict", "on-newer", "merge-strategy", "config-files",
                                                         "accept-risks"};
    std::string hint;
    for (const Option &option : command.options)
        if (std::find(answers.begin(), answers.end(), option.name) != answers.end())
            hint += fmt::format("{}--{}{}", hint.empty() ? "answer with " : " or ", option.name,
                                option.kind == Kind::choice ? fmt::format("={}", answers_in(option.value)) : "");
    return hint.empty() ? "take the default with --yes" : hint + ", or take the default with --yes";
}

// The newest change that goes back in place has no point any more.
std::string undo_command(const Session &session, std::string_view recovery_point) {
    if (recovery_point.empty())
        return {};
    return fmt::format("multios-update rollback last-good{}", root_argument(session));
}

Outcome outcome_of(const Session &session, const EndedJob &ended) {
    Outcome outcome{};
    outcome.recovery_point = mos_outcome_recovery_point(ended.outcome);
    outcome.changed_paths = mos_outcome_changed_paths(ended.outcome);
    outcome.written_bytes = mos_outcome_written_bytes(ended.outcome);
    outcome.elapsed_ms = ended.elapsed_ms;
    outcome.notices = read_notices(ended.outcome);
    outcome.reboot = mos_outcome_reboot(ended.outcome);
    outcome.undo = undo_command(session, outcome.recovery_point);
    return outcome;
}

void put_outcome(const PlanReport &plan, const Outcome &outcome) {
    for (const std::string &line : step_lines(plan))
        put_line(Stream::out, line);
    for (const std::string &notice : outcome.notices)
        put_line(Stream::out, {{Style::caution, "  note  "}, {Style::plain, notice}});
    std::string text =
        fmt::format(" in {}: {} changed", duration_text(outcome.elapsed_ms), counted(outcome.changed_paths, "path"));
    if (outcome.written_bytes > 0)
        text += fmt::format(", {} written", size_text(outcome.written_bytes));
    text += '.';
    if (!outcome.undo.empty())
        text += "   Undo: " + outcome.undo;
    put_line(Stream::out, {{Style::good, "done"}, {Style::plain, text}});
    if (!outcome.reboot.empty())
        put_line(Stream::out,
                 {{Style::caution, "Start the system again to complete it"}, {Style::plain, ": " + outcome.reboot}});
}

// What a set-user-ID program inherits is its caller's: then the installed helper alone counts.
Result<const char *> helper_path() {
    const char *path = ::secure_getenv("MULTIOS_HELPER");
    if (path == nullptr || *path == '\0')
        return static_cast<const char *>(nullptr);
    if (*path != '/')
        return usage_failure(fmt::format("the environment's MULTIOS_HELPER is no absolute path: {}", in_quotes(path)));
    return path;
}

// Of the section, and of files as a whole, which may hold it.
Result<std::vector<SettingProblem>> log_problems(const Engine &engine) {
    FRAME_TRY(const Settings settings, make<Settings>([&](auto out, auto error) {
                  return mos_engine_settings_load(engine.get(), nullptr, out, error);
              }));
    FRAME_TRY(std::vector<SettingProblem> problems, problems_of(settings));
    std::erase_if(problems, [](const SettingProblem &problem) {
        return !problem.path.empty() && problem.path != "logging" && !problem.path.starts_with("logging.");
    });
    return problems;
}

// As the root's settings say. What can't be followed is no reason not to update.
void begin_log(const Session &session, const Engine &engine) {
    const Result<int> begun =
        status([&](auto error) { return mos_engine_log_configured(engine.get(), nullptr, error); });
    if (!begun)
        put_line(Stream::err, {{Style::caution, "warning: "},
                               {Style::plain, full_message(begun.failure()) + "; nothing is logged."}});
    if (session.verbosity != Verbosity::quiet)
        return;  // the library's log has told it
    if (Result<std::vector<SettingProblem>> problems = log_problems(engine))
        put_warnings(*problems);
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
    FRAME_TRY(options.helper_path, helper_path());
    options.root_path = session.values.c_text("root");
    options.trust_path = session.values.c_text("trust");
    options.environment = ::getenv("MULTIOS_ENVIRONMENT");
    options.required_signatures = static_cast<std::uint32_t>(session.values.number("required-signatures").value_or(0));
    FRAME_TRY(Engine engine, make<Engine>([&](auto out, auto error) {
                  return mos_engine_open(session.context, &options, out, error);
              }));
    if (session.command.effect != Effect::reads)
        begin_log(session, engine);
    return engine;
}

Result<Plan> new_plan(const Engine &engine) {
    return make<Plan>([&](auto out, auto error) { return mos_plan_create(engine.get(), out, error); });
}

Result<Change> carry_out(const Session &session, Plan plan) {
    FRAME_CHECK(check([&](mos_error **error) { return mos_plan_resolve(plan.get(), error); }));
    Change change{};
    FRAME_TRY(change.plan, read_plan(plan.get()));
    if (session.values.flag("plan"))
        return change;
    FRAME_TRY(Job job, plan_job(session, plan.get()));
    JobOptions options;
    options.answers = session.values.flag("yes") ? Answers::fallback : Answers::person;
    const std::string hint = answer_hint(session.command);
    options.answer_hint = hint;
    FRAME_TRY(const EndedJob ended, run_job(session, std::move(job), options));
    change.outcome = outcome_of(session, ended);
    return change;
}

void put_change(const Session &session, const Change &change) {
    change.outcome ? put_outcome(change.plan, *change.outcome) : put_plan(session, change.plan);
}

nlohmann::ordered_json to_json(const Change &change) {
    nlohmann::ordered_json document{{"plan", to_json(change.plan)}};
    if (change.outcome)
        document["outcome"] = {{"recovery_point", change.outcome->recovery_point},
                               {"changed_paths", change.outcome->changed_paths},
                               {"written_bytes", change.outcome->written_bytes},
                               {"elapsed_ms", change.outcome->elapsed_ms},
                               {"notices", change.outcome->notices},
                               {"reboot", change.outcome->reboot},
                               {"undo", change.outcome->undo}};
    return document;
}

Result<ExitCode> show_or_run(const Session &session, Plan plan) {
    FRAME_TRY(const Change change, carry_out(session, std::move(plan)));
    session.json() ? put_json(to_json(change)) : put_change(session, change);
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

std::string with_root(const Session &session, std::string text) {
    const std::string root = root_argument(session);
    constexpr std::string_view begin = "'multios-update ";  // which has a root nearly everywhere
    for (std::size_t at = text.find(begin); !root.empty() && at != std::string::npos; at = text.find(begin, at)) {
        const std::size_t end = text.find('\'', at + 1);
        if (end == std::string::npos)
            break;
        const std::string_view command = std::string_view{text}.substr(at, end - at);
        const bool takes_it =
            command.find("--root") == std::string_view::npos && command.find("--help") == std::string_view::npos;
        if (takes_it)
            text.insert(end, root);
        at = end + 1 + (takes_it ? root.size() : 0);
    }
    return text;
}

std::string root_argument(const Session &session) {
    const std::optional<std::string> root = session.values.text("root");
    return root ? fmt::format(" --root={}", shell_word(*root)) : "";
}

}  // namespace frame
