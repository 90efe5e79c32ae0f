/* Jobs: long work with progress, questions, pause and cancel, and exactly one outcome.
 *
 * A job is made by the function that says what to do (mos_plan_job, mos_package_build_job, mos_package_verify_job), and
 * then either started on a thread of the library's (mos_job_start) or run to its end on the caller's (mos_job_run). All
 * functions here may be called from any thread, and mos_job_cancel from a signal handler. */
#ifndef MULTIOSUPDATE_JOB_H
#define MULTIOSUPDATE_JOB_H

#include <multiosupdate/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Starts the job on its own thread, on which all signals are blocked. MOS_E_INVALID_ARGUMENT when it was started
 * before. Since 0.1. */
MOS_API int mos_job_start(mos_job *job, mos_error **error);

/* A question during mos_job_run: returns the answer, one of question.choices; NULL takes the default. May cancel the
 * job, nothing else. */
struct mos_question;
typedef const char *(*mos_ask_callback)(void *user_data, const struct mos_question *question);

/* Runs the job to its end on this thread and returns what mos_job_outcome would. For PID 1 and programs without
 * threads: `ask` (may be NULL: the default answers) is called on this thread. Since 0.1. */
MOS_API int mos_job_run(mos_job *job, mos_ask_callback ask, void *user_data, mos_error **error);

/* Waits up to `timeout_ms` (negative: for ever). MOS_OK when the job has ended, MOS_PENDING when it goes on, also at
 * once when it waits for an answer. MOS_E_INVALID_ARGUMENT when it was not started. Since 0.1. */
MOS_API int mos_job_wait(mos_job *job, int32_t timeout_ms);

/* A descriptor that is readable when there is progress, a question, or the end; mos_job_progress makes it unreadable
 * until the next of these. It belongs to the job: poll it, do not read or close it. Negative error code on failure.
 * Since 0.1. */
MOS_API int mos_job_descriptor(mos_job *job);

typedef int32_t mos_job_state;
enum {
    MOS_JOB_READY = 0, /* not started */
    MOS_JOB_RUNNING = 1,
    MOS_JOB_PAUSED = 2,
    MOS_JOB_ASKING = 3,
    MOS_JOB_ENDED = 4
};

typedef int32_t mos_phase;
enum {
    MOS_PHASE_PLANNING = 0,
    MOS_PHASE_VERIFYING = 1,
    MOS_PHASE_STAGING = 2,
    MOS_PHASE_DECIDING = 3, /* until here a cancel leaves everything as it was, after it undoes */
    MOS_PHASE_APPLYING = 4,
    MOS_PHASE_SETTLING = 5,
    MOS_PHASE_REVERTING = 6,
    MOS_PHASE_CLEANING = 7,
    MOS_PHASE_SCRIPTS = 8 /* scripts and services, after applying or on the way back; since 0.1 */
};

typedef struct mos_progress {
    uint32_t struct_size;
    mos_job_state state;
    mos_phase phase;
    uint32_t reserved;
    uint64_t done_bytes;
    uint64_t total_bytes; /* 0 while unknown */
    uint64_t done_entries;
    uint64_t total_entries; /* 0 while unknown */
} mos_progress;

#define MOS_PROGRESS_INIT                                                                                              \
    { sizeof(mos_progress), 0, 0, 0, 0, 0, 0, 0 }

/* Where the job is now; set `progress->struct_size` first. The counts are those of the phase, and begin anew with each:
 * most jobs stage first, by bytes, then decide, apply by entries, and settle, of which deciding and settling count
 * nothing. A build of a package reports MOS_PHASE_VERIFYING. Since 0.1. */
MOS_API int mos_job_progress(mos_job *job, mos_progress *progress);

/* ---- Questions ---- */

typedef struct mos_question {
    uint32_t struct_size;
    uint32_t id;
    const char *text;     /* "keep your 'etc/webserver.conf', or take the one of webserver 2.1.0?" */
    const char *object;   /* the path */
    const char *choices;  /* separated by '|': "keep|replace|stop", "replace|stop" where it can't be kept alone */
    const char *fallback; /* the default */
} mos_question;

#define MOS_QUESTION_INIT                                                                                              \
    { sizeof(mos_question), 0, 0, 0, 0, 0 }

/* The question that the job waits with: MOS_OK; MOS_END when there is none. Set `question->struct_size` first. Its
 * strings live until it is answered or the job freed. Since 0.1. */
MOS_API int mos_job_question(mos_job *job, mos_question *question);

/* Answers question `id`; MOS_E_INVALID_ARGUMENT when it is not the open one or `choice` is none of its choices. Since
 * 0.1. */
MOS_API int mos_job_answer(mos_job *job, uint32_t id, const char *choice, mos_error **error);

/* ---- Control ---- */

/* Asks the job to stop: before the decision of a transaction everything stays as it was, after it the job undoes what
 * it did. The outcome then is MOS_E_CANCELLED. Async-signal-safe (signal-safety(7)): a program without threads calls it
 * in its handler for SIGINT while mos_job_run goes on. In MOS_PHASE_SETTLING and MOS_PHASE_CLEANING a cancel comes too
 * late: the change is in place, and the job ends with MOS_OK. A job that has ended is not changed. Since 0.1. */
MOS_API int mos_job_cancel(mos_job *job);

/* Stops the job between two entries until mos_job_resume or mos_job_cancel; not between the decision of a transaction
 * and its end. A job that was not started yet begins paused with mos_job_start. It is nothing before mos_job_run, or
 * where the job's own thread asks for it, as in a callback: nobody might be there to resume it. Since 0.1. */
MOS_API int mos_job_pause(mos_job *job);
MOS_API int mos_job_resume(mos_job *job);

/* ---- The outcome ---- */

/* How the job ended: MOS_OK, or its error code and a copy of its error, the same however often it is asked for;
 * MOS_PENDING before the end. `outcome` (may be NULL) belongs to the job. Since 0.1. */
MOS_API int mos_job_outcome(mos_job *job, const mos_outcome **outcome, mos_error **error);

/* The recovery point that takes the change back, such as "rp-12"; "" when nothing was changed, or
 * the job was a rollback. Since 0.1. */
MOS_API const char *mos_outcome_recovery_point(const mos_outcome *outcome);

/* Paths that were changed, bytes of content that were written. Since 0.1. */
MOS_API uint64_t mos_outcome_changed_paths(const mos_outcome *outcome);
MOS_API uint64_t mos_outcome_written_bytes(const mos_outcome *outcome);

/* The packages for whose sake the system must be started again to complete the change, separated by spaces; "" when it
 * need not. See mos_engine_pending_reboots. Since 0.1. */
MOS_API const char *mos_outcome_reboot(const mos_outcome *outcome);

/* What was kept, split or left, in sentences. Since 0.1. */
MOS_API size_t mos_outcome_notice_count(const mos_outcome *outcome);
MOS_API const char *mos_outcome_notice_at(const mos_outcome *outcome, size_t index); /* "" past the end */

/* Frees the job; one that still runs is cancelled and waited for, on whichever thread, so that a callback of the job
 * must not call it. No other call may use the job from then on. Since 0.1. */
MOS_API void mos_job_free(mos_job *job);

#ifdef __cplusplus
}
#endif

#endif
