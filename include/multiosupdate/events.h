/* Events: what has happened to a root, as one stream; read from its journal, or watched as it comes. docs/events.md
 * lists the types. */
#ifndef MULTIOSUPDATE_EVENTS_H
#define MULTIOSUPDATE_EVENTS_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t mos_event_level;
enum { MOS_EVENT_DEBUG = 0, MOS_EVENT_INFO = 1, MOS_EVENT_WARNING = 2, MOS_EVENT_ERROR = 3 };

typedef struct mos_event {
    uint32_t struct_size;
    mos_event_level level;
    uint64_t sequence; /* its place in the journal: larger than that of every earlier event; 0 for one in no journal */
    int64_t time_unix_s;   /* 0 for "events_lost", which happened at no moment */
    const char *type;      /* a stable name, such as "package_updated" */
    const char *component; /* "update_manager", "security_validator", …; as logging.yml names them */
    const char *subject;   /* what it is about: a package, a recovery point, a path, a trust entry; "" where nothing */
    const char *message;   /* the same for people, one line */
    const char *cause;     /* what led to it: a job ("update-job-17") or an error ("E053"); "" where nothing */
    const char *actor;     /* who asked for it: what mos_engine_options.actor says, else "uid:0" or another user */
    const char *payload;   /* more, as a JSON object of texts and numbers */
} mos_event;

#define MOS_EVENT_INIT                                                                                                 \
    { sizeof(mos_event), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* An event of an engine, at once, on the thread that caused it; possibly on several at once, so that `sequence` alone
 * tells their order. The event lives during the call. May not call back into the library, and should return soon: the
 * work waits for it. Also called for events that the journal does not keep, whose level is MOS_EVENT_DEBUG. */
typedef void (*mos_event_callback)(void *user_data, const mos_event *event);

enum {
    MOS_EVENTS_NEW = 1 /* pass over everything that is there when the cursor is opened */
};

typedef struct mos_events_options {
    uint32_t struct_size;
    uint32_t flags;
    uint64_t from;         /* the first sequence number that is wanted; 0: the oldest event that there is */
    const char *types;     /* only these, separated by spaces or commas; NULL: all */
    mos_event_level level; /* only these and more serious ones */
    uint32_t reserved;
} mos_events_options;

#define MOS_EVENTS_OPTIONS_INIT                                                                                        \
    { sizeof(mos_events_options), 0, 0, 0, 0, 0 }

/* Begins to read the journal of events, which a root has from its first change on. Creates nothing, takes no lock, and
 * needs only the right to read var/lib/multios beneath the root. The journal is no history: it holds some megabytes,
 * and after a power cut its last events may be missing. MOS_E_INVALID_ARGUMENT for a type that there is not. Keeps the
 * engine alive. One thread at a time. Since 0.1. */
MOS_API int mos_events_open(mos_engine *engine, const mos_events_options *options, mos_events **events,
                            mos_error **error);

/* The next event; set `event->struct_size` first. Its strings live until the cursor is used again. Returns MOS_OK, or
 * MOS_END where there is no further event now: the same cursor may be asked again later. Where events are gone that
 * were asked for, an event of the type "events_lost" stands in their place, whatever types were asked for. Since 0.1.
 */
MOS_API int mos_events_next(mos_events *events, mos_event *event, mos_error **error);

/* Up to `capacity` events at once, 10,000 at most, into an array whose first element has its struct_size set. `count`
 * receives how many there are; MOS_END is returned where there are none now. Fewer than asked for, and than 10,000, are
 * all that there are now. Their strings live until the cursor is used again. Since 0.1. */
MOS_API int mos_events_batch(mos_events *events, mos_event *batch, size_t capacity, size_t *count, mos_error **error);

/* Where a later cursor goes on: the sequence number that follows those that were read, for mos_events_options.from.
 * Since 0.1. */
MOS_API uint64_t mos_events_position(const mos_events *events);

MOS_API void mos_events_free(mos_events *events);

#ifdef __cplusplus
}
#endif

#endif
