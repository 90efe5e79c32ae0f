/* Deltas: one file made out of another. The format is described in docs/delta-format.md. */
#ifndef MULTIOSUPDATE_DELTA_H
#define MULTIOSUPDATE_DELTA_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t mos_delta_codec;
enum {
    MOS_DELTA_DEFAULT = 0, /* suffix */
    MOS_DELTA_KEEP = 1,    /* the result is the base */
    MOS_DELTA_FULL = 2,    /* the result itself, compressed */
    MOS_DELTA_VCDIFF = 3,  /* RFC 3284, by xdelta3 and for it; a build may be without */
    MOS_DELTA_SUFFIX = 4   /* the smallest; applied in little memory, in the order in which it comes in */
};

/* Whether this build makes, or applies, deltas of the codec; what it does not is MOS_E_NOT_BUILT. Since 0.1. */
MOS_API bool mos_delta_can_create(mos_delta_codec codec);
MOS_API bool mos_delta_can_apply(mos_delta_codec codec);

/* The next bytes of a delta, in order, at most `size` of them into `buffer`: returns how many, 0 at the end, negative
 * when reading failed. Called on the job's thread; may wait, may not call back into the library. */
typedef int64_t (*mos_delta_read_callback)(void *user_data, void *buffer, size_t size);

/* The next bytes of what is made, in order. 0 goes on, anything else stops the job with MOS_E_IO. Called on the job's
 * thread; may not call back into the library. */
typedef int (*mos_delta_write_callback)(void *user_data, const void *bytes, size_t size);

/* Where a file comes from: the first of these that is set. Begin with MOS_DELTA_INPUT_INIT: in a struct of zeros
 * descriptor 0 is set, the standard input. */
typedef struct mos_delta_input {
    uint32_t struct_size;
    int32_t descriptor;           /* of a regular file or block device, where nothing else is set; duplicated */
    const char *path;             /* or */
    const void *bytes;            /* of `size`; copied; not NULL for an empty file either */
    size_t size;                  /* of `bytes` */
    mos_delta_read_callback read; /* or: for a delta that is applied while it comes in, and for nothing else */
    void *user_data;              /* of `read` */
    mos_destroy_callback destroy; /* of user_data; called exactly once, also when the call fails; may be NULL */
} mos_delta_input;

#define MOS_DELTA_INPUT_INIT                                                                                           \
    { sizeof(mos_delta_input), -1, 0, 0, 0, 0, 0, 0 }

/* Where it goes: the first of these that is set. After an error or a crash `path` is what was there before, or the new
 * file whole. It belongs to the caller with mode 0644, whatever the one before had, and may not be anything but a
 * regular file: MOS_E_INVALID_ARGUMENT for a device, a folder or a symbolic link. */
typedef struct mos_delta_output {
    uint32_t struct_size;
    uint32_t reserved;
    const char *path;               /* as above; or */
    mos_delta_write_callback write; /* what it was given counts only when the job has succeeded */
    void *user_data;                /* of `write` */
    mos_destroy_callback destroy;   /* as in mos_delta_input */
} mos_delta_output;

#define MOS_DELTA_OUTPUT_INIT                                                                                          \
    { sizeof(mos_delta_output), 0, 0, 0, 0, 0 }

typedef struct mos_delta_options {
    uint32_t struct_size;
    mos_delta_codec codec; /* of what is made */
    uint64_t
        memory_limit; /* bytes that the job may take besides the delta; 0: 4 GiB to make one, 32 MiB to apply one */
    uint64_t apply_memory; /* of what is made: bytes that the device will have to apply it; 0: 32 MiB */
} mos_delta_options;

#define MOS_DELTA_OPTIONS_INIT                                                                                         \
    { sizeof(mos_delta_options), 0, 0, 0 }

/* A job (job.h) that makes a delta from `base` to `result`, and applies it once to see that it is right. The same
 * files, options and versions of the compressors give the same bytes. `options` may be NULL. The job's errors:
 * MOS_E_NOT_BUILT; MOS_E_INVALID_ARGUMENT for MOS_DELTA_KEEP of files that differ and for an apply_memory below 1 MiB;
 * MOS_E_LIMIT where the memory does not suffice or the base is too large (2 GiB for suffix); MOS_E_CHANGED_MEANWHILE
 * when a file is not at the end what it was at the beginning; MOS_E_CANCELLED. Since 0.1. */
MOS_API int mos_delta_create_job(mos_context *context, const mos_delta_input *base, const mos_delta_input *result,
                                 const mos_delta_output *delta, const mos_delta_options *options, mos_job **job,
                                 mos_error **error);

/* A job that applies a delta. Its header, the memory that it needs and the whole base are checked before anything is
 * written, and the result's digest before it counts. The job's errors: MOS_E_BASE_DIFFERS when the base is another
 * file, or changed while it was read; MOS_E_LIMIT when it takes more memory than is allowed, before that is taken;
 * MOS_E_NOT_BUILT, MOS_E_UNSUPPORTED; MOS_E_FORMAT, MOS_E_TRUNCATED, MOS_E_TRAILING_DATA, MOS_E_DIGEST_MISMATCH for a
 * delta that was damaged; MOS_E_CANCELLED. Since 0.1. */
MOS_API int mos_delta_apply_job(mos_context *context, const mos_delta_input *base, const mos_delta_input *delta,
                                const mos_delta_output *result, const mos_delta_options *options, mos_job **job,
                                mos_error **error);

/* What the header of a delta says. */
typedef struct mos_delta_information {
    uint32_t struct_size;
    mos_delta_codec codec;
    uint64_t base_size; /* bytes, as all sizes */
    uint64_t result_size;
    uint64_t payload_size; /* of the delta without its header */
    uint64_t apply_memory; /* that applying it was seen to take */
    uint8_t base_sha256[32];
    uint8_t result_sha256[32];
} mos_delta_information;

#define MOS_DELTA_INFORMATION_INIT                                                                                     \
    {                                                                                                                  \
        sizeof(mos_delta_information), 0, 0, 0, 0, 0, {0}, { 0 }                                                       \
    }

/* Reads the header of a delta; set `information->struct_size` first. A `read` callback is MOS_E_INVALID_ARGUMENT.
 * Since 0.1. */
MOS_API int mos_delta_information_get(mos_context *context, const mos_delta_input *delta,
                                      mos_delta_information *information, mos_error **error);

#ifdef __cplusplus
}
#endif

#endif
