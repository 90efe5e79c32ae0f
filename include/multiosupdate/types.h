/* Common types of libmultiosupdate.
 *
 * Rules that hold for every function of this library:
 *
 * - Arguments stand in the order: object, inputs, options (NULL for defaults), callback and user_data, outputs, and
 * last `mos_error **error` (may be NULL).
 * - A function that can fail returns `int`: MOS_OK, MOS_END or MOS_PENDING where its comment says so, or a negative
 *   error code (error_codes.h), fixed for ever. Output handles and `*error` are set to NULL on entry; other outputs are
 * left alone on failure.
 * - Strings that go in are copied, or used only during the call. Strings and structs that come out are borrowed: they
 * live until the object they came from is freed or changes: a cursor moves, a plan is resolved or gets a further step,
 * a package is authenticated (its signers) or its manifest is asked for again. Where that is so, the header says it.
 * Nothing is freed but by the `_free` function of its type, which accepts NULL.
 * - Text is UTF-8. Paths are bytes in the encoding of the filesystem. Times are int64_t seconds since 1970-01-01 UTC
 *   (`_unix_s`); durations are milliseconds (`_ms`); sizes are bytes.
 * - Option structs begin with `uint32_t struct_size`; initialise them with their _INIT macro. Zero is every other
 *   field's default. A struct from an older header is accepted; a newer one with a non-zero tail is MOS_E_UNSUPPORTED,
 *   and so is a field `reserved` that is not 0.
 * - Handles carry a mark: a wrong or freed one is MOS_E_WRONG_HANDLE where that can be told, not a crash.
 * - Threads: mos_context may be shared between threads, and so may mos_engine. A mos_job may be waited on, polled,
 * asked, answered, cancelled and paused from any thread. Everything else is used by one thread at a time.
 * - Callbacks must not throw, nor leave by longjmp or the end of their thread. An exception is contained all the same:
 *   one that answers has failed then, and the error names it; the clock's is the system's time; any other's is dropped.
 * - The library prints nothing, installs no signal handler, and changes neither locale, umask nor working directory.
 */
#ifndef MULTIOSUPDATE_TYPES_H
#define MULTIOSUPDATE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef MOS_API
#if defined(__GNUC__)
#define MOS_API __attribute__((visibility("default")))
#else
#define MOS_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What a function returns besides negative error codes. */
enum {
    MOS_OK = 0,
    MOS_END = 1,    /* a cursor has no further element */
    MOS_PENDING = 2 /* a job has not ended yet */
};

typedef struct mos_context mos_context;
typedef struct mos_engine mos_engine;
typedef struct mos_plan mos_plan;
typedef struct mos_job mos_job;
typedef struct mos_outcome mos_outcome;
typedef struct mos_package mos_package;
typedef struct mos_entry_cursor mos_entry_cursor;
typedef struct mos_history mos_history;
typedef struct mos_events mos_events;
typedef struct mos_doctor mos_doctor;
typedef struct mos_report mos_report;
typedef struct mos_ways mos_ways;
typedef struct mos_duplicates mos_duplicates;
typedef struct mos_recovery_list mos_recovery_list;
typedef struct mos_backups mos_backups;
typedef struct mos_key mos_key;
typedef struct mos_certificate mos_certificate;
typedef struct mos_settings mos_settings;
typedef struct mos_trust_list mos_trust_list;
typedef struct mos_digest mos_digest;
typedef struct mos_schedule mos_schedule;
typedef struct mos_error mos_error;

/* Frees what a caller passed with a callback; called exactly once, also when the call that took it failed. May be NULL.
 */
typedef void (*mos_destroy_callback)(void *user_data);

/* Random-access input of the embedder's. Reads up to `size` bytes at `offset` into `buffer` and returns how many: fewer
 * only at the end, 0 past it, negative when reading failed (the value is kept in the error). Called on the thread that
 * uses the package: a job's own thread, or the caller's. May not call back into the library. */
typedef int64_t (*mos_read_at_callback)(void *user_data, uint64_t offset, void *buffer, size_t size);

/* Takes the next `size` bytes of what is written, on the thread that writes it: a job's own, or the caller's. Returns
 * 0; anything else ends the writing with MOS_E_IO, which keeps the value. May not call back into the library. */
typedef int32_t (*mos_write_callback)(void *user_data, const void *bytes, size_t size);

/* The library's version, "0.1.0". Since 0.1. */
MOS_API const char *mos_version(void);

#ifdef __cplusplus
}
#endif

#endif
