/* Plans: what would be changed, why, and the way back, before anything is.
 *
 * Every change of a root is a step in a plan. The steps of one plan are one transaction: after a power cut at any
 * instant all of them are there, or none. */
#ifndef MULTIOSUPDATE_PLAN_H
#define MULTIOSUPDATE_PLAN_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What to do where a package brings a file and somebody else's stands in its place. */
typedef int32_t mos_conflict_rule;
enum {
    MOS_CONFLICT_REFUSE = 0, /* MOS_E_CONFLICT before anything is changed */
    MOS_CONFLICT_ASK = 1,    /* the job asks: "keep" (not where names share the file), "replace" or "stop" */
    MOS_CONFLICT_KEEP = 2,   /* theirs stays; the package's file is left out */
    MOS_CONFLICT_REPLACE = 3 /* theirs goes into the recovery point */
};

/* What becomes of a configuration file that was changed by hand, or was there before, when the package has a new
 * version of it. Configuration files are the regular files below etc/, those that the manifest names, and what
 * templates make. Where yours stays, the package's is put beside it as NAME.new. One that you have deleted stays away.
 */
typedef int32_t mos_config_rule;
enum {
    MOS_CONFIG_KEEP = 0,    /* yours stays */
    MOS_CONFIG_ASK = 1,     /* the job asks: "keep", "replace" or "stop" */
    MOS_CONFIG_REPLACE = 2, /* yours goes into the recovery point */
    MOS_CONFIG_PRESERVE = 3 /* whatever stands there stays, also what nobody has changed */
};

typedef struct mos_install_options {
    uint32_t struct_size;
    mos_conflict_rule on_conflict;
    bool allow_downgrade; /* an older version over a newer one */
    bool reinstall;       /* the same version again: puts back what was altered */
    bool reuse_installed; /* for a package that is dear to read, as over a network: content that installed packages have
                             brought, at whatever path, is taken from the root where it still stands there (each file's
                             digest is checked); of the package only the frames are read that are needed for the rest,
                             and its head and index once, as far as they fit into 4 MiB of memory */
    mos_config_rule on_config;
    uint32_t reserved;
    const char *target_directory; /* put the package's files below this folder of the root; only for packages whose
                                     manifest allows it; NULL: where they are, else at the root */
    const char *config_path; /* values for the package's templates: a file in YAML (.yml, .yaml), INI (.ini, .conf) or
                                JSON (.json); remembered for updates; NULL: those of the last time */
    uint64_t delta_memory;   /* of a delta package: bytes that making its files may take; 0: 32 MiB */
    const char *full_package_path; /* of a delta package: the full package of the same release, signed as any. Files
                                      whose base was altered or is missing in the root are taken from it, each with a
                                      notice; NULL: such a file is MOS_E_BASE_DIFFERS, and nothing is changed. One of
                                      another release is MOS_E_INVALID_ARGUMENT, also beside a full package */
} mos_install_options;

