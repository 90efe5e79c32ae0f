/* The engine: one root directory, what is installed there, and its history. */
#ifndef MULTIOSUPDATE_ENGINE_H
#define MULTIOSUPDATE_ENGINE_H

#include <multiosupdate/events.h>
#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MOS_ENGINE_ROOT_DESCRIPTOR = 1 /* the root is root_descriptor, not root_path */
};

typedef int32_t mos_service_action;
enum {
    MOS_SERVICE_STOP = 0,
    MOS_SERVICE_START = 1,
    MOS_SERVICE_RESTART = 2,
    MOS_SERVICE_RELOAD = 3,
    MOS_SERVICE_RELOAD_MANAGER = 4, /* `unit` is ""; the manager is to read all units again */
    MOS_SERVICE_QUERY = 5           /* returns 1 when the unit runs, 0 when it does not */
};

/* Does to a unit, such as "webserver.service", what a change of packages needs, and returns when it is done: 0, or
 * anything else for a failure (negative for MOS_SERVICE_QUERY); the value is kept in the error. Called on the thread of
 * the job. May not call back into the library. */
typedef int (*mos_service_callback)(void *user_data, const char *unit, mos_service_action action);

/* Whether the system is well after a change of packages, or a restoration (docs/rollback.md), before that counts as
 * done: 0, or anything else when it is not; the value is kept in the error, and the change is taken back as
 * update_system.rollback of the settings says. Called on the thread of the job, after the programs in
 * etc/multios/health-checks, and again by the recovery after a death in between. `time_left_ms`: it has timed out when
 * it takes longer; nothing stops it. May not call back into the library. */
typedef int (*mos_health_callback)(void *user_data, int64_t time_left_ms);

typedef int32_t mos_notice_kind;
enum {
    MOS_NOTICE_ANNOUNCED = 0, /* updates are to begin */
    MOS_NOTICE_BEGUN = 1,
    MOS_NOTICE_DONE = 2,
    MOS_NOTICE_RETRYING = 3,  /* an update has failed, and is tried again */
    MOS_NOTICE_FAILED = 4,    /* for good */
    MOS_NOTICE_CALLED_OFF = 5 /* it was announced, or had begun, and does not take place now */
};

/* scheduling_policy.priority_handling.*.notification_level: each tells what the one before it tells, and more. */
typedef int32_t mos_notice_level;
enum {
    MOS_NOTICE_INFO = 1,      /* how an update has ended */
    MOS_NOTICE_STANDARD = 2,  /* and that it begins */
    MOS_NOTICE_IMPORTANT = 3, /* and a quarter of an hour before it begins */
    MOS_NOTICE_URGENT = 4     /* and an hour and five minutes before */
};

/* What users are told of scheduled updates. Lives for the call alone. */
typedef struct mos_notice {
    uint32_t struct_size;
    mos_notice_kind kind;
    mos_notice_level level;  /* the highest of the updates' */
    bool reboot;             /* done: the system has to be started again */
    bool at_the_latest;      /* of start_unix_s: it may begin sooner */
    const char *text;        /* for people, one line */
    const uint64_t *entries; /* the numbers of the updates: several where they begin together */
    size_t entry_count;
    int64_t time_unix_s;  /* now */
    int64_t start_unix_s; /* announced: when they begin; retrying: not before; else -1 */
} mos_notice;

