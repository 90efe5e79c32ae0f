/* Installs a package the careful way: its signature and every byte are checked, it is all there or not at all, and
 * there is a way back. Usage: verify_install ROOT FILE.mos; trust lies in ROOT/etc/multios/trust. */
#include <multiosupdate/multiosupdate.h>

#include <stdio.h>

static void fail(mos_error *error) {
    const mos_error *cause;
    fprintf(stderr, "%s (E%03d)\n", mos_error_message(error), -(int)mos_error_code(error));
    for (cause = mos_error_cause(error); cause != NULL; cause = mos_error_cause(cause))
        fprintf(stderr, "  because: %s\n", mos_error_message(cause));
    fprintf(stderr, "  what to do: %s\n", mos_error_remedy(error));
    mos_error_free(error);
}

int main(int count, char **arguments) {
    mos_engine_options where = MOS_ENGINE_OPTIONS_INIT;
    mos_context *context = NULL;
    mos_engine *engine = NULL;
    mos_plan *plan = NULL;
    mos_job *job = NULL;
    mos_error *error = NULL;
    const mos_outcome *outcome = NULL;
    int status = 1;

    if (count != 3) {
        fprintf(stderr, "usage: %s ROOT FILE.mos\n", arguments[0]);
        return 1;
    }
    where.root_path = arguments[1];
    if (mos_context_create(NULL, &context, &error) < 0 || mos_engine_open(context, &where, &engine, &error) < 0 ||
        mos_plan_create(engine, &plan, &error) < 0 ||
        mos_plan_install_path(plan, arguments[2], NULL, &error) < 0 || /* the signature, before anything is parsed */
        mos_plan_resolve(plan, &error) < 0 || /* versions, conflicts, space: nothing is written */
        mos_plan_job(plan, NULL, &job, &error) < 0 ||
        mos_job_run(job, NULL, NULL, &error) < 0 || /* on this thread, to its one outcome */
        mos_job_outcome(job, &outcome, &error) < 0) {
        fail(error);
    } else {
        printf("installed: %llu paths changed\nundo with: multios-update rollback --recovery-point=%s --root=%s\n",
               (unsigned long long)mos_outcome_changed_paths(outcome), mos_outcome_recovery_point(outcome),
               arguments[1]);
        status = 0;
    }
    mos_job_free(job); /* every free function accepts NULL */
    mos_plan_free(plan);
    mos_engine_free(engine);
    mos_context_free(context);
    return status;
}
