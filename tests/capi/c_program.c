/* A program in C99 alone: build a package, install it, take it back. Gets an empty folder as its argument. */
#include <multiosupdate/multiosupdate.h>

#include <stdio.h>
#include <sys/stat.h>

static int failed(const char *what, mos_error *error) {
    printf("%s: %s\n", what, mos_error_message(error));
    mos_error_free(error);
    return 1;
}

static void join(char *path, size_t room, const char *folder, const char *name) {
    (void)snprintf(path, room, "%s/%s", folder, name);
}

static int run(mos_job *job, mos_error **error) {
    const int code = mos_job_run(job, NULL, NULL, error);
    mos_job_free(job);
    return code;
}

static int build(mos_context *context, mos_key *key, const char *input, const char *output, mos_error **error) {
    mos_build_options options = MOS_BUILD_OPTIONS_INIT;
    mos_job *job = NULL;
    int code;
    options.flags = MOS_BUILD_KEEP_OWNERS;
    options.name = "hello";
    options.version = "1.0";
    options.input_path = input;
    options.output_path = output;
    options.sign_key = key;
    code = mos_package_build_job(context, &options, &job, error);
    return code == MOS_OK ? run(job, error) : code;
}

static int change(mos_engine *engine, const char *package, mos_error **error) {
    mos_plan *plan = NULL;
    mos_job *job = NULL;
    int code = mos_plan_create(engine, &plan, error);
    if (code == MOS_OK)
        code =
            package != NULL ? mos_plan_install_path(plan, package, NULL, error) : mos_plan_rollback(plan, NULL, error);
    if (code == MOS_OK)
        code = mos_plan_job(plan, NULL, &job, error);
    mos_plan_free(plan);
    return code == MOS_OK ? run(job, error) : code;
}

int main(int count, char **arguments) {
    char input[512];
    char file[1024];
    char output[512];
    char root[512];
    char trust[512];
    char publisher[1024];
    char installed[1024];
    mos_context *context = NULL;
    mos_key *key = NULL;
    mos_engine *engine = NULL;
    mos_error *error = NULL;
    mos_engine_options options = MOS_ENGINE_OPTIONS_INIT;
    struct stat status;
    FILE *out;
    if (count != 2)
        return 2;
    join(input, sizeof input, arguments[1], "input");
    join(file, sizeof file, input, "hello");
    join(output, sizeof output, arguments[1], "hello.mos");
    join(root, sizeof root, arguments[1], "root");
    join(trust, sizeof trust, arguments[1], "trust");
    join(publisher, sizeof publisher, trust, "publisher.pub");
    join(installed, sizeof installed, root, "hello");
    if (mkdir(input, 0755) != 0 || mkdir(root, 0755) != 0 || mkdir(trust, 0755) != 0 ||
        (out = fopen(file, "w")) == NULL || fputs("hello\n", out) == EOF || fclose(out) != 0)
        return 2;
    if (mos_context_create(NULL, &context, &error) != MOS_OK)
        return failed("context", error);
    if (mos_key_generate(context, MOS_KEY_ED25519, &key, &error) != MOS_OK)
        return failed("key", error);
    options.root_path = root;
    options.trust_path = trust;
    if (mos_key_store_public(key, publisher, &error) != MOS_OK)
        return failed("trust", error);
    if (mos_engine_open(context, &options, &engine, &error) != MOS_OK)
        return failed("engine", error);
    if (build(context, key, input, output, &error) != MOS_OK)
        return failed("build", error);
    if (change(engine, output, &error) != MOS_OK)
        return failed("install", error);
    if (stat(installed, &status) != 0)
        return failed("installed file", NULL);
    if (change(engine, NULL, &error) != MOS_OK)
        return failed("rollback", error);
    if (stat(installed, &status) == 0)
        return failed("file after the rollback", NULL);
    mos_engine_free(engine);
    mos_key_free(key);
    mos_context_free(context);
    printf("1 passed, 0 failed\n");
    return 0;
}
