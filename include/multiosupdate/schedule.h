/* Scheduling: updates that run later, by the root's policy; docs/scheduling.md has the rules. The library owns no
 * thread and no timer: whoever embeds it asks mos_schedule_next_wakeup when to come again, and runs the job of
 * mos_schedule_run_due then. Both may be asked at any time, more often does no harm; ask anew after the clock was set
 * (timerfd_settime with TFD_TIMER_CANCEL_ON_SET tells), after a resume, and after anything was done to the queue. */
#ifndef MULTIOSUPDATE_SCHEDULE_H
#define MULTIOSUPDATE_SCHEDULE_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t mos_priority;
enum {
    MOS_PRIORITY_DEFAULT = 0, /* important */
    MOS_PRIORITY_CRITICAL = 1,
    MOS_PRIORITY_SECURITY = 2,
    MOS_PRIORITY_IMPORTANT = 3,
    MOS_PRIORITY_OPTIONAL = 4,
    MOS_PRIORITY_LOW = 5
};

enum {
    MOS_SCHEDULE_ALLOW_DOWNGRADE = 1,
    MOS_SCHEDULE_REINSTALL = 2,
    MOS_SCHEDULE_CANCEL_ON_TIMEOUT = 4,
    MOS_SCHEDULE_AUTOMATIC = 8,       /* nobody asked for it: does not run where nothing runs by itself */
    MOS_SCHEDULE_BACKUP_REQUIRED = 16 /* only with a recovery point, which every update makes */
};

typedef struct mos_schedule_options {
    uint32_t struct_size;
    uint32_t flags;              /* MOS_SCHEDULE_… */
    const char *const *packages; /* absolute paths of files, which must stay there; all are one transaction */
    size_t package_count;
    const char *key;        /* a second submission of the same key returns the first one's entry; NULL: none */
    const char *reason;     /* kept, and part of the history: one line of at most 4096 bytes, as every reason here */
    const char *conditions; /* "cpu_usage<50,no_active_sessions": all must hold; NULL: none */
    const char *start;      /* "2026-01-15 02:30", "Sat 02:30", "2026-01-15T02:30:00Z"; NULL: as soon as it may run */
    const char *deadline;   /* likewise; NULL: what its priority has */
    const char *timeout;    /* how long it waits at most: "24h"; NULL: for ever */
    mos_priority priority;
    uint32_t reserved;
    const char *notification; /* who is to be told how; kept with the entry: one line, with the flags at most 65,536
                                 bytes as JSON. "none": users are told nothing of it */
} mos_schedule_options;

