"""The queue of updates that run later, and what decides about each."""

import dataclasses
import enum
import json
import os

from . import _callbacks
from ._library import c_path, c_text, call, create, ffi, lib, new_struct, text


class Priority(enum.IntEnum):
    CRITICAL = lib.MOS_PRIORITY_CRITICAL
    SECURITY = lib.MOS_PRIORITY_SECURITY
    IMPORTANT = lib.MOS_PRIORITY_IMPORTANT
    OPTIONAL = lib.MOS_PRIORITY_OPTIONAL
    LOW = lib.MOS_PRIORITY_LOW


class SystemdUnit(enum.IntEnum):
    SERVICE = lib.MOS_SYSTEMD_SERVICE
    TIMER = lib.MOS_SYSTEMD_TIMER


class QueueAction(enum.IntEnum):
    APPROVE = lib.MOS_SCHEDULE_APPROVE
    APPROVE_AS_MANAGER = lib.MOS_SCHEDULE_APPROVE_AS_MANAGER
    REJECT = lib.MOS_SCHEDULE_REJECT
    CANCEL = lib.MOS_SCHEDULE_CANCEL
    CANCEL_RETRY = lib.MOS_SCHEDULE_CANCEL_RETRY


class NoticeKind(enum.IntEnum):
    ANNOUNCED = lib.MOS_NOTICE_ANNOUNCED
    BEGUN = lib.MOS_NOTICE_BEGUN
    DONE = lib.MOS_NOTICE_DONE
    RETRYING = lib.MOS_NOTICE_RETRYING
    FAILED = lib.MOS_NOTICE_FAILED
    CALLED_OFF = lib.MOS_NOTICE_CALLED_OFF


class NoticeLevel(enum.IntEnum):
    """Each tells what the one before it tells, and more."""

    INFO = lib.MOS_NOTICE_INFO
    STANDARD = lib.MOS_NOTICE_STANDARD
    IMPORTANT = lib.MOS_NOTICE_IMPORTANT
    URGENT = lib.MOS_NOTICE_URGENT


@dataclasses.dataclass(frozen=True)
class Notice:
    """What users are told of scheduled updates."""

    kind: NoticeKind
    level: NoticeLevel
    text: str
    entries: tuple  # the numbers of the updates
    time_unix_s: int
    start_unix_s: int | None  # announced: when they begin; retrying: not before
    at_the_latest: bool
    reboot: bool


def notice_of(notice):
    return Notice(NoticeKind(notice.kind), NoticeLevel(notice.level), text(notice.text),
                  tuple(notice.entries[i] for i in range(notice.entry_count)), notice.time_unix_s,
                  None if notice.start_unix_s < 0 else notice.start_unix_s, bool(notice.at_the_latest),
                  bool(notice.reboot))


@dataclasses.dataclass(frozen=True)
class QueueNote:
    time_unix_s: int
    action: str
    actor: str
    reason: str


@dataclasses.dataclass(frozen=True)
class QueueEntry:
    id: int
    name: str  # "update-12"
    state: str
    priority: Priority
    packages: tuple  # a dict each: name, version, release, path
    verdict: str  # now: "run", "wait", "refuse", "cancel", or the state of one that does not wait
    rule: str  # the one that decided
    sentence: str  # why not now, and when
    at_unix_s: int | None  # when it is asked again
    reason: str
    submitted_by: str
    submitted_unix_s: int
    conditions: str
    approval: str
    attempts: int
    recovery_point: str
    start_unix_s: int | None = None
    deadline_unix_s: int | None = None
    retry_unix_s: int | None = None
    ended_unix_s: int | None = None
    log: tuple = ()  # a QueueNote each; of explain() alone
    notices: str = ""  # what users are told of it, and when
    notice_unix_s: int | None = None  # when they are told next, before it begins


class UsageKind(enum.IntEnum):
    USUAL = lib.MOS_USAGE_USUAL
    PEAK = lib.MOS_USAGE_PEAK
    LOW = lib.MOS_USAGE_LOW


@dataclasses.dataclass(frozen=True)
class Usage:
    known: bool  # before, nothing is decided by it
    first_unix_s: int | None
    last_unix_s: int | None
    percent: tuple  # of each hour of the week in use, probably; the first is Monday from 00:00 to 01:00
    kind: tuple  # a UsageKind each


def usage(engine):
    found, _ = new_struct("mos_schedule_usage")
    call(lib.mos_schedule_usage_get, engine, found)
    return Usage(found.known, None if found.first_unix_s < 0 else found.first_unix_s,
                 None if found.last_unix_s < 0 else found.last_unix_s, tuple(found.percent),
                 tuple(UsageKind(kind) for kind in found.kind))


def systemd_unit(engine, unit, program):
    parts = []
    taker = ffi.new_handle(_callbacks.Target(parts.append))
    call(lib.mos_schedule_systemd_unit, engine, unit, c_path(program), _callbacks.write, taker)
    return os.fsdecode(b"".join(parts))


def submit(engine, options):
    number = ffi.new("uint64_t *")
    call(lib.mos_schedule_submit, engine, options, number)
    return number[0]


def id_of(update):
    """The number of an entry, which may be given by its name ("update-12") too."""
    if isinstance(update, int):
        return update
    number = lib.mos_schedule_id_of(c_text(update))
    if number == 0:
        raise ValueError(f"{update!r} is no update of the queue, as 'update-12' is")
    return number


def entries(engine, states):
    """Yields a QueueEntry for each of those states."""
    cursor = ffi.gc(create(lib.mos_schedule_open, engine, ffi.NULL if states is None else c_text(states)),
                    lib.mos_schedule_free)
    yield from _entries(cursor)


def explain(engine, update):
    cursor = ffi.gc(create(lib.mos_schedule_explain, engine, id_of(update)), lib.mos_schedule_free)
    entry, = _entries(cursor)
    note, _ = new_struct("mos_schedule_note")
    log = []
    while call(lib.mos_schedule_note_next, cursor, note) == lib.MOS_OK:
        log.append(QueueNote(note.time_unix_s, text(note.action), text(note.actor), text(note.reason)))
    return dataclasses.replace(entry, log=tuple(log))


def _time(unix_s):
    return None if unix_s < 0 else unix_s


def _entries(cursor):
    entry, _ = new_struct("mos_schedule_entry")
    while call(lib.mos_schedule_next, cursor, entry) == lib.MOS_OK:
        yield QueueEntry(entry.id, text(entry.name), text(entry.state), Priority(entry.priority),
                         tuple(json.loads(text(entry.packages))), text(entry.verdict), text(entry.rule),
                         text(entry.sentence), _time(entry.at_unix_s), text(entry.reason), text(entry.submitted_by),
                         entry.submitted_unix_s, text(entry.conditions), text(entry.approval), entry.attempts,
                         text(entry.recovery_point), _time(entry.start_unix_s), _time(entry.deadline_unix_s),
                         _time(entry.retry_unix_s), _time(entry.ended_unix_s), (), text(entry.notices),
                         _time(entry.notice_unix_s))
