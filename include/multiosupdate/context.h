/* The context: the ports through which the library meets its surroundings. */
#ifndef MULTIOSUPDATE_CONTEXT_H
#define MULTIOSUPDATE_CONTEXT_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t mos_log_level;
enum { MOS_LOG_DEBUG = 0, MOS_LOG_INFO = 1, MOS_LOG_WARNING = 2, MOS_LOG_ERROR = 3 };

/* One line, no line break: what recovery completed or undid, and every notice of a change to a root (job.h), also of
 * one that fails. Called on whatever thread does the work, possibly on several at once. May not call back into the
 * library. */
typedef void (*mos_log_callback)(void *user_data, mos_log_level level, const char *message);

/* Now, in seconds since 1970-01-01 UTC. Called from any thread. */
typedef int64_t (*mos_clock_callback)(void *user_data);

typedef struct mos_context_options {
    uint32_t struct_size;
    mos_log_callback log; /* NULL: no log */
    void *log_user_data;
    mos_destroy_callback log_destroy;
    mos_clock_callback clock; /* NULL: the system's wall clock */
    void *clock_user_data;
    mos_destroy_callback clock_destroy;
} mos_context_options;

#define MOS_CONTEXT_OPTIONS_INIT                                                                                       \
    { sizeof(mos_context_options), 0, 0, 0, 0, 0, 0 }

/* Creates a context; it never changes afterwards and may be shared between threads. `options` may be NULL. Since 0.1.
 */
MOS_API int mos_context_create(const mos_context_options *options, mos_context **context, mos_error **error);

/* Gives up the caller's hold. Engines, packages and keys made with the context keep it alive. Since 0.1. */
MOS_API void mos_context_free(mos_context *context);

#ifdef __cplusplus
}
#endif

#endif
