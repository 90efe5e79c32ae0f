/* Duplicates: which files are there more than once, over packages and folders, and what that costs. */
#ifndef MULTIOSUPDATE_DUPLICATES_H
#define MULTIOSUPDATE_DUPLICATES_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A comparison to which packages and folders are added, in whatever order. Since 0.1. */
MOS_API int mos_duplicates_create(mos_context *context, mos_duplicates **duplicates, mos_error **error);

/* A job that adds to it keeps what it needs. */
MOS_API void mos_duplicates_free(mos_duplicates *duplicates);

/* Adds every regular file that the package stores, its metadata left out, by the digests of its index; of a delta
 * package what it brings whole. `name` is how the package is told; NULL: as it was opened. MOS_E_LIMIT beyond 1,000,000
 * files in all. Since 0.1. */
MOS_API int mos_duplicates_add_package(mos_duplicates *duplicates, mos_package *package, const char *name,
                                       mos_error **error);

/* A job (job.h) that adds the file `path`, or every regular file below the folder; each is read. Symbolic links below
 * it are not followed, empty files do not count. What was added before a job failed or was cancelled stays. Since 0.1.
 */
MOS_API int mos_duplicates_add_job(mos_duplicates *duplicates, const char *path, mos_job **job, mos_error **error);

typedef struct mos_duplicate {
    uint32_t struct_size;
    bool is_stored_once; /* shares its content with another one already (a hard link; in a package also a copy): there
                            is nothing to save */
    uint64_t size;       /* bytes */
    const char *source;  /* package, folder or file in which it is */
    const char *path;    /* there; "" for a file that was added by itself */
    const char *original_source;
    const char *original_path;
} mos_duplicate;

#define MOS_DUPLICATE_INIT                                                                                             \
    { sizeof(mos_duplicate), 0, 0, 0, 0, 0, 0 }

/* How many files have the content of another one. Of each content the first that was added is the original, and all
 * others are duplicates of it, in the order of their originals. Not while a job adds: waits for it. Since 0.1. */
MOS_API size_t mos_duplicates_count(mos_duplicates *duplicates);

/* Duplicate `index`; set `duplicate->struct_size` first. Its strings live until something is added. Since 0.1. */
MOS_API int mos_duplicates_at(mos_duplicates *duplicates, size_t index, mos_duplicate *duplicate, mos_error **error);

typedef struct mos_duplicates_totals {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t files; /* that were compared */
    uint64_t bytes; /* of these */
    uint64_t duplicates;
    uint64_t duplicate_bytes;
    uint64_t stored_once_bytes; /* of the duplicates, those that take no room as it is */
} mos_duplicates_totals;

#define MOS_DUPLICATES_TOTALS_INIT                                                                                     \
    { sizeof(mos_duplicates_totals), 0, 0, 0, 0, 0, 0 }

/* Set `totals->struct_size` first. Since 0.1. */
MOS_API int mos_duplicates_totals_get(mos_duplicates *duplicates, mos_duplicates_totals *totals, mos_error **error);

#ifdef __cplusplus
}
#endif

#endif
