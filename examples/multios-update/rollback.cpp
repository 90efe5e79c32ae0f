// rollback in its forms: to a point or a version, one package, configuration, in an emergency, by choosing.
#include "rollback.hpp"
#include "commands.hpp"
#include "history.hpp"

#include "frame/question.hpp"
#include "frame/terminal.hpp"
#include "frame/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

using namespace frame;

namespace update_tool {

namespace {

constexpr std::int64_t most_shown = 100;  // points to choose from
constexpr std::string_view newest_point = "before-update";

struct NamedRule {
    std::string_view name;
    mos_merge_rule rule;
};
constexpr std::array merge_rules = {
    NamedRule{"keep", MOS_MERGE_KEEP},
    NamedRule{"refuse", MOS_MERGE_REFUSE},
    NamedRule{"ask", MOS_MERGE_ASK},
    NamedRule{"prefer-newer", MOS_MERGE_PREFER_NEWER},
    NamedRule{"prefer-older", MOS_MERGE_PREFER_OLDER},
    NamedRule{"keep-both", MOS_MERGE_KEEP_BOTH},
    NamedRule{"past", MOS_MERGE_PAST},
};
constexpr std::string_view merge_words = "keep|refuse|ask|prefer-newer|prefer-older|keep-both|past";

// Conflicts are to be resolved: by the strategy, or by whoever is asked.
mos_merge_rule merge_rule(const Session &session) {
    const std::string name = session.values.text_or("merge-strategy", "");
    for (const NamedRule &rule : merge_rules)
        if (rule.name == name)
            return rule.rule;
    return session.values.flag("resolve-conflicts") ? MOS_MERGE_ASK : MOS_MERGE_USUAL;
}

Result<ExitCode> roll_back(Session &session) { return run_rollback(session, rollback_options(session)); }

Result<ExitCode> roll_back_package(Session &session) {
    mos_rollback_options options = rollback_options(session);
    options.scope = MOS_ROLLBACK_PACKAGE;
    options.name = session.values.c_text("package");
    options.target_version = session.values.c_text("version");
    return run_rollback(session, options);
}

Result<ExitCode> roll_back_configuration(Session &session) {
    mos_rollback_options options = rollback_options(session);
    options.scope = MOS_ROLLBACK_CONFIGURATION;
    options.name = session.values.c_text("component");
    const std::string point = session.values.text_or("backup-point", newest_point);
    options.recovery_point = point == newest_point ? nullptr : session.values.c_text("backup-point");
    return run_rollback(session, options);
}

Result<ExitCode> roll_back_in_emergency(Session &session) {
    mos_rollback_options options = rollback_options(session);
    options.emergency = true;
    return run_rollback(session, options);
}

bool can_be_gone_back_to(const Record &record) {
    return record.in_effect && record.state == MOS_TRANSACTION_DONE && !record.recovery_point.empty();
}

// The points, each with what going back to it takes away.
void put_options(const std::vector<Record> &records) {
    put_line(Stream::err, "Going back to a point takes its change away, and all above it:");
    for (const Record &record : records)
        put_line(Stream::err, fmt::format("  {:<8}  {}", record.recovery_point, record.summary));
}

Result<std::string> choose_point(Session &session, const Engine &engine) {
    FRAME_TRY(std::vector<Record> records, read_history(engine, most_shown));
    std::erase_if(records, [](const Record &record) { return !can_be_gone_back_to(record); });
    if (records.empty())
        return failure(MOS_E_NOTHING_TO_ROLL_BACK, "no change is in effect here");
    if (session.values.flag("show-options") || !session.values.flag("yes"))
        put_options(records);
    std::vector<std::string> choices;
    choices.reserve(records.size());
    for (const Record &record : records)
        choices.push_back(record.recovery_point);
    return answered(session, "to which point?", choices, choices.front(),
                    "name it with 'multios-update rollback "
                    "--recovery-point=rp-N'");
}

Result<ExitCode> roll_back_by_choosing(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(const std::string point, choose_point(session, engine));
    mos_rollback_options options = rollback_options(session);
    options.recovery_point = point.c_str();
    options.merge = session.values.flag("yes") ? MOS_MERGE_USUAL : MOS_MERGE_ASK;
    return confirm_and_run(session, options);
}

std::vector<Option> common_options() {
    return joined(
        {
            always_on("preserve-user-data", "what no package brought is never touched"),
            flag("accept-risks", "what files can't tell is known: data of newer versions, users who are gone"),
        },
        plan_options());
}

std::vector<Option> with_common(std::vector<Option> own) { return joined(std::move(own), common_options()); }

Option way_forward_option() {
    return flag("keep-way-forward",
                "the newest change too goes back by a change of its own, by which it can be brought again; copies its "
                "files where the filesystem can't share them");
}

std::vector<Option> merge_options() {
    return {
        flag("resolve-conflicts", "what somebody has changed since is asked about, or merged as the strategy says"),
        choice("merge-strategy", merge_words, "what becomes of it: 'keep' otherwise, told in the plan"),
    };
}

}  // namespace

mos_rollback_options rollback_options(const Session &session) {
    mos_rollback_options options = MOS_ROLLBACK_OPTIONS_INIT;
    options.recovery_point = session.values.c_text("recovery-point");
    options.target_version = session.values.c_text("target-version");
    options.merge = merge_rule(session);
    options.accept_risks = session.values.flag("accept-risks");
    options.keep_way_forward = session.values.flag("keep-way-forward");
    return options;
}

Result<Plan> rollback_plan(const Engine &engine, const mos_rollback_options &options) {
    FRAME_TRY(Plan plan, new_plan(engine));
    FRAME_CHECK(check([&](auto error) { return mos_plan_rollback_to(plan.get(), &options, error); }));
    return plan;
}

Result<ExitCode> run_rollback(Session &session, const mos_rollback_options &options) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(Plan plan, rollback_plan(engine, options));
    return show_or_run(session, std::move(plan));
}

