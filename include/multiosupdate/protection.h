/* Data protection: backups of what people and programs have written, and putting their files back.
 *
 * A backup is a tar in gzip, zstd, lz4 or none with the digest of each file inside; docs/data-protection.md has the
 * format. What a call does not say is as the root's settings below `data_protection` say. */
#ifndef MULTIOSUPDATE_PROTECTION_H
#define MULTIOSUPDATE_PROTECTION_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t mos_compression;
enum {
    MOS_COMPRESSION_CONFIGURED = 0,
    MOS_COMPRESSION_NONE = 1,
    MOS_COMPRESSION_GZIP = 2,
    MOS_COMPRESSION_ZSTD = 3,
    MOS_COMPRESSION_LZ4 = 4
};

/* Flags of this header's structs. */
enum {
    MOS_BACKUP_OUTSIDE_ROOT = 1, /* the path is one of the running system's, not beneath the engine's root */
    MOS_BACKUP_UNVERIFIED = 2,   /* not read again before it counts */
    MOS_BACKUP_DETAILED = 4,     /* a row for each entry */
    MOS_BACKUP_SIMULATE = 8      /* say what would go, and delete nothing */
};

typedef struct mos_backup_options {
    uint32_t struct_size;
    uint32_t flags;           /* MOS_BACKUP_OUTSIDE_ROOT, MOS_BACKUP_UNVERIFIED */
    const char *const *paths; /* what is backed up, beneath the root; "/" for all that the root holds */
    size_t path_count;
    const char *destination; /* the folder of the archive; made where it is beneath the root; NULL: as configured */
    mos_compression compression;
    uint32_t threads;                   /* that compress, where the compression can use several; 0: as many as there are
                                           processors, at most eight */
    const char *leave_out;              /* classes of data that are left out, "cache,temporary"; NULL: none */
    mos_write_callback write;           /* gets the archive instead of a folder; it is not verified then; NULL: none */
    void *write_user_data;              /* passed to `write` */
    mos_destroy_callback write_destroy; /* frees it; NULL: nothing to free */
} mos_backup_options;

