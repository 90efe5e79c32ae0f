/* Recovery points: what can be gone back to, captured by hand, verified, cleaned up. docs/recovery.md tells how.
 *
 * There are two kinds. Every change leaves a point, which is the state before it and costs nothing; and a point can be
 * captured at any time, of the whole system or a part of it. Both are called "rp-12" and so on. */
#ifndef MULTIOSUPDATE_RECOVERY_H
#define MULTIOSUPDATE_RECOVERY_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t mos_recovery_scope;
enum {
    MOS_RECOVERY_CHANGE = 0, /* the state before a change */
    MOS_RECOVERY_FULL_SYSTEM = 1,
    MOS_RECOVERY_PACKAGES = 2,
    MOS_RECOVERY_CONFIGURATION = 3, /* etc, and the configuration files of all packages */
    MOS_RECOVERY_PATHS = 4
};

typedef struct mos_recovery_point {
    uint32_t struct_size;
    mos_recovery_scope scope;
    const char *name;        /* "rp-12" */
    const char *description; /* of a change what it did */
    const char *reason;      /* of a change; "" when none was given */
    const char *tags;        /* separated by commas */
    const char *names;       /* packages, or paths, that it is about, separated by line breaks; "" for all */
    int64_t time_unix_s;
    uint64_t paths;         /* that it has; of a change those that it touched */
    uint64_t content_bytes; /* of what was captured, shared or copied; 0 of a change, which copied nothing */
    bool can_go_back;       /* false of a change that was taken back, or over which there is no way any more */
    bool taken_back;        /* of a change: it is not in effect. With both false its change is in effect, and a point
                             * without which there is no way back is gone */
} mos_recovery_point;