Result<std::string> answered(const Session &session, std::string_view question, const std::vector<std::string> &choices,
                             std::string_view fallback, std::string_view remedy) {
    if (session.values.flag("yes"))
        return std::string{fallback};
    std::optional<std::string> answer;
    if (can_ask())
        answer = ask_person(question, choices, fallback);
    if (answer)
        return *answer;
    Failure unanswered = failure(MOS_E_NEEDS_ANSWER, std::string{question}, {});
    unanswered.remedy = remedy;
    return unanswered;
}

Result<ExitCode> confirm_and_run(Session &session, const mos_rollback_options &options) {
    if (session.values.flag("plan"))
        return run_rollback(session, options);
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(Plan shown, rollback_plan(engine, options));
    FRAME_CHECK(check([&](mos_error **error) { return mos_plan_resolve(shown.get(), error); }));
    FRAME_TRY(const PlanReport report, read_plan(shown.get()));
    if (!session.json())
        put_plan(session, report);
    FRAME_TRY(const std::string answer,
              answered(session, "go back as the plan says?", {"yes", "no"}, session.values.flag("yes") ? "yes" : "no",
                       "say --yes, or look at the plan with --plan"));
    if (answer != "yes")
        return failure(MOS_E_CANCELLED, "not confirmed");
    return show_or_run(session, std::move(shown));
}

Command rollback_last_good_command() {
    return {
        "rollback last-good",
        "take back the newest change",
        "multios-update rollback last-good",
        Effect::changes_root,
        roll_back,
        {},
        with_common({way_forward_option()}),
    };
}

Command rollback_command() {
    return {
        "rollback",
        "go back to how the system was at a recovery point, over all changes since",
        "multios-update rollback --recovery-point=rp-12 --plan",
        Effect::changes_root,
        roll_back,
        {},
        with_common(joined(
            {
                text("recovery-point", "rp-N",
                     "to before its change; 'multios-update history' lists them; the newest "
                     "otherwise"),
                text("target-version", "VERSION",
                     "which a package has then; without a point the newest that brings it"),
                way_forward_option(),
            },
            merge_options())),
    };
}

Command rollback_package_command() {
    return {
        "rollback package",
        "bring one package back to an earlier version, and nothing else",
        "multios-update rollback package --package=webserver --version=2.0.4",
        Effect::changes_root,
        roll_back_package,
        {},
        with_common(joined(
            {
                required(text("package", "NAME", "which")),
                text("version", "VERSION", "to which; the one before otherwise"),
                text("recovery-point", "rp-N", "as it was before the change of this point"),
            },
            merge_options())),
    };
}

Command rollback_config_command() {
    return {
        "rollback config",
        "bring configuration back, and leave programs as they are",
        "multios-update rollback config --component=network --backup-point=rp-12",
        Effect::changes_root,
        roll_back_configuration,
        {},
        with_common(joined(
            {
                text("component", "NAME", "of a package, or of what is called so below etc; all otherwise"),
                text("backup-point", "rp-N|before-update",
                     "as it was before the change of this point; before the newest that touched it otherwise"),
            },
            merge_options())),
    };
}

Command rollback_emergency_command() {
    return {
        "rollback emergency",
        "take back the newest change in the fewest steps, around whatever is in the way",
        "multios-update rollback emergency --keep-system-functional",
        Effect::changes_root,
        roll_back_in_emergency,
        {},
        with_common({always_on("keep-system-functional", "what the change did not touch is never touched")}),
    };
}

Command emergency_rollback_command() {
    return {
        "emergency rollback",
        "the same as 'rollback emergency'",
        "multios-update emergency rollback --fast-mode=true",
        Effect::changes_root,
        roll_back_in_emergency,
        {},
        with_common(
            {always_on("keep-system-functional", "what the change did not touch is never touched"),
             always_on("fast-mode", "there is no other: nothing is copied, no network and no check is needed")}),
    };
}

Command rollback_interactive_command() {
    return {
        "rollback interactive",
        "choose a point, look at the plan, and go back",
        "multios-update rollback interactive --show-options --confirm-before-execute",
        Effect::changes_root,
        roll_back_by_choosing,
        {},
        with_common({flag("show-options", "list the points also where --yes takes the newest"),
                     always_on("confirm-before-execute", "nothing is done before it is confirmed"),
                     way_forward_option()}),
    };
}

}  // namespace update_tool
