"""Recovery points: what can be gone back to, captured by hand, verified, cleaned up."""

import dataclasses
import enum

from .job import Job
from ._library import c_path, c_text, call, create, ffi, lib, new_struct, text


class RecoveryScope(enum.IntEnum):
    CHANGE = lib.MOS_RECOVERY_CHANGE  # the state before a change
    FULL_SYSTEM = lib.MOS_RECOVERY_FULL_SYSTEM
    PACKAGES = lib.MOS_RECOVERY_PACKAGES
    CONFIGURATION = lib.MOS_RECOVERY_CONFIGURATION
    PATHS = lib.MOS_RECOVERY_PATHS


@dataclasses.dataclass(frozen=True)
class RecoveryPoint:
    name: str
    scope: RecoveryScope
    description: str
    reason: str
    tags: tuple
    names: tuple  # packages, or paths; empty: all
    time_unix_s: int
    paths: int
    content_bytes: int
    can_go_back: bool
    taken_back: bool  # with neither, a point without which there is no way back is gone


def _texts(values):
    """A C list of strings, its length, and what keeps it alive; NULL for None."""
    if values is None:
        return ffi.NULL, 0, []
    kept = [ffi.new("char[]", c_path(value)) for value in values]
    return ffi.new("char *[]", kept), len(kept), kept


def points(engine):
    cursor = ffi.gc(create(lib.mos_recovery_list_open, engine), lib.mos_recovery_list_free)
    point, _ = new_struct("mos_recovery_point")
    found = []
    while call(lib.mos_recovery_list_next, cursor, point) == lib.MOS_OK:
        found.append(RecoveryPoint(text(point.name), RecoveryScope(point.scope), text(point.description),
                                   text(point.reason), tuple(filter(None, text(point.tags).split(","))),
                                   tuple(filter(None, text(point.names).split("\n"))), point.time_unix_s, point.paths,
                                   point.content_bytes, bool(point.can_go_back), bool(point.taken_back)))
    return found


def create_job(engine, pointer, description, scope, names, tags, excluded):
    name_list, name_count, kept_names = _texts(names)
    tag_list, tag_count, kept_tags = _texts(tags)
    excluded_list, excluded_count, kept_excluded = _texts(excluded)
    options, kept = new_struct("mos_recovery_create_options", scope=scope, description=c_text(description),
                               names=name_list, name_count=name_count, tags=tag_list, tag_count=tag_count,
                               excluded=excluded_list, excluded_count=excluded_count)
    job = Job(create(lib.mos_recovery_create_job, pointer, options), engine)
    del kept, kept_names, kept_tags, kept_excluded
    return job


def details_job(engine, pointer, name):
    return Job(create(lib.mos_recovery_details_job, pointer, c_text(name)), engine)


def verify_job(engine, pointer, name):
    return Job(create(lib.mos_recovery_verify_job, pointer, ffi.NULL if name is None else c_text(name)), engine)


def cleanup_job(engine, pointer, name, older_than, keep, keep_minimum, simulate):
    options, kept = new_struct("mos_recovery_cleanup_options", flags=lib.MOS_RECOVERY_SIMULATE if simulate else 0,
                               name=None if name is None else c_text(name), older_than_s=older_than, keep=keep,
                               keep_minimum=keep_minimum)
    job = Job(create(lib.mos_recovery_cleanup_job, pointer, options), engine)
    del kept
    return job


def mode_job(engine, pointer, reason, wish, *, stop_services=False, validate_only=False):
    options, kept = new_struct("mos_recovery_mode_options", wish=wish, stop_services=stop_services,
                               validate_only=validate_only, reason=c_text(reason))
    job = Job(create(lib.mos_recovery_mode_job, pointer, options), engine)
    del kept
    return job
