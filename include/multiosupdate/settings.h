/* Settings: what a root's files say, layer over layer, and where each value comes from. docs/configuration.md has every
 * setting.
 *
 * Reading needs no lock. A change waits for another one of the same engine, and is MOS_E_LOCKED while a job or another
 * process has the root. */
#ifndef MULTIOSUPDATE_SETTINGS_H
#define MULTIOSUPDATE_SETTINGS_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A later one beats those before it. */
typedef int32_t mos_settings_layer;
enum {
    MOS_SETTINGS_BUILT_IN = 0,
    MOS_SETTINGS_SYSTEM = 1,      /* files in etc/multios: .yml, .yaml, .ini */
    MOS_SETTINGS_ENVIRONMENT = 2, /* etc/multios/environments/NAME.yml */
    MOS_SETTINGS_USER = 3,        /* etc/multios/users/NAME.yml */
    MOS_SETTINGS_COMMAND_LINE = 4
};

/* What files there are. */
typedef int32_t mos_settings_files;
enum {
    MOS_SETTINGS_OF_SYSTEM = 0,      /* the file that has the setting or its section already, else the section's own */
    MOS_SETTINGS_OF_ENVIRONMENT = 1, /* of a name: development, staging, production */
    MOS_SETTINGS_OF_USER = 2,        /* of a name; only "user_preferences" */
    MOS_SETTINGS_OF_POLICY = 3       /* of a name: a template, etc/multios/policies/NAME.yml; only "policy_template" */
};

typedef struct mos_settings_options {
    uint32_t struct_size;
    uint32_t reserved;
    const char *environment;   /* NULL: the engine's, else what update_system.environment says */
    const char *user;          /* NULL: no layer of a user */
    const char *const *paths;  /* the command line's layer: `count` paths */
    const char *const *values; /* and their values */
    size_t count;
} mos_settings_options;

#define MOS_SETTINGS_OPTIONS_INIT                                                                                      \
    { sizeof(mos_settings_options), 0, 0, 0, 0, 0, 0 }

/* All layers, laid over each other; `options` may be NULL. What is wrong in a file is a problem of the result and no
 * error, and what the file says besides holds. MOS_E_INVALID_ARGUMENT for a name that is none and for paths or values
 * of the command line that are wrong; MOS_E_NOT_FOUND for an environment without a file, unless it is development,
 * staging or production. Free with mos_settings_free. Since 0.1. */
MOS_API int mos_engine_settings_load(mos_engine *engine, const mos_settings_options *options, mos_settings **settings,
                                     mos_error **error);

/* What one file says and nothing else: of an environment, a user or a template of the root. MOS_E_NOT_FOUND. Since 0.1.
 */
MOS_API int mos_engine_settings_of(mos_engine *engine, mos_settings_files files, const char *name,
                                   mos_settings **settings, mos_error **error);

/* The same of any file (.yml, .yaml, .ini), at most 1 MiB, which is not looked for below a root. MOS_E_NOT_FOUND and
 * what else keeps it from being read are errors. Since 0.1. */
MOS_API int mos_settings_read_path(mos_context *context, const char *path, mos_settings **settings, mos_error **error);

MOS_API void mos_settings_free(mos_settings *settings);

typedef struct mos_setting {
    uint32_t struct_size;
    mos_settings_layer layer; /* where the value comes from */
    const char *path;         /* "network.retry_count", "repositories[0].url" */
    const char *value;        /* as YAML writes it on one line; "" where nothing is set nor built in */
    const char *text;         /* the same without quotes; of a list its words with commas between them */
    const char *built_in;     /* as a file would write it; "" for none */
    const char *kind;     /* "boolean", "integer", "fraction", "text", "secret", "texts", "choice", "choices", "size",
                             "duration",     "rate", "percent", "time_of_day", "window", "schedule", "url", "path" */
    const char *allowed;  /* words, or least..most; "" for everything of that kind */
    const char *meaning;  /* what it steers, a sentence */
    const char *since;    /* the first version that knows it */
    const char *file;     /* below the root; "" where no file says it */
    uint32_t line;        /* from 1; 0 where no file says it */
    uint32_t column;      /* from 1; 0 where the format can't tell */
    int32_t is_in_effect; /* 0: understood, and what it steers is not in this version */
    int32_t has_number;   /* whether `number` is meant */
    int64_t number;       /* bytes, bytes a second, seconds, percent, seconds since midnight; 0 and 1 of a boolean */
} mos_setting;