#define MOS_NOTICE_INIT                                                                                                \
    { sizeof(mos_notice), 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Tells users, and returns 0, or anything else when nobody could be told: that is told as a notice, and fails no
 * update. Called on the thread of the job of mos_schedule_run_due, and on that of mos_schedule_act, where an update
 * that was announced is called off. The update waits for it and nothing stops it: what takes long belongs on a thread
 * of the embedder's. May not call back into the library. */
typedef int (*mos_notify_callback)(void *user_data, const mos_notice *notice);

typedef struct mos_engine_options {
    uint32_t struct_size;
    uint32_t flags;
    const char *root_path;    /* NULL: "/" */
    int32_t root_descriptor;  /* a directory, with MOS_ENGINE_ROOT_DESCRIPTOR; duplicated */
    uint32_t recovery_points; /* how many are kept; 0: what the settings say, else 10 */
    const char *trust_path;   /* folder of trusted certificates and keys; NULL: etc/multios/trust beneath the root */
    uint32_t required_signatures;        /* valid signatures by different trusted keys that a package needs; 0: 1 */
    uint32_t script_timeout_s;           /* how long a script of a package may take; 0: 300 */
    const char *helper_path;             /* the program multios-run-script; NULL: where the library was installed */
    mos_service_callback service_action; /* NULL: systemctl, where the root is the running system */
    void *service_user_data;
    mos_destroy_callback service_destroy; /* when the engine, its plans and its jobs are gone, or opening it failed */
    const char *actor;                    /* who asks, for the events; NULL: "uid:" and the number of the user */
    mos_event_callback event;             /* NULL: nobody watches */
    void *event_user_data;
    mos_destroy_callback event_destroy; /* as service_destroy */
    /* Whose settings lie over the system's; NULL: what update_system.environment says. A name of at most 64 letters,
     * digits, '_', '-' and '.', neither of the last two first (MOS_E_INVALID_ARGUMENT). One that there is not is
     * noticed by what follows settings, as every change does: MOS_E_NOT_FOUND. */
    const char *environment;
    mos_health_callback health; /* NULL: only the root's own programs are asked */
    void *health_user_data;
    mos_destroy_callback health_destroy; /* as service_destroy */
    mos_notify_callback notify;          /* NULL: wall and notify-send, where the root is the running system */
    void *notify_user_data;
    mos_destroy_callback notify_destroy; /* as service_destroy */
} mos_engine_options;

#define MOS_ENGINE_OPTIONS_INIT                                                                                        \
    { sizeof(mos_engine_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Opens a root. Nothing is written and no lock is held between calls: whoever changes the root takes its lock for that
 * time (MOS_E_LOCKED names the holder), and first completes what a power cut left unfinished. Thread-safe: calls on
 * several threads wait for each other, and a job waits for a call, but while a job has the root, of this process or
 * another, all others that would change it get MOS_E_LOCKED; reading goes on meanwhile. A trust folder that is missing
 * or can't be read is MOS_E_TRUST_UNREADABLE, but only when a package is to be checked: what needs no trust works
 * without. Since 0.1. */
MOS_API int mos_engine_open(mos_context *context, const mos_engine_options *options, mos_engine **engine,
                            mos_error **error);

/* Gives up the caller's hold; plans and jobs keep the engine alive. Since 0.1. */
MOS_API void mos_engine_free(mos_engine *engine);

/* Completes or undoes what a power cut, a kill or an error left unfinished, as every change does by itself before it
 * begins. `transactions` (may be NULL) receives how many were completed or undone, 0 or 1. Since 0.1. */
MOS_API int mos_engine_recover(mos_engine *engine, uint32_t *transactions, mos_error **error);

/* ---- History: every transaction, newest first ---- */

typedef int32_t mos_transaction_state;
enum {
    MOS_TRANSACTION_COMMITTED = 0, /* decided, not yet completed */
    MOS_TRANSACTION_REVERTING = 1, /* being undone after a failure */
    MOS_TRANSACTION_DONE = 2,
    MOS_TRANSACTION_REVERTED = 3, /* failed and was undone */
    MOS_TRANSACTION_PRUNED = 4    /* done, and its recovery point was cleaned up */
};

/* Why a change is not in effect any more, or a rollback did not come to its end. */
typedef int32_t mos_went_back;
enum {
    MOS_WENT_BACK_NOT = 0,
    MOS_WENT_BACK_BY_HAND = 1,       /* somebody took it back with mos_plan_rollback */
    MOS_WENT_BACK_FAILED_SCRIPT = 2, /* by itself, as for all that follow: a script or a service failed */
    MOS_WENT_BACK_FAILED_HEALTH_CHECK = 3,
    MOS_WENT_BACK_TIME_OUT = 4, /* of a script or a health check */
    MOS_WENT_BACK_CANCELLED = 5,
    MOS_WENT_BACK_ERROR = 6,   /* something failed while files were put in place */
    MOS_WENT_BACK_RECOVERY = 7 /* a power cut, or the loss of the database, had left it in an unknown state */
};

typedef struct mos_history_record {
    uint32_t struct_size;
    mos_transaction_state state;
    const char *recovery_point; /* its identifier, such as "rp-12" */
    const char *summary;        /* "update webserver 2.0.4 -> 2.1.0" */
    const char *reason;         /* why, where somebody said so or a failure caused it; else "" */
    int64_t time_unix_s;
    uint64_t changed_paths;
    bool in_effect;     /* its changes are what is there now */
    bool can_roll_back; /* mos_plan_rollback accepts it now */
    mos_went_back went_back;
    const char *cause;      /* what failed, or the reason that was given when it was taken back; "" for none */
    const char *takes_back; /* of a rollback: the recovery point of the change that it took back; else "" */
} mos_history_record;

#define MOS_HISTORY_RECORD_INIT                                                                                        \
    { sizeof(mos_history_record), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Begins to read the history as it is now, also while a job or another process changes the root: the 10,000 newest
 * transactions, no more. Creates nothing, and needs only the right to read var/lib/multios beneath the root. A
 * transaction that is being carried out, or that a power cut left unfinished, is shown as such. Since 0.1. */
MOS_API int mos_history_open(mos_engine *engine, mos_history **history, mos_error **error);

/* The next record; set `record->struct_size` first. Returns MOS_OK or MOS_END. Since 0.1. */
MOS_API int mos_history_next(mos_history *history, mos_history_record *record, mos_error **error);

MOS_API void mos_history_free(mos_history *history);

/* ---- What is installed ---- */

/* The version that is installed of `name`, copied to `version` with its terminator: MOS_OK; MOS_END when the package is
 * not installed; MOS_E_LIMIT when `size` is too small (256 always suffices). Read as mos_history_open reads it: from
 * the decision of a transaction on, what it brings counts as installed. Since 0.1. */
MOS_API int mos_engine_installed_version(mos_engine *engine, const char *name, char *version, size_t size,
                                         mos_error **error);

/* ---- The doctor: what is wrong with a root, and how it can be mended ---- */

typedef int32_t mos_severity;
enum {
    MOS_SEVERITY_INFORMATION = 0,
    MOS_SEVERITY_WARNING = 1, /* the root works; a safeguard is missing */
    MOS_SEVERITY_ERROR = 2    /* changes are refused, or the promise can't be kept */
};

typedef struct mos_finding {
    uint32_t struct_size;
    mos_severity severity;
    const char *kind;     /* a stable name, such as "database-damaged"; docs/database.md lists them */
    const char *sentence; /* what is wrong, in one sentence */
    const char *object;   /* what it is about: a path beneath the root, a recovery point; "" where nothing */
    const char *repair;   /* what mending it does, or did; "" where nothing can be done */
} mos_finding;

#define MOS_FINDING_INIT                                                                                               \
    { sizeof(mos_finding), 0, 0, 0, 0, 0 }

/* Looks at the database, its copy, the stages, the recovery points, the filesystem and the trust folder. Changes and
 * creates nothing, but for the text in the root's lock file. A healthy root has no findings. While somebody else has
 * the root, that is a finding, and the database and the stages are not looked at. Since 0.1. */
MOS_API int mos_doctor_examine(mos_engine *engine, mos_doctor **doctor, mos_error **error);

/* Mends everything that mos_doctor_examine finds and has a repair, or what is of one `kind` (NULL: all). The findings
 * are then those that were mended. To open the root restores its database and completes what is unfinished, whichever
 * kind is asked for. A power cut in between leaves a root that the same call mends. MOS_E_INVALID_ARGUMENT for a kind
 * without a repair. Since 0.1. */
MOS_API int mos_doctor_repair(mos_engine *engine, const char *kind, mos_doctor **doctor, mos_error **error);

/* The next finding; set `finding->struct_size` first. Its strings live as long as `doctor`. Returns MOS_OK or MOS_END.
 * Since 0.1. */
MOS_API int mos_doctor_next(mos_doctor *doctor, mos_finding *finding, mos_error **error);

MOS_API void mos_doctor_free(mos_doctor *doctor);

#ifdef __cplusplus
}
#endif

#endif
