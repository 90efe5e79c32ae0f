// rollback: takes the newest change back.
#include "commands.hpp"

#include "frame/change.hpp"

using namespace frame;

namespace update_tool {

namespace {

Result<ExitCode> roll_back(Session &session) {
    FRAME_TRY(const Engine engine, open_engine(session));
    FRAME_TRY(Plan plan, new_plan(engine));
    FRAME_CHECK(check(
        [&](auto error) { return mos_plan_rollback(plan.get(), session.values.c_text("recovery-point"), error); }));
    return show_or_run(session, std::move(plan));
}

std::vector<Option> kept_data() {
    return {always_on("preserve-user-data", "what no package brought is never touched")};
}

}  // namespace

Command rollback_last_good_command() {
    return {
        "rollback last-good",
        "take back the newest change",
        "multios-update rollback last-good",
        Effect::changes_root,
        roll_back,
        {},
        joined(kept_data(), plan_options()),
    };
}

Command rollback_command() {
    return {
        "rollback",
        "take back the change that made a recovery point",
        "multios-update rollback --recovery-point=rp-12 --plan",
        Effect::changes_root,
        roll_back,
        {},
        joined(
            joined({text("recovery-point", "rp-N", "which; 'multios-update history' lists them; the newest otherwise"),
                    not_built_text("target-version", "VERSION", "this build rolls back to recovery points only"),
                    not_built_flag("resolve-conflicts", "this build merges nothing; altered files are kept and told"),
                    not_built_text("merge-strategy", "NAME",
                                   "this build merges nothing; altered files are kept and told")},
                   kept_data()),
            plan_options()),
    };
}

}  // namespace update_tool
