"""Jobs: long work with progress, questions, pause and cancel, and exactly one outcome."""

import dataclasses
import enum

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
    """Work that is ready to run. `run` does it all; the other functions are its parts. Callable from any thread."""

    def __init__(self, pointer, *needed):
        super().__init__(pointer, lib.mos_job_free)
        self._needed = needed  # what must not be freed before the job

    def run(self, progress=None, ask=None):
        """Runs to the end on a thread of the library and returns the Outcome, or raises.

        progress(Progress) is called here, a few times a second. ask(Question) returns one of its choices, or None for
        the default. An exception, Ctrl-C too, cancels the job and waits for its end first.
        """
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
            self.wait()
            raise
        if progress:
            progress(self.progress())
        return self.outcome()

    def run_here(self, ask=None):
        """Runs to the end on this thread, without another one; returns the Outcome, or raises."""
        failure = []

        def answer(user_data, question):
            try:
                choice = ask(_question(question)) if ask else None
            except BaseException as exception:
                failure.append(exception)
                lib.mos_job_cancel(self._pointer)
                choice = None
            answer.kept = ffi.NULL if choice is None else ffi.new("char[]", c_text(choice))
            return answer.kept

        try:
            call(lib.mos_job_run, self._pointer, ffi.callback("mos_ask_callback", answer), ffi.NULL)
        finally:
            if failure:
                raise failure[0]
        return self.outcome()

    def start(self):
        call(lib.mos_job_start, self._pointer)

    def wait(self, timeout=None):
        """Whether the job has ended, after at most `timeout` seconds (None: waits for the end)."""
        if timeout is not None:
            return check(lib.mos_job_wait(self._pointer, int(timeout * 1000))) == lib.MOS_OK
        # In slices, so that Python can deliver a signal in between.
        while check(lib.mos_job_wait(self._pointer, POLL_MS)) != lib.MOS_OK:
            pass
        return True

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
        if call(lib.mos_job_outcome, self._pointer, outcome) == lib.MOS_PENDING:
            raise ValueError("the job has not ended")
        return _outcome(outcome[0])

    def _settle_question(self, ask):
        question = self.question()
        if question is not None:
            choice = ask(question) if ask else None
            self.answer(question, question.fallback if choice is None else choice)
