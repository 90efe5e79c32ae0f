/* Runs a root's scheduled updates from a plain epoll loop, as an init system would: no daemon, no other thread than the
 * job's own, no polling. Usage: scheduler_loop ROOT [--until-idle]; with --until-idle it ends when nothing waits.
 *
 * The loop sleeps on three descriptors: a timer that is set to the next wakeup, and that also fires when the clock is
 * set; the running job's, which is readable when there is progress or the end; and signals. */
#include <multiosupdate/multiosupdate.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK_AGAIN_S = 60 /* others may put something into the queue meanwhile; inotify on var/lib/multios would tell too */
};

struct loop {
    mos_engine *engine;
    mos_job *job; /* NULL while none runs */
    int epoll, timer, signals;
    int until_idle, stopping, done, failed;
};

static int fail(mos_error *error, const char *what) {
    fprintf(stderr, "%s: %s (E%03d). %s\n", what, mos_error_message(error), -(int)mos_error_code(error),
            mos_error_remedy(error));
    mos_error_free(error);
    return -1;
}

static int watch(struct loop *loop, int descriptor) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event);
}

/* Sets the timer to the next wakeup. TFD_TIMER_CANCEL_ON_SET: when somebody sets the clock, the next read fails with
 * ECANCELED, and the queue is asked anew by the new time. */
static int sleep_until_next(struct loop *loop) {
    struct itimerspec when;
    int64_t next = 0;
    const int64_t look_again = (int64_t)time(NULL) + LOOK_AGAIN_S;
    mos_error *error = NULL;
    const int found = mos_schedule_next_wakeup(loop->engine, &next, &error);
    if (found < 0) { /* a policy that contradicts itself, say: nothing runs, and a person may mend it */
        fail(error, "next wakeup");
        next = look_again;
    } else if (found == MOS_END) {
        loop->done = loop->until_idle;
        next = look_again;
    }
    memset(&when, 0, sizeof when);
    when.it_value.tv_sec = (time_t)(next < look_again ? next : look_again);
    if (when.it_value.tv_sec < 1)
        when.it_value.tv_sec = 1; /* 0 would disarm it */
    return timerfd_settime(loop->timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

static int start_run(struct loop *loop) {
    mos_error *error = NULL;
    if (mos_schedule_run_due(loop->engine, &loop->job, &error) < 0 || mos_job_start(loop->job, &error) < 0) {
        mos_job_free(loop->job);
        loop->job = NULL;
        return fail(error, "run-due");
    }
    return watch(loop, mos_job_descriptor(loop->job));
}

static void tell(const mos_outcome *outcome) {
    size_t i;
    for (i = 0; i < mos_outcome_row_count(outcome); ++i) {
        mos_report_row row = MOS_REPORT_ROW_INIT;
        if (mos_outcome_row_at(outcome, i, &row, NULL) == MOS_OK)
            printf("%s %s %s\n", row.kind, row.object, row.package);
    }
    fflush(stdout);
}

/* The job has something to say: progress, which nobody here shows, or its end. */
static int on_job(struct loop *loop) {
    mos_progress progress = MOS_PROGRESS_INIT;
    const mos_outcome *outcome = NULL;
    mos_error *error = NULL;
    (void)mos_job_progress(loop->job, &progress); /* makes the descriptor unreadable again */
    if (mos_job_wait(loop->job, 0) == MOS_PENDING)
        return 0;
    if (mos_job_outcome(loop->job, &outcome, &error) == MOS_OK) {
        tell(outcome);
    } else {
        loop->failed = mos_error_code(error) != MOS_E_LOCKED && mos_error_code(error) != MOS_E_CANCELLED;
        fail(error, "run-due"); /* LOCKED: somebody else changes the root just now */
    }
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, mos_job_descriptor(loop->job), NULL);
    mos_job_free(loop->job);
    loop->job = NULL;
    loop->done = loop->stopping || loop->failed;
    return loop->done ? 0 : sleep_until_next(loop);
}

static int on_timer(struct loop *loop) {
    uint64_t times = 0;
    if (read(loop->timer, &times, sizeof times) < 0 && errno != ECANCELED && errno != EAGAIN)
        return -1;
    return loop->job != NULL ? 0 : start_run(loop);
}

static void on_signal(struct loop *loop) {
    struct signalfd_siginfo information;
    if (read(loop->signals, &information, sizeof information) != (ssize_t)sizeof information)
        return;
    loop->stopping = 1;
    loop->done = loop->job == NULL;
    if (loop->job != NULL)
        (void)mos_job_cancel(loop->job); /* what it is at goes back to how it was; its end comes through on_job() */
}

static int run(struct loop *loop) {
    if (sleep_until_next(loop) < 0)
        return -1;
    while (!loop->done) {
        struct epoll_event event;
        const int count = epoll_wait(loop->epoll, &event, 1, -1);
        if (count < 0 && errno != EINTR)
            return -1;
        if (count < 1)
            continue;
        if (event.data.fd == loop->signals)
            on_signal(loop);
        else if ((event.data.fd == loop->timer ? on_timer(loop) : on_job(loop)) < 0)
            return -1;
    }
    return loop->failed ? -1 : 0;
}

int main(int count, char **arguments) {
    mos_engine_options where = MOS_ENGINE_OPTIONS_INIT;
    mos_context *context = NULL;
    mos_error *error = NULL;
    struct loop loop;
    sigset_t stops;
    int status = 1;

    memset(&loop, 0, sizeof loop);
    if (count < 2 || count > 3 || (count == 3 && strcmp(arguments[2], "--until-idle") != 0)) {
        fprintf(stderr, "usage: %s ROOT [--until-idle]\n", arguments[0]);
        return 1;
    }
    loop.until_idle = count == 3;
    where.root_path = arguments[1];
    where.actor = "scheduler";
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stops, NULL);
    loop.epoll = epoll_create1(EPOLL_CLOEXEC);
    loop.timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    loop.signals = signalfd(-1, &stops, SFD_CLOEXEC);
    if (loop.epoll < 0 || watch(&loop, loop.timer) < 0 || watch(&loop, loop.signals) < 0)
        perror("event loop");
    else if (mos_context_create(NULL, &context, &error) < 0 ||
             mos_engine_open(context, &where, &loop.engine, &error) < 0)
        fail(error, arguments[1]);
    else
        status = run(&loop) < 0;
    mos_job_free(loop.job);
    mos_engine_free(loop.engine);
    mos_context_free(context);
    close(loop.signals);
    close(loop.timer);
    close(loop.epoll);
    return status;
}