#define MOS_SCHEDULE_OPTIONS_INIT                                                                                      \
    { sizeof(mos_schedule_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Puts an update into the root's queue; `id` receives the entry's number, 12 for "update-12". The packages are
 * authenticated and read to their end now, which takes as long as mos_engine_validate_path_job(), and again when they
 * are installed. Times without a zone are the root's local time (etc/localtime). An older version of the same package
 * that waits is superseded, and its priority is the new entry's where it is the stronger one; a note of the new entry
 * says so. The errors of mos_engine_authenticate; MOS_E_DIGEST_MISMATCH for a package that is damaged;
 * MOS_E_INVALID_ARGUMENT for what can't be, as a time that is over; MOS_E_EXISTS for the key of an entry for other
 * packages; MOS_E_LIMIT when 100,000 wait; MOS_E_LOCKED while a job has the root. Since 0.1. */
MOS_API int mos_schedule_submit(mos_engine *engine, const mos_schedule_options *options, uint64_t *id,
                                mos_error **error);

/* "update-12" as 12, and 0 for anything else. Since 0.1. */
MOS_API uint64_t mos_schedule_id_of(const char *name);

/* ---- The queue ---- */

typedef struct mos_schedule_entry {
    uint32_t struct_size;
    mos_priority priority;
    uint64_t id;
    const char *name;  /* "update-12" */
    const char *state; /* "pending", "approved", "running", "retrying", "done", "failed", "cancelled", "superseded" */
    const char
        *packages; /* JSON: [{"name": …, "version": …, "release": …, "path": …}]; a path that is no text is left out */
    const char *verdict;  /* now: "run", "wait", "refuse", "cancel"; the state of one that does not wait */
    const char *rule;     /* the one that decided, such as "window"; "" where none was asked */
    const char *sentence; /* why not now, and when */
    const char *reason;   /* of the last change */
    const char *submitted_by;
    const char *conditions;
    const char *approval;       /* "none", "supervisor", "manager", "rejected" */
    const char *recovery_point; /* of the update that was made of it; "" for none */
    int64_t submitted_unix_s;
    int64_t at_unix_s; /* when it is asked again; these are -1 where there is no such time */
    int64_t start_unix_s;
    int64_t deadline_unix_s;
    int64_t retry_unix_s;
    int64_t ended_unix_s;
    int64_t attempts;
    const char *notices;   /* what users are told of it, and when; "" for one that has ended */
    int64_t notice_unix_s; /* when they are told next, before it begins; -1 */
} mos_schedule_entry;

#define MOS_SCHEDULE_ENTRY_INIT                                                                                        \
    { sizeof(mos_schedule_entry), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Begins to read the queue, oldest first: entries of the `states` (names separated by commas; "all"; NULL: those that
 * have not ended), each with what decides about it now. Takes no lock. Needs a fifth of a second to look at the
 * machine's load where anything waits. Since 0.1. */
MOS_API int mos_schedule_open(mos_engine *engine, const char *states, mos_schedule **schedule, mos_error **error);

/* The entry of that number alone, with its log (mos_schedule_note). MOS_E_NOT_FOUND. Since 0.1. */
MOS_API int mos_schedule_explain(mos_engine *engine, uint64_t id, mos_schedule **schedule, mos_error **error);

/* The next entry; set `entry->struct_size` first. Its strings live until the next one is asked for. Returns MOS_OK or
 * MOS_END. Since 0.1. */
MOS_API int mos_schedule_next(mos_schedule *schedule, mos_schedule_entry *entry, mos_error **error);

typedef struct mos_schedule_note {
    uint32_t struct_size;
    uint32_t reserved;
    int64_t time_unix_s;
    const char *action; /* "submitted", "approved by a supervisor", "attempt 1 started", "done", … */
    const char *actor;
    const char *reason;
} mos_schedule_note;

#define MOS_SCHEDULE_NOTE_INIT                                                                                         \
    { sizeof(mos_schedule_note), 0, 0, 0, 0, 0 }

/* The next line of the log of mos_schedule_explain's entry: who did what when and why. MOS_OK or MOS_END. Since 0.1. */
MOS_API int mos_schedule_note_next(mos_schedule *schedule, mos_schedule_note *note, mos_error **error);

MOS_API void mos_schedule_free(mos_schedule *schedule);

/* ---- What is done with an entry; each is kept with who (mos_engine_options.actor), when and why ---- */

typedef int32_t mos_schedule_action;
enum {
    MOS_SCHEDULE_APPROVE = 0, /* as a supervisor */
    MOS_SCHEDULE_APPROVE_AS_MANAGER = 1,
    MOS_SCHEDULE_REJECT = 2, /* it does not run until somebody approves it */
    MOS_SCHEDULE_CANCEL = 3,
    MOS_SCHEDULE_CANCEL_RETRY = 4 /* of one that waits for its next try: it has failed then */
};

/* MOS_E_NOT_FOUND; MOS_E_INVALID_ARGUMENT for an entry that this can't be done with; MOS_E_LOCKED. `reason` may be
 * NULL. Since 0.1. */
MOS_API int mos_schedule_act(mos_engine *engine, uint64_t id, mos_schedule_action action, const char *reason,
                             mos_error **error);
MOS_API int mos_schedule_set_priority(mos_engine *engine, uint64_t id, mos_priority priority, const char *reason,
                                      mos_error **error);

typedef struct mos_schedule_retry_options {
    uint32_t struct_size;
    bool force_download;  /* what lies at the packages' paths now counts, if it is the same version */
    int64_t max_attempts; /* that fail, from now on; 0: the policy's */
    const char *reason;
} mos_schedule_retry_options;

#define MOS_SCHEDULE_RETRY_OPTIONS_INIT                                                                                \
    { sizeof(mos_schedule_retry_options), 0, 0, 0 }

/* Of an entry that has failed, was cancelled or superseded, or waits for its next try: it is tried as soon as it may
 * run. Errors as mos_schedule_act. Since 0.1. */
MOS_API int mos_schedule_retry(mos_engine *engine, uint64_t id, const mos_schedule_retry_options *options,
                               mos_error **error);

/* ---- Usage ---- */

enum {
    MOS_USAGE_USUAL = 0,
    MOS_USAGE_PEAK = 1, /* busier than one and a half times the mean */
    MOS_USAGE_LOW = 2   /* less than half of it */
};

/* When the device is used, by the hours of the week in the root's local time: Monday from 00:00 to 01:00 is the first.
 */
typedef struct mos_schedule_usage {
    uint32_t struct_size;
    bool known;           /* two weeks of history, and two thirds of the hours seen: before, nothing is decided by it */
    int64_t first_unix_s; /* what was observed first and last; -1 before anything was */
    int64_t last_unix_s;
    uint8_t percent[168]; /* how much of the hour the device is probably in use */
    uint8_t kind[168];    /* MOS_USAGE_…; all usual while it is not known */
} mos_schedule_usage;

#define MOS_SCHEDULE_USAGE_INIT                                                                                        \
    {                                                                                                                  \
        sizeof(mos_schedule_usage), 0, 0, 0, {0}, { 0 }                                                                \
    }

/* What was learnt by mos_schedule_run_due, which looks at load and sessions at most each ten minutes and keeps what it
 * sees in the root's var/lib/multios/usage. Set `usage->struct_size` first. Since 0.1. */
MOS_API int mos_schedule_usage_get(mos_engine *engine, mos_schedule_usage *usage, mos_error **error);

/* ---- systemd ---- */

typedef int32_t mos_systemd_unit;
enum {
    MOS_SYSTEMD_SERVICE = 0, /* runs what is due, once: "multios-update.service" */
    MOS_SYSTEMD_TIMER = 1    /* starts it when a window opens, and each ten minutes at least: "multios-update.timer" */
};

/* Writes the text of a unit of systemd that follows the root's scheduling policy as it is now. `program` is the
 * absolute path of multios-update on the machine whose systemd it is for, which updates itself; the timer does not name
 * it. MOS_E_INVALID_ARGUMENT for a path that a unit can't hold, and for a policy that contradicts itself.
 * systemd.service(5), systemd.timer(5). Since 0.1. */
MOS_API int mos_schedule_systemd_unit(mos_engine *engine, mos_systemd_unit unit, const char *program,
                                      mos_write_callback write, void *user_data, mos_error **error);

/* ---- Running ---- */

/* When to run mos_schedule_run_due, at the latest: MOS_OK with `unix_s`, which is not in the future where something is
 * due, or users are to be told of an update; MOS_END where nothing waits for a time. Needs a fifth of a second to look
 * at the machine's load where anything waits. MOS_E_INVALID_ARGUMENT for a policy that contradicts itself: nothing runs
 * by it. Since 0.1. */
MOS_API int mos_schedule_next_wakeup(mos_engine *engine, int64_t *unix_s, mos_error **error);

/* A job (job.h) that runs what is due: one entry after another, each a transaction of its own, asked anew before each.
 * An entry that fails is tried again or has failed, and fails no job. The outcome has a row for each (object
 * "update-12", kind its state then, sentence why), and one of kind "next" whose object is the time of the next wakeup
 * as "2026-01-15T02:30:00Z", where there is one. Where nothing waits it takes no lock. A job that is cancelled leaves
 * the entry that it is at as it was. Since 0.1. */
MOS_API int mos_schedule_run_due(mos_engine *engine, mos_job **job, mos_error **error);

#ifdef __cplusplus
}
#endif

#endif
