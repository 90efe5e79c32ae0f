"""Jobs: long work with progress, questions, pause and cancel, and exactly one outcome."""

import contextlib
import dataclasses
import enum
import threading

from . import _callbacks
from .report import outcome_rows
from ._library import Handle, c_text, call, check, ffi, lib, new_struct, path_text, text

POLL_MS = 100


class JobState(enum.IntEnum):
    READY = lib.MOS_JOB_READY
    RUNNING = lib.MOS_JOB_RUNNING
    PAUSED = lib.MOS_JOB_PAUSED
    ASKING = lib.MOS_JOB_ASKING
    ENDED = lib.MOS_JOB_ENDED


class Phase(enum.IntEnum):
    PLANNING = lib.MOS_PHASE_PLANNING
    VERIFYING = lib.MOS_PHASE_VERIFYING
    STAGING = lib.MOS_PHASE_STAGING
    DECIDING = lib.MOS_PHASE_DECIDING
    APPLYING = lib.MOS_PHASE_APPLYING
    SETTLING = lib.MOS_PHASE_SETTLING
    REVERTING = lib.MOS_PHASE_REVERTING
    CLEANING = lib.MOS_PHASE_CLEANING
    SCRIPTS = lib.MOS_PHASE_SCRIPTS


@dataclasses.dataclass(frozen=True)
class Progress:
    state: JobState
    phase: Phase
    done_bytes: int
    total_bytes: int  # 0 while unknown
    done_entries: int
    total_entries: int  # 0 while unknown


@dataclasses.dataclass(frozen=True)
class Question:
    id: int
    text: str
    object: str
    choices: tuple
    fallback: str  # the default


@dataclasses.dataclass(frozen=True)
class Outcome:
    recovery_point: str  # "" when nothing was changed
    changed_paths: int
    written_bytes: int
    notices: tuple
    reboot: tuple = ()  # packages that are complete when the system has been started again
    rows: tuple = ()  # what verification found, a ReportRow each


def _question(struct):
    return Question(struct.id, text(struct.text), path_text(struct.object), tuple(text(struct.choices).split("|")),
                    text(struct.fallback))


def _outcome(pointer):
    notices = range(lib.mos_outcome_notice_count(pointer))
    return Outcome(text(lib.mos_outcome_recovery_point(pointer)), lib.mos_outcome_changed_paths(pointer),
                   lib.mos_outcome_written_bytes(pointer),
                   tuple(text(lib.mos_outcome_notice_at(pointer, index)) for index in notices),
                   tuple(text(lib.mos_outcome_reboot(pointer)).split()), outcome_rows(pointer))


class Job(Handle):
    """Work that is ready to run. `run` does it all; the other functions are its parts. Callable from any thread.

    What a callback raises meanwhile, of the engine or of whatever else the job was made of, cancels it, and comes out
    of run, run_here and outcome.
    """

    def __init__(self, pointer, *needed):
        super().__init__(pointer, lib.mos_job_free)
        self._needed = needed  # what must not be freed before the job
        self._failures = [one._failures for one in needed if hasattr(one, "_failures")]
        self._lock = threading.Lock()  # of what follows
        self._users = 0  # who are in C with it
        self._closing = False

    @contextlib.contextmanager
    def _held(self):
        """The job in C, which lives until this ends: close() in another thread cancels it only."""
        with self._lock:
            if self._closing:
                raise ValueError("this Job is closed")
            pointer = self._pointer
            self._users += 1
        try:
            yield pointer
        finally:
            with self._lock:
                self._users -= 1
                is_last = self._closing and self._users == 0
            if is_last:
                super().close()

    def close(self):
        """Frees the job. One that runs is cancelled, and freed by who runs it or waits for it."""
        with self._lock:
            self._closing = True
            if self._users != 0:
                lib.mos_job_cancel(self._pointer)
                return
        super().close()

    def run(self, progress=None, ask=None):
        """Runs to the end on a thread of the library and returns the Outcome, or raises.

        progress(Progress) is called here, a few times a second. ask(Question) returns one of its choices, or None for
        the default. An exception, Ctrl-C too, cancels the job and waits for its end first.
        """
        with self._held():
            self.start()
            try:
                while not self.wait(POLL_MS / 1000):
                    now = self.progress()
                    if progress:
                        progress(now)
                    if now.state == JobState.ASKING:
                        self._settle_question(ask)
            except BaseException:
                self.cancel()
                self._wait(None)
                raise
            if progress:
                progress(self.progress())
            return self.outcome()

    def run_here(self, ask=None):
        """Runs to the end on this thread, which is that of all callbacks; returns the Outcome, or raises.

        An exception of a callback, Ctrl-C too, cancels the job and waits for its end first.
        """
        def answer(user_data, question):
            choice = ask(_question(question)) if ask else None
            answer.kept = ffi.NULL if choice is None else ffi.new("char[]", c_text(choice))
            return answer.kept

        with self._held() as job, _callbacks.cancelled_by(lambda: lib.mos_job_cancel(job)):
            call(lib.mos_job_run, job, ffi.callback("mos_ask_callback", answer, onerror=_callbacks.raised), ffi.NULL)
            return self.outcome()

    def start(self):
        call(lib.mos_job_start, self._pointer)

    def wait(self, timeout=None):
        """Whether the job has ended, after at most `timeout` seconds (None: waits for the end)."""
        with self._held():
            return self._wait(timeout)

    def _wait(self, timeout):
        if timeout is not None:
            return self._wait_ms(int(timeout * 1000))
        # In slices, so that Python can deliver a signal in between.
        while not self._wait_ms(POLL_MS):
            pass
        return True

    def _wait_ms(self, timeout_ms):
        has_ended = check(lib.mos_job_wait(self._pointer, timeout_ms)) == lib.MOS_OK
        if any(self._failures) and not has_ended:
            self.cancel()
        return has_ended

    def fileno(self):
        """A descriptor that is readable when there is progress, a question, or the end: for select and event loops."""
        return check(lib.mos_job_descriptor(self._pointer))

    def progress(self):
        now, _ = new_struct("mos_progress")
        check(lib.mos_job_progress(self._pointer, now))
        return Progress(JobState(now.state), Phase(now.phase), now.done_bytes, now.total_bytes, now.done_entries,
                        now.total_entries)

    def question(self):
        """The Question that the job waits with, or None."""
        struct, _ = new_struct("mos_question")
        return _question(struct) if check(lib.mos_job_question(self._pointer, struct)) == lib.MOS_OK else None

    def answer(self, question, choice):
        call(lib.mos_job_answer, self._pointer, question.id, c_text(choice))

    def cancel(self):
        check(lib.mos_job_cancel(self._pointer))

    def pause(self):
        check(lib.mos_job_pause(self._pointer))

    def resume(self):
        check(lib.mos_job_resume(self._pointer))

    def outcome(self):
        """The Outcome; raises the error the job ended with, or ValueError when it has not ended."""
        outcome = ffi.new("const mos_outcome **")
        try:
            if call(lib.mos_job_outcome, self._pointer, outcome) == lib.MOS_PENDING:
                raise ValueError("the job has not ended")
            return _outcome(outcome[0])
        finally:
            self._raise_again()

    def _raise_again(self):
        """What callbacks have raised on the job's own thread."""
        raised = [exception for failures in self._failures for exception in failures]
        if raised:
            self.cancel()
            for failures in self._failures:
                failures.clear()
            raise raised[0]

    def _settle_question(self, ask):
        question = self.question()
        if question is not None:
            choice = ask(question) if ask else None
            self.answer(question, question.fallback if choice is None else choice)