#define MOS_INSTALL_OPTIONS_INIT                                                                                       \
    { sizeof(mos_install_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* An empty plan for the engine's root. Since 0.1. */
MOS_API int mos_plan_create(mos_engine *engine, mos_plan **plan, mos_error **error);
MOS_API void mos_plan_free(mos_plan *plan);

/* Adds the step "install this package", or update to it; the packages that it carries come first, as steps of their
 * own, unless they are there in the same version or a newer one. The package's signature is checked here against the
 * engine's trust, its index in mos_plan_resolve, its content while it is staged. The file is opened once, now.
 * A delta package installs its release where exactly that one is installed that it was made from: mos_plan_resolve
 * reads the files of the base that are needed, and is MOS_E_BASE_DIFFERS when one was altered or another release is
 * there. Since 0.1. */
MOS_API int mos_plan_install_path(mos_plan *plan, const char *path, const mos_install_options *options,
                                  mos_error **error);

/* The same from a descriptor of a regular file or block device (duplicated). `name` is for messages. Since 0.1. */
MOS_API int mos_plan_install_descriptor(mos_plan *plan, int32_t descriptor, const char *name,
                                        const mos_install_options *options, mos_error **error);

/* The same from a callback, which is asked for the ranges that are needed; `size` is the package's length in bytes.
 * Where each range costs, as behind a network, set `reuse_installed`. Since 0.1. */
MOS_API int mos_plan_install_source(mos_plan *plan, uint64_t size, const char *name, const mos_install_options *options,
                                    mos_read_at_callback read_at, void *user_data, mos_destroy_callback destroy,
                                    mos_error **error);

typedef struct mos_remove_options {
    uint32_t struct_size;
    bool remove_config; /* its configuration files go too, altered or not; else they are kept */
    bool remove_data;   /* and what its manifest names as data */
    bool backup_data;   /* first write an archive of that data below var/backups/multios, and say so in a notice */
} mos_remove_options;

#define MOS_REMOVE_OPTIONS_INIT                                                                                        \
    { sizeof(mos_remove_options), 0, 0, 0 }

/* Adds the step "remove the package called `name`". Files that were altered since are kept and reported, and so are
 * configuration files unless the options say otherwise; what goes lies in the recovery point until that is cleaned up.
 * Since 0.1. */
MOS_API int mos_plan_remove(mos_plan *plan, const char *name, const mos_remove_options *options, mos_error **error);

/* Makes the plan one that takes back a transaction. `recovery_point` is a mos_history_record's, or NULL for the newest
 * one that is in effect ("last-good"). Only the newest can be taken back; MOS_E_NOTHING_TO_ROLL_BACK otherwise. A
 * rollback is the plan's only step. Since 0.1. */
MOS_API int mos_plan_rollback(mos_plan *plan, const char *recovery_point, mos_error **error);

/* What a rollback does with what somebody has changed since. What others have put into folders that go away always
 * stays; what a recovery point has lost, or has no more as it was, is never taken (MOS_E_POINT_DAMAGED). */
typedef int32_t mos_merge_rule;
enum {
    MOS_MERGE_USUAL = 0,        /* MOS_MERGE_KEEP; of a captured point MOS_MERGE_PAST */
    MOS_MERGE_KEEP = 1,         /* the changed one stays */
    MOS_MERGE_REFUSE = 2,       /* MOS_E_CONFLICT */
    MOS_MERGE_ASK = 3,          /* the job asks: "keep", "past" or "stop" */
    MOS_MERGE_PREFER_NEWER = 4, /* the one that was written later, by its time */
    MOS_MERGE_PREFER_OLDER = 5,
    MOS_MERGE_KEEP_BOTH = 6, /* the changed one stays, and what was there then is put beside it, as NAME.rp-12 */
    MOS_MERGE_PAST = 7       /* what was there then; the changed one goes into the new recovery point */
};

typedef int32_t mos_rollback_scope;
enum {
    MOS_ROLLBACK_EVERYTHING = 0,
    MOS_ROLLBACK_PACKAGE = 1,      /* the files of one package, and which version of it counts as installed */
    MOS_ROLLBACK_CONFIGURATION = 2 /* configuration files alone: below etc/, and those of packages; versions stay */
};

typedef struct mos_rollback_options {
    uint32_t struct_size;
    mos_rollback_scope scope;
    const char *recovery_point; /* to before the change that made it; NULL: the newest change that fits the rest */
    const char *target_version; /* which a package has then; NULL: whatever it was */
    const char *name; /* of the package; of the component of configuration (a package, or a name below etc/), NULL: all;
                         MOS_E_INVALID_ARGUMENT with MOS_ROLLBACK_EVERYTHING, which is of nothing alone */
    mos_merge_rule merge;
    bool accept_risks; /* else the job asks about what files can't tell: "go-on" or "stop" */
    bool emergency;    /* the newest change alone, in the fewest steps; goes round what is in the way of it */
    /* The newest change too goes back by a change of its own, by which it can be brought again; its files are shared
     * where the filesystem can, else copied. MOS_E_INVALID_ARGUMENT together with `emergency`. */
    bool keep_way_forward;
} mos_rollback_options;

#define MOS_ROLLBACK_OPTIONS_INIT                                                                                      \
    { sizeof(mos_rollback_options), 0, 0, 0, 0, 0, 0, 0, 0 }

/* Makes the plan one that goes back to how the root was before a change, over all changes since, or over what they were
 * for one package or for configuration. It is a change itself, with a recovery point by which it can be taken back;
 * but where it is the newest change alone that goes back, that change's own recovery point goes, unless
 * `keep_way_forward` is set. NULL options take back the newest change. MOS_E_NOTHING_TO_ROLL_BACK; MOS_E_NEEDS_ANSWER
 * when several packages had `target_version` and none was named. Since 0.1. */
MOS_API int mos_plan_rollback_to(mos_plan *plan, const mos_rollback_options *options, mos_error **error);

/* Works the plan out against the root as it is: versions, owners, conflicts, space. Changes nothing, but first
 * completes what a power cut left unfinished. Called again after a step was added, and by the job when it has not been.
 * MOS_E_INVALID_ARGUMENT once the plan has its job, as for a further step. Since 0.1. */
MOS_API int mos_plan_resolve(mos_plan *plan, mos_error **error);

/* ---- What a resolved plan says; MOS_E_INVALID_ARGUMENT or an empty answer before mos_plan_resolve ----
 *
 * Strings of the plan live until the plan is freed, resolved again, or given a further step, whichever comes first. */

/* 64 hexadecimal digits over everything that the plan would do; "" before mos_plan_resolve. Since 0.1. */
MOS_API const char *mos_plan_digest(const mos_plan *plan);

typedef int32_t mos_step_action;
enum {
    MOS_STEP_INSTALL = 0,
    MOS_STEP_UPDATE = 1,
    MOS_STEP_DOWNGRADE = 2,
    MOS_STEP_REINSTALL = 3,
    MOS_STEP_REMOVE = 4,
    MOS_STEP_ROLL_BACK = 5,
    MOS_STEP_RESTORE = 6 /* files of a backup (mos_plan_restore); since 0.1 */
};

typedef struct mos_step {
    uint32_t struct_size;
    mos_step_action action;
    const char *name;        /* package, recovery point, or backup */
    const char *version;     /* that will be there; "" for a removal */
    const char *old_version; /* that is there; "" for a first installation */
    const char *signer;      /* who signed it, as the trust store names it; "" where nothing is installed */
} mos_step;

#define MOS_STEP_INIT                                                                                                  \
    { sizeof(mos_step), 0, 0, 0, 0, 0 }

/* How many steps the plan has. Since 0.1. */
MOS_API size_t mos_plan_step_count(const mos_plan *plan);

/* Step `index`; set `step->struct_size` first. Since 0.1. */
MOS_API int mos_plan_step_at(const mos_plan *plan, size_t index, mos_step *step, mos_error **error);

typedef struct mos_plan_totals {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t added;    /* paths that are new */
    uint64_t replaced; /* paths whose content or type changes */
    uint64_t removed;
    uint64_t attributes; /* paths of which only mode, owner, time or attributes change */
    uint64_t unchanged;
    uint64_t kept;        /* paths of somebody else's, or altered, that stay; for a rollback all that it leaves alone */
    uint64_t write_bytes; /* content that will be written */
    uint64_t read_bytes;  /* of the packages' files, what was and will be read, each byte counted once */
    uint64_t package_bytes; /* of those files in all; one that a package carries is part of that package's */
} mos_plan_totals;

#define MOS_PLAN_TOTALS_INIT                                                                                           \
    { sizeof(mos_plan_totals), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Set `totals->struct_size` first. Since 0.1. */
MOS_API int mos_plan_totals_get(const mos_plan *plan, mos_plan_totals *totals, mos_error **error);

/* Sentences that a person should read before the plan runs: what is kept and why. Since 0.1. */
MOS_API size_t mos_plan_notice_count(const mos_plan *plan);
MOS_API const char *mos_plan_notice_at(const mos_plan *plan, size_t index); /* "" past the end */

typedef struct mos_plan_job_options {
    uint32_t struct_size;
    uint32_t reserved;
    const char *expected_digest; /* refuse with MOS_E_PLAN_CHANGED if the plan to run has another; NULL: any */
    const char *reason;          /* kept in the history: one line of at most 4096 bytes (MOS_E_LIMIT); NULL: none */
} mos_plan_job_options;

#define MOS_PLAN_JOB_OPTIONS_INIT                                                                                      \
    { sizeof(mos_plan_job_options), 0, 0, 0 }

/* A job that carries the plan out; see job.h. The plan that runs is the plan that was resolved: if the root has changed
 * so that it would do something else, the job ends with MOS_E_PLAN_CHANGED and nothing is changed. A plan runs once.
 * Since 0.1. */
MOS_API int mos_plan_job(mos_plan *plan, const mos_plan_job_options *options, mos_job **job, mos_error **error);

#ifdef __cplusplus
}
#endif

#endif