#define MOS_SETTING_INIT                                                                                               \
    { sizeof(mos_setting), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* What holds, in the order of docs/configuration.md: what is set, and of mos_engine_settings_load what is built in. Set
 * `setting->struct_size` first; strings live as long as `settings`. Since 0.1. */
MOS_API size_t mos_settings_count(const mos_settings *settings);
MOS_API int mos_settings_at(const mos_settings *settings, size_t index, mos_setting *setting, mos_error **error);

/* What holds for one path. MOS_E_INVALID_ARGUMENT for one that is no setting, which names the nearest. Since 0.1. */
MOS_API int mos_settings_find(mos_settings *settings, const char *path, mos_setting *setting, mos_error **error);

typedef struct mos_settings_problem {
    uint32_t struct_size;
    uint32_t reserved;
    const char *file;     /* below the root, or the path as it was given */
    const char *path;     /* of the key; "" when the file as a whole is meant */
    const char *sentence; /* what is wrong, and what would be right */
    uint32_t line;        /* from 1; 0 where the sentence tells it, or nothing does */
    uint32_t column;
} mos_settings_problem;

#define MOS_SETTINGS_PROBLEM_INIT                                                                                      \
    { sizeof(mos_settings_problem), 0, 0, 0, 0, 0, 0 }

/* What is wrong in the files, at most 100 a file. Since 0.1. */
MOS_API size_t mos_settings_problem_count(const mos_settings *settings);
MOS_API int mos_settings_problem_at(const mos_settings *settings, size_t index, mos_settings_problem *problem,
                                    mos_error **error);

/* The files that were read, in their order; NULL beyond the last. Since 0.1. */
MOS_API size_t mos_settings_file_count(const mos_settings *settings);
MOS_API const char *mos_settings_file_at(const mos_settings *settings, size_t index);

/* The environment whose file lies over the system's; "" of a single file. Since 0.1. */
MOS_API const char *mos_settings_environment(const mos_settings *settings);

typedef struct mos_settings_change {
    uint32_t struct_size;
    mos_settings_files files;
    const char *name;          /* NULL for MOS_SETTINGS_OF_SYSTEM */
    const char *const *paths;  /* `count` of them */
    const char *const *values; /* as on a command line: lists with commas */
    size_t count;
} mos_settings_change;

#define MOS_SETTINGS_CHANGE_INIT                                                                                       \
    { sizeof(mos_settings_change), 0, 0, 0, 0, 0 }

/* Changes settings and nothing else in the files that have them, and puts each file in the old one's place, atomically;
 * all are checked before the first is written. MOS_E_INVALID_ARGUMENT, with nothing written, for a path that is no
 * setting (the nearest is named), a value that it can't have, and a file that could not be read any more;
 * MOS_E_POLICY_UNREADABLE likewise for the security policy. Where `written` is not NULL it gets a row for each file,
 * kind "file". Since 0.1. */
MOS_API int mos_engine_settings_change(mos_engine *engine, const mos_settings_change *change, mos_report **written,
                                       mos_error **error);

/* Takes the file of an environment, a user or a template away. MOS_E_NOT_FOUND. Since 0.1. */
MOS_API int mos_engine_settings_remove(mos_engine *engine, mos_settings_files files, const char *name,
                                       mos_error **error);

/* The names of the environments, users or templates that have a file: a row each, kind "name". Since 0.1. */
MOS_API int mos_engine_settings_names(mos_engine *engine, mos_settings_files files, mos_report **report,
                                      mos_error **error);

/* Every setting that there is, whether or not it is set: `path` with '*' for a name of the user's and "[]" for an
 * element of a list. Strings live as long as the program. Since 0.1. */
MOS_API size_t mos_settings_declared_count(void);
MOS_API int mos_settings_declared_at(size_t index, mos_setting *setting, mos_error **error);

#ifdef __cplusplus
}
#endif

#endif
