/* Logs: where the events of an engine go besides the journal; files, the console, the system's log. docs/events.md. */
#ifndef MULTIOSUPDATE_LOG_H
#define MULTIOSUPDATE_LOG_H

#include <multiosupdate/events.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Begins to write the engine's events where the root's settings say (section `logging`, settings.h), or the file `path`
 * where that is not NULL; log files are beneath the root. Returns MOS_OK, or MOS_END where the settings say nothing of
 * it. What is wrong in the root's settings is told to the context's log, and what is right is followed; a `path` with
 * anything wrong, or that says nothing of logs, is MOS_E_INVALID_ARGUMENT, and nothing is written anywhere.
 *
 * Each handler has a thread of its own, with all signals blocked, until the engine is gone; what can't be written, or
 * comes faster than it can be, is dropped and counted, and told once to the context's log. Nothing waits for it but the
 * end of the engine, at most two seconds a handler. Since 0.1. */
MOS_API int mos_engine_log_configured(mos_engine *engine, const char *path, mos_error **error);

typedef struct mos_log_file_options {
    uint32_t struct_size;
    mos_event_level level; /* these events and more serious ones */
    const char *path;   /* required: of the running system, not beneath the root as mos_engine_log_configured's are; its
                           folder must be there */
    const char *format; /* "json" for a line of JSON each, or columns such as "timestamp,level,message"; NULL: all */
    uint64_t max_bytes; /* at which the file is put aside; 0: never, otherwise at least 65,536 */
    uint32_t max_files; /* the one that is written to included; 0: 10 */
    bool compress;      /* those that were put aside, by gzip */
} mos_log_file_options;

#define MOS_LOG_FILE_OPTIONS_INIT                                                                                      \
    { sizeof(mos_log_file_options), 0, 0, 0, 0, 0, 0 }

/* Begins to write the engine's events into a file, as a handler of mos_engine_log_configured does. Since 0.1. */
MOS_API int mos_engine_log_file(mos_engine *engine, const mos_log_file_options *options, mos_error **error);

#ifdef __cplusplus
}
#endif

#endif
