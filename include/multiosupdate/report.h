/* Reports: what is installed, what differs, what is missing, what is to be done; a row each. */
#ifndef MULTIOSUPDATE_REPORT_H
#define MULTIOSUPDATE_REPORT_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mos_report_row {
    uint32_t struct_size;
    uint32_t reserved;
    const char *kind;     /* a stable name; each function says which there are */
    const char *package;  /* its name */
    const char *object;   /* what the row is about: a path, a version, a relation; "" where nothing */
    const char *sentence; /* the same for people */
} mos_report_row;

#define MOS_REPORT_ROW_INIT                                                                                            \
    { sizeof(mos_report_row), 0, 0, 0, 0, 0 }

/* The next row; set `row->struct_size` first. Its strings live as long as `report`. Returns MOS_OK or MOS_END.
 * Since 0.1. */
MOS_API int mos_report_next(mos_report *report, mos_report_row *row, mos_error **error);

MOS_API void mos_report_free(mos_report *report);

/* The installed packages by name; `object` is the version. Kinds: "asked" for one that somebody asked for, "automatic"
 * for one that only came along with another. Read as mos_history_open reads. Since 0.1. */
MOS_API int mos_engine_installed_packages(mos_engine *engine, mos_report **report, mos_error **error);

/* The packages that came along with others and that no installed package needs any more, by name; kind "orphan",
 * `object` is the version. Since 0.1. */
MOS_API int mos_engine_orphans(mos_engine *engine, mos_report **report, mos_error **error);

/* The changes for whose sake the system must be started again, newest first: kind "reboot", `package` has the names of
 * one change, separated by spaces, `object` its recovery point ("" for a rollback). Empty after the next start, which
 * is told by the kernel's boot identifier, and always for a root that is not the running system's once it has been
 * started from. Since 0.1. */
MOS_API int mos_engine_pending_reboots(mos_engine *engine, mos_report **report, mos_error **error);

/* What the package needs and excludes, held against what is installed: kind "unmet" for a dependency that nothing
 * installed satisfies, "conflict" for a package that must not be there beside it; `object` is the relation as the
 * manifest has it. Empty when it can be installed. Looks at the manifest; no signature is checked. Since 0.1. */
MOS_API int mos_engine_check_dependencies(mos_engine *engine, mos_package *package, mos_report **report,
                                          mos_error **error);

/* A job (job.h) that compares what is installed with what was installed: the package `name`, or all when it is NULL.
 * Every file is read. What differs is in the outcome (mos_outcome_row_at), a row for each difference of a path; kinds:
 * "missing", "type", "content", "link-target", "mode", "owner", "attributes", "unreadable"; with "configuration-" in
 * front where the file is meant to be changed by hand. A root that is mounted read-only is compared as it is, and a
 * notice tells of a change that was left unfinished. MOS_E_NOT_INSTALLED. Since 0.1. */
MOS_API int mos_engine_verify_job(mos_engine *engine, const char *name, mos_job **job, mos_error **error);

typedef struct mos_system_check_options {
    uint32_t struct_size;
    bool skip_content; /* else everything installed is read and compared, as by mos_engine_verify_job */
    bool dependencies; /* kind "dependency": a package lacks what it depends on */
    bool signatures;   /* kind "signer": nobody who is trusted now vouches for an installed package */
    bool health;       /* kind "health": a health check says no; `object` is its name */
} mos_system_check_options;

#define MOS_SYSTEM_CHECK_OPTIONS_INIT                                                                                  \
    { sizeof(mos_system_check_options), 0, 0, 0, 0 }

/* A job (job.h) whose outcome has a row for each thing of the system that is not as it should be, with the kinds of
 * mos_engine_verify_job besides those above. Changes nothing, but first completes what was left unfinished. What can't
 * be asked is a notice. Since 0.1. */
MOS_API int mos_engine_system_check_job(mos_engine *engine, const mos_system_check_options *options, mos_job **job,
                                        mos_error **error);

/* How many rows a job's outcome has, and row `index`; set `row->struct_size` first. Jobs that give rows say so: at most
 * 100,000, what a verification finds beyond is counted in a notice. Since 0.1. */
MOS_API size_t mos_outcome_row_count(const mos_outcome *outcome);
MOS_API int mos_outcome_row_at(const mos_outcome *outcome, size_t index, mos_report_row *row, mos_error **error);

#ifdef __cplusplus
}
#endif

#endif