#define MOS_BACKUP_OPTIONS_INIT                                                                                        \
    { sizeof(mos_backup_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* A job (job.h) that writes a backup. The archive has its name only when it is whole, flushed and, unless that is left
 * out, was read again and compared with its digests. The outcome has one row of kind "backup": `package` is its name,
 * "backup-7", `object` the archive's path. MOS_E_NOT_FOUND for a path that is not there, MOS_E_BACKUP for an archive
 * that does not read as it was written, MOS_E_NO_SPACE and others: nothing is left of it then. Since 0.1. */
MOS_API int mos_engine_backup_job(mos_engine *engine, const mos_backup_options *options, mos_job **job,
                                  mos_error **error);

/* Which backup: by its name in the catalogue, or else by the path of an archive, or of a folder, of which it is the
 * newest that the catalogue has there. */
typedef struct mos_backup_choice {
    uint32_t struct_size;
    uint32_t flags;   /* MOS_BACKUP_OUTSIDE_ROOT for `path` */
    const char *id;   /* "backup-7"; NULL: by path */
    const char *path; /* NULL: by id; MOS_E_INVALID_ARGUMENT with both */
} mos_backup_choice;

#define MOS_BACKUP_CHOICE_INIT                                                                                         \
    { sizeof(mos_backup_choice), 0, 0, 0 }

/* A job that reads a backup and compares every byte with its digests. Rows of the outcome: kinds "archive" (where the
 * catalogue has its digest), "entries", "content"; with MOS_BACKUP_DETAILED in `flags` also "file", "folder",
 * "symbolic-link" and "hard-link" for each entry (the first 100,000). MOS_E_BACKUP_DAMAGED names what is wrong.
 * Since 0.1. */
MOS_API int mos_engine_backup_verify_job(mos_engine *engine, const mos_backup_choice *choice, uint32_t flags,
                                         mos_job **job, mos_error **error);

/* What becomes of a file that is newer than the backup's: its time is later, and its content another. */
typedef int32_t mos_newer_rule;
enum {
    MOS_NEWER_REFUSE = 0, /* MOS_E_NEWER_IN_PLACE, and nothing is changed */
    MOS_NEWER_ASK = 1,    /* the job asks about each: "keep", "replace" or "stop" */
    MOS_NEWER_KEEP = 2,
    MOS_NEWER_REPLACE = 3 /* it goes into the recovery point */
};

typedef struct mos_restore_options {
    uint32_t struct_size;
    mos_newer_rule on_newer;
    const char *destination; /* beneath the root: what takes the place of the backup's one path, or, where it has
                                several, the folder that all of them go below; NULL: where they were */
    bool plain_permissions;  /* owners of the place, no set-id bits, at most 0755; else those of the backup */
} mos_restore_options;

#define MOS_RESTORE_OPTIONS_INIT                                                                                       \
    { sizeof(mos_restore_options), 0, 0, 0 }

/* Makes the plan one that puts files of a backup back, as its only step: one transaction, with a recovery point. The
 * archive is opened now. mos_plan_resolve reads all of it and compares; the job reads it again while it stages, and
 * changes nothing unless every digest fits. What is there and not in the backup stays. Since 0.1. */
MOS_API int mos_plan_restore(mos_plan *plan, const mos_backup_choice *choice, const mos_restore_options *options,
                             mos_error **error);

typedef int32_t mos_backup_standing;
enum {
    MOS_BACKUP_COMPLETE = 0,
    MOS_BACKUP_UNFINISHED = 1, /* being written, or left by a cut */
    MOS_BACKUP_MISSING = 2,    /* the archive, or its folder, is not there */
    MOS_BACKUP_ELSEWHERE = 3   /* it went to a callback, whose owner alone has it */
};

typedef struct mos_backup_record {
    uint32_t struct_size;
    mos_backup_standing standing;
    const char *id;          /* "backup-7" */
    const char *paths;       /* what was backed up, a path a line, beneath the root */
    const char *archive;     /* its path; "" where it went to a callback */
    const char *compression; /* "none", "gzip", "zstd", "lz4" */
    const char *sha256;      /* of the archive, in hexadecimal digits; "" while it is unfinished */
    int64_t time_unix_s;
    uint64_t archive_bytes;
    uint64_t content_bytes;
    uint64_t entries;
    uint64_t left_out; /* what no archive holds, or what was not wanted in it */
    bool outside_root; /* `archive` is a path of the running system's */
    bool verified;     /* it was read again when it was made */
} mos_backup_record;

#define MOS_BACKUP_RECORD_INIT                                                                                         \
    { sizeof(mos_backup_record), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* The catalogue of backups, oldest first, as it is now. Needs no lock. Since 0.1. */
MOS_API int mos_backups_open(mos_engine *engine, mos_backups **backups, mos_error **error);
/* The next record; set `record->struct_size` first. Its strings live until the next call. MOS_OK or MOS_END. Since
 * 0.1. */
MOS_API int mos_backups_next(mos_backups *backups, mos_backup_record *record, mos_error **error);
MOS_API void mos_backups_free(mos_backups *backups);

typedef struct mos_backup_retention {
    uint32_t struct_size;
    uint32_t flags;        /* MOS_BACKUP_SIMULATE */
    uint64_t keep_at_most; /* 0: no such limit; where both this and the age are 0, as configured */
    int64_t older_than_s;  /* seconds; 0: no such limit */
    uint64_t keep_minimum; /* of the newest, whatever the limits; 0: one */
} mos_backup_retention;

#define MOS_BACKUP_RETENTION_INIT                                                                                      \
    { sizeof(mos_backup_retention), 0, 0, 0, 0 }

/* Deletes the backups that are due, but never the last one of any set of paths. A row for each, of kind "removed" or
 * (MOS_BACKUP_SIMULATE) "due": `package` is its name, `object` the archive's path. Since 0.1. */
MOS_API int mos_engine_backups_clean_up(mos_engine *engine, const mos_backup_retention *retention, mos_report **report,
                                        mos_error **error);

/* What there is of these classes of data, "critical,important" (NULL): a row for each path at which a rule begins to
 * hold. `kind` is the class (critical, important, user, system, cache, temporary), `object` the path beneath the root,
 * `sentence` why. Since 0.1. */
MOS_API int mos_engine_protected(mos_engine *engine, const char *classes, mos_report **report, mos_error **error);

#ifdef __cplusplus
}
#endif

#endif