#define MOS_RECOVERY_POINT_INIT                                                                                        \
    { sizeof(mos_recovery_point), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* The recovery points, newest first. Read as mos_history_open reads: also while somebody changes the root. Since 0.1.
 */
MOS_API int mos_recovery_list_open(mos_engine *engine, mos_recovery_list **list, mos_error **error);

/* The next one; set `point->struct_size` first. Its strings live as long as `list`. Returns MOS_OK or MOS_END.
 * Since 0.1. */
MOS_API int mos_recovery_list_next(mos_recovery_list *list, mos_recovery_point *point, mos_error **error);

MOS_API void mos_recovery_list_free(mos_recovery_list *list);

/* A job (job.h) that works out what going back to the point `name` would do now, which is what has changed since;
 * nothing is changed. The outcome's rows (mos_outcome_row_at): kind "package" with its versions as `object`; "create",
 * "replace", "attributes", "remove" and "remove_tree" with a path; and what would not simply be overwritten: "edited",
 * "foreign", "lost", "altered". mos_outcome_changed_paths counts the paths, mos_outcome_written_bytes the content that
 * would come back. MOS_E_NOTHING_TO_ROLL_BACK, MOS_E_POINT_DAMAGED. Since 0.1. */
MOS_API int mos_recovery_details_job(mos_engine *engine, const char *name, mos_job **job, mos_error **error);

typedef struct mos_recovery_create_options {
    uint32_t struct_size;
    mos_recovery_scope scope; /* 0: MOS_RECOVERY_FULL_SYSTEM */
    const char *description;  /* one line of at most 1000 bytes; NULL: none */
    const char *const *names; /* of the scopes packages (none: all) and paths */
    const char *const *tags;  /* at most 32 texts of at most 100 bytes without commas */
    const char *const
        *excluded; /* trees that are left out of a whole system; NULL: proc, sys, dev, run, tmp, var/tmp */
    size_t name_count;
    size_t tag_count;
    size_t excluded_count;
} mos_recovery_create_options;

#define MOS_RECOVERY_CREATE_OPTIONS_INIT                                                                               \
    { sizeof(mos_recovery_create_options), 0, 0, 0, 0, 0, 0, 0, 0 }

/* A job that captures a point. Content is shared where the filesystem can share it (btrfs, xfs), else copied; the
 * engine's own folders, and whatever is mounted below, are left out. mos_outcome_recovery_point names it,
 * mos_outcome_written_bytes counts what was copied. Rows: "open-for-writing", a file that somebody had open, whose
 * content in the point may be half written. After a power cut it is there whole or not at all. MOS_E_INVALID_ARGUMENT
 * (also for `excluded` of another scope), MOS_E_NOT_INSTALLED, MOS_E_NOT_FOUND for a path that is not there,
 * MOS_E_NO_SPACE. Since 0.1. */
MOS_API int mos_recovery_create_job(mos_engine *engine, const mos_recovery_create_options *options, mos_job **job,
                                    mos_error **error);

/* A job that reads everything that the point `name`, or every one when it is NULL, needs for going back. What is not as
 * it was recorded is a row: "index", "lost" or "altered", with the point as `package` and the path as `object`.
 * MOS_E_NOTHING_TO_ROLL_BACK where there is no such point. Since 0.1. */
MOS_API int mos_recovery_verify_job(mos_engine *engine, const char *name, mos_job **job, mos_error **error);

enum { MOS_RECOVERY_SIMULATE = 1 /* nothing is removed: the rows say what would be */ };

typedef struct mos_recovery_cleanup_options {
    uint32_t struct_size;
    uint32_t flags;
    const char *name;      /* this one alone; NULL: by age and number */
    int64_t older_than_s;  /* older ones go, of both kinds; 0: however old */
    uint32_t keep;         /* the newest stay, of both kinds together; 0: however many */
    uint32_t keep_minimum; /* so many stay whatever else is said */
} mos_recovery_cleanup_options;

#define MOS_RECOVERY_CLEANUP_OPTIONS_INIT                                                                              \
    { sizeof(mos_recovery_cleanup_options), 0, 0, 0, 0, 0 }

/* A job that gives recovery points up. Where the options name none, and neither age nor number, what the settings say
 * holds (recovery_point_retention, maximum_rollback_points), which is about the points of changes alone: what a person
 * has captured goes only when a person asks. Rows: "removed", or "would-remove", with the point as `object`.
 * MOS_E_NOTHING_TO_ROLL_BACK where there is no such point; MOS_E_INVALID_ARGUMENT for one without which there would be
 * no way back to older ones. Since 0.1. */
MOS_API int mos_recovery_cleanup_job(mos_engine *engine, const mos_recovery_cleanup_options *options, mos_job **job,
                                     mos_error **error);

/* Whether the root is in recovery mode, in which it takes nothing new until the mode is ended: packages are neither
 * installed nor updated (MOS_E_RECOVERY_MODE), by hand or by the queue, while rollbacks, restorations, removals and the
 * doctor's repairs go on; a way back is not judged by what it brings. Empty while it is off; else kind "recovery-mode",
 * with who began it as `package` and since when as `object` (RFC 3339; both "" where the record is damaged, which
 * counts as begun), kind "reason" with it as `object` where one was given, and kind "stopped" for each service, as
 * `object`, that ending it starts again. Since 0.1. */
MOS_API int mos_engine_recovery_mode(mos_engine *engine, mos_report **report, mos_error **error);

typedef int32_t mos_recovery_mode_wish;
enum {
    MOS_RECOVERY_MODE_BEGIN = 1, /* of one that is on, what is said here is added to it */
    MOS_RECOVERY_MODE_END = 2
};

typedef struct mos_recovery_mode_options {
    uint32_t struct_size;
    mos_recovery_mode_wish wish; /* required */
    bool stop_services;          /* those of installed packages that run are stopped, but for what the setting
                                    update_system.rollback.critical_services names, which is to name the caller's own */
    bool validate_only;          /* nothing is changed: the rows tell what would be, and whether there is a way back */
    const char *reason;          /* for people: one line of at most 1000 bytes; NULL: none */
} mos_recovery_mode_options;

#define MOS_RECOVERY_MODE_OPTIONS_INIT                                                                                 \
    { sizeof(mos_recovery_mode_options), 0, 0, 0, 0 }

/* A job that begins or ends recovery mode. It needs no database, and completes nothing that was left unfinished. The
 * mode outlives a restart of the system; services that are enabled are started by that again, and whatever depends on a
 * service that is stopped is stopped by the service manager. A service that can't be asked, stopped or started holds
 * nothing up. Rows, with the unit as `object`: "stopped", "not-stopped" (without a unit: nobody knows which there are,
 * or which are critical), "kept" (it is critical), "started", "not-started". With `validate_only`, for a beginning:
 * "would-stop", "not-stopped", "kept"; "way-back" with the newest recovery point that can be gone back to as `object`,
 * or "no-way-back"; and what the doctor calls an error, by its kind (doctor.h); for an end: "would-start".
 * MOS_E_INVALID_ARGUMENT for no wish, and for ending it and stopping services; MOS_E_LIMIT; MOS_E_LOCKED. Since 0.1. */
MOS_API int mos_recovery_mode_job(mos_engine *engine, const mos_recovery_mode_options *options, mos_job **job,
                                  mos_error **error);

#ifdef __cplusplus
}
#endif

#endif
